//! The one owner of a task's life: from the captured file through attempts to the RETURN and the archive.
//!
//! [`Engine`] is the loop of the daemon; it alone decides what happens next and talks to its jobs by messages. Each step
//! of a task's way is a separate file: `roster` (who the agents are), `agent_folders` (which folders are theirs), `capture` (write
//! it down, deduplicate, route), `work` (lease, run), `settle` (outcome, RETURN and state in one transaction), `post` (what plugins
//! send and take back), `carry` (deliveries and moves, in batches), `recover` (what a crash left), `withdraw` (missing files),
//! `dependencies` (tasks that wait for others), `obligations` (what external agents leave lying), `notices` (which events a person
//! has to know of), `control` (what a person decides), `trigger` (tasks without a handoff: files, RETURNs, new audio, schedules).
//! What a plugin does with a task is not known here, and no plugin is known by name.

mod agent_folders;
mod archive;
pub mod budget;
mod capture;
mod carry;
mod control;
mod dependencies;
mod emission;
mod engine;
mod error;
mod house;
mod last_words;
pub mod limits;
pub mod notices;
mod obligations;
mod own;
pub mod owner;
mod plugins;
mod post;
mod prepare;
mod recover;
mod repeats;
mod roster;
mod running;
mod settle;
pub mod supervise;
mod trigger;
mod withdraw;
mod work;

pub use agent_folders::{ARCHIVES, FolderKind, FoundFolder, Skipped, agent_folders, mark_removed, unmark_removed};
pub use capture::{ADOPTED, EVERYBODY};
pub use carry::carry;
pub use control::{Decided, answer, cancel, retry};
pub use engine::{Engine, Mode, Summary};
pub use error::DispatchError;
pub use house::{Claims, Grants, House, Installed, Setup};
pub use obligations::Patience;
pub use plugins::{Plugins, Refresh, Unusable};
pub use prepare::{Defaults, with_defaults};
pub use recover::try_again;
pub use roster::{Agent, AgentKind, INBOX, Roster, Rules, Settings};
pub use trigger::audio::{Ears, Hear, Known, Listened, NewAudio, News};
pub use trigger::schedule::Schedule;
pub use work::{Call, Called, call};
