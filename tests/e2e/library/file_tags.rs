//! `baton library sync --file-tags --apply` writes the tag in the way that the file's real format requires, whatever the name of the
//! file. ogginfo, mutagen and ffmpeg check the result.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_tests::music::{tune, write_wav};
use baton_tests::{Skipped, Workspace, or_skip, tool, tools};
use serde_json::{Value, json};

use super::{SECONDS, beside, encode, said, scan};

/// Prints what mutagen finds in a file's bytes, without knowing its name: the kind of file and its tags.
const MUTAGEN: &str = "
import io, json, mutagen, sys
from mutagen.aac import AAC
from mutagen.id3 import ID3
file = io.BytesIO(open(sys.argv[1], 'rb').read())
if sys.argv[2] == 'adts':
    # mutagen reads no tags of ADTS by itself.
    found = AAC(file)
    try: found.tags = ID3(io.BytesIO(file.getvalue()))
    except mutagen.MutagenError: pass
else:
    found = mutagen.File(file)
tags = {}
for key, value in (found.tags or {}).items() if found is not None else []:
    tags[key] = str(value)
print(json.dumps([type(found).__name__, tags]))
";

/// Python with mutagen, if the other checking programs are installed too.
fn judged() -> Result<PathBuf, Skipped> {
    tool("ffmpeg", "apt-get install ffmpeg")?;
    tool("ogginfo", "apt-get install vorbis-tools")?;
    Ok(tools("python", "bin/python")?.join("bin/python"))
}

fn mutagen(python: &Path, format: &str, file: &Path) -> (String, BTreeMap<String, String>) {
    let ran = Command::new(python).args(["-c", MUTAGEN]).arg(file).arg(format).output().unwrap();
    assert!(ran.status.success(), "pip install mutagen: {}", String::from_utf8_lossy(&ran.stderr));
    let found: Value = serde_json::from_slice(&ran.stdout).unwrap();
    (found[0].as_str().unwrap().to_owned(), serde_json::from_value(found[1].clone()).unwrap())
}

