//! The newest call of each external agent. Calls, claims and runs show whether the agent works.

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::LedgerError;
use crate::command_run::FORM;
use crate::database::{Reader, Tx};
use crate::inspect::has_form;
use crate::task::timestamp;

/// A call of a tool by an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentCall {
    pub agent: String,
    /// The session of the agent, in the same form as in claims.
    pub holder: String,
    pub at: Timestamp,
}

/// Records a call. Replaces the agent's earlier call.
pub fn record(tx: &Tx<'_>, call: &AgentCall) -> Result<(), LedgerError> {
    let sql = "INSERT INTO agent_calls (agent, holder, at) VALUES (?1, ?2, ?3)
               ON CONFLICT (agent) DO UPDATE SET holder = excluded.holder, at = excluded.at";
    tx.connection.prepare_cached(sql)?.execute(params![call.agent, call.holder, call.at.as_millisecond()])?;
    Ok(())
}

/// The newest call of each agent.
pub fn newest(reader: &Reader) -> Result<Vec<AgentCall>, LedgerError> {
    if !has_form(reader, FORM)? {
        return Ok(Vec::new());
    }
    let mut select = reader.connection.prepare_cached("SELECT agent, holder, at FROM agent_calls ORDER BY agent")?;
    let call = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let rows = select.query_map([], call)?;
    rows.map(|row| {
        let (agent, holder, at) = row?;
        Ok(AgentCall { agent, holder, at: timestamp(at)? })
    })
    .collect()
}
