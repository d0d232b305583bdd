//! The engine's state.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use baton_intake::Watcher;
use baton_sandbox::Cancel;
use tokio::task::{Id, JoinSet};

use super::delivery_workers::{DeliveryTry, DeliveryWorkers};
use super::file_queue::FileQueue;
use super::message::Message;
use crate::Context;
use crate::trigger::ArmedTrigger;
use crate::trigger::task::PluginWatch;
use crate::work::Listener;

/// Triggers of which not all changes were seen: the next look compares all their files.
#[derive(Debug, Default)]
pub(crate) struct UnseenChanges {
    /// Events were lost, or the triggers are other ones.
    pub(crate) all: bool,
    /// A folder of files that plugins have looked at could not be watched.
    pub(crate) watched_files: bool,
    /// Plugins one of whose triggers could not be compared, or has no budget left.
    pub(crate) of_plugins: BTreeSet<String>,
}

/// Identifies a folder: a new one may have the same path, and even the same inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FolderId {
    device: u64,
    inode: u64,
    made: Option<SystemTime>,
}

impl FolderId {
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        let metadata = folder.metadata().ok()?;
        Some(Self { device: metadata.dev(), inode: metadata.ino(), made: metadata.created().ok() })
    }
}

/// Whether somebody looks at the plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefreshState {
    No,
    Now,
    /// And is to look again afterwards.
    Again,
}

/// How long the engine goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Until it is stopped.
    Forever,
    /// Until nothing waits.
    Once,
}

/// What was done, for the last line on the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Tasks that were settled (some by their capture alone), by state.
    pub settled: BTreeMap<&'static str, u64>,
    /// Files that were written down.
    pub captured: u64,
    /// What could not be read or delivered, and why.
    pub undelivered: Vec<String>,
}

/// What a job holds.
pub(crate) enum JobResources {
    File(PathBuf),
    Agent(String),
    Deliveries(Vec<DeliveryTry>),
    /// The look at the plugins.
    Plugins,
}

/// The daemon's engine.
pub struct Engine {
    pub(crate) context: Arc<Context>,
    pub(crate) mode: Mode,
    pub(crate) listener: Listener,
    pub(crate) file_queue: FileQueue,
    pub(crate) watcher: Option<Watcher>,
    /// The folders that are watched with all below them.
    pub(crate) watched: HashMap<PathBuf, FolderId>,
    /// Whether to watch these folders again, because events were lost and folders below may be new.
    pub(crate) watch_again: bool,
    /// Triggers of which not all changes were seen.
    pub(crate) unseen: UnseenChanges,
    /// What plugins have looked at, by plugin, and what tells of it.
    pub(crate) watching: BTreeMap<String, PluginWatch>,
    pub(crate) files_watcher: Option<Watcher>,
    pub(crate) triggers: Vec<ArmedTrigger>,
    /// Triggers that are to be looked at: when the first change was seen, and when to look.
    pub(crate) armed: BTreeMap<usize, (Instant, Instant)>,
    pub(crate) jobs: JoinSet<Message>,
    /// What a job holds, to be let go should it end without an answer.
    pub(crate) held: HashMap<Id, JobResources>,
    pub(crate) working: HashMap<String, usize>,
    /// Agents that got work while all their workers were busy.
    pub(crate) more_work: HashSet<String>,
    /// Agents one of whose workers broke off.
    pub(crate) broken: HashSet<String>,
    /// Inboxes that another workspace serves.
    pub(crate) foreign: HashSet<PathBuf>,
    /// When an inbox without events is looked at next.
    pub(crate) polls: BTreeMap<PathBuf, Instant>,
    pub(crate) scans: usize,
    /// Nobody has looked yet which files are missing since the last look at everything.
    pub(crate) missing_unseen: bool,
    /// Tasks that were said to stand still.
    pub(crate) still: HashSet<String>,
    /// How often the reader of a file broke off.
    pub(crate) breaks: HashMap<PathBuf, u32>,
    pub(crate) delivery_workers: DeliveryWorkers,
    pub(crate) undelivered: Vec<(Instant, DeliveryTry)>,
    pub(crate) next_due: Option<Instant>,
    pub(crate) next_reconcile: Instant,
    pub(crate) next_schedule: Option<Instant>,
    /// Whether somebody looks at the plugins.
    pub(crate) refreshing: RefreshState,
    pub(crate) stopping: bool,
    /// Cancelled when nothing new is to be begun.
    pub(crate) closing: Cancel,
    pub(crate) summary: Summary,
}