/// The digest of the samples that ffmpeg decodes. ffmpeg must not report anything.
fn samples(file: &Path) -> String {
    let args = ["-v", "error", "-nostdin", "-i", file.to_str().unwrap(), "-map", "0:a", "-f", "md5", "-"];
    let ran = Command::new("ffmpeg").args(args).output().unwrap();
    assert!(ran.status.success() && ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// Whether ogginfo succeeds, and its warnings.
fn ogginfo(file: &Path) -> (bool, Vec<String>) {
    let ran = Command::new("ogginfo").arg(file).output().unwrap();
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    (ran.status.success(), text.lines().filter(|line| line.starts_with("WARNING")).map(str::to_owned).collect())
}

/// Names with a wrong extension, and the real formats of the files.
const FILES: [(&str, &str, &[&str]); 14] = [
    ("flac in ogg.ogg", "ogg", &["-c:a", "flac"]),
    ("flac in ogg.oga", "ogg", &["-c:a", "flac"]),
    ("flac in ogg.flac", "ogg", &["-c:a", "flac"]),
    ("flac in ogg.mp3", "ogg", &["-c:a", "flac"]),
    ("flac in caf.m4a", "caf", &["-c:a", "pcm_s16be"]),
    ("vorbis in matroska.ogg", "matroska", &["-c:a", "libvorbis"]),
    ("vorbis.mp3", "ogg", &["-c:a", "libvorbis"]),
    ("flac.mp3", "flac", &["-c:a", "flac"]),
    ("mp3.flac", "mp3", &["-c:a", "libmp3lame"]),
    ("aac.mp3", "ipod", &["-c:a", "aac"]),
    ("alac.wav", "ipod", &["-c:a", "alac"]),
    ("adts.m4a", "adts", &["-c:a", "aac"]),
    ("wav.flac", "wav", &["-c:a", "pcm_s16le"]),
    ("aiff.ogg", "aiff", &["-c:a", "pcm_s16be", "-write_id3v2", "1"]),
];

/// True if the file's format has no place for the tag.
fn is_left_alone(name: &str) -> bool {
    name.contains(" in ")
}

#[test]
fn a_file_gets_its_tag_in_its_real_format_and_stays_readable_for_others() {
    let python = or_skip!(judged());
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let source = workspace.outside().join("source.wav");
    let mut before = BTreeMap::new();
    for (number, (name, format, how)) in (1..).zip(FILES) {
        write_wav(&source, &tune(number, SECONDS));
        let tags = ["-metadata", "title=Ein Stück", "-metadata", "artist=A. Nobody", "-bitexact", "-f", format];
        let path = encode(&source, &music.join(name), &[how, &tags[..]].concat());
        before.insert(
            name,
            (format, fs::read(&path).unwrap(), mutagen(&python, format, &path), samples(&path), ogginfo(&path)),
        );
    }
    scan(&workspace, &music, &[], 0);
    let planned = said(&workspace, &["sync", "--file-tags", "--json"], 0).json();
    let left = FILES.iter().filter(|(name, ..)| is_left_alone(name)).count();
    let counts = |done: &str| json!({ done: FILES.len() - left, "unsupported_format": left });
    assert_eq!(planned["counts"], counts("planned"), "{planned:#}");
    let synced = said(&workspace, &["sync", "--file-tags", "--apply", "--json"], i32::from(left > 0)).json();
    assert_eq!(synced["counts"], counts("succeeded"), "{synced:#}");
    for (name, (format, bytes, (kind, tags), sound, warnings)) in &before {
        let path = music.join(name);
        if is_left_alone(name) {
            assert!(fs::read(&path).unwrap() == *bytes, "{name} was written");
        }
        let after = mutagen(&python, format, &path);
        assert_eq!(&after.0, kind, "{name}");
        let ours = |key: &&String| key.to_uppercase().contains("BATON_FINGERPRINT");
        assert_eq!(after.1.keys().filter(ours).count(), usize::from(!is_left_alone(name)), "{name}: {:?}", after.1);
        let others: BTreeMap<_, _> = after.1.iter().filter(|(key, _)| !ours(key)).collect();
        let expected: BTreeMap<_, _> = tags.iter().collect();
        // Tags that were only in the WAV's list are also in the new ID3 tag.
        assert!(others == expected || *name == "wav.flac" && expected.is_empty(), "{name}: {others:?}, {expected:?}");
        assert_eq!(&samples(&path), sound, "{name}");
        if bytes.starts_with(b"OggS") {
            assert_eq!(&ogginfo(&path), warnings, "{name}");
        }
    }
    // The catalog agrees with the written files: nothing is read again, and nothing differs.
    assert_eq!(scan(&workspace, &music, &[], 0)["read"]["files"], json!(0));
    assert_eq!(scan(&workspace, &music, &["--verify"], 0)["read"]["differ"], json!(0));
}

/// Files that an earlier version of Baton or another program has damaged by writing a tag before the header.
#[test]
fn a_file_with_a_tag_before_its_header_is_skipped() {
    or_skip!(judged());
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let source = workspace.outside().join("source.wav");
    write_wav(&source, &tune(1, SECONDS));
    let tag = b"ID3\x03\0\0\0\0\0\x0dTIT2\0\0\0\x03\0\0\0aa";
    for (name, how) in [("a.ogg", &["-c:a", "libvorbis"]), ("b.flac", &["-c:a", "flac"])] {
        let path = encode(&source, &workspace.outside().join(name), how);
        fs::write(music.join(name), [tag.as_slice(), &fs::read(path).unwrap()].concat()).unwrap();
    }
    scan(&workspace, &music, &[], 0);
    let before = ["a.ogg", "b.flac"].map(|name| fs::read(music.join(name)).unwrap());
    let synced = said(&workspace, &["sync", "--file-tags", "--apply", "--json"], 1).json();
    assert_eq!((&synced["counts"], &synced["outcome"]), (&json!({ "id3_before_header": 2 }), &json!("refused")));
    assert_eq!(["a.ogg", "b.flac"].map(|name| fs::read(music.join(name)).unwrap()), before);
}
