//! Metadata of containers (tags, pictures, protection, profiles), and damaged containers.
//!
//! `ffmpeg` creates the files from real music (see `judge`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use baton_fingerprint::{AudioReport, Error, Options, Reason, Tags, read};
use baton_judges::or_skip;

use crate::judge::form::Form;
use crate::judge::fpcalc::words;
use crate::judge::test_folder::TestFolder;

fn read_file(path: &Path) -> Result<AudioReport, Error> {
    read(path, Options { length: None, hashes: true }, &AtomicBool::new(false))
}

fn read_ok(path: &Path) -> AudioReport {
    read_file(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).expect("it is in the file")
}

/// The formats with tags.
const TAGGED: [(&str, &[&str]); 9] = [
    ("mp3", &["-c:a", "libmp3lame"]),
    ("m4a", &["-c:a", "aac"]),
    ("alac.m4a", &["-c:a", "alac"]),
    ("flac", &["-c:a", "flac"]),
    ("ogg", &["-c:a", "libvorbis"]),
    ("mka", &["-c:a", "libvorbis"]),
    ("wav", &[]),
    ("aiff", &["-write_id3v2", "1"]),
    ("flac.oga", &["-c:a", "flac"]),
];

#[test]
fn tags_are_read_and_change_only_the_file_digest() {
    let place = or_skip!(TestFolder::new());
    for (extension, arguments) in TAGGED {
        let plain = place.encoded(&format!("plain.{extension}"), arguments);
        let id3: &[&str] = if extension == "aiff" { &["-write_id3v2", "1"] } else { &[] };
        let tags = ["-metadata", "title=Wie schön", "-metadata", "artist=A. Nobody", "-metadata", "album=Pieces"];
        let tagged = place.copied(&plain, &format!("tagged.{extension}"), &[&tags, id3].concat());
        let (plain, tagged) = (read_ok(&plain), read_ok(&tagged));
        assert_eq!(plain.tags, Tags::default(), "{extension}");
        // Baton does not read the tags of Matroska files (see `decode/tags.rs`).
        if extension != "mka" {
            assert_eq!(tagged.tags.title.as_deref(), Some("Wie schön"), "{extension}");
            assert_eq!(tagged.tags.artist.as_deref(), Some("A. Nobody"), "{extension}");
            assert_eq!(tagged.tags.album.as_deref(), Some("Pieces"), "{extension}");
        }
        assert_eq!(tagged.fingerprint, plain.fingerprint, "{extension}");
        assert_eq!(tagged.audio_sha256, plain.audio_sha256, "{extension}");
        assert_ne!(tagged.file_sha256, plain.file_sha256, "{extension}");
        assert!(plain.audio_sha256.is_some() && plain.audio_sha256 != plain.file_sha256, "{extension}");
    }
}

#[test]
fn an_id3_chunk_precedes_the_info_list() {
    let place = or_skip!(TestFolder::new());
    let frame = |name: &[u8; 4], content: &[u8]| {
        [name.as_slice(), &u32::try_from(content.len()).expect("a frame").to_be_bytes(), &[0, 0], content].concat()
    };
    let frames =
        [frame(b"APIC", &vec![7; 300_000]), frame(b"TIT2", b"\0Of the tag"), frame(b"TSRC", b"\0QZABC2612345")]
            .concat();
    let size = frames.len();
    let syncsafe = [21, 14, 7, 0].map(|shift| u8::try_from(size >> shift & 0x7f).expect("seven bits"));
    let tag = [b"ID3\x03\0\0".as_slice(), &syncsafe, &frames].concat();
    let arguments = ["-metadata", "title=Of the list", "-metadata", "artist=A. Nobody"];
    let listed = place.copied(&place.encoded("plain.wav", &[]), "listed.wav", &arguments);
    let mut bytes = fs::read(&listed).expect("a file");
    assert_eq!(read_ok(&listed).tags.title.as_deref(), Some("Of the list"));
    bytes.extend(b"id3 ");
    bytes.extend(u32::try_from(tag.len()).expect("a tag").to_le_bytes());
    bytes.extend(&tag);
    let found = read_ok(&place.file("tagged.wav", &bytes));
    assert_eq!(found.tags.title.as_deref(), Some("Of the tag"));
    assert_eq!(found.tags.artist.as_deref(), Some("A. Nobody"));
    assert_eq!(found.tags.isrc.as_deref(), Some("QZABC2612345"));
    assert_eq!(found.audio_sha256, read_ok(&listed).audio_sha256);
}

