//! Triggers: tasks without a handoff.
//!
//! | trigger | fires on | detected by |
//! |---|---|---|
//! | `files` | a file below a granted folder, by pattern | the watcher |
//! | `watched` | a file that the plugin watches | a separate watcher |
//! | `return` | a RETURN | the capture, in its transaction |
//! | `audio` | new audio below a folder of `baton.toml` | the watcher |
//! | `schedule` | the clock | the engine, and each full scan |
//!
//! The watcher may miss changes at the start, after lost events, in a network folder, and when the system's limit of watches
//! is reached. In these cases the scan each minute compares all files of the trigger. Otherwise the scan does not read these
//! files.
//!
//! All triggers are level-triggered: Baton compares the current state with the state in the ledger, and one transaction
//! makes the task and updates the stored state. So no change is lost while the daemon is down, and no change fires a trigger
//! twice. The sender of a triggered task is `baton`, and the task sends no RETURN.

pub(crate) mod audio;
mod files;
pub(crate) mod own_changes;
pub(crate) mod own_writes;
pub(crate) mod returns;
pub(crate) mod schedule;
pub(crate) mod task;
mod watched;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_core::manifest;
use baton_sandbox::Cancel;

pub(crate) use audio::AudioTrigger;
use files::DeclaredFilesTrigger;
pub(crate) use files::FilesTrigger;
pub(crate) use watched::{WatchedTrigger, stamp};

use self::task::TriggerResult;
use crate::plugins::InstalledPlugin;
use crate::{Context, DispatchError};

/// A trigger that is checked when files change.
#[derive(Clone, Debug)]
pub(crate) enum ArmedTrigger {
    Files(FilesTrigger),
    Watched(WatchedTrigger),
    Audio(AudioTrigger),
}

impl ArmedTrigger {
    /// How long the trigger's folders must be quiet before the check.
    pub(crate) fn debounce(&self) -> Duration {
        match self {
            Self::Files(trigger) => trigger.debounce,
            Self::Watched(trigger) => trigger.debounce,
            Self::Audio(_) => AudioTrigger::debounce(),
        }
    }

    /// True if a change at `path` can fire the trigger.
    pub(crate) fn concerns(&self, path: &Path) -> bool {
        match self {
            Self::Files(trigger) => trigger.concerns(path),
            Self::Audio(trigger) => trigger.concerns(path),
            Self::Watched(_) => false,
        }
    }

    /// The folders to watch recursively.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        let (files, audio) = match self {
            Self::Files(trigger) => (Some(trigger.folders()), None),
            Self::Audio(trigger) => (None, Some(trigger.folder.real.as_path())),
            Self::Watched(_) => (None, None),
        };
        files.into_iter().flatten().chain(audio)
    }

    /// The plugin whose watched files this trigger checks; `None` if it is not a `watched` trigger.
    pub(crate) fn watches_for(&self) -> Option<&str> {
        match self {
            Self::Files(_) | Self::Audio(_) => None,
            Self::Watched(trigger) => Some(&trigger.plugin),
        }
    }

    /// True if the last check could not scan the folder. Only an `audio` trigger stores this.
    pub(crate) fn is_unreachable(&self, context: &Context) -> bool {
        match self {
            Self::Audio(trigger) => context.scan_queue.has_failed(&trigger.folder.named),
            Self::Files(_) | Self::Watched(_) => false,
        }
    }

    /// The plugin with the trigger; `None` for an `audio` trigger.
    pub(crate) fn plugin(&self) -> Option<&str> {
        match self {
            Self::Files(trigger) => Some(&trigger.plugin),
            Self::Watched(trigger) => Some(&trigger.plugin),
            Self::Audio(_) => None,
        }
    }
}

/// The `files` and `watched` triggers of the installed plugins, and the `audio` triggers of the scanned folders.
pub(crate) fn arm_triggers(context: &Context) -> Vec<ArmedTrigger> {
    let folders = context.scanner.iter().flat_map(|scanner| scanner.folders.iter().cloned());
    let mut armed: Vec<ArmedTrigger> = folders.map(|folder| ArmedTrigger::Audio(AudioTrigger { folder })).collect();
    for (name, installed) in &context.plugins().usable {
        armed.extend(of_plugin(context, name, installed));
    }
    armed
}

/// The `files` and `watched` triggers of a plugin.
pub(crate) fn of_plugin(context: &Context, name: &str, installed: &InstalledPlugin) -> Vec<ArmedTrigger> {
    let mounts = &installed.grants.services.mounts;
    let triggers = installed.plugin.manifest().declares.triggers.iter().enumerate();
    let triggers = triggers.filter(|(_, trigger)| !(installed.grants.triggers_off && trigger.is_about_files()));
    let armed = triggers.filter_map(|(number, trigger)| match trigger {
        manifest::Trigger::Files { folder, glob, debounce_ms, action } => {
            let debounce = Duration::from_millis(*debounce_ms);
            let declared = DeclaredFilesTrigger { plugin: name, number, folder, glob, debounce, action };
            FilesTrigger::new(context, mounts, &declared).map(ArmedTrigger::Files)
        }
        manifest::Trigger::Watched { debounce_ms, action } => {
            Some(ArmedTrigger::Watched(WatchedTrigger::new(name, mounts, Duration::from_millis(*debounce_ms), action)))
        }
        manifest::Trigger::Return { .. } | manifest::Trigger::Audio { .. } => None,
    });
    armed.collect()
}

/// Checks a trigger and makes one task for all changes that it finds. `closing` ends a long check early.
pub(crate) async fn fire(
    context: &Arc<Context>,
    trigger: ArmedTrigger,
    closing: &Cancel,
) -> Result<TriggerResult, DispatchError> {
    match trigger {
        ArmedTrigger::Audio(trigger) => audio::fire(context, trigger, closing).await,
        ArmedTrigger::Files(trigger) => files::fire(context, trigger).await,
        ArmedTrigger::Watched(trigger) => watched::fire(context, trigger).await,
    }
}
