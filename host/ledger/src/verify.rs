//! Reading the whole chain: is every row as it was written, is none missing, does each follow the right one?
//!
//! Rows stream by in the order of `seq`; none is kept, so a ledger of any length needs the same memory. What is read is
//! one moment of the ledger, whatever is written meanwhile. Nothing is trusted but the columns: each hash is made anew
//! by the rule in [`event`].
//!
//! The chain alone cannot show that its end was cut off, or that all of it was written anew: what is left is sound. A
//! [`Head`] that was handed out earlier (every RETURN carries one) shows both: it has to be the hash of some event.

use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension};

use crate::LedgerError;
use crate::database::Reader;
use crate::event::{self, GENESIS};

/// The columns of a [`Row`], in the order that it reads them.
const SELECT: &str =
    "SELECT seq, task, at, actor, action, reason, state, input_hash, output_hash, plugin_digest, prev, hash
                      FROM events ORDER BY seq";

/// Fewer digits could belong to several events of a long ledger: of a million, two share twelve with odds of 1 to 500.
const MIN_DIGITS: usize = 12;

/// SHA-256 in hexadecimal digits.
const DIGITS: usize = 64;

/// An event as its row has it, believed in nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the columns; the rule of the hash explains them")]
pub struct Row {
    pub seq: i64,
    pub task: String,
    /// Milliseconds since 1970 in UTC.
    pub at: i64,
    pub actor: String,
    pub action: String,
    pub reason: String,
    pub state: String,
    pub input_hash: Option<String>,
    pub output_hash: Option<String>,
    pub plugin_digest: Option<String>,
    pub prev: String,
    pub hash: String,
}

impl Row {
    /// Fails only where a column holds what is no text.
    pub(crate) fn read(row: &rusqlite::Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            seq: row.get(0)?,
            task: row.get(1)?,
            at: row.get(2)?,
            actor: row.get(3)?,
            action: row.get(4)?,
            reason: row.get(5)?,
            state: row.get(6)?,
            input_hash: row.get(7)?,
            output_hash: row.get(8)?,
            plugin_digest: row.get(9)?,
            prev: row.get(10)?,
            hash: row.get(11)?,
        })
    }

    /// Whether the columns give the hash. An empty text instead of a null gives the same hash and is never written.
    pub(crate) fn is_as_written(&self) -> bool {
        let optional = [&self.input_hash, &self.output_hash, &self.plugin_digest];
        self.computed_hash() == self.hash && optional.into_iter().flatten().all(|column| !column.is_empty())
    }

    fn computed_hash(&self) -> String {
        let optional = [&self.input_hash, &self.output_hash, &self.plugin_digest];
        let [input, output, plugin] = optional.map(|column| column.as_deref().unwrap_or_default());
        let Self { task, actor, action, reason, state, prev, .. } = self;
        let at = self.at.to_string();
        event::hash_of([prev, task, &at, actor, action, reason, state, input, output, plugin])
    }
}

/// How far the chain goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// How many events there are.
    pub events: u64,
    /// The hash of the last one; [`GENESIS`] when there is none.
    pub head: String,
}

impl Tip {
    fn genesis() -> Self {
        Self { events: 0, head: GENESIS.to_owned() }
    }

    fn advance(&mut self, head: String) {
        self.events = self.events.saturating_add(1);
        self.head = head;
    }

    /// The number that the next event has.
    fn next(&self) -> i64 {
        i64::try_from(self.events).unwrap_or(i64::MAX).saturating_add(1)
    }
}

/// A head that is looked for: a hash, or how it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head(String);

/// The text is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a head is 64 hexadecimal digits, or at least the first {MIN_DIGITS} of them")]
pub struct NotAHead;

