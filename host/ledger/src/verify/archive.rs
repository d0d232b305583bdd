//! Checks the archives of pruned events: each archive is a chain, the archives are consecutive, and the events of the
//! ledger follow the last archive.
//!
//! The archives are read in the order of their first events. Two archives may overlap, for example after an interrupted and
//! repeated prune. Their common events must then be equal to each other, and to the same events in the ledger if they are
//! still there.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use super::head::Search;
use super::{ArchivedPart, BrokenArchive, ChainTip, Row};
use crate::LedgerError;
use crate::event::GENESIS;
use crate::export::{Line, parse};
use crate::prune::PruneMark;

impl ArchivedPart {
    /// True if the archives contain the events from `first` to `last`.
    pub(super) fn has(&self, first: i64, last: i64) -> bool {
        self.broken.is_none() && self.first <= first && self.last >= last
    }
}

/// The result of a check; the error is the line number and the fault.
type Verdict = Result<(), (u64, &'static str)>;

/// Checks the archives against each other and the ledger. `None` if there are none.
pub(super) fn check(
    snapshot: &Connection,
    files: &[PathBuf],
    mark: Option<&PruneMark>,
    search: &mut Search<'_>,
) -> Result<Option<ArchivedPart>, LedgerError> {
    let mut chain = Chain { snapshot, mark, search, first: 1, tip: None };
    let (mut broken, mut last_line) = (None, (PathBuf::new(), 0));
    for file in in_order(files)? {
        let (lines, verdict) = chain.follow(&file)?;
        last_line = (file.clone(), lines);
        if let Err((line, why)) = verdict {
            broken = Some(BrokenArchive { file, line, why });
            break;
        }
    }
    let Chain { first, tip, .. } = chain;
    let last = tip.map_or(0, |tip| tip.next() - 1);
    if !files.is_empty() && broken.is_none() && last < mark.map_or(0, |mark| mark.seq) {
        let why = "no given archive has the events between this line and the first event of the ledger";
        broken = Some(BrokenArchive { file: last_line.0, line: last_line.1, why });
    }
    Ok((!files.is_empty()).then_some(ArchivedPart { first, last, broken }))
}

/// The files in the order of their first events. Files that do not begin with an event come first.
fn in_order(files: &[PathBuf]) -> Result<Vec<PathBuf>, LedgerError> {
    let mut keyed = Vec::new();
    for file in files {
        let first = lines(file)?.next().transpose().map_err(|source| unreadable(file, source))?;
        let seq = match first.as_deref().and_then(parse) {
            Some(Line::Event(row)) => row.seq,
            _ => 0,
        };
        keyed.push((seq, file.clone()));
    }
    keyed.sort();
    Ok(keyed.into_iter().map(|(_, file)| file).collect())
}

fn lines(file: &Path) -> Result<impl Iterator<Item = io::Result<String>>, LedgerError> {
    let opened = File::open(file).map_err(|source| unreadable(file, source))?;
    // A line that is not UTF-8 is not an event.
    let text = |line: Vec<u8>| String::from_utf8(line).unwrap_or_default();
    Ok(BufReader::new(opened).split(b'\n').map(move |line| line.map(text)))
}

fn unreadable(path: &Path, source: io::Error) -> LedgerError {
    LedgerError::Archive { path: path.to_owned(), source }
}

/// The part of the chain in the archives.
struct Chain<'a, 'h> {
    snapshot: &'a Connection,
    mark: Option<&'a PruneMark>,
    search: &'a mut Search<'h>,
    first: i64,
    /// The end of the chain so far; `None` before the first event.
    tip: Option<ChainTip>,
}

impl Chain<'_, '_> {
    /// Checks the events of the next file. Also returns the number of its lines.
    fn follow(&mut self, file: &Path) -> Result<(u64, Verdict), LedgerError> {
        let (mut number, mut events, mut ended) = (0, 0, false);
        let mut before: Option<Row> = None;
        let from = self.tip.as_ref().map_or(0, ChainTip::next);
        for line in lines(file)? {
            number += 1;
            let line = line.map_err(|source| unreadable(file, source))?;
            let verdict = match parse(&line) {
                _ if ended => Err("there are lines after the end line"),
                None => Err("this line is not an event"),
                Some(Line::End(count, head)) => {
                    ended = true;
                    let fits = count == events && before.as_ref().is_some_and(|row| row.hash == head);
                    fits.then_some(()).ok_or("the end line does not match the events before it: some were removed")
                }
                Some(Line::Event(row)) => {
                    events += 1;
                    let verdict = follows(before.as_ref(), &row);
                    let row = before.insert(*row);
                    match verdict {
                        Ok(()) => self.take(row)?,
                        wrong => wrong,
                    }
                }
            };
            if let Err(why) = verdict {
                return Ok((number, Err((number, why))));
            }
        }
        let verdict = match before {
            _ if !ended => Err((number, "the file was cut: its end line is missing")),
            Some(row) if row.seq.saturating_add(1) < from => {
                Err((number, "another archive has all events of this archive; leave this archive out"))
            }
            Some(row) if self.tip.as_ref().is_some_and(|tip| tip.next() == from && tip.head != row.hash) => {
                Err((number, "another archive has a different event with the number of the last event here"))
            }
            _ => Ok(()),
        };
        Ok((number, verdict))
    }

    /// Appends a sound row to the chain if the row follows the last event, and compares the row with the ledger.
    fn take(&mut self, row: &Row) -> Result<Result<(), &'static str>, LedgerError> {
        if self.tip.is_none() {
            if row.seq < 1 || (row.seq == 1) != (row.prev == GENESIS) {
                return Ok(Err("the number of the event is not its position in the chain"));
            }
            self.first = row.seq;
        }
        let start = || ChainTip { events: (row.seq - 1).unsigned_abs(), head: row.prev.clone() };
        let tip = self.tip.get_or_insert_with(start);
        if row.seq < tip.next() {
            return Ok(Ok(()));
        }
        if row.seq > tip.next() {
            return Ok(Err("no given archive has the events before this event"));
        }
        if row.prev != tip.head {
            return Ok(Err("the event does not follow the last event of the archive before"));
        }
        tip.advance(row.hash.clone());
        let pruned = self.mark.map_or(0, |mark| mark.seq);
        if row.seq <= pruned {
            self.search.see(row.seq, &row.hash);
        }
        let there = match self.mark {
            Some(mark) if row.seq == mark.seq => Some(mark.hash.clone()),
            _ if row.seq < pruned => return Ok(Ok(())),
            _ => hash_at(self.snapshot, row.seq)?,
        };
        let same = there.is_some_and(|hash| hash == row.hash);
        Ok(same
            .then_some(())
            .ok_or("the ledger has a different event, or none, with this number: archive and ledger belong to different chains"))
    }
}

/// Whether `row` is unchanged and directly follows `before` in its file.
fn follows(before: Option<&Row>, row: &Row) -> Result<(), &'static str> {
    if !row.is_as_written() {
        return Err("it was edited: its columns do not match its hash");
    }
    let in_place = before.is_none_or(|before| row.seq == before.seq.saturating_add(1) && row.prev == before.hash);
    in_place.then_some(()).ok_or("it does not follow the line before: a line is missing or was moved")
}

fn hash_at(snapshot: &Connection, seq: i64) -> Result<Option<String>, LedgerError> {
    Ok(snapshot.query_row("SELECT hash FROM events WHERE seq = ?1", [seq], |row| row.get(0)).optional()?)
}
