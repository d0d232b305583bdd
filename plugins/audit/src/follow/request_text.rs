//! The text of a request for the gaps of a plan.

use std::fmt::Write as _;

use baton_plugin_kit::host::Draft;
use baton_plugin_sdk::Priority;
use serde_json::{Value, json};

use super::decide::{ListedGap, OpenGap};
use crate::count::count;
use crate::ids::{bounded, hashed};
use crate::report::escape::line;

const TITLE_BYTES: usize = 200;

/// The key of a request: equal if the gaps, their rounds and the agent are equal.
pub(super) fn key(gaps: &[ListedGap<'_>], agent: &str) -> String {
    let list: String = gaps.iter().map(|gap| format!("{} {}\n", gap.round, gap.wanted.finding)).collect();
    bounded(&format!("audit:{}:{agent}:{}", plan(gaps), hashed(&list)))
}

fn plan<'a>(gaps: &[ListedGap<'a>]) -> &'a str {
    gaps.first().map_or("", |gap| &gap.wanted.plan)
}

/// One line for one gap.
pub(super) fn title(wanted: &OpenGap) -> String {
    let verb = match wanted.status.as_str() {
        "PARTIAL" | "STUB" | "EMPTY" => "Finish",
        "MOVED" => "Move to its place",
        "NOT DELETED" => "Delete",
        "REMOVED" => "Restore",
        _ => "Make",
    };
    line(&format!("{verb} {} ({})", wanted.path, wanted.plan), TITLE_BYTES)
}

/// The request as a handoff.
pub(super) fn draft(request: &str, gaps: &[ListedGap<'_>], agent: &str) -> Draft {
    let mut args = json!({ "plan": plan(gaps), "items": gaps.iter().map(item).collect::<Vec<_>>() });
    let below = gaps.first().map_or("", |gap| &gap.wanted.below);
    if let (false, Some(args)) = (below.is_empty(), args.as_object_mut()) {
        args.insert("root".to_owned(), below.into());
    }
    let titled = match gaps {
        [one] => title(one.wanted),
        _ => line(&format!("Close {} of {}", count(gaps.len(), "gap"), plan(gaps)), TITLE_BYTES),
    };
    Draft {
        to: agent.to_owned(),
        title: titled,
        action: None,
        args: args.to_string(),
        body: body(gaps),
        priority: if gaps.iter().any(|gap| gap.wanted.high) { Priority::High } else { Priority::Medium },
        dedupe_key: request.to_owned(),
    }
}

fn item(gap: &ListedGap<'_>) -> Value {
    let wanted = gap.wanted;
    json!({
        "finding": wanted.finding,
        "line": wanted.line,
        "path": wanted.path,
        "status": wanted.status,
        "symbols": wanted.symbols,
        "round": gap.round,
    })
}

fn body(gaps: &[ListedGap<'_>]) -> String {
    let mut body = format!("{} promises, and the audit does not find:\n\n", plan(gaps));
    for ListedGap { wanted, round, .. } in gaps {
        let seen = if wanted.evidence.is_empty() { "nothing of that name" } else { &wanted.evidence };
        // Writing to a `String` cannot fail.
        _ = writeln!(body, "- `{}` (line {}) is {}. Seen: {seen}.", wanted.path, wanted.line, wanted.status);
        if !wanted.symbols.is_empty() {
            _ = writeln!(body, "  The file has to define `{}`.", wanted.symbols.join("`, `"));
        }
        if *round > 1 {
            _ = writeln!(
                body,
                "  This is request {round} for this file: the last answer said that it was done, but the audit did not find it."
            );
        }
    }
    body + "\nMake each of them, or remove it from the plan if it is not needed any more. An empty file, a stub or a file that \
            only repeats the plan does not count. Then send one RETURN for the whole list: the plan is audited again automatically \
            when it comes, and the remaining items are requested again. Items that the audit finds earlier need no answer.\n"
}
