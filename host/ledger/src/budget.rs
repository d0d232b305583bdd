//! The use of resources by each plugin in the last 24 hours, in slots of ten minutes. The caller compares the use with the
//! plugin's budget.
//!
//! Every function fails only when the database fails.

use baton_core::budget::{Amounts, Resource, Window};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::inspect::has_form;

/// The first format of the ledger with this table.
const FORM: i64 = 11;

/// The length of a slot in seconds. A window moves by this length.
const SLOT: i64 = 600;

/// The maximum of an amount, and of a sum before another amount is added. The sum of two such numbers fits into a column.
const MOST: i64 = 4_000_000_000_000_000_000;

/// Adds `amount` to the use of `resource` by `plugin`. When a new slot starts, slots that are older than a day are deleted.
pub fn add(tx: &Tx<'_>, plugin: &str, resource: Resource, amount: u64, now: Timestamp) -> Result<(), LedgerError> {
    if amount == 0 {
        return Ok(());
    }
    let amount = i64::try_from(amount).unwrap_or(MOST).min(MOST);
    let (key, slot) = (resource.as_str(), now.as_second().div_euclid(SLOT) * SLOT);
    let sql = "UPDATE budget_use SET used = min(used, ?5) + ?4 WHERE plugin = ?1 AND resource = ?2 AND slot = ?3";
    if tx.connection.prepare_cached(sql)?.execute(params![plugin, key, slot, amount, MOST])? > 0 {
        return Ok(());
    }
    let sql = "INSERT INTO budget_use (plugin, resource, slot, used) VALUES (?1, ?2, ?3, ?4)";
    tx.connection.prepare_cached(sql)?.execute(params![plugin, key, slot, amount])?;
    let sql = "DELETE FROM budget_use WHERE plugin = ?1 AND resource = ?2 AND (slot <= ?3 OR slot > ?4)";
    let day = before_first_slot(now, Window::Day);
    tx.connection.prepare_cached(sql)?.execute(params![plugin, key, day, last_slot(now)])?;
    Ok(())
}

/// The use of each resource by one plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BudgetUse([Amounts; Resource::ALL.len()]);

impl BudgetUse {
    /// The use of one resource.
    #[must_use]
    pub fn of(&self, resource: Resource) -> Amounts {
        self.0.get(resource as usize).copied().unwrap_or_default()
    }

    /// Adds an amount that was just [added](add) to the ledger.
    pub fn add(&mut self, resource: Resource, amount: u64) {
        if let Some(used) = self.0.get_mut(resource as usize) {
            *used = Amounts { hour: used.hour.saturating_add(amount), day: used.day.saturating_add(amount) };
        }
    }
}

/// Reads the use of all plugins, inside or outside of a write transaction.
#[derive(Clone, Copy)]
pub struct Counts<'a>(&'a Connection);

impl<'a> Counts<'a> {
    /// Reads the use inside a write transaction.
    #[must_use]
    pub fn of_tx(tx: &'a Tx<'_>) -> Self {
        Self(tx.connection)
    }

    /// Reads the use outside of a write transaction. `None` if the ledger has an older format without these counts.
    pub fn of_reader(reader: &'a Reader) -> Result<Option<Self>, LedgerError> {
        Ok(has_form(reader, FORM)?.then_some(Self(&reader.connection)))
    }

