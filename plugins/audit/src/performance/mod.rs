//! Performance analysis (phase 3): how runs went, how far fingerprints are, which issues are known, what is configured.
//!
//! `logs` reads execution logs into `runs`, `agents` reads the ledger, `gate` asks the catalog, `issues` and `config` read
//! plans and the tree; `analyse` puts them together, `blocks` shows them. No value of a configuration and nothing that
//! looks like a secret leaves this folder: see `config` and `scrub`.

mod agents;
mod analyse;
mod blocks;
mod config;
mod gate;
mod issues;
mod logs;
mod runs;
mod scrub;

pub use agents::{AgentRow, Agents, agents};
pub use analyse::{KnownIssues, Performance, Sources, analyse};
pub use blocks::blocks;
pub use config::{ConfigRow, VariableState};
pub use gate::{GateRow, gate};
pub use issues::{KnownIssue, known_issues};
pub use logs::{LogFile, Logs, logs};
pub use runs::{ErrorRow, RunRow};
pub use scrub::{scrub, scrub_keys};
