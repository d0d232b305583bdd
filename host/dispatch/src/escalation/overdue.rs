//! Overdue requests of external agents. Baton takes four steps, each after a time since the capture: it reminds the agent,
//! sends an escalation to the sender, marks the request for the operator, and finally archives the request with a RETURN
//! that has the reason.
//!
//! Each step is done once for each task. Tasks of plugins are never escalated.

use std::sync::Arc;

use baton_core::State;
use baton_core::handoff::notice::Notice;
use baton_ledger::event::{self, Event};
use baton_ledger::outbox::{self, DeliveryKind};
use baton_ledger::task::{self, EscalationStep, Task};
use baton_ledger::{LedgerError, Tx};
use fail::fail_point;
use jiff::Timestamp;

use crate::attempt::{AbortReason, SettledTask};
use crate::limits::ago;
use crate::settle::{dependencies, settle_aborted};
use crate::{Context, DispatchError, limits};

/// The effects of the steps that were due.
#[derive(Debug, Default)]
pub(crate) struct EscalationResult {
    /// Tasks that have something to deliver.
    pub(crate) to_deliver: Vec<String>,
    /// Tasks that Baton archived because no agent answered in time.
    pub(crate) settled: Vec<SettledTask>,
}

/// Does every step that is due.
pub(crate) async fn run_escalations(context: &Arc<Context>) -> Result<EscalationResult, DispatchError> {
    let now = Timestamp::now();
    let inner = Arc::clone(context);
    let steps = context.ledger.write(move |tx| {
        let mut to_deliver = Vec::new();
        for (step, after) in [
            (EscalationStep::Reminded, inner.escalation.remind),
            (EscalationStep::Escalated, inner.escalation.escalate),
            (EscalationStep::Reviewed, inner.escalation.review),
        ] {
            for task in task::due_for_step(tx, step, ago(now, after), now, limits::ESCALATIONS_AT_ONCE)? {
                if escalate(tx, &inner, &task, step, now)? {
                    to_deliver.push(task.id);
                }
            }
        }
        dependencies::ask(tx, &inner, now)?;
        // This includes open deliveries of processes that have ended.
        to_deliver.extend(outbox::open_tasks(tx)?);
        let stale = task::delivered_before(tx, ago(now, inner.escalation.archive), limits::ESCALATIONS_AT_ONCE)?;
        Ok((to_deliver, stale))
    });
    let (to_deliver, stale) = steps.await?;
    fail_point!("escalation.committed");
    let mut settled = Vec::new();
    for id in stale {
        let owner = context.owner.clone();
        // The RETURN to the request may have arrived in the meantime.
        let lease = move |tx: &Tx<'_>| {
            let is_open = task::get_in(tx, &id)?.state == State::Delivered;
            is_open.then(|| task::lease_task(tx, &id, &owner, limits::LEASE, now)).transpose()
        };
        if let Some(task) = context.ledger.write(lease).await? {
            fail_point!("escalation.stale_leased");
            let days = context.escalation.archive.as_secs() / 86_400;
            let reason = format!("{} did not answer within {days} days", task.agent);
            settled.push(settle_aborted(context, task, AbortReason::Stale(reason)).await?);
            fail_point!("escalation.stale_settled");
        }
    }
    Ok(EscalationResult { to_deliver, settled })
}

/// Does one step. Returns whether there is something to deliver.
fn escalate(
    tx: &Tx<'_>,
    context: &Context,
    task: &Task,
    step: EscalationStep,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let since = task.created_at.strftime("%Y-%m-%d %H:%M UTC");
    let (action, reason) = match step {
        EscalationStep::Reminded => ("reminded", format!("no RETURN since {since}")),
        EscalationStep::Escalated => ("escalated", format!("no RETURN since {since}; its sender was notified")),
        EscalationStep::Reviewed => ("review", format!("no RETURN since {since}: check whether it is still needed")),
    };
    task::record_step(tx, &task.id, step, now)?;
    event::append(tx, &Event::of(task, "baton", action, reason, task.state, now))?;
    // Do not send a notice to a plugin, because the plugin would run it as a task. The event in the ledger is sufficient.
    let Some(NoticeText { to, kind, text }) = notice_text(task, step).filter(|notice| !context.is_plugin(&notice.to))
    else {
        return Ok(false);
    };
    let notice = Notice {
        kind,
        task: &task.id,
        to: &to,
        handoff_id: task.handoff_id.as_deref(),
        title: &task.title,
        text: &text,
        at: now,
    };
    let bytes = notice.to_bytes();
    let delivery =
        outbox::NewDelivery::written(DeliveryKind::Notice, context.answers_for(&to), notice.file_name(), bytes);
    outbox::add(tx, &task.id, &delivery)?;
    fail_point!("escalation.notice_added");
    Ok(true)
}

/// The notice that a step sends.
struct NoticeText {
    to: String,
    kind: &'static str,
    text: String,
}

fn notice_text(task: &Task, step: EscalationStep) -> Option<NoticeText> {
    let since = task.created_at.strftime("%Y-%m-%d %H:%M UTC");
    let sender = task.sender.clone().unwrap_or_default();
    let file = task.file.as_deref().unwrap_or("its file");
    match step {
        EscalationStep::Reminded => {
            let id = task.handoff_id.as_deref().unwrap_or(&task.id);
            let text = format!(
                "{sender} has waited since {since} for the RETURN of `{file}`. Write it into {sender}'s inbox, with \
                 `original_handoff.handoff_id` = `{id}`."
            );
            Some(NoticeText { to: task.agent.clone(), kind: "REMINDER", text })
        }
        EscalationStep::Escalated => {
            let text = format!(
                "{} has not answered since {since} and was reminded. Ask again, ask another agent, or `baton cancel {}`.",
                task.agent, task.id
            );
            Some(NoticeText { to: sender, kind: "ESCALATION", text })
        }
        EscalationStep::Reviewed => None,
    }
}
