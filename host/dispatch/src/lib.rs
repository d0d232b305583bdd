//! The life of a task: from the captured file through attempts to the RETURN and the archive.
//!
//! [`Engine`] is the loop of the daemon. Only the engine decides what happens next; it communicates with its jobs by
//! messages. The modules with data are `context`, `settings`, `plugins`, `roster`, `agent_folders`, `attempt` and `lease`.
//! Each step of a task has a folder: `capture` (record, deduplicate, route), `work` (run attempts), `settle` (outcome,
//! RETURN and state in one transaction), `delivery` (write and move files, in batches), `triggers` (tasks without a handoff:
//! files, RETURNs, new audio, schedules), `escalation` (overdue requests, missing files, notices). `control` has the
//! operator's decisions about one task, and `agent_work` has the calls of external agents. `evidence` runs the commands that
//! RETURNs name, if the operator allows them. `budget` and `supervise` delay the tasks of a plugin that uses too much or
//! fails repeatedly. No code in this crate depends on a specific plugin or its name.

mod agent_folders;
pub mod agent_work;
mod attempt;
pub mod budget;
mod capture;
mod context;
mod control;
mod delivery;
mod engine;
mod error;
mod escalation;
mod evidence;
mod lease;
pub mod limits;
mod plugins;
mod presence;
pub mod request_check;
mod roster;
mod settings;
mod settle;
pub mod supervise;
mod triggers;
mod work;

pub use agent_folders::{FolderKind, FoundFolder, SkipReason, agent_folders, mark_removed, unmark_removed};
pub use capture::{ADOPTED_EVENT, ALL_AGENTS};
pub use context::{Context, ContextParts, InboxOwnership};
pub use control::{DecisionResult, answer, cancel, retry};
pub use delivery::deliver;
pub use engine::{Engine, Mode, Summary, try_again};
pub use error::{DispatchError, UnusableReason};
pub use escalation::notices;
pub use plugins::{InstalledPlugin, PluginGrants, PluginRefresh, Plugins};
pub use roster::{Agent, Roster};
pub use settings::{
    ARCHIVES, AgentKind, AgentRules, AgentSettings, DefaultArguments, EscalationPolicy, EvidenceRule, INBOX, Schedule,
};
pub use triggers::audio::{AudioScanner, LibraryMatch, NewAudio, NewAudioBatch, ScanFolderFn, WatchedFolder};
pub use work::{Call, CallReport, call, with_defaults};
