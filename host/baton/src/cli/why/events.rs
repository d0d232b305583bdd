//! The events of a task or a plugin, as a table and as JSON.

use baton_ledger::event::RecordedEvent;
use serde_json::{Value, json};

use crate::cli::task_view;
use crate::output::Table;

pub(super) fn event_json(recorded: &RecordedEvent) -> Value {
    let event = &recorded.event;
    json!({
        "seq": recorded.seq,
        "at": task_view::time(event.at),
        "actor": event.actor,
        "action": event.action,
        "reason": event.reason,
        "state": event.state.as_str(),
        "input_hash": event.input_hash,
        "output_hash": event.output_hash,
        "plugin_digest": event.plugin_digest,
        "hash": recorded.hash,
    })
}

/// The events, oldest first, with the time between them.
pub(super) fn events_table(events: &[RecordedEvent]) -> String {
    let mut table = Table::new(&["TIME", "", "BY", "EVENT", "STATE", "WHY"]);
    let mut before = None;
    for RecordedEvent { event, .. } in events {
        let step = before.map(|before| event.at.duration_since(before).as_millis());
        before = Some(event.at);
        table.row([
            event.at.strftime("%Y-%m-%d %H:%M:%S%.3fZ").to_string(),
            step.map(|ms| format!("+{ms} ms")).unwrap_or_default(),
            event.actor.clone(),
            event.action.clone(),
            event.state.to_string(),
            event.reason.clone(),
        ]);
    }
    table.lines(|_, _, cell| cell)
}