impl FromStr for Head {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Self, NotAHead> {
        let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_head = is_hexadecimal && (MIN_DIGITS..=DIGITS).contains(&text.len());
        if is_head { Ok(Self(text.to_ascii_lowercase())) } else { Err(NotAHead) }
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the head that was asked for stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is the hash of this event; 0 for the hash before the first.
    At(i64),
    /// It is the hash of none: the ledger was cut or rewritten since.
    Nowhere,
    /// So many hashes begin like this.
    Several(u64),
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Its columns do not give its hash.
    Edited,
    /// The numbers have a gap before it, and what it was written after is gone.
    Missing,
    /// It follows another row than the one before it, or its number is not its place.
    Order,
    /// The numbers have no gap, yet what it was written after is gone.
    Replaced,
}

impl Wrong {
    /// One word, for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Missing => "missing",
            Self::Order => "order",
            Self::Replaced => "replaced",
        }
    }

    /// A sentence about the row, for people.
    #[must_use]
    pub fn explained(self) -> &'static str {
        match self {
            Self::Edited => "it was edited: its columns do not give its hash",
            Self::Missing => "a row is missing before it",
            Self::Order => "it is out of order: rows were moved or given other numbers",
            Self::Replaced => {
                "the row that it was written after is gone: edited and hashed anew, or taken out and the numbers closed up"
            }
        }
    }
}

/// The first row at which the chain breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its number.
    pub seq: i64,
    /// The task that it says it is of.
    pub task: String,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What the chain is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How far it goes, whether it is sound or not.
    pub tip: Tip,
    /// Where it breaks first.
    pub broken: Option<Broken>,
    /// Where the head that was asked for stands.
    pub found: Option<Found>,
}

impl Report {
    /// Whether nothing is wrong with the chain and the head that was asked for is in it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.broken.is_none() && matches!(self.found, None | Some(Found::At(_)))
    }
}

/// Checks every row of the chain, and where `head` stands in it.
///
/// # Errors
/// When the database fails. A broken chain is no error.
pub fn verify(reader: &Reader, head: Option<&Head>) -> Result<Report, LedgerError> {
    let snapshot = reader.connection.unchecked_transaction()?;
    let (mut tip, mut broken) = (Tip::genesis(), None);
    let mut found = head.map(|head| look(head, Found::Nowhere, 0, GENESIS));
    let mut select = snapshot.prepare(SELECT)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (seq, hash) = (row.get(0)?, lossy(row, 11)?);
        if broken.is_none() {
            let wrong = judge(Row::read(row).ok().as_ref(), &tip, &snapshot)?;
            let task = lossy(row, 1)?;
            broken = wrong.map(|wrong| Broken { seq, task, wrong });
        }
        found = head.zip(found).map(|(head, found)| look(head, found, seq, &hash));
        tip.advance(hash);
    }
    Ok(Report { tip, broken, found })
}

/// What is wrong with `row`, which stands after `tip`. There is no `row` where a column does not even read as text.
fn judge(row: Option<&Row>, tip: &Tip, snapshot: &Connection) -> Result<Option<Wrong>, LedgerError> {
    let Some(row) = row.filter(|row| row.is_as_written()) else {
        return Ok(Some(Wrong::Edited));
    };
    let in_place = row.seq == tip.next();
    Ok(if row.prev == tip.head {
        (!in_place).then_some(Wrong::Order)
    } else if row.prev == GENESIS || is_there(snapshot, &row.prev)? {
        Some(Wrong::Order)
    } else {
        Some(if in_place { Wrong::Replaced } else { Wrong::Missing })
    })
}

/// Whether some row has this hash. There is no index for it: this is asked once, for the first broken row.
fn is_there(snapshot: &Connection, hash: &str) -> Result<bool, LedgerError> {
    let found = snapshot.query_row("SELECT 1 FROM events WHERE hash = ?1", [hash], |_| Ok(())).optional()?;
    Ok(found.is_some())
}

/// Where the head stands, now that the event `seq` with this hash was seen too.
fn look(head: &Head, found: Found, seq: i64, hash: &str) -> Found {
    match found {
        found if !hash.starts_with(&head.0) => found,
        Found::Nowhere => Found::At(seq),
        Found::At(_) => Found::Several(2),
        Found::Several(count) => Found::Several(count.saturating_add(1)),
    }
}

/// A text column of a row that may have been tampered with.
pub(crate) fn lossy(row: &rusqlite::Row<'_>, column: usize) -> Result<String, LedgerError> {
    let value = row.get_ref(column)?;
    Ok(value.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default())
}