    /// The names of the plugins that used a resource in the last 24 hours.
    pub fn plugins(self) -> Result<Vec<String>, LedgerError> {
        let mut select = self.0.prepare_cached("SELECT DISTINCT plugin FROM budget_use ORDER BY plugin")?;
        let rows = select.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The use of each resource by `plugin` until `now`.
    pub fn used(self, plugin: &str, now: Timestamp) -> Result<BudgetUse, LedgerError> {
        let sql = "SELECT resource, total(used), total(CASE WHEN slot > ?2 THEN used END) FROM budget_use
                   WHERE plugin = ?1 AND slot > ?3 AND slot <= ?4 GROUP BY resource";
        let mut select = self.0.prepare_cached(sql)?;
        let [hour, day] = [Window::Hour, Window::Day].map(|window| before_first_slot(now, window));
        let mut rows = select.query(params![plugin, hour, day, last_slot(now)])?;
        let mut used = BudgetUse::default();
        while let Some(row) = rows.next()? {
            let resource: Option<Resource> = row.get::<_, String>(0)?.parse().ok();
            if let Some(used) = resource.and_then(|resource| used.0.get_mut(resource as usize)) {
                *used = Amounts { hour: whole(row.get(2)?), day: whole(row.get(1)?) };
            }
        }
        Ok(used)
    }

    /// The first time at which the use of a resource in the window is below `limit`, if the plugin uses nothing until then.
    pub fn room_at(
        self,
        plugin: &str,
        resource: Resource,
        window: Window,
        limit: u64,
        now: Timestamp,
    ) -> Result<Timestamp, LedgerError> {
        let sql = "SELECT slot, used FROM budget_use
                   WHERE plugin = ?1 AND resource = ?2 AND slot > ?3 AND slot <= ?4 ORDER BY slot DESC";
        let mut select = self.0.prepare_cached(sql)?;
        let mut rows =
            select.query(params![plugin, resource.as_str(), before_first_slot(now, window), last_slot(now)])?;
        // Add up the slots from the newest to the oldest. When the sum reaches the limit, the current slot has to leave the
        // window.
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
}

/// A slot is in the window if it starts after this second. A slot leaves the window when the age of its start equals the
/// length of the window.
fn before_first_slot(now: Timestamp, window: Window) -> i64 {
    now.as_second().saturating_sub(window.seconds())
}

/// The last slot that counts. A later slot was written while the clock was wrong. Without this limit, a clock that was a
/// year ahead for a minute could delay a plugin's tasks for a year.
fn last_slot(now: Timestamp) -> i64 {
    now.as_second().saturating_add(Window::Day.seconds())
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
    fn old_use_leaves_the_windows() {
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
            let used = ledger.write_blocking(move |tx| Counts::of_tx(tx).used("p", at(second))).unwrap();
            let tasks = used.of(Resource::Tasks);
            (tasks.hour, tasks.day)
        };
        assert_eq!([look(1_800), look(3_599), look(3_600), look(5_400)], [(12, 12), (12, 12), (5, 12), (0, 12)]);
        assert_eq!(look(86_400 + 1_800), (0, 0));
        let reader = ledger.reader().unwrap();
        let counts = Counts::of_reader(&reader).unwrap().unwrap();
        let room = |limit, window| counts.room_at("p", Resource::Tasks, window, limit, at(1_900)).unwrap().as_second();
        assert_eq!(room(12, Window::Hour), at(3_600).as_second(), "the first seven leave the window");
        assert_eq!(room(5, Window::Hour), at(5_400).as_second(), "the five leave the window too");
        assert_eq!(room(13, Window::Hour), at(1_900).as_second(), "there is room now");
        assert_eq!(room(12, Window::Day), at(86_400).as_second());
        assert_eq!(counts.plugins().unwrap(), ["p"]);
        write(1, 86_400 * 2);
        let rows: i64 = reader.connection.query_row("SELECT count(*) FROM budget_use", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1, "use older than a day is deleted");
    }

    #[test]
    fn a_wrong_clock_neither_frees_nor_blocks_the_budget() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let write = |second: i64| {
            ledger.write_blocking(move |tx| add(tx, "p", Resource::Tasks, 5, at(second))).unwrap();
        };
        let used = || ledger.write_blocking(|tx| Counts::of_tx(tx).used("p", at(0))).unwrap().of(Resource::Tasks).day;
        write(7_200);
        assert_eq!(used(), 5, "set back by two hours");
        write(400 * 86_400);
        assert_eq!(used(), 0, "400 days ahead");
        let counts = |tx: &Tx<'_>| Counts::of_tx(tx).room_at("p", Resource::Tasks, Window::Day, 1, at(0));
        assert_eq!(ledger.write_blocking(counts).unwrap(), at(0));
        write(0);
        let rows =
            |tx: &Tx<'_>| Ok(tx.connection.query_row("SELECT count(*) FROM budget_use", [], |row| row.get(0))?);
        assert_eq!((used(), ledger.write_blocking(rows).unwrap()), (5, 1_i64));
    }

    #[test]
    fn huge_amounts_do_not_overflow() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let job = |tx: &Tx<'_>| {
            (0..3).try_for_each(|_| add(tx, "p", Resource::Written, u64::MAX, at(0)))?;
            Counts::of_tx(tx).used("p", at(0))
        };
        assert!(ledger.write_blocking(job).unwrap().of(Resource::Written).hour > 1 << 60);
    }
}