/// The significant bits of a sample are its highest bits. `FFmpeg` 5.1 mistakes the stored bits for significant ones, so the
/// comparison uses files in which all bits are significant.
#[test]
fn insignificant_bits_are_stored_and_ignored() {
    let place = or_skip!(TestFolder::new());
    let raw = fs::read(place.encoded("piece.raw", &["-f", "s16le", "-ac", "2", "-ar", "44100"])).expect("samples");
    let samples: Vec<i16> = raw.as_chunks::<2>().0.iter().map(|sample| i16::from_le_bytes(*sample)).collect();
    for (bits, counting) in [(32, 16), (32, 24), (24, 16), (24, 20), (16, 12), (16, 8), (16, 16)] {
        let zeros = 16_u16.saturating_sub(counting);
        let wide = samples.iter().map(|sample| (i32::from(*sample) >> zeros << (16 + zeros)).to_le_bytes());
        let data: Vec<u8> = wide.flat_map(|bytes| bytes.into_iter().skip(4 - usize::from(bits / 8))).collect();
        let written = |name: &str, counting| {
            let form = Form { tag: 1, channels: 2, rate_hz: 44_100, bits, counting: Some(counting) };
            let head = form.header(u32::try_from(data.len()).expect("a short file"));
            place.file(name, &[&head, data.as_slice()].concat())
        };
        let (some, all) = (written("some.wav", counting), written("all.wav", bits));
        let found = read_ok(&some);
        assert_eq!(found.fingerprint.words(), words(&all, "0"), "{counting} of {bits} bits");
        assert_eq!((found.bits, found.duration), (Some(counting), Duration::from_secs(8)), "{counting} of {bits} bits");
        assert_eq!(found.fingerprint, read_ok(&all).fingerprint, "{counting} of {bits} bits");
    }
}

#[test]
fn an_isrc_is_read() {
    let place = or_skip!(TestFolder::new());
    for (extension, arguments, key) in [("flac", ["-c:a", "flac"], "ISRC"), ("mp3", ["-c:a", "libmp3lame"], "TSRC")] {
        let plain = place.encoded(&format!("plain.{extension}"), &arguments);
        let isrc = format!("{key}=QZABC2612345");
        let tagged = place.copied(&plain, &format!("tagged.{extension}"), &["-metadata", &isrc]);
        assert_eq!(read_ok(&tagged).tags.isrc.as_deref(), Some("QZABC2612345"), "{extension}");
    }
}

#[test]
fn other_audio_has_another_digest() {
    let place = or_skip!(TestFolder::new());
    for (extension, arguments) in TAGGED {
        let one = place.encoded(&format!("one.{extension}"), arguments);
        let mut quieter = arguments.to_vec();
        quieter.extend(["-af", "volume=0.9"]);
        let other = place.encoded(&format!("other.{extension}"), &quieter);
        assert_ne!(read_ok(&one).audio_sha256, read_ok(&other).audio_sha256, "{extension}");
    }
}

/// A picture of some megabytes that `ffmpeg` accepts.
fn picture(place: &TestFolder) -> PathBuf {
    let path = place.path("cover.png");
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "nullsrc=s=1500x1500,geq=random(1)*255:128:128"])
        .args(["-frames:v", "1", "-compression_level", "0"])
        .arg(&path)
        .output()
        .expect("ffmpeg starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    path
}

#[test]
fn a_large_picture_does_not_change_the_result() {
    let place = or_skip!(TestFolder::new());
    let picture = picture(&place);
    assert!(fs::metadata(&picture).is_ok_and(|picture| picture.len() > 2_000_000));
    let picture = picture.display().to_string();
    for (extension, arguments) in
        [("mp3", ["-c:a", "libmp3lame"]), ("m4a", ["-c:a", "aac"]), ("flac", ["-c:a", "flac"])]
    {
        let plain = place.encoded(&format!("plain.{extension}"), &arguments);
        let also =
            ["-i", &picture, "-map", "0:a", "-map", "1:v", "-disposition:v", "attached_pic", "-metadata", "title=T"];
        let with = place.copied(&plain, &format!("with.{extension}"), &also);
        let (plain, with) = (read_ok(&plain), read_ok(&with));
        assert_eq!(with.fingerprint, plain.fingerprint, "{extension}");
        assert_eq!(with.audio_sha256, plain.audio_sha256, "{extension}");
        assert_eq!(with.tags.title.as_deref(), Some("T"), "{extension}");
    }
}

#[test]
fn protected_files_are_reported() {
    let place = or_skip!(TestFolder::new());
    let bytes = fs::read(place.encoded("plain.m4a", &["-c:a", "aac"])).expect("a file");
    for kind in [b"drms", b"enca"] {
        let mut protected = bytes.clone();
        let entry = find(&protected, b"mp4a");
        protected[entry..entry + 4].copy_from_slice(kind);
        let error = read_file(&place.file("protected.m4a", &protected)).expect_err("protected");
        assert_eq!(error.reason, Reason::Protected, "{error}");
    }
}

/// Finds the decoder's configuration in an MP4 file: after the tag 5 and a length of four bytes.
fn configuration(bytes: &[u8]) -> usize {
    find(bytes, b"esds") + find(&bytes[find(bytes, b"esds")..], &[0x05, 0x80, 0x80, 0x80]) + 5
}

