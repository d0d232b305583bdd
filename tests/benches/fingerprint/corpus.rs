//! The pieces: every music file of some installed Debian packages, and sounds without music.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The sources of music: 160 pieces of eight games by many composers, from drones to songs. Two games have the same songs
/// in several mixes, one has "enhanced" versions.
pub(crate) const PACKAGES: [&str; 10] = [
    "asc-music",
    "drascula-music",
    "fretsonfire-songs-muldjord",
    "fretsonfire-songs-sectoid",
    "hyperrogue-music",
    "lincity-ng-data",
    "planetblupi-music-ogg",
    "singularity-music",
    "warzone2100-music",
    "wesnoth-1.16-music",
];

/// Pairs of pieces that are the same recording under two names, as checked by ear. Reporting such a pair is correct.
pub(crate) const SAME: [[&str; 2]; 2] = [
    ["albums_aftermath_soundtrack_menu_enhanced", "warzone2100_music_menu"],
    ["drascula_audio_track1", "drascula_audio_track30"],
];

/// The extensions of music files; WAV files of games are sound effects.
const ENDINGS: [&str; 5] = ["ogg", "mp3", "flac", "opus", "m4a"];

/// The minimum size of a piece in bytes. A smaller file is a sound of a game and not music.
const SMALLEST: u64 = 300_000;

/// Silence, drones and noises, as sources of `ffmpeg`. No two of them are duplicates.
pub(crate) const SYNTHETIC: [(&str, &str); 14] = [
    ("synthetic_silence", "anullsrc=r=44100:cl=stereo"),
    ("synthetic_sine_55", "sine=f=55:r=44100"),
    ("synthetic_sine_220", "sine=f=220:r=44100"),
    ("synthetic_sine_233", "sine=f=233.08:r=44100"),
    ("synthetic_sine_440", "sine=f=440:r=44100"),
    ("synthetic_sine_1000", "sine=f=1000:r=44100"),
    ("synthetic_chord", "aevalsrc=0.2*sin(2*PI*110*t)+0.2*sin(2*PI*164.8*t)+0.2*sin(2*PI*220*t):s=44100"),
    ("synthetic_fifth", "aevalsrc=0.3*sin(2*PI*65.4*t)+0.3*sin(2*PI*98*t):s=44100"),
    ("synthetic_tremolo", "aevalsrc=0.4*sin(2*PI*220*t)*(1+0.5*sin(2*PI*0.5*t)):s=44100"),
    ("synthetic_beating", "aevalsrc=0.3*sin(2*PI*220*t)+0.3*sin(2*PI*220.3*t):s=44100"),
    ("synthetic_white", "anoisesrc=c=white:a=0.3:s=1:r=44100"),
    ("synthetic_white_2", "anoisesrc=c=white:a=0.3:s=2:r=44100"),
    ("synthetic_pink", "anoisesrc=c=pink:a=0.3:s=3:r=44100"),
    ("synthetic_brown", "anoisesrc=c=brown:a=0.3:s=4:r=44100"),
];

/// Every piece of the installed packages and of the given folders, by its name: its last two folders and its file name.
pub(crate) fn pieces(packages: &[&str], folders: &[PathBuf]) -> BTreeMap<String, PathBuf> {
    let mut files: Vec<_> = packages.iter().flat_map(|package| installed(package)).collect();
    for folder in folders {
        walk(folder, &mut files);
    }
    let music = files.into_iter().filter(|file| is_music(file));
    music.map(|file| (name(&file), file)).collect()
}

/// The files of a package; an empty list if it is not installed.
fn installed(package: &str) -> Vec<PathBuf> {
    let output = Command::new("dpkg-query").args(["--listfiles", package]).output();
    let listed = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    listed.lines().map(PathBuf::from).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) { walk(&path, files) } else { files.push(path) }
    }
}

fn is_music(file: &Path) -> bool {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    let large = fs::symlink_metadata(file).is_ok_and(|found| found.is_file() && found.len() >= SMALLEST);
    large && ENDINGS.contains(&ending.as_str())
}

fn name(path: &Path) -> String {
    let stem = path.with_extension("");
    let parts: Vec<_> = stem.iter().map(|part| part.to_string_lossy()).collect();
    let last = parts.iter().rev().take(3).rev().map(AsRef::as_ref).collect::<Vec<&str>>();
    last.join("_").chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect()
}

/// A number that depends only on the name. Sorted by this number, each half of the pieces has some pieces of every album.
pub(crate) fn shuffled(name: &str) -> u64 {
    // FNV-1a with 64 bits, then the last step of MurmurHash3. Without that step, the last bit depends only on the sum of the
    // letters.
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}
