//! The texts of a notice: JSON, environment variables, and two lines. Titles, reasons and names are untrusted: each goes
//! through [`one_line`] and has a length limit.

use baton_core::text::one_line;
use baton_core::{OutcomeKind, State};
use baton_dispatch::notices::{Notice, NoticeCause};
use serde_json::{Value, json};

use super::rate::NoticeGroup;
use crate::output::shorten;

/// The maximum length of a title, a name or an id, in characters.
const NAME: usize = 200;

const REASON: usize = 1_000;

/// The maximum of merged notices that are listed.
const LISTED: usize = 20;

fn name(text: &str) -> String {
    shorten(&one_line(text), NAME)
}

fn reason(notice: &Notice) -> String {
    shorten(&one_line(notice.reason.trim()), REASON)
}

/// The outcome kind, if the notice reports it as the reason of the failure.
fn outcome(notice: &Notice) -> Option<&'static str> {
    notice.task.outcome.filter(|_| notice.state == State::Failed).map(OutcomeKind::as_str)
}

/// The notice as JSON: schema 1.
pub(super) fn as_json(group: &NoticeGroup, workspace: &str) -> Value {
    let mut value = notice_json(&group.first);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("schema".to_owned(), json!(1));
        fields.insert("workspace".to_owned(), json!(one_line(workspace)));
        fields.insert("text".to_owned(), json!(format!("{}\n{}", headline(group), body(group))));
        fields.insert("more".to_owned(), json!(group.more));
        let others: Vec<Value> = group.others.iter().take(LISTED).map(notice_json).collect();
        fields.insert("others".to_owned(), Value::Array(others));
    }
    value
}

fn notice_json(notice: &Notice) -> Value {
    let Notice { id, cause, at, state, task, .. } = notice;
    json!({
        "id": id,
        "event": cause.as_str(),
        "at": at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "task": task.id,
        "handoff_id": task.handoff_id.as_deref().map(name),
        "agent": name(&task.agent),
        "from": task.sender.as_deref().map(name),
        "title": name(&task.title),
        "state": state.as_str(),
        "outcome": outcome(notice),
        "reason": reason(notice),
    })
}

pub(super) fn variables(group: &NoticeGroup, workspace: &str) -> Vec<(&'static str, String)> {
    let Notice { id, cause, state, task, .. } = &group.first;
    vec![
        ("BATON_NOTICE_ID", id.clone()),
        ("BATON_NOTICE_EVENT", cause.as_str().to_owned()),
        ("BATON_NOTICE_TASK", task.id.clone()),
        ("BATON_NOTICE_AGENT", name(&task.agent)),
        ("BATON_NOTICE_FROM", task.sender.as_deref().map(name).unwrap_or_default()),
        ("BATON_NOTICE_TITLE", name(&task.title)),
        ("BATON_NOTICE_STATE", state.as_str().to_owned()),
        ("BATON_NOTICE_REASON", reason(&group.first)),
        ("BATON_NOTICE_MORE", group.more.to_string()),
        ("BATON_NOTICE_WORKSPACE", one_line(workspace)),
    ]
}

/// The first line: the event and the title.
pub(super) fn headline(group: &NoticeGroup) -> String {
    let Notice { cause, state, task, .. } = &group.first;
    let what = match (cause, state) {
        (NoticeCause::Overdue, _) => "Overdue",
        (NoticeCause::NeedsHuman, State::NeedsGrant) => "Needs a grant",
        (NoticeCause::NeedsHuman, State::NeedsApproval) => "Needs your approval",
        (NoticeCause::NeedsHuman, _) => "Needs you",
        (NoticeCause::Failed, State::Rejected) => "Rejected file",
        (NoticeCause::Failed, State::Disputed) => "Reported, but not found",
        (NoticeCause::Failed, _) => match outcome(&group.first) {
            Some("partial") => "Partly done",
            Some("refused") => "Not done",
            _ => "Failed",
        },
    };
    let title = shorten(&one_line(&task.title), 80);
    let more = if group.more == 0 { String::new() } else { format!(" and {} more", group.more) };
    format!("{what}: {title}{more}")
}

/// The second line: the agent, the reason, and the command with details.
pub(super) fn body(group: &NoticeGroup) -> String {
    let task = &group.first.task;
    let from = task.sender.as_deref().map(|from| format!(", from {}", name(from))).unwrap_or_default();
    let why = shorten(&reason(&group.first), 300);
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    let id = task.id.get(..8).unwrap_or(&task.id);
    let all = if group.more == 0 { "" } else { "; `baton status` lists all" };
    format!("{}{from}{why} (`baton why {id}`{all})", name(&task.agent))
}