#[test]
fn he_aac_with_an_unsupported_core_is_named() {
    let place = or_skip!(TestFolder::new());
    let bytes = fs::read(place.encoded("plain.m4a", &["-c:a", "aac", "-ar", "22050"])).expect("a file");
    let at = configuration(&bytes);
    // The first five bits are the object type, here AAC-LC. The test replaces them with an extension whose core has object
    // type 21.
    assert_eq!(bytes[at] >> 3, 2);
    for (object_type, name) in [(5, "profile of AAC"), (29, "profile of AAC"), (1, "object type 1")] {
        let mut signalled = bytes.clone();
        signalled[at] = object_type << 3 | bytes[at] & 7;
        let error = read_file(&place.file("signalled.m4a", &signalled)).expect_err("not decoded");
        assert_eq!(error.reason, Reason::Unsupported, "{error}");
        assert!(error.detail.contains(name), "{error}");
    }
}

#[test]
fn implicit_he_aac_is_fingerprinted_from_its_core_and_marked() {
    let place = or_skip!(TestFolder::new());
    let plain = place.encoded("plain.m4a", &["-c:a", "aac", "-ar", "22050"]);
    let mut bytes = fs::read(&plain).expect("a file");
    // The sample entry states twice the rate of the core, as encoders of implicit HE-AAC write it: 16.16 fixed point at byte 24.
    let entry = find(&bytes, b"mp4a") + 4;
    assert_eq!(bytes[entry + 24..entry + 26], 22_050_u16.to_be_bytes());
    bytes[entry + 24..entry + 26].copy_from_slice(&44_100_u16.to_be_bytes());
    let (plain, implicit) = (read_ok(&plain), read_ok(&place.file("implicit.m4a", &bytes)));
    assert!(implicit.core_only && !plain.core_only);
    assert_eq!(implicit.rate_hz, 22_050);
    assert_eq!(implicit.fingerprint, plain.fingerprint);
}

#[test]
fn a_fragmented_file_agrees_with_fpcalc() {
    let place = or_skip!(TestFolder::new());
    let plain = place.encoded("plain.m4a", &["-c:a", "aac"]);
    let fragments =
        place.copied(&plain, "fragments.m4a", &["-movflags", "frag_keyframe+empty_moov", "-frag_duration", "1000000"]);
    let ours = read_ok(&fragments);
    assert_eq!(ours.fingerprint.words(), words(&fragments, "0"));
    assert!(ours.duration.abs_diff(Duration::from_secs(8)) < Duration::from_millis(60), "{:?}", ours.duration);
}

#[test]
fn the_audio_of_a_video_is_fingerprinted() {
    let place = or_skip!(TestFolder::new());
    let plain = place.encoded("plain.m4a", &["-c:a", "aac"]);
    let video =
        ["-f", "lavfi", "-i", "testsrc=s=320x240:r=10", "-map", "1:v", "-map", "0:a", "-c:v", "mpeg4", "-shortest"];
    let with = place.copied(&plain, "video.mp4", &video);
    assert_eq!(read_ok(&with).audio_sha256, read_ok(&plain).audio_sha256);
}

/// A deterministic pseudo-random generator.
struct RandomNumbers(u64);

impl RandomNumbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end.max(1)
    }
}

fn damaged(bytes: &[u8], dice: &mut RandomNumbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match dice.below(5) {
        0 => bytes.truncate(dice.below(bytes.len())),
        1 => {
            let (from, length) = (dice.below(bytes.len()), dice.below(5000));
            bytes.drain(from..bytes.len().min(from + length));
        }
        2 => (0..20).for_each(|_| {
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
        }),
        3 => (0..4).for_each(|_| {
            // Most changes are in the first bytes, because headers have the most effect.
            let at = dice.below(bytes.len().min(2000));
            bytes[at] = u8::try_from(dice.below(256)).expect("a byte");
        }),
        _ => {
            let (at, length) = (dice.below(bytes.len()), dice.below(2000));
            let end = bytes.len().min(at + length);
            bytes[at..end].fill(u8::try_from(dice.below(256)).expect("a byte"));
        }
    }
    bytes
}

#[test]
fn any_damage_ends_with_words_or_a_reason() {
    let place = or_skip!(TestFolder::new());
    let turns = if std::env::var("JUDGE").is_ok_and(|judge| judge == "all") { 1000 } else { 60 };
    let mut dice = RandomNumbers(20_261_122);
    for (extension, arguments) in TAGGED {
        let bytes = fs::read(place.encoded(&format!("plain.{extension}"), arguments)).expect("a file");
        let (mut words, mut panics) = (0, 0);
        for _ in 0..turns {
            match read_file(&place.file("damaged", &damaged(&bytes, &mut dice))) {
                Ok(_) => words += 1,
                Err(error) => panics += u32::from(error.detail.contains("internal error")),
            }
        }
        eprintln!("{extension:10} {words:4} of {turns} damaged files have words, {panics} made the decoder panic");
        assert!(words > 0 && panics == 0, "{extension}: {words} have words, {panics} made the decoder panic");
    }
}
