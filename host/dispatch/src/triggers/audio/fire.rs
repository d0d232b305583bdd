//! One batch of new audio: reads the marks, scans the folder, and writes the result in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use baton_core::State;
use baton_core::handoff::Priority;
use baton_core::manifest::Trigger;
use baton_ledger::{LedgerError, Tx, finding, mark, task};
use baton_sandbox::Cancel;
use fail::fail_point;
use jiff::Timestamp;

use super::{AudioTrigger, FolderScanGuard, KIND, NewAudio, NewAudioBatch, pairs, task_text};
use crate::triggers::task::{TriggerResult, insert_task};
use crate::{Context, DispatchError};

/// Scans the folder for one batch of new audio. `closing` ends the scan early.
pub(in super::super) async fn fire(
    context: &Arc<Context>,
    trigger: AudioTrigger,
    closing: &Cancel,
) -> Result<TriggerResult, DispatchError> {
    let folder = &trigger.folder.named;
    // The folder waits for a scan already. That scan will find the new files too.
    if !context.scan_queue.add(folder) {
        return Ok(TriggerResult::default());
    }
    let permit = tokio::select! {
        permit = context.scan_queue.permit.acquire() => permit.ok(),
        () = closing.asked() => None,
    };
    context.scan_queue.remove(folder);
    // If the last scan of the folder is still running, do not start another scan.
    match permit.and_then(|permit| context.scan_queue.start(folder, permit)) {
        Some(mut guard) => scan(context, &trigger, &mut guard, closing).await,
        None => Ok(TriggerResult::default()),
    }
}

async fn scan(
    context: &Arc<Context>,
    trigger: &AudioTrigger,
    guard: &mut FolderScanGuard<'_>,
    closing: &Cancel,
) -> Result<TriggerResult, DispatchError> {
    let folder = &trigger.folder.named;
    let batch = match run_scanner(context, trigger, guard, closing).await? {
        Ok(batch @ NewAudioBatch { unreachable: None, .. }) => batch,
        Ok(NewAudioBatch { unreachable: Some(why), .. }) | Err(why) => {
            context.scan_queue.log(folder, Some(why));
            return Ok(TriggerResult::default());
        }
    };
    context.scan_queue.log(folder, None);
    let audio = batch.more.then(|| folder.clone());
    if batch.files.is_empty() && batch.missing.is_empty() {
        return Ok(TriggerResult { audio, ..TriggerResult::default() });
    }
    fail_point!("trigger.scanned");
    let (inner, key, now) = (Arc::clone(context), trigger.key(), Timestamp::now());
    let agents = context.ledger.write(move |tx| record(tx, &inner, &key, &batch, now)).await?;
    Ok(TriggerResult { agents, audio, ..TriggerResult::default() })
}

/// Runs the scanner on a thread that may block. If the scan takes too long, releases the permit, so that Baton scans other
/// folders.
async fn run_scanner(
    context: &Arc<Context>,
    trigger: &AudioTrigger,
    guard: &mut FolderScanGuard<'_>,
    closing: &Cancel,
) -> Result<Result<NewAudioBatch, String>, DispatchError> {
    let Some(scanner) = context.scanner.clone() else {
        return Ok(Ok(NewAudioBatch::default()));
    };
    let marks: BTreeMap<String, String> = mark::seen(&context.ledger.reader()?, &trigger.key())?;
    let stop = Arc::new(AtomicBool::new(false));
    let (cancelled, folder) = (Arc::clone(&stop), trigger.folder.named.clone());
    let mut job = tokio::task::spawn_blocking(move || (scanner.scan)(&folder, &marks, &cancelled));
    let timeouts = context.scan_queue.timeouts;
    let timeout = async {
        tokio::time::sleep(timeouts.batch).await;
        guard.permit = None;
        let why = "the folder does not respond; Baton scans the other folders meanwhile".to_owned();
        context.scan_queue.log(&trigger.folder.named, Some(why));
        std::future::pending::<()>().await;
    };
    let scanned = tokio::select! {
        scanned = &mut job => scanned,
        () = timeout => return Ok(Ok(NewAudioBatch::default())),
        () = closing.asked() => {
            stop.store(true, Ordering::Relaxed);
            match tokio::time::timeout(timeouts.exit, &mut job).await {
                Ok(scanned) => scanned,
                // The next daemon reports the files of this scan.
                Err(_) => return Ok(Err("the folder does not respond".to_owned())),
            }
        }
    };
    Ok(scanned.unwrap_or_else(|error| Err(format!("the scan crashed, which is a fault of Baton: {error}"))))
}

/// Records the batch and makes the tasks for it. Returns the plugins that have work.
fn record(
    tx: &Tx<'_>,
    context: &Context,
    key: &str,
    batch: &NewAudioBatch,
    now: Timestamp,
) -> Result<Vec<String>, LedgerError> {
    for missing in &batch.missing {
        mark::clear(tx, key, missing)?;
    }
    for file in &batch.files {
        mark::set(tx, key, &file.key, &file.mark)?;
    }
    if batch.files.is_empty() {
        return Ok(Vec::new());
    }
    let files = pairs::once(tx, context.scanner.as_ref(), batch.files.clone())?;
    let own = task::insert(tx, &report_task(&files), None, now)?;
    for found in task_text::findings(&files, &|path| context.shown(path)) {
        finding::record(tx, &own, &found)?;
    }
    let mut agents = Vec::new();
    for (name, installed) in &context.plugins().usable {
        let action = installed.plugin.manifest().declares.triggers.iter().find_map(|trigger| match trigger {
            Trigger::Audio { action } => Some(action),
            _ => None,
        });
        let Some(action) = action.filter(|_| installed.grants.services.fingerprint.library.is_some()) else { continue };
        let args = task_text::arguments(&files, &installed.grants.services.mounts).to_string();
        insert_task(tx, context, of_plugin(name, action, args, &files), now)?;
        agents.push(name.clone());
    }
    Ok(agents)
}

/// The finished task of the agent `baton` that reports the new files.
fn report_task(files: &[NewAudio]) -> task::NewTask {
    let summary = task_text::summary(files);
    task::NewTask {
        sender: Some("baton".to_owned()),
        title: summary.clone(),
        kind: KIND.to_owned(),
        priority: Priority::Low,
        reason: summary,
        ..task::NewTask::blank("baton", task::Origin::Trigger, State::Succeeded)
    }
}

fn of_plugin(plugin: &str, action: &str, args: String, files: &[NewAudio]) -> task::NewTask {
    task::NewTask {
        sender: Some("baton".to_owned()),
        title: format!("{action}: {}", task_text::summary(files)),
        kind: KIND.to_owned(),
        action: Some(action.to_owned()),
        args,
        ..task::NewTask::blank(plugin, task::Origin::Trigger, State::Queued)
    }
}
