//! Reads the files that an attempt of a plugin wrote and that triggers of the same plugin watch.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use baton_core::manifest::Trigger;
use baton_ledger::watched::Stamp;
use baton_sandbox::{ChangedFiles, MountGrant};

use crate::context::Context;
use crate::plugins::InstalledPlugin;
use crate::triggers;
use crate::triggers::ArmedTrigger;
use crate::triggers::own_writes::{OwnChanges, OwnPaths, resolved};

/// Reads the files that an attempt of `installed` wrote and that the plugin's triggers watch.
pub(crate) async fn changes(
    context: &Arc<Context>,
    installed: &Arc<InstalledPlugin>,
    writes: &ChangedFiles,
) -> OwnChanges {
    let watches = installed.plugin.manifest().declares.triggers.iter().any(Trigger::is_about_files);
    if writes.is_empty() || !watches {
        return OwnChanges::default();
    }
    let (context, installed, writes) = (Arc::clone(context), Arc::clone(installed), writes.clone());
    tokio::task::spawn_blocking(move || read(&context, &installed, &writes)).await.unwrap_or_default()
}

fn read(context: &Context, installed: &InstalledPlugin, writes: &ChangedFiles) -> OwnChanges {
    let own = OwnPaths::of(std::slice::from_ref(writes));
    let mut changes = OwnChanges::default();
    for trigger in triggers::of_plugin(context, &installed.plugin.manifest().name, installed) {
        match trigger {
            ArmedTrigger::Files(trigger) => changes.marks.extend(trigger.own_marks(&own)),
            ArmedTrigger::Watched(_) => changes.stamps.extend(stamps(&installed.grants.services.mounts, writes)),
            ArmedTrigger::Audio(_) => {}
        }
    }
    changes
}

/// The size and time of each file, by the path that the plugin uses for the file.
pub(crate) fn stamps(mounts: &[MountGrant], writes: &ChangedFiles) -> Vec<(String, Stamp)> {
    let stamp = |path: PathBuf| {
        let mount = mounts.iter().find(|mount| path.starts_with(&mount.host))?;
        let below = path.strip_prefix(&mount.host).ok()?.to_str()?;
        let stamp = path.metadata().ok().map(|metadata| triggers::stamp(&metadata));
        Some((format!("{}/{below}", mount.guest), stamp))
    };
    // The plugin may watch the file under the path that it used to write the file, or under the resolved path.
    writes.paths().into_iter().flat_map(|path| BTreeSet::from([resolved(&path), path])).filter_map(stamp).collect()
}
