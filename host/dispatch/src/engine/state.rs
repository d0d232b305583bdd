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
use crate::triggers::ArmedTrigger;
use crate::triggers::task::PluginWatch;
use crate::work::Listener;

/// Triggers that missed changes: the next check compares all their files.
#[derive(Debug, Default)]
pub(super) struct UnseenChanges {
    /// Events were lost, or the triggers have changed.
    pub(super) all: bool,
    /// A folder of files that plugins watch could not be watched.
    pub(super) watched_files: bool,
    /// Plugins one of whose triggers could not be compared, or has no budget left.
    pub(super) of_plugins: BTreeSet<String>,
}

/// Identifies a folder: a new one may have the same path, and even the same inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FolderId {
    device: u64,
    inode: u64,
    made: Option<SystemTime>,
}

impl FolderId {
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let metadata = folder.metadata().ok()?;
        Some(Self { device: metadata.dev(), inode: metadata.ino(), made: metadata.created().ok() })
    }
}

/// Whether a job reloads the plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefreshState {
    No,
    Now,
    /// A job reloads them now, and another one must follow.
    Again,
}

/// When the engine ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Until it is stopped.
    Forever,
    /// Until nothing waits.
    Once,
}

/// What the engine did, for the last line on the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Tasks that were settled (some by their capture alone), by state.
    pub settled: BTreeMap<&'static str, u64>,
    /// Files that were captured.
    pub captured: u64,
    /// What could not be read or delivered, and why.
    pub undelivered: Vec<String>,
}

/// What a job holds, released if the job crashes.
pub(super) enum JobResources {
    File(PathBuf),
    Agent(String),
    Deliveries(Vec<DeliveryTry>),
    /// The reload of the plugins.
    Plugins,
}

/// The daemon's engine.
pub struct Engine {
    pub(super) context: Arc<Context>,
    pub(super) mode: Mode,
    pub(super) listener: Listener,
    pub(super) file_queue: FileQueue,
    pub(super) watcher: Option<Watcher>,
    /// The folders that are watched with all below them.
    pub(super) watched: HashMap<PathBuf, FolderId>,
    /// Whether to watch these folders again, because events were lost and folders below may be new.
    pub(super) watch_again: bool,
    /// Triggers that missed changes.
    pub(super) unseen: UnseenChanges,
    /// The watched files by plugin, and their watcher.
    pub(super) watching: BTreeMap<String, PluginWatch>,
    pub(super) files_watcher: Option<Watcher>,
    pub(super) triggers: Vec<ArmedTrigger>,
    /// Triggers to check: when the first change was seen, and when to check.
    pub(super) armed: BTreeMap<usize, (Instant, Instant)>,
    pub(super) jobs: JoinSet<Message>,
    /// What each job holds.
    pub(super) held: HashMap<Id, JobResources>,
    pub(super) working: HashMap<String, usize>,
    /// Agents that got work while all their workers were busy.
    pub(super) more_work: HashSet<String>,
    /// Agents one of whose workers crashed.
    pub(super) broken: HashSet<String>,
    /// Inboxes that another workspace serves.
    pub(super) foreign: HashSet<PathBuf>,
    /// When each inbox without events is scanned next.
    pub(super) polls: BTreeMap<PathBuf, Instant>,
    pub(super) scans: usize,
    /// Missing files were not searched for since the last full scan.
    pub(super) missing_unseen: bool,
    /// Stalled tasks that were logged.
    pub(super) still: HashSet<String>,
    /// How often the reader of a file crashed.
    pub(super) breaks: HashMap<PathBuf, u32>,
    pub(super) delivery_workers: DeliveryWorkers,
    pub(super) undelivered: Vec<(Instant, DeliveryTry)>,
    pub(super) next_due: Option<Instant>,
    pub(super) next_reconcile: Instant,
    pub(super) next_schedule: Option<Instant>,
    pub(super) refreshing: RefreshState,
    pub(super) stopping: bool,
    /// Cancelled when nothing new may start.
    pub(super) closing: Cancel,
    pub(super) summary: Summary,
}
