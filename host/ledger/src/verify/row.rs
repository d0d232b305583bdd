//! One event as stored in a ledger or an export. Its columns are not trusted.

use crate::{LedgerError, event};

/// The columns of a [`Row`], in the order that it reads them.
pub(super) const COLUMNS: &str =
    "seq, task, at, actor, action, reason, state, input_hash, output_hash, plugin_digest, prev, hash";

/// An event with the columns of its row.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Fails only if a column is not text.
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

    /// True if the columns match the hash. A null and an empty text give the same hash, but Baton never writes an empty
    /// text.
    pub(crate) fn is_as_written(&self) -> bool {
        let optional = [&self.input_hash, &self.output_hash, &self.plugin_digest];
        self.computed_hash() == self.hash && optional.into_iter().flatten().all(|column| !column.is_empty())
    }

    pub(crate) fn computed_hash(&self) -> String {
        let optional = [&self.input_hash, &self.output_hash, &self.plugin_digest];
        let [input, output, plugin] = optional.map(|column| column.as_deref().unwrap_or_default());
        let Self { task, actor, action, reason, state, prev, .. } = self;
        let at = self.at.to_string();
        event::hash_of([prev, task, &at, actor, action, reason, state, input, output, plugin])
    }
}

/// A text column of a row that may have been changed by another program.
pub(crate) fn lossy(row: &rusqlite::Row<'_>, column: usize) -> Result<String, LedgerError> {
    let value = row.get_ref(column)?;
    Ok(value.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default())
}

/// The end of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainTip {
    /// The number of events that the chain has had, including pruned ones.
    pub events: u64,
    /// The hash of the last event; [`GENESIS`](event::GENESIS) if there is none.
    pub head: String,
}

impl ChainTip {
    /// The state before the first event.
    pub(crate) fn genesis() -> Self {
        Self { events: 0, head: event::GENESIS.to_owned() }
    }

    pub(crate) fn advance(&mut self, head: String) {
        self.events = self.events.saturating_add(1);
        self.head = head;
    }

    /// The number of the next event.
    pub(crate) fn next(&self) -> i64 {
        i64::try_from(self.events).unwrap_or(i64::MAX).saturating_add(1)
    }
}
