//! How much each plugin used lately, in slots of ten minutes. What a budget allows is the caller's business.
//!
//! Every function fails only when the database fails.

use baton_core::budget::{Amounts, Resource, Window};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::inspect::has_form;

/// The form of the file that brought the table.
const FORM: i64 = 11;

/// The length of a slot in seconds. Windows move in these steps.
const SLOT: i64 = 600;

/// Adds to what `plugin` used, and forgets what is older than a day.
///
/// # Errors
/// When the database fails.
pub fn add(tx: &Tx<'_>, plugin: &str, resource: Resource, amount: u64, now: Timestamp) -> Result<(), LedgerError> {
    if amount == 0 {
        return Ok(());
    }
    let amount = i64::try_from(amount).unwrap_or(i64::MAX);
    let sql = "INSERT INTO budget_use (plugin, resource, slot, used) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (plugin, resource, slot) DO UPDATE SET used = min(used, 4000000000000000000) + excluded.used";
    let slot = now.as_second().div_euclid(SLOT) * SLOT;
    let amount = amount.min(4_000_000_000_000_000_000);
    tx.connection.prepare_cached(sql)?.execute(params![plugin, resource.key(), slot, amount])?;
    let sql = "DELETE FROM budget_use WHERE plugin = ?1 AND resource = ?2 AND slot <= ?3";
    let old = first_slot(now, Window::Day);
    tx.connection.prepare_cached(sql)?.execute(params![plugin, resource.key(), old])?;
    Ok(())
}

/// What `plugin` used of each resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used([Amounts; Resource::ALL.len()]);

impl Used {
    /// How much of one.
    #[must_use]
    pub fn of(&self, resource: Resource) -> Amounts {
        self.0.get(resource as usize).copied().unwrap_or_default()
    }
}

/// What `plugin` used of each resource until `now`.
///
/// # Errors
/// When the database fails.
pub fn used(tx: &Tx<'_>, plugin: &str, now: Timestamp) -> Result<Used, LedgerError> {
    sums(tx.connection, plugin, now)
}

/// The same, for whoever only reads.
///
/// # Errors
/// When the database fails.
pub fn read(reader: &Reader, plugin: &str, now: Timestamp) -> Result<Used, LedgerError> {
    if !has_form(reader, FORM)? {
        return Ok(Used::default());
    }
    sums(&reader.connection, plugin, now)
}

fn sums(connection: &Connection, plugin: &str, now: Timestamp) -> Result<Used, LedgerError> {
    let sql = "SELECT resource, total(used), total(CASE WHEN slot > ?2 THEN used END) FROM budget_use
               WHERE plugin = ?1 AND slot > ?3 GROUP BY resource";
    let mut select = connection.prepare_cached(sql)?;
    let [hour, day] = [Window::Hour, Window::Day].map(|window| first_slot(now, window));
    let mut rows = select.query(params![plugin, hour, day])?;
    let mut used = Used::default();
    while let Some(row) = rows.next()? {
        let resource = Resource::from_key(&row.get::<_, String>(0)?);
        let slot = resource.and_then(|resource| used.0.get_mut(resource as usize));
        if let Some(slot) = slot {
            *slot = Amounts { hour: whole(row.get(2)?), day: whole(row.get(1)?) };
        }
    }
    Ok(used)
}

/// When less than `limit` of a resource is used in the window, if nothing is added until then.
///
/// # Errors
/// When the database fails.
pub fn room_at(
    reader: &Reader,
    (plugin, resource, window): (&str, Resource, Window),
    limit: u64,
    now: Timestamp,
) -> Result<Timestamp, LedgerError> {
    room(&reader.connection, (plugin, resource, window), limit, now)
}

/// The same, in a transaction.
///
/// # Errors
/// When the database fails.
pub fn room_at_in(
    tx: &Tx<'_>,
    (plugin, resource, window): (&str, Resource, Window),
    limit: u64,
    now: Timestamp,
) -> Result<Timestamp, LedgerError> {
    room(tx.connection, (plugin, resource, window), limit, now)
}

fn room(
    connection: &Connection,
    (plugin, resource, window): (&str, Resource, Window),
    limit: u64,
    now: Timestamp,
) -> Result<Timestamp, LedgerError> {
    let sql = "SELECT slot, used FROM budget_use WHERE plugin = ?1 AND resource = ?2 AND slot > ?3 ORDER BY slot DESC";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params![plugin, resource.key(), first_slot(now, window)])?;
    // From the newest back: the slot that reaches the limit has to leave the window.
    let mut sum = 0_u64;
    while let Some(row) = rows.next()? {
        let (slot, used): (i64, i64) = (row.get(0)?, row.get(1)?);
        sum = sum.saturating_add(used.unsigned_abs());
        if sum >= limit.max(1) {
            let leaves = slot.saturating_add(window.seconds());
            return Ok(Timestamp::from_second(leaves).unwrap_or(Timestamp::MAX).max(now));
        }
    }
    Ok(now)
}

/// The plugins that used something since yesterday, by name.
///
/// # Errors
/// When the database fails.
pub fn plugins(reader: &Reader) -> Result<Vec<String>, LedgerError> {
    if !has_form(reader, FORM)? {
        return Ok(Vec::new());
    }
    let mut select = reader.connection.prepare_cached("SELECT DISTINCT plugin FROM budget_use ORDER BY plugin")?;
    let rows = select.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Slots after this one are in the window. A slot leaves it when its beginning is as old as the window is long.
fn first_slot(now: Timestamp, window: Window) -> i64 {
    now.as_second().saturating_sub(window.seconds())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of numbers that are not negative")]
fn whole(sum: f64) -> u64 {
    sum as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_400 + second).unwrap()
    }

    #[test]
    fn what_was_used_leaves_the_windows_with_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.db");
        let ledger = Ledger::open(&path, "test").unwrap();
        let write = |amount: u64, second: i64| {
            ledger.write_blocking(move |tx| add(tx, "p", Resource::Tasks, amount, at(second))).unwrap();
        };
        write(3, 0);
        write(4, 1);
        write(5, 1_800);
        let look = |second: i64| {
            let tasks = ledger.write_blocking(move |tx| used(tx, "p", at(second))).unwrap().of(Resource::Tasks);
            (tasks.hour, tasks.day)
        };
        assert_eq!([look(1_800), look(3_599), look(3_600), look(5_400)], [(12, 12), (12, 12), (5, 12), (0, 12)]);
        assert_eq!(look(86_400 + 1_800), (0, 0));
        let reader = ledger.reader().unwrap();
        let room =
            |limit, window| room_at(&reader, ("p", Resource::Tasks, window), limit, at(1_900)).unwrap().as_second();
        assert_eq!(room(12, Window::Hour), at(3_600).as_second(), "the first seven leave");
        assert_eq!(room(5, Window::Hour), at(5_400).as_second(), "the five leave too");
        assert_eq!(room(13, Window::Hour), at(1_900).as_second(), "there is room now");
        assert_eq!(room(12, Window::Day), at(86_400).as_second());
        assert_eq!(plugins(&reader).unwrap(), ["p"]);
        write(1, 86_400 * 2);
        let rows: i64 = reader.connection.query_row("SELECT count(*) FROM budget_use", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1, "what is older than a day is deleted");
    }

    #[test]
    fn huge_amounts_do_not_overflow() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let job = |tx: &Tx<'_>| {
            (0..3).try_for_each(|_| add(tx, "p", Resource::Written, u64::MAX, at(0)))?;
            used(tx, "p", at(0))
        };
        assert!(ledger.write_blocking(job).unwrap().of(Resource::Written).hour > 1 << 60);
    }
}
