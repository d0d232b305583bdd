//! What `cancel`, `retry` and `answer` share: find the task, decide, wake the daemon, say what came of it.

use std::sync::Arc;

use anyhow::bail;
use baton_dispatch::{Decided, DispatchError, House};
use baton_ledger::task;

use super::{Place, task_view};
use crate::exit::Code;
use crate::output;
use crate::workspace::{Wanted, head, open};

/// Does `decide` with the task that `id` means.
///
/// # Errors
/// When there is no such task, or the decision does not fit it.
pub(super) fn decide<F, D>(place: &Place, id: &str, decide: D) -> anyhow::Result<Code>
where
    D: FnOnce(Arc<House>, String) -> F,
    F: Future<Output = Result<Decided, DispatchError>>,
{
    let workspace = place.need()?;
    let reader = task_view::reader(&workspace)?;
    let found = reader.map(|reader| task::find(&reader, id)).transpose()?.flatten();
    let Some(task) = found else {
        bail!("there is no task `{id}`; `baton status` lists them");
    };
    let decided = super::block_on(async {
        let house = open(&workspace, Wanted::None, "decide", 3)?;
        let ledger = house.ledger().clone();
        let decided = decide(house, task.id.clone()).await;
        head::note(&workspace, &ledger);
        Ok(decided?)
    });
    // Also after a failure: part of it may be in the ledger.
    workspace.state.wake_daemon();
    output::print(&said(&task.id, &decided?));
    Ok(Code::Good)
}

fn said(id: &str, decided: &Decided) -> String {
    match decided {
        Decided::Now(state) => format!("{id} is {state} now\n"),
        Decided::Asked => format!("{id} runs; it was asked to stop (`baton why {id}` tells when it has)\n"),
        Decided::Dropped(place) => format!("{id} was dropped again: {place}\n"),
        Decided::Anew(new) => format!("{id} is done again as {new}\n"),
    }
}
