//! Backups: before every change of a CSV, the old CSV is copied to `.archive/{base}_v{time}.csv`. The number of backups has a
//! maximum.
//!
//! A file is deleted only if every part of its name is recognised. The times have milliseconds and `Z`. Times without
//! milliseconds and `Z`, which older versions wrote, are recognised too.

use std::fs;
use std::io;
use std::path::Path;

use baton_plugin_kit::time;

use super::{
    ARCHIVE, Change, ParsedName, Undo, archive_of, at_writing, children, copy_file, has_archive, id_of, is_one_id,
    is_same, write_file,
};

/// The default number of backups of a database.
pub const KEPT: usize = 50;

/// A backup of a CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its name.
    pub name: String,
    /// True if the backup was created now; false if the newest backup has the same bytes.
    pub made: bool,
}

/// Copies `{folder}/{base}.csv` to a backup, unless the newest backup has the same bytes. So retries on a full disk do not
/// displace other backups.
///
/// # Errors
/// If the CSV cannot be read or the backup written.
pub fn keep(root: &Path, folder: &str, base: &str, now_ms: i64) -> io::Result<Backup> {
    let archive = archive_of(&root.join(folder))?;
    let csv = root.join(folder).join(format!("{base}.csv"));
    let until = known(&archive, &id_of(base).unwrap_or_default())?;
    if let Some((_, newest)) = until.into_iter().rfind(|(moment, _)| *moment < now_ms + 1_000)
        && is_same(&csv, &archive.join(&newest))?
    {
        return Ok(Backup { name: newest, made: false });
    }
    let name = free_name(&archive, base, now_ms)?;
    copy_file(&csv, &archive.join(&name))?;
    Ok(Backup { name, made: true })
}

/// A name for a backup of this time that no file has.
fn free_name(archive: &Path, base: &str, now_ms: i64) -> io::Result<String> {
    let mut names = (0..1_000).map(|later| format!("{base}_v{}.csv", stamp_of(now_ms + later)));
    let is_free = |name: &String| fs::symlink_metadata(archive.join(name)).is_err();
    names.find(is_free).ok_or_else(|| {
        io::Error::other(format!("{}: there are already a thousand backups of the same second", archive.display()))
    })
}

/// Makes a backup of bytes that are not in the folder, such as the content of the account.
///
/// # Errors
/// If the backup cannot be written.
pub fn keep_bytes(root: &Path, folder: &str, bytes: &[u8], now_ms: i64) -> io::Result<()> {
    let archive = archive_of(&root.join(folder))?;
    write_file(&archive.join(free_name(&archive, folder, now_ms)?), bytes)
}

/// The recognised backups, by time.
fn known(archive: &Path, id: &str) -> io::Result<Vec<(i64, String)>> {
    let files = children(archive)?.into_iter().filter(|(_, kind)| kind.is_file());
    let mut known: Vec<_> = files.filter_map(|(name, _)| Some((archived_at(&name, id)?, name))).collect();
    known.sort();
    Ok(known)
}

/// `2026-01-18_10-15-00-250Z`.
fn stamp_of(millis: i64) -> String {
    let whole = time::text(millis - millis.rem_euclid(1_000)).unwrap_or_default();
    let plain = whole.trim_end_matches('Z').replace('T', "_").replace(':', "-");
    format!("{plain}-{:03}Z", millis.rem_euclid(1_000))
}

