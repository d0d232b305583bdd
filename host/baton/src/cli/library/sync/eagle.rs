//! Writes fingerprints to Eagle's items: connects, plans the changes, prints and applies them.

use std::sync::atomic::Ordering;

use baton_library::sync::FingerprintedItem;
use baton_library::sync::eagle::{Address, Eagle, ItemOutcome, PlannedItem, SendOptions, Token, Verdict, plan, send};
use indicatif::ProgressBar;
use serde_json::json;

use super::options::{Args, bar, stopped_by_ctrl_c};
use super::report::{Line, Report, Status};
use crate::cli::block_on;
use crate::secrets::SecretStore;
use crate::workspace::Workspace;

pub(super) fn sync(args: &Args, workspace: &Workspace, known: &[FingerprintedItem]) -> anyhow::Result<Report> {
    let address = Address::parse(&args.eagle.url)?;
    let secret = SecretStore::of(&workspace.state).get(&args.eagle.token)?;
    let token = Token::new(&args.eagle.token, secret.map(|secret| secret.expose().to_owned()));
    block_on(async {
        let eagle = Eagle::connect(address, token, args.eagle.timeout).await?;
        let mut planned = plan_items(&eagle, known, args.replace_old).await?;
        let left = limit(&mut planned, args.limit());
        let mut lines: Vec<Line> = planned.iter().map(line).collect();
        let mut ended = None;
        if args.apply {
            let options = SendOptions { replace_old: args.replace_old, pause: args.pause };
            ended = apply(&eagle, &planned, options, &mut lines).await?;
        }
        let elsewhere = known.iter().filter(|known| known.item.is_none()).count();
        Ok(report(args, &eagle, lines, [elsewhere, left], ended))
    })
}

/// Decides which changes each item needs.
async fn plan_items(eagle: &Eagle, known: &[FingerprintedItem], replace_old: bool) -> anyhow::Result<Vec<PlannedItem>> {
    let open = eagle.library();
    let here = known.iter().filter_map(|known| known.item.as_ref());
    let here = here.filter(|item| open.is_none_or(|open| open.may_have(item)));
    let ids: Vec<&str> = here.map(|item| item.id.as_str()).collect();
    let bar = bar(ids.len(), "reading")?;
    let items = eagle.items(&ids, |read| bar.set_position(read as u64)).await;
    bar.finish_and_clear();
    Ok(plan(known, &items?, open, replace_old))
}

/// Removes changes beyond the limit. Returns their number.
fn limit(planned: &mut Vec<PlannedItem>, limit: usize) -> usize {
    let (mut wanted, before) = (0, planned.len());
    planned.retain(|planned| {
        let changes = planned.verdict.skipped().is_none();
        wanted += usize::from(changes);
        !changes || wanted <= limit
    });
    before - planned.len()
}

/// Writes the tags. Returns the reason if it stopped early.
async fn apply(
    eagle: &Eagle,
    planned: &[PlannedItem],
    options: SendOptions,
    lines: &mut [Line],
) -> anyhow::Result<Option<String>> {
    let stop = stopped_by_ctrl_c();
    let changes = planned.iter().filter(|planned| planned.verdict.skipped().is_none()).count();
    let bar: ProgressBar = bar(changes, "syncing")?;
    let mut done = 0;
    let sent = send(eagle, planned, options, &stop, |number, settled| {
        done += 1;
        bar.inc(1);
        if let Some(line) = lines.get_mut(number) {
            line.status = status(&settled);
        }
    })
    .await;
    bar.finish_and_clear();
    let left = changes - done;
    Ok(match sent {
        Err(error) => Some(format!("stopped; items left: {left}; the reason: {error}")),
        Ok(()) if stop.load(Ordering::Relaxed) && left > 0 => {
            Some(format!("stopped; items left: {left}; the next sync resumes there"))
        }
        Ok(()) => None,
    })
}

fn status(settled: &ItemOutcome) -> Status {
    match settled {
        ItemOutcome::Succeeded => Status::Succeeded,
        ItemOutcome::Skipped(verdict) => unwritten_status(verdict),
        ItemOutcome::Failed(error) => Status::Failed(error.clone()),
    }
}

/// The status of an item that is not written. If a person must act, it is a failure with the fix; otherwise it is skipped.
fn unwritten_status(verdict: &Verdict) -> Status {
    match verdict {
        Verdict::Odd => Status::Failed(
            "Eagle does not return its tags as a list of texts, so they cannot be preserved; add a tag in Eagle, then \
             sync again"
                .to_owned(),
        ),
        Verdict::Ambiguous => Status::Failed(
            "several scanned libraries have this item, and Eagle does not say which one is open; name the \
             open library: `baton library sync FOLDER`"
                .to_owned(),
        ),
        other => Status::Skipped(other.skipped().unwrap_or_default()),
    }
}

fn line(planned: &PlannedItem) -> Line {
    let (has, adds, removes, status) = match &planned.verdict {
        Verdict::Needs(merged) => {
            let before = merged.tags.len() + merged.removed.len() - usize::from(!merged.had);
            let adds = if merged.had { "" } else { planned.mark.tag() };
            (format!("{before} tags"), adds.to_owned(), merged.removed.clone(), Status::Planned)
        }
        other => (String::new(), String::new(), Vec::new(), unwritten_status(other)),
    };
    Line { id: planned.id.clone(), name: Some(planned.name.clone()), has, adds, removes, status }
}

fn report(
    args: &Args,
    eagle: &Eagle,
    lines: Vec<Line>,
    [elsewhere, left]: [usize; 2],
    ended: Option<String>,
) -> Report {
    let library = eagle.library().map(|library| &library.name);
    let about = json!({
        "eagle": {
            "address": eagle.address().to_string(), "version": eagle.app(), "api": eagle.version().word(),
            "library": library,
        },
        "files_outside_eagle": elsewhere,
        "beyond_limit": left,
    });
    let open = library.map_or_else(String::new, |library| format!(", with the library “{library}” open"));
    let title = format!("Eagle {} ({}) at {}{open}", eagle.app(), eagle.version().word(), eagle.address());
    Report {
        target: "eagle",
        about: about.as_object().cloned().unwrap_or_default(),
        title: Some(title),
        applied: args.apply,
        lines: apply_statuses(lines, args.apply),
        ended,
    }
}

/// After the changes were applied, removes the items that are still `Planned`: the sync did not reach them.
fn apply_statuses(lines: Vec<Line>, applied: bool) -> Vec<Line> {
    lines.into_iter().filter(|line| !(applied && line.status == Status::Planned)).collect()
}
