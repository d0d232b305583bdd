//! Writes tags into files of every format. ffmpeg makes the files and checks their content before and after.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_judges::{Skipped, or_skip, recordings, tool};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::*;
use crate::sync::{FingerprintedItem, Format, Item, Mark};

/// An MP3 with `ID3v2.3`.
const THREE: &[&str] = &["-c:a", "libmp3lame", "-id3v2_version", "3"];

/// An MP3 without any tag.
const NONE: &[&str] = &["-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0"];

/// The file formats: name, and the arguments of ffmpeg.
const KINDS: [(&str, &[&str]); 13] = [
    ("three.mp3", THREE),
    ("four.mp3", &["-c:a", "libmp3lame", "-id3v2_version", "4"]),
    ("one.mp3", &["-c:a", "libmp3lame", "-id3v2_version", "0", "-write_id3v1", "1"]),
    ("both.mp3", &["-c:a", "libmp3lame", "-id3v2_version", "3", "-write_id3v1", "1"]),
    ("none.mp3", NONE),
    ("a.flac", &["-c:a", "flac"]),
    ("a.ogg", &["-c:a", "libvorbis"]),
    ("a.opus", &["-c:a", "libopus"]),
    ("last.m4a", &["-c:a", "aac"]),
    ("first.m4a", &["-c:a", "alac", "-movflags", "+faststart"]),
    ("a.wav", &["-c:a", "pcm_s16le"]),
    ("a.aiff", &["-c:a", "pcm_s16be", "-write_id3v2", "1"]),
    ("bare.aiff", &["-c:a", "pcm_s16be"]),
];

/// Checks that the judge is installed.
fn judge() -> Result<(), Skipped> {
    tool("ffmpeg", "apt-get install ffmpeg")
}

fn run(program: &str, args: &[&str]) -> String {
    let ran = Command::new(program).args(args).output().unwrap();
    assert!(ran.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// Four seconds of audio with tags.
fn make(folder: &TempDir, name: &str, how: &[&str]) -> PathBuf {
    let path = folder.path().join(name);
    let sound = "aevalsrc=0.3*sin(2*PI*t*(220+40*t))|0.2*sin(2*PI*330*t):d=4:s=44100";
    let tags = ["title=Ein Stück", "artist=One/Two", "date=2019-05-04", "comment=said; so", "track=3/12"];
    let tags = tags.iter().flat_map(|tag| ["-metadata", tag]);
    let head = ["-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", sound, "-flags", "+bitexact"];
    let args: Vec<&str> = head.into_iter().chain(tags).chain(how.iter().copied()).collect();
    run("ffmpeg", &[args.as_slice(), &[path.to_str().unwrap()]].concat());
    path
}

/// The digest of the packets of audio and pictures.
fn packets(path: &Path) -> String {
    let args = ["-nostdin", "-loglevel", "error", "-i", path.to_str().unwrap(), "-map", "0", "-c", "copy"];
    run("ffmpeg", &[args.as_slice(), &["-f", "streamhash", "-hash", "sha256", "-"]].concat())
}

/// The tags of the file and its first stream, as ffprobe reads them.
fn tags(path: &Path) -> BTreeMap<String, String> {
    let args = ["-v", "error", "-of", "json", "-show_entries", "format_tags:stream_tags", path.to_str().unwrap()];
    let seen: Value = serde_json::from_str(&run("ffprobe", &args)).unwrap();
    let lists = [&seen["format"]["tags"], &seen["streams"][0]["tags"]];
    let all = lists.into_iter().filter_map(Value::as_object).flatten();
    all.map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned())).collect()
}

/// The fingerprint tag. ffprobe does not read frames in WAV; there it is searched in the last chunk, which must contain them.
fn value(path: &Path) -> Option<String> {
    if path.extension().is_none_or(|ending| ending != "wav") {
        return tags(path).remove("baton_fingerprint");
    }
    let bytes = fs::read(path).unwrap();
    let mut at = 12;
    let mut last = (&bytes[..4], &bytes[..0]);
    while at < bytes.len() {
        let size = usize::try_from(u32::from_le_bytes(*bytes[at + 4..].first_chunk().unwrap())).unwrap();
        last = (&bytes[at..at + 4], &bytes[at + 8..at + 8 + size]);
        at += 8 + size + size % 2;
    }
    assert_eq!((at, last.0), (bytes.len(), b"ID3 ".as_slice()));
    let text = String::from_utf8_lossy(last.1).into_owned();
    let (_, after) = text.split_once("TXXX")?.1.split_once("BATON_FINGERPRINT\0")?;
    after.get(..46).map(str::to_owned)
}