/// The time in the name of a backup of this database, in milliseconds since 1970.
#[must_use]
pub fn archived_at(name: &str, id: &str) -> Option<i64> {
    let (base, stamp) = name.strip_suffix(".csv")?.rsplit_once("_v")?;
    ParsedName::parse(base).filter(|named| is_one_id(named.id, id))?;
    let stamp = stamp.strip_suffix('Z').unwrap_or(stamp);
    let (whole, millis) = match stamp.len() {
        19 => (stamp, 0),
        23 => (stamp.get(..19)?, stamp.get(19..)?.strip_prefix('-').filter(|digits| is_digits(digits))?.parse().ok()?),
        _ => return None,
    };
    let (day, time) = whole.split_once('_')?;
    let plain = [day, time].iter().all(|part| part.split('-').count() == 3 && part.split('-').all(is_digits));
    let seconds = plain.then(|| time::parse(&format!("{day}T{}Z", time.replace('-', ":"))))??;
    Some(seconds + millis)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The names of the oldest backups in `.archive`: those that exceed the number to keep.
///
/// # Errors
/// When the folder cannot be read.
pub fn superfluous(root: &Path, folder: &str, id: &str, kept: usize) -> io::Result<Vec<String>> {
    let folder = root.join(folder);
    if !has_archive(&folder) {
        return Ok(Vec::new());
    }
    let mut known = known(&folder.join(ARCHIVE), id)?;
    known.truncate(known.len().saturating_sub(kept));
    Ok(known.into_iter().map(|(_, name)| name).collect())
}

/// Deletes the oldest backups beyond the number to keep and returns their number. The backup of the present change is kept,
/// even if other backups have newer times because a clock was wrong.
///
/// # Errors
/// If a backup cannot be deleted.
pub fn retain(
    root: &Path,
    folder: &str,
    id: &str,
    kept: usize,
    made: Option<&str>,
    undo: &mut Undo,
) -> io::Result<usize> {
    let many = superfluous(root, folder, id, 0)?;
    let others: Vec<_> = many.iter().filter(|name| Some(name.as_str()) != made).collect();
    let room = kept.saturating_sub(many.len() - others.len());
    let names = others.iter().take(others.len().saturating_sub(room));
    let mut gone = 0;
    for name in names {
        let path = format!("{folder}/{ARCHIVE}/{name}");
        fs::remove_file(root.join(&path)).map_err(|error| at_writing(&root.join(&path), &error))?;
        undo.push(Change::RemovedBackup { path });
        gone += 1;
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_768_731_300_250;

    #[test]
    fn times_are_read_in_all_forms_of_earlier_versions() {
        for (name, time) in [
            ("T_id-1_v2026-01-18_10-15-00-250Z.csv", Some(NOW)),
            ("Old title_ID-1_v2026-01-18_10-15-00-250Z.csv", Some(NOW)),
            ("T_id-1 (1)_v2026-01-18_10-15-00-250.csv", Some(NOW)),
            ("T_id-1_v2026-01-18_10-15-00Z.csv", Some(NOW - 250)),
            ("T_id-1_v2026-01-18_10-15-00.csv", Some(NOW - 250)),
            ("T_id-2_v2026-01-18_10-15-00.csv", None),
            ("T_id-1_v2026-13-18_10-15-00.csv", None),
            ("T_id-1_v2026-01-18_10-15-00-2x0Z.csv", None),
            ("T_id-1_v2026-01-18_10-15-00-250Z (from T_id-1 (1)).csv", None),
            ("T_id-1_v2.csv", None),
            ("T_id-1.csv", None),
            ("T_id-1_v2026-01-18_10-15-00-250Z.txt", None),
            ("notes.csv", None),
        ] {
            assert_eq!(archived_at(name, "id-1"), time, "{name}");
        }
        assert_eq!(archived_at(&format!("T_id-1_v{}.csv", stamp_of(NOW)), "id-1"), Some(NOW));
    }

    #[test]
    fn the_newest_backups_and_unrecognised_files_are_kept() {
        let root = tempfile::tempdir().unwrap();
        let archive = root.path().join("T_id-1/.archive");
        fs::create_dir_all(&archive).unwrap();
        for second in 0..307 {
            fs::write(archive.join(format!("T_id-1_v{}.csv", stamp_of(NOW + second * 1_000))), "x").unwrap();
        }
        for stays in ["by hand.csv", "T_id-1_v1.csv", "U_id-2_v2020-01-01_00-00-00.csv"] {
            fs::write(archive.join(stays), "x").unwrap();
        }
        let mut undo = Undo::default();
        assert_eq!(retain(root.path(), "T_id-1", "id-1", KEPT, None, &mut undo).unwrap(), 257);
        assert_eq!(retain(root.path(), "T_id-1", "id-1", KEPT, None, &mut undo).unwrap(), 0);
        let left: Vec<_> = children(&archive).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!((left.len(), undo.changes().len()), (53, 257));
        assert!(left.contains(&format!("T_id-1_v{}.csv", stamp_of(NOW + 306_000))));
        assert!(["by hand.csv", "T_id-1_v1.csv"].iter().all(|name| left.contains(&(*name).to_owned())));
    }

    #[test]
    fn a_backup_has_the_bytes_and_is_made_once_for_each_change() {
        let root = tempfile::tempdir().unwrap();
        let csv = root.path().join("T_id-1/T_id-1.csv");
        fs::create_dir_all(csv.parent().unwrap()).unwrap();
        fs::write(&csv, "1").unwrap();
        let kept = |now: i64| keep(root.path(), "T_id-1", "T_id-1", now).unwrap();
        let first = Backup { name: "T_id-1_v2026-01-18_10-15-00-250Z.csv".into(), made: true };
        assert_eq!(kept(NOW), first);
        // The same bytes are kept once, even after many retries.
        assert_eq!(kept(NOW), Backup { made: false, ..first.clone() });
        assert_eq!(kept(NOW + 90_000), Backup { made: false, ..first });
        fs::write(&csv, "2").unwrap();
        assert_eq!(kept(NOW), Backup { name: "T_id-1_v2026-01-18_10-15-00-251Z.csv".into(), made: true });
        fs::write(&csv, "1").unwrap();
        assert!(kept(NOW + 90_000).made, "the CSV changed and changed back");
    }

    #[test]
    fn the_new_backup_is_kept_beside_backups_with_future_times() {
        let root = tempfile::tempdir().unwrap();
        let archive = root.path().join("T_id-1/.archive");
        fs::create_dir_all(&archive).unwrap();
        for second in 1..=5 {
            let name = format!("T_id-1_v{}.csv", stamp_of(NOW + 90_000_000 + second * 1_000));
            fs::write(archive.join(name), "x").unwrap();
        }
        fs::write(root.path().join("T_id-1/T_id-1.csv"), "1").unwrap();
        let made = keep(root.path(), "T_id-1", "T_id-1", NOW).unwrap();
        let gone = retain(root.path(), "T_id-1", "id-1", 5, Some(&made.name), &mut Undo::default()).unwrap();
        assert_eq!((gone, children(&archive).unwrap().len()), (1, 5));
        assert!(archive.join(&made.name).exists());
    }
}
