//! The one owner of a task's life: from the captured file through attempts to the RETURN and the archive.
//!
//! [`Engine`] is the loop of the daemon; it alone decides what happens next and talks to its jobs by messages. Each step
//! of a task's way is a separate file: `roster` (who the agents are), `agent_folders` (which folders are theirs), `capture` (write
//! it down, deduplicate, route), `work` (lease, run), `settle` (outcome, RETURN and state in one transaction), `plugin_requests` (what plugins
//! send and take back), `delivery` (deliveries and moves, in batches), `recover` (what a crash left), `missing_files` (missing files),
//! `dependencies` (tasks that wait for others), `escalation` (overdue requests of external agents), `notices` (which events a person
//! has to know of), `control` (what a person decides), `triggers` (tasks without a handoff: files, RETURNs, new audio, schedules).
//! What a plugin does with a task is not known here, and no plugin is known by name.

mod agent_folders;
mod archive;
mod attempt;
pub mod budget;
mod capture;
mod context;
mod control;
mod delivery;
mod dependencies;
mod emission;
mod engine;
mod error;
mod escalation;
mod last_words;
mod lease;
pub mod limits;
mod missing_files;
pub mod notices;
mod own_changes;
pub mod owner;
mod plugin_requests;
mod plugins;
mod prepare;
mod presence;
mod recover;
mod repeats;
mod roster;
mod running;
mod settings;
mod settle;
pub mod supervise;
mod text;
mod triggers;
mod work;

pub use agent_folders::{FolderKind, FoundFolder, SkipReason, agent_folders, mark_removed, unmark_removed};
pub use capture::{ADOPTED_EVENT, ALL_AGENTS};
pub use context::{Context, ContextParts, InboxOwnership};
pub use control::{DecisionResult, answer, cancel, retry};
pub use delivery::deliver;
pub use engine::{Engine, Mode, Summary};
pub use error::{DispatchError, UnusableReason};
pub use plugins::{InstalledPlugin, PluginGrants, PluginRefresh, Plugins};
pub use prepare::with_defaults;
pub use recover::try_again;
pub use roster::{Agent, Roster};
pub use settings::{
    ARCHIVES, AgentKind, AgentRules, AgentSettings, DefaultArguments, EscalationPolicy, INBOX, Schedule,
};
pub use triggers::audio::{AudioScanner, LibraryMatch, NewAudio, NewAudioBatch, ScanFolderFn, WatchedFolder};
pub use work::{Call, CallReport, call};