/// The digest of the scan; for Opus, which no scan decodes, the digest of ffmpeg.
fn hash(path: &Path) -> Result<Audio, String> {
    if path.extension().is_some_and(|ending| ending == "opus") {
        let format = Format { container: "ogg".to_owned(), codec: "opus".to_owned() };
        return Ok(Audio { sha256: Sha256::digest(packets(path)).into(), format, duration_ms: 0 });
    }
    hash_audio(path)
}

/// An MP3 without audio.
fn silent(sha256: [u8; 32]) -> Audio {
    Audio { sha256, format: Format { container: "mp3".to_owned(), codec: "mp3".to_owned() }, duration_ms: 0 }
}

fn known(path: &Path) -> FingerprintedItem {
    let audio = hash(path).unwrap();
    FingerprintedItem {
        number: 1,
        path: path.to_owned(),
        item: None,
        mark: Mark::of(b"words"),
        audio_sha256: Some(audio.sha256),
        format: audio.format,
    }
}

fn names(folder: &TempDir) -> Vec<String> {
    fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_file_type_gets_its_tag_and_keeps_everything_else() {
    or_skip!(judge());
    let folder = tempfile::tempdir().unwrap();
    for (name, how) in KINDS {
        let path = make(&folder, name, how);
        let (known, before, sound) = (known(&path), tags(&path), packets(&path));
        assert_eq!(check(&known, false), FileNeed::Needs(vec![]), "{name}");
        assert!(matches!(write(&known, false, &hash), WriteOutcome::Succeeded(_)), "{name}");
        assert_eq!(packets(&path), sound, "{name}");
        assert_eq!(value(&path).as_deref(), Some(known.mark.value()), "{name}");
        let mut after = tags(&path);
        after.remove("baton_fingerprint");
        assert_eq!(after, before, "{name}");
        assert_eq!(check(&known, false), FileNeed::Has, "{name}");
        let bytes = fs::read(&path).unwrap();
        assert_eq!(write(&known, false, &hash), WriteOutcome::Skipped("already_has_fingerprint"), "{name}");
        // Another fingerprint replaces the first one.
        let other = FingerprintedItem { mark: Mark::of(b"other words"), ..known.clone() };
        assert_eq!(check(&other, false), FileNeed::Needs(vec![known.mark.value().to_owned()]), "{name}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "{name}");
        assert!(matches!(write(&other, false, &hash), WriteOutcome::Succeeded(_)), "{name}");
        assert_eq!(value(&path).as_deref(), Some(other.mark.value()), "{name}");
    }
    assert_eq!(names(&folder).len(), KINDS.len());
}

#[test]
fn real_music_keeps_its_packets_and_its_tags() {
    or_skip!(judge());
    let pieces = or_skip!(recordings());
    let folder = tempfile::tempdir().unwrap();
    for piece in pieces.iter().step_by(8) {
        let path = folder.path().join(piece.file_name().unwrap());
        fs::copy(piece, &path).unwrap();
        assert!(matches!(write(&known(&path), false, &hash), WriteOutcome::Succeeded(_)), "{}", path.display());
        assert_eq!(packets(&path), packets(piece), "{}", path.display());
        let mut after = tags(&path);
        assert!(after.remove("baton_fingerprint").is_some());
        assert_eq!(after, tags(piece), "{}", path.display());
    }
}

#[test]
fn pictures_stay() {
    or_skip!(judge());
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("p.png");
    let colour = ["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=s=64x64", "-frames:v", "1"];
    run("ffmpeg", &[colour.as_slice(), &[picture.to_str().unwrap()]].concat());
    for name in ["p.mp3", "p.flac", "p.m4a"] {
        let sound = make(&folder, &format!("without {name}"), &[]);
        let path = folder.path().join(name);
        let (from, with, to) = (sound.to_str().unwrap(), picture.to_str().unwrap(), path.to_str().unwrap());
        let args = ["-nostdin", "-loglevel", "error", "-i", from, "-i", with, "-map", "0", "-map", "1", "-c", "copy"];
        run("ffmpeg", &[args.as_slice(), &["-disposition:v:0", "attached_pic", to]].concat());
        let before = packets(&path);
        assert!(before.contains("1,v,"), "{before}");
        assert!(matches!(write(&known(&path), false, &hash), WriteOutcome::Succeeded(_)), "{name}");
        assert_eq!(packets(&path), before, "{name}");
    }
}

/// An `ID3v2.3` tag with these frames, padded.
fn three(frames: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let body: Vec<u8> = frames
        .iter()
        .flat_map(|(id, body)| {
            [id.as_slice(), &u32::try_from(body.len()).unwrap().to_be_bytes(), &[0, 0], body].concat()
        })
        .chain([0; 200])
        .collect();
    let size = u32::try_from(body.len()).unwrap();
    let size = [21, 14, 7, 0].map(|shift| u8::try_from(size >> shift & 0x7F).unwrap());
    [b"ID3\x03\0\0".as_slice(), &size, &body].concat()
}

/// An MP3 with this tag.
fn with_tag(folder: &TempDir, tag: &[u8]) -> PathBuf {
    let path = make(folder, "tagged.mp3", NONE);
    fs::write(&path, [tag, &fs::read(&path).unwrap()].concat()).unwrap();
    path
}

fn holds(path: &Path, bytes: &[u8]) -> bool {
    fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
}

#[test]
fn frames_of_dj_programs_are_unchanged() {
    or_skip!(judge());
    let folder = tempfile::tempdir().unwrap();
    let cues = b"\0application/octet-stream\0\0Serato Markers_\0\x02\x05\x00\x00\x01\xFF\xFE\x00";
    let beats = b"\0application/octet-stream\0\0Serato BeatGrid\0\x01\x00\x00\x00";
    let owned = b"traktor\0\x01\x02\xFF\xE0\x00";
    let all: [(&[u8; 4], &[u8]); 7] = [
        (b"TIT2", b"\x01\xFF\xFEa\0\xE4\0"),
        (b"TYER", b"\x002019"),
        (b"TBPM", b"\x00128"),
        (b"GEOB", cues),
        (b"GEOB", beats),
        (b"PRIV", owned),
        (b"TXXX", b"\0mood\0dark"),
    ];
    let path = with_tag(&folder, &three(&all));
    assert!(matches!(write(&known(&path), false, &hash), WriteOutcome::Succeeded(_)));
    let kept = [cues.as_slice(), beats, owned, b"TYER\0\0\0\x05\0\0\x002019"];
    assert!(kept.iter().all(|bytes| holds(&path, bytes)), "{:?}", fs::read(&path).unwrap().get(..600));
    assert!(fs::read(&path).unwrap().starts_with(b"ID3\x03"));
    // A frame of 2.4 in a tag of 2.3 changes the tag to 2.4, because it would be lost otherwise.
    let path = with_tag(&folder, &three(&[all[0], all[1], all[3], (b"TSOP", b"\0Name, A")]));
    assert!(matches!(write(&known(&path), false, &hash), WriteOutcome::Succeeded(_)));
    assert!(fs::read(&path).unwrap().starts_with(b"ID3\x04"));
    let after = tags(&path);
    assert_eq!(
        (after["title"].as_str(), after["artist-sort"].as_str(), after["date"].as_str()),
        ("aä", "Name, A", "2019")
    );
    assert!(holds(&path, cues));
}

#[test]
fn a_file_whose_tags_cannot_be_preserved_is_unchanged() {
    or_skip!(judge());
    let folder = tempfile::tempdir().unwrap();
    let two_titles: [(&[u8; 4], &[u8]); 2] = [(b"TIT2", b"\0one"), (b"TIT2", b"\0two")];
    let broken = [three(&[(b"TIT2", b"\0one")]), vec![]].concat();
    let mut beyond = broken.clone();
    beyond[17] = 0xFF;
    let mut two = broken;
    two[3] = 2;
    for tag in [three(&two_titles), beyond, two] {
        let path = with_tag(&folder, &tag);
        let bytes = fs::read(&path).unwrap();
        let known = FingerprintedItem {
            number: 1,
            path: path.clone(),
            item: None,
            mark: Mark::of(b"words"),
            audio_sha256: Some([0; 32]),
            format: silent([0; 32]).format,
        };
        let hash = |_: &Path| Ok(silent([0; 32]));
        assert!(!matches!(write(&known, false, &hash), WriteOutcome::Succeeded(_)));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    assert_eq!(names(&folder), ["tagged.mp3"]);
}

#[test]
fn old_tags_are_removed_if_requested() {
    or_skip!(judge());
    let folder = tempfile::tempdir().unwrap();
    let old = "0aF".repeat(21) + "0";
    let text = format!("FINGERPRINT={old}");
    for (name, how) in [("o.mp3", THREE), ("o.flac", &["-c:a", "flac"])] {
        let path = make(&folder, name, &[how, &["-metadata", &text]].concat());
        let known = known(&path);
        assert!(matches!(write(&known, false, &hash), WriteOutcome::Succeeded(_)), "{name}");
        assert_eq!(tags(&path)["fingerprint"], old, "{name}");
        assert_eq!(check(&known, true), FileNeed::Needs(vec![old.clone()]), "{name}");
        assert!(matches!(write(&known, true, &hash), WriteOutcome::Succeeded(_)), "{name}");
        assert!(!tags(&path).contains_key("fingerprint"), "{name}");
        assert_eq!(tags(&path)["baton_fingerprint"], known.mark.value(), "{name}");
    }
}

#[test]
fn a_file_with_other_audio_is_not_replaced() {
    or_skip!(judge());
    let folder = tempfile::tempdir().unwrap();
    let path = make(&folder, "a.mp3", THREE);
    let (bytes, known) = (fs::read(&path).unwrap(), known(&path));
    let scanned_another = FingerprintedItem { audio_sha256: Some([1; 32]), ..known.clone() };
    assert_eq!(write(&scanned_another, false, &hash), WriteOutcome::Skipped("changed_since_scan"));
    let undigested = FingerprintedItem { audio_sha256: None, ..known.clone() };
    assert_eq!(write(&undigested, false, &hash), WriteOutcome::Skipped("audio_not_digested"));
    // The audio of the copy differs from the file.
    let differs = |of: &Path| if of == path { hash(of) } else { Ok(silent([9; 32])) };
    assert!(matches!(write(&known, false, &differs), WriteOutcome::Failed(error) if error.contains("its audio")));
    // Another program writes to the file while the copy is made.
    let meddles = |of: &Path| {
        let hash = hash(of);
        if of != path {
            File::options().append(true).open(&path).unwrap().set_len(bytes.len() as u64 + 1).unwrap();
        }
        hash
    };
    assert!(matches!(write(&known, false, &meddles), WriteOutcome::Failed(error) if error.contains("in the meantime")));
    assert_eq!(fs::read(&path).unwrap()[..bytes.len()], bytes);
    assert_eq!(names(&folder), ["a.mp3"]);
}

#[test]
fn files_that_baton_must_not_write_are_skipped() {
    or_skip!(judge());
    let folder = tempfile::tempdir().unwrap();
    let path = make(&folder, "a.mp3", THREE);
    let (bytes, known) = (fs::read(&path).unwrap(), known(&path));
    let of_eagle = FingerprintedItem {
        item: Some(Item { id: "L".into(), library: "Music".into(), folder: "/e/Music.library".into() }),
        ..known.clone()
    };
    assert_eq!(check(&of_eagle, false), FileNeed::Skipped("in_eagle_library"));
    assert_eq!(write(&of_eagle, false, &hash), WriteOutcome::Skipped("in_eagle_library"));
    let second = folder.path().join("b.mp3");
    fs::hard_link(&path, &second).unwrap();
    assert_eq!(write(&known, false, &hash), WriteOutcome::Skipped("has_several_names"));
    fs::remove_file(&second).unwrap();
    std::os::unix::fs::symlink(&path, &second).unwrap();
    assert_eq!(check(&FingerprintedItem { path: second, ..known.clone() }, false), FileNeed::Skipped("not_found"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    assert_eq!(write(&known, false, &hash), WriteOutcome::Skipped("read_only"));
    let missing = FingerprintedItem { path: folder.path().join("gone.mp3"), ..known.clone() };
    assert_eq!(check(&missing, false), FileNeed::Skipped("not_found"));
    assert_eq!(fs::read(&path).unwrap(), bytes);
    fs::write(folder.path().join("text.mp3"), "no music, ".repeat(300)).unwrap();
    let format = Format { container: "mkv".to_owned(), codec: "flac".to_owned() };
    let text = FingerprintedItem { path: folder.path().join("text.mp3"), format, ..known };
    assert_eq!(check(&text, false), FileNeed::Skipped("unsupported_format"));
}

#[test]
fn truncated_and_random_files_never_panic() {
    or_skip!(judge());
    let folder = tempfile::tempdir().unwrap();
    let mut random = 1_u32;
    for (name, how) in KINDS {
        let path = make(&folder, name, how);
        let bytes = fs::read(&path).unwrap();
        let known = FingerprintedItem { audio_sha256: Some([0; 32]), ..known(&path) };
        let hash = |_: &Path| Ok(Audio { format: known.format.clone(), ..silent([0; 32]) });
        for number in 0..40 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = usize::try_from(random).unwrap() % bytes.len().min(4096);
            let mut bytes = bytes.clone();
            if number % 2 == 0 {
                bytes.truncate(at);
            } else {
                bytes[at..].iter_mut().take(8).for_each(|byte| *byte ^= u8::try_from(random >> 24).unwrap() | 1);
            }
            fs::write(&path, &bytes).unwrap();
            if !matches!(write(&known, false, &hash), WriteOutcome::Succeeded(_)) {
                assert_eq!(fs::read(&path).unwrap(), bytes, "{name}");
            }
        }
    }
    assert_eq!(names(&folder).len(), KINDS.len());
}
