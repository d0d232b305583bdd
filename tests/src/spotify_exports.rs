//! Generates Spotify exports from a seed: any number of playlists with the columns of the current Exportify. Names, artists and ids are
//! invented; the same seed gives the same bytes on every machine.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Workspace;

/// The columns, in order.
pub const HEADER: &str = "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,Explicit,Added By,\
    Added At,Genres,Record Label,Danceability,Energy,Key,Loudness,Mode,Speechiness,Acousticness,Instrumentalness,Liveness,\
    Valence,Tempo,Time Signature";

/// Creates the empty folder `exports` beside the workspace and grants it to the plugin spotify, with the catalog.
///
/// # Panics
/// When it cannot be created or granted.
#[must_use]
pub fn granted(workspace: &Workspace) -> PathBuf {
    let exports = workspace.outside().join("exports");
    fs::create_dir_all(&exports).expect("a folder for exports");
    let folder = format!("files:ro=spotify={}", exports.display());
    workspace.baton(&["plugin", "grant", "spotify", "sql=catalog:rw", "sql=own:rw", &folder]).ended(0);
    exports
}

const WORDS: [&str; 24] = [
    "Night", "Bus", "Harbour", "Glass", "Fahrplan", "Café", "Signal", "Paper", "Moon", "Tape", "Velvet", "North",
    "Echo", "River", "Concrete", "Lamp", "Winter", "Static", "Ocean", "Drift", "Copper", "Garden", "Ember", "Tide",
];

/// The amounts that were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    /// CSV files, including `Liked_Songs.csv`.
    pub files: usize,
    /// The number of rows in these files.
    pub rows: usize,
    /// The number of different tracks in these files.
    pub tracks: usize,
}

/// Writes `files` playlists, one of them the liked songs, with `rows` rows in total. About three of five tracks are in only one
/// playlist. Every ninth row has several artists, every thirteenth a comma in a name, and every seventh no audio features.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write(folder: &Path, files: usize, rows: usize, seed: u64) -> io::Result<Exports> {
    let mut random = Random(seed);
    let mut tracks = BTreeSet::new();
    let pool = rows.saturating_mul(4) / 5 + 1;
    fs::create_dir_all(folder)?;
    for file in 0..files {
        let here = rows / files.max(1) + usize::from(file < rows % files.max(1));
        let mut text = format!("{HEADER}\n");
        for place in 0..here {
            let track = random.below(pool);
            tracks.insert(track);
            row(&mut text, track, place);
        }
        let name =
            if file == 0 { "Liked_Songs".to_owned() } else { format!("{} {} {file:03}", word(file), word(file / 7)) };
        fs::write(folder.join(format!("{name}.csv")), text)?;
    }
    Ok(Exports { files, rows, tracks: tracks.len() })
}

/// A row. Everything but the date depends only on the track, so that it is the same in every playlist.
fn row(text: &mut String, track: usize, place: usize) {
    let mut of_track = Random(track as u64 + 1);
    let artist = of_track.below(4_000);
    let artists = match track {
        t if t.is_multiple_of(13) => format!("\"{}, {} & Co\"", word(artist), word(artist / 5)),
        t if t.is_multiple_of(9) => format!("\"{} {artist},{} {}\"", word(artist), word(artist + 3), artist + 1),
        _ => format!("{} {artist}", word(artist)),
    };
    let title = format!("{} {} {track}", word(of_track.below(24)), word(of_track.below(24)));
    let _ = write!(
        text,
        "spotify:track:{track:022},{title},{} Album {},{artists},20{:02}-{:02}-{:02},{},{},{},someone,2024-{:02}-{:02}T12:00:00Z,,Label {},",
        word(artist),
        artist % 700,
        track % 24,
        track % 12 + 1,
        track % 28 + 1,
        120_000 + of_track.below(300_000),
        of_track.below(100),
        track.is_multiple_of(11),
        place % 12 + 1,
        place % 28 + 1,
        artist % 90,
    );
    if track.is_multiple_of(7) {
        text.push_str(",,,,,,,,,,,\n");
        return;
    }
    let mut part = || of_track.below(1_000);
    let numbers = [part(), part(), part(), part(), part(), part(), part()];
    let [dance, energy, speech, acoustic, instrumental, live, valence] = numbers;
    let (key, mode, tempo) = (track % 12, track % 2, 80_000 + of_track.below(90_000));
    let _ = writeln!(
        text,
        "0.{dance:03},0.{energy:03},{key},-{}.{live:03},{mode},0.{speech:03},0.{acoustic:03},0.{instrumental:03},0.{live:03},0.{valence:03},{}.{:03},4",
        energy % 14,
        tempo / 1_000,
        tempo % 1_000
    );
}

fn word(number: usize) -> &'static str {
    WORDS.get(number % WORDS.len()).copied().unwrap_or("Night")
}

/// Pseudorandom numbers (`SplitMix64`) that are the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % (most.max(1) as u64)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_files() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let written = folders.each_ref().map(|folder| write(folder.path(), 5, 103, 7).unwrap());
        assert_eq!((written[0].files, written[0].rows, written[0]), (5, 103, written[1]));
        for entry in fs::read_dir(folders[0].path()).unwrap() {
            let name = entry.unwrap().file_name();
            let [one, other] = folders.each_ref().map(|folder| fs::read_to_string(folder.path().join(&name)).unwrap());
            assert_eq!(one, other);
            assert!(one.lines().all(|line| line.matches(',').count() >= 23), "{one}");
        }
    }
}