/// Gives every row, sound or not, to `visit`, in order; then says how far the chain goes.
///
/// # Errors
/// What `visit` returns, that the database failed, or that a row is damaged so that it cannot be read.
pub fn each<E: From<LedgerError>>(reader: &Reader, mut visit: impl FnMut(&Row) -> Result<(), E>) -> Result<Tip, E> {
    let failed = |error: rusqlite::Error| E::from(LedgerError::from(error));
    let mut tip = Tip::genesis();
    let mut select = reader.connection.prepare(SELECT).map_err(failed)?;
    let mut rows = select.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let unreadable = |_| LedgerError::Corrupt { what: "an event", value: format!("number {}", tip.next()) };
        let row = Row::read(row).map_err(unreadable)?;
        visit(&row)?;
        tip.advance(row.hash);
    }
    Ok(tip)
}

/// How far the chain goes, without looking at every row.
pub(crate) fn tip(snapshot: &Connection) -> Result<Tip, LedgerError> {
    let events: i64 = snapshot.query_row("SELECT count(*) FROM events", [], |row| row.get(0))?;
    let last = "SELECT hash FROM events ORDER BY seq DESC LIMIT 1";
    let head = snapshot.query_row(last, [], |row| row.get(0)).optional()?;
    Ok(Tip { events: events.unsigned_abs(), head: head.unwrap_or_else(|| GENESIS.to_owned()) })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use baton_core::State;
    use jiff::Timestamp;

    use super::*;
    use crate::Ledger;
    use crate::event::Event;

    const EVENTS: i64 = 6;

    /// A sound ledger of six events, and copies of it to tamper with.
    struct Original {
        folder: tempfile::TempDir,
        path: PathBuf,
    }

    impl Original {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("l.db");
            let ledger = Ledger::open(&path).unwrap();
            for number in 1..=EVENTS {
                ledger.write_blocking(move |tx| event::append(tx, &event(number))).unwrap();
            }
            crate::backup::copy(&ledger.reader().unwrap(), &folder.path().join("whole.db")).unwrap();
            Self { path: folder.path().join("whole.db"), folder }
        }

        /// The report on a copy after `sql` was done to it.
        fn after(&self, sql: &str) -> Report {
            self.after_with(sql, None)
        }

        fn after_with(&self, sql: &str, head: Option<&Head>) -> Report {
            let reader = self.tampered(sql);
            verify(&reader, head).unwrap()
        }

        fn tampered(&self, sql: &str) -> Reader {
            let path = self.folder.path().join("tampered.db");
            for ending in ["", "-wal", "-shm"] {
                drop(std::fs::remove_file(format!("{}{ending}", path.display())));
            }
            std::fs::copy(&self.path, &path).unwrap();
            Connection::open(&path).unwrap().execute_batch(sql).unwrap();
            Reader::open(&path).unwrap()
        }

        /// The rows as they were written.
        fn rows(&self) -> Vec<Row> {
            rows(&Reader::open(&self.path).unwrap())
        }
    }

    fn rows(reader: &Reader) -> Vec<Row> {
        let mut rows = Vec::new();
        each::<LedgerError>(reader, |row| {
            rows.push(row.clone());
            Ok(())
        })
        .unwrap();
        rows
    }

    fn event(number: i64) -> Event {
        Event {
            task: format!("task-{number}"),
            at: Timestamp::from_millisecond(1_000 + number).unwrap(),
            actor: "baton".to_owned(),
            action: "started".to_owned(),
            reason: format!("attempt {number}"),
            state: State::Running,
            input_hash: (number % 2 == 0).then(|| "ab".repeat(32)),
            output_hash: None,
            plugin_digest: (number % 3 == 0).then(|| "cd".repeat(32)),
        }
    }

    /// The statement that gives the row `number` another reason and the hash that fits.
    fn replace(row: &Row) -> String {
        let forged = Row { reason: "forged".to_owned(), ..row.clone() };
        format!("UPDATE events SET reason = 'forged', hash = '{}' WHERE seq = {}", forged.computed_hash(), row.seq)
    }

    fn close_up(gone: i64) -> String {
        let moved: String =
            (gone + 1..=EVENTS).map(|n| format!("UPDATE events SET seq = {n} - 1 WHERE seq = {n};")).collect();
        format!("DELETE FROM events WHERE seq = {gone}; {moved}")
    }

    #[track_caller]
    fn breaks(report: &Report, seq: i64, wrong: Wrong) {
        let broken = report.broken.as_ref().map(|broken| (broken.seq, broken.wrong));
        assert_eq!(broken, Some((seq, wrong)), "{report:?}");
        assert!(!report.is_sound());
    }

    #[test]
    fn what_nobody_touched_is_sound() {
        let report = Original::new().after("");
        assert!(report.is_sound());
        assert_eq!((report.tip.events, report.broken, report.found), (6, None, None));
    }

    #[test]
    fn a_ledger_without_events_is_sound_and_its_head_is_before_the_first() {
        let original = Original::new();
        let genesis: Head = GENESIS.parse().unwrap();
        let report = original.after_with("DELETE FROM events", Some(&genesis));
        assert_eq!(report, Report { tip: Tip::genesis(), broken: None, found: Some(Found::At(0)) });
        assert_eq!(tip(&original.tampered("DELETE FROM events").connection).unwrap(), Tip::genesis());
    }

    #[test]
    fn an_edit_of_any_column_of_any_row_is_found_there() {
        let original = Original::new();
        for seq in 1..=EVENTS {
            for column in ["task", "actor", "action", "reason", "state", "prev", "hash"] {
                let sql = format!("UPDATE events SET {column} = {column} || 'x' WHERE seq = {seq}");
                breaks(&original.after(&sql), seq, Wrong::Edited);
            }
            for column in ["input_hash", "output_hash", "plugin_digest"] {
                for (column, value) in [(column, "'x'"), (column, "''")] {
                    let sql = format!("UPDATE events SET {column} = {value} WHERE seq = {seq}");
                    breaks(&original.after(&sql), seq, Wrong::Edited);
                }
            }
            breaks(&original.after(&format!("UPDATE events SET at = at + 1 WHERE seq = {seq}")), seq, Wrong::Edited);
        }
    }

    #[test]
    fn a_byte_that_moves_to_the_next_column_is_an_edit() {
        let sql = "UPDATE events SET actor = 'bato', action = 'nstarted' WHERE seq = 2";
        breaks(&Original::new().after(sql), 2, Wrong::Edited);
    }

    #[test]
    fn what_is_no_text_any_more_is_an_edit_and_the_rest_is_read() {
        let original = Original::new();
        for column in ["reason", "task", "hash"] {
            let sql = format!("UPDATE events SET {column} = CAST(x'ff' AS TEXT) WHERE seq = 3");
            let report = original.after(&sql);
            breaks(&report, 3, Wrong::Edited);
            assert_eq!(report.tip.events, 6);
            let exported = each::<LedgerError>(&original.tampered(&sql), |_| Ok(()));
            assert!(matches!(exported, Err(LedgerError::Corrupt { value, .. }) if value == "number 3"));
        }
    }

    #[test]
    fn the_broken_row_is_named_with_its_task() {
        let report = Original::new().after("UPDATE events SET reason = 'all went well' WHERE seq IN (4, 5)");
        let expected = Broken { seq: 4, task: "task-4".to_owned(), wrong: Wrong::Edited };
        assert_eq!(report.broken, Some(expected));
    }

    #[test]
    fn a_row_that_was_deleted_is_missing_before_the_next() {
        let original = Original::new();
        for gone in 1..EVENTS {
            breaks(&original.after(&format!("DELETE FROM events WHERE seq = {gone}")), gone + 1, Wrong::Missing);
        }
        breaks(&original.after("DELETE FROM events WHERE seq IN (2, 3, 4)"), 5, Wrong::Missing);
    }

    #[test]
    fn a_row_that_was_deleted_and_the_numbers_closed_up_is_found() {
        let original = Original::new();
        for gone in 1..EVENTS {
            breaks(&original.after(&close_up(gone)), gone, Wrong::Replaced);
        }
    }

    #[test]
    fn rows_cut_from_the_end_are_found_with_the_head_alone() {
        let original = Original::new();
        let rows = original.rows();
        for left in 0..EVENTS {
            let cut = format!("DELETE FROM events WHERE seq > {left}");
            assert!(original.after(&cut).is_sound());
            for row in &rows {
                let report = original.after_with(&cut, Some(&row.hash.parse().unwrap()));
                let expected = if row.seq <= left { Found::At(row.seq) } else { Found::Nowhere };
                assert_eq!(report.found, Some(expected));
                assert_eq!(report.is_sound(), row.seq <= left);
            }
        }
    }

    #[test]
    fn two_rows_that_were_swapped_are_out_of_order() {
        let original = Original::new();
        for (a, b) in (1..=EVENTS).flat_map(|a| (a + 1..=EVENTS).map(move |b| (a, b))) {
            let sql = format!(
                "UPDATE events SET seq = -1 WHERE seq = {a}; UPDATE events SET seq = {a} WHERE seq = {b};
                 UPDATE events SET seq = {b} WHERE seq = -1"
            );
            breaks(&original.after(&sql), a, Wrong::Order);
        }
    }

    #[test]
    fn numbers_that_do_not_count_from_one_are_out_of_order() {
        let original = Original::new();
        let shifted = |by: i64| {
            let away = "UPDATE events SET seq = seq + 100 WHERE seq > 3;";
            original.after(&format!("{away} UPDATE events SET seq = seq - 100 + {by} WHERE seq > 100"))
        };
        breaks(&shifted(1), 5, Wrong::Order);
        assert!(shifted(0).is_sound());
        breaks(&original.after("UPDATE events SET seq = 0 WHERE seq = 1"), 0, Wrong::Order);
        breaks(&original.after("UPDATE events SET seq = 100 WHERE seq = 2"), 3, Wrong::Order);
    }

    #[test]
    fn a_row_that_was_hashed_anew_is_found_at_its_successor() {
        let original = Original::new();
        for row in original.rows() {
            let report = original.after(&replace(&row));
            if row.seq < EVENTS {
                breaks(&report, row.seq + 1, Wrong::Replaced);
            } else {
                assert!(report.is_sound(), "nothing follows the last row");
                let report = original.after_with(&replace(&row), Some(&row.hash.parse().unwrap()));
                assert_eq!(report.found, Some(Found::Nowhere));
            }
        }
    }

    #[test]
    fn a_chain_that_was_written_anew_is_found_with_the_head_alone() {
        let original = Original::new();
        let (mut sql, mut prev) = (String::new(), GENESIS.to_owned());
        for mut row in original.rows() {
            row.prev.clone_from(&prev);
            row.reason = "forged".to_owned();
            prev = row.computed_hash();
            sql += &format!(
                "UPDATE events SET reason = 'forged', prev = '{}', hash = '{prev}' WHERE seq = {};",
                row.prev, row.seq
            );
        }
        assert!(original.after(&sql).is_sound());
        for row in original.rows() {
            let report = original.after_with(&sql, Some(&row.hash.parse().unwrap()));
            assert_eq!((report.broken.clone(), report.found, report.is_sound()), (None, Some(Found::Nowhere), false));
        }
    }

    #[test]
    fn a_head_is_found_by_its_beginning_in_either_case() {
        let original = Original::new();
        let hash = original.rows()[3].hash.clone();
        for text in [&hash[..12], &hash[..40], &hash, &hash.to_uppercase()] {
            let report = original.after_with("", Some(&text.parse().unwrap()));
            assert_eq!(report.found, Some(Found::At(4)), "{text}");
        }
        for text in ["", "abc", &hash[..11], &format!("{hash}0"), "not hexadecimal at all", "0123456789aé"] {
            assert_eq!(text.parse::<Head>(), Err(NotAHead), "{text}");
        }
    }

    #[test]
    fn a_beginning_that_several_hashes_share_is_no_answer() {
        let original = Original::new();
        let sql = "UPDATE events SET hash = 'aaaaaaaaaaaa' || substr(hash, 13) WHERE seq > 3";
        let report = original.after_with(sql, Some(&"aaaaaaaaaaaa".parse().unwrap()));
        assert_eq!((report.found, report.is_sound()), (Some(Found::Several(3)), false));
    }

    #[test]
    fn the_tip_is_the_same_on_every_way() {
        let original = Original::new();
        let reader = Reader::open(&original.path).unwrap();
        let walked = each::<LedgerError>(&reader, |_| Ok(())).unwrap();
        assert_eq!(walked, tip(&reader.connection).unwrap());
        assert_eq!(walked, verify(&reader, None).unwrap().tip);
    }
}
