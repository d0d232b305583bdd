//! Records the commands that a RETURN names as evidence. Baton later runs the commands that the operator allows, and never
//! the others.

use std::collections::BTreeSet;

use baton_core::handoff::agent_return::CommandRun;
use baton_core::text::one_line;
use baton_ledger::command_check::{self, CommandState, NewCommandCheck};
use baton_ledger::{LedgerError, Tx};
use jiff::Timestamp;

use super::incoming::IncomingFile;
use crate::context::Context;

/// The maximum number of commands of one RETURN that Baton runs. A RETURN with more commands would delay the commands of
/// other RETURNs.
const RUNS: usize = 20;

/// Records the commands of the RETURN `id`.
pub(super) fn record(
    tx: &Tx<'_>,
    context: &Context,
    id: &str,
    incoming: &IncomingFile,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let agent = incoming.new.sender.as_deref().unwrap_or_default();
    let mut runs = 0;
    let mut check = |run: &CommandRun| {
        let command = one_line(&run.command);
        let is_allowed = context.evidence_rule(agent, &command).is_some();
        let (state, reason) = if is_allowed && runs < RUNS {
            runs += 1;
            (CommandState::Pending, String::new())
        } else if is_allowed {
            (CommandState::NotChecked, format!("Baton runs at most {RUNS} commands of a RETURN"))
        } else {
            (CommandState::NotChecked, "no `[[evidence]]` of baton.toml allows it".to_owned())
        };
        // A RETURN that names a command without an exit code claims that the command succeeds.
        NewCommandCheck { command, claimed: run.exit_code.unwrap_or_default(), state, reason }
    };
    let mut named = BTreeSet::new();
    let different = incoming.commands.iter().filter(|run| named.insert((&run.command, run.exit_code)));
    let checks: Vec<_> = different.map(&mut check).collect();
    command_check::add(tx, id, &checks, now)
}
