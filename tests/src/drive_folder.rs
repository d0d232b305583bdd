//! Generates a Drive folder as it looks after years of concurrent syncs, and its databases. The same seed gives the same files.
//!
//! The amounts are those of a real Drive: 241 databases with a folder each (six without their CSV, 103 without backups), 168
//! duplicate folders of 136 databases, 272 CSV files outside of any folder, two folders that belong to no database, and 1,892 backups,
//! of which one database has 307.

use std::fs;
use std::path::Path;

use crate::sha256;

/// The number of things of each kind.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Databases, each with a folder.
    pub databases: usize,
    /// Duplicate folders: those in addition to a database's first.
    pub duplicates: usize,
    /// Databases that have duplicate folders.
    pub duplicated: usize,
    /// CSV files that are in no folder.
    pub orphans: usize,
    /// Folders that belong to no database.
    pub odd: usize,
    /// Folders without their CSV.
    pub without_csv: usize,
    /// Folders without backups.
    pub without_archive: usize,
    /// Backups.
    pub backups: usize,
}

/// The amounts of a real Drive.
pub const REAL: Shape = Shape {
    databases: 241,
    duplicates: 168,
    duplicated: 136,
    orphans: 272,
    odd: 2,
    without_csv: 6,
    without_archive: 103,
    backups: 1_892,
};

/// The number of backups of the databases that have the most; the others share the rest.
const MANY_BACKUPS: [usize; 6] = [307, 120, 96, 80, 70, 60];

/// The id of a database.
#[must_use]
pub fn id(number: usize) -> String {
    let digest = sha256(format!("database {number}").as_bytes());
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// The title of a database.
#[must_use]
pub fn title(number: usize) -> String {
    match number % 7 {
        0 => format!("Analytics (1) {number}"),
        1 => format!("Music Tracks {number}"),
        2 => format!("Agent_Tasks {number}"),
        3 => format!("Drops & Löops {number}"),
        _ => format!("Database {number}"),
    }
}

/// Writes `NAME.csv` and `NAME.json` of each database to an existing folder.
///
/// # Panics
/// When they cannot be written.
pub fn databases(folder: &Path, shape: Shape, seed: u64) {
    for number in 0..shape.databases {
        let rows = rows(number, seed);
        let sidecar = serde_json::json!({
            "id": id(number),
            "title": title(number),
            "complete": true,
            "request_status": "complete",
            // Each row has two lines, because its note has a line break.
            "row_count": (rows.lines().count() - 2) / 2,
            "properties": {
                "title": { "name": "Name", "type": "title" },
                "bpm%3D": { "name": "BPM", "type": "number" },
                "tags": { "name": "Tags", "type": "multi_select" },
                "done": { "name": "Done", "type": "checkbox" },
                "when": { "name": "When", "type": "date" },
                "notes": { "name": "Notes", "type": "rich_text" },
                "edited": { "name": "Edited", "type": "last_edited_time" },
            },
        });
        let write = |ending: &str, text: &str| fs::write(folder.join(format!("db-{number:03}.{ending}")), text);
        write("csv", &rows).and_then(|()| write("json", &sidecar.to_string())).expect("the database can be written");
    }
}

/// The CSV of a database.
#[must_use]
pub fn rows(number: usize, seed: u64) -> String {
    let mut random = Random(seed ^ (number as u64) << 20);
    let mut text = "__page_id,__last_synced_iso,Name,BPM,Tags,Done,When,Notes,Edited\n\
                    ,,title,number,multi_select,checkbox,date,rich_text,last_edited_time\n"
        .to_owned();
    for row in 0..20 + random.below(100) {
        let (bpm, done, day) = (90 + random.below(60), random.below(2) == 0, 1 + random.below(28));
        text.push_str(&format!(
            "page-{number}-{row},2026-01-18T10:15:00Z,\"Row {row}, of {number}\",{bpm}.5,\"House, Deep House\",{done},\
             2026-01-{day:02} → 2026-02-{day:02},\"Said \"\"so\"\" and\nmore\",2026-01-17T09:{day:02}:00Z\n"
        ));
    }
    text
}

/// Writes the Drive to an existing folder.
///
/// # Panics
/// When it cannot be written.
pub fn drive(folder: &Path, shape: Shape, seed: u64) {
    let write = |path: String, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    };
    let mut backups = shape.backups;
    for number in 0..shape.databases {
        let base = format!("{}_{}", title(number), id(number));
        fs::create_dir_all(folder.join(&base)).expect("the folder can be made");
        if number >= shape.without_csv {
            write(format!("{base}/{base}.csv"), &rows(number, seed));
        }
        if number + shape.without_archive < shape.databases {
            let with = shape.databases - shape.without_archive;
            let share = MANY_BACKUPS.get(number).copied().unwrap_or_else(|| backups.div_ceil(with - number));
            let share = if number + 1 == with { backups } else { share.min(backups) };
            backups -= share;
            for backup in 0..share {
                let (day, minute) = (1 + backup / 60 % 28, backup % 60);
                let name = format!("{base}_v2025-12-{day:02}_23-{minute:02}-11-{:03}Z.csv", backup % 1_000);
                write(format!("{base}/.archive/{name}"), &format!("{backup}\n"));
            }
        }
    }
    for copy in 0..shape.duplicates {
        // The first of these databases have two or more duplicate folders.
        let number = shape.databases - 1 - copy % shape.duplicated;
        let base = format!("{}_{}", title(number), id(number));
        let name = format!("{base} ({})", 1 + copy / shape.duplicated);
        match copy % 3 {
            0 => write(format!("{name}/{base}.csv"), &rows(number, seed)),
            1 => write(format!("{name}/{base}.csv"), &format!("another file {copy}\n")),
            _ => fs::create_dir_all(folder.join(name)).expect("the folder can be made"),
        }
    }
    for orphan in 0..shape.orphans {
        // Some belong to existing databases, most to deleted ones.
        let number = if orphan % 4 == 0 { orphan % shape.databases } else { 10_000 + orphan };
        write(format!("Lost {orphan}_{}.csv", id(number)), &format!("orphan {orphan}\n"));
    }
    for odd in 0..shape.odd {
        fs::create_dir_all(folder.join(format!("odd folder {odd}"))).expect("the folder can be made");
    }
}

/// Pseudorandom numbers (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}
