//! The pieces: every music file below the folders that are given, and sounds in which nothing happens.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The endings of music files.
const ENDINGS: [&str; 6] = ["ogg", "mp3", "flac", "opus", "m4a", "wav"];

/// Smaller files are sounds of a game, not music, in bytes.
const SMALLEST: u64 = 300_000;

/// Silence, drones and noises, as sources of `ffmpeg`. No two of them are duplicates but `silence`, which has a piece only once.
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

/// Every piece by its name, which is made of the two last folders and the name of its file.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn pieces(folders: &[PathBuf]) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    for folder in folders {
        walk(folder, &mut found)?;
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        if kind.is_dir() {
            walk(&path, found)?;
        } else if kind.is_file() && ENDINGS.contains(&ending.as_str()) && entry.metadata()?.len() >= SMALLEST {
            found.insert(name(&path), path);
        }
    }
    Ok(())
}

fn name(path: &Path) -> String {
    let stem = path.with_extension("");
    let parts: Vec<_> = stem.iter().map(|part| part.to_string_lossy()).collect();
    let last = parts.iter().rev().take(3).rev().map(AsRef::as_ref).collect::<Vec<&str>>();
    last.join("_").chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect()
}

/// A number of a name that says nothing about it: orders the pieces so that each part of the order has some of every album, and
/// halves them.
pub(crate) fn shuffled(name: &str) -> u64 {
    // FNV-1a, 64 bits, and the finish of MurmurHash3, without which the last bit is that of the letters' sum.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}
