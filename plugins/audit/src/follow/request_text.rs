//! The text of a request for a gap.

use baton_plugin_kit::host::Draft;
use baton_plugin_sdk::Priority;
use serde_json::json;

use super::decide::OpenGap;
use crate::report::escape::line;

const TITLE_BYTES: usize = 200;

/// The key of the requests for a finding. Finding ids have at most 200 bytes, and so has a key.
pub(super) fn key(finding: &str) -> String {
    finding.to_owned()
}

/// The title, in one line.
pub(super) fn title(wanted: &OpenGap) -> String {
    let verb = match wanted.status.as_str() {
        "PARTIAL" | "STUB" | "EMPTY" => "Finish",
        "MOVED" => "Put in its place",
        "NOT DELETED" => "Delete",
        "REMOVED" => "Restore",
        _ => "Make",
    };
    line(&format!("{verb} {} ({})", wanted.path, wanted.plan), TITLE_BYTES)
}

/// The complete request.
pub(super) fn draft(wanted: &OpenGap, agent: &str, round: u32) -> Draft {
    let mut args = json!({
        "finding": wanted.finding,
        "plan": wanted.plan,
        "line": wanted.line,
        "path": wanted.path,
        "status": wanted.status,
        "symbols": wanted.symbols,
        "round": round,
    });
    if let (false, Some(args)) = (wanted.below.is_empty(), args.as_object_mut()) {
        args.insert("root".to_owned(), wanted.below.clone().into());
    }
    Draft {
        to: agent.to_owned(),
        title: title(wanted),
        action: None,
        args: args.to_string(),
        body: body(wanted, round),
        priority: if wanted.high { Priority::High } else { Priority::Medium },
        dedupe_key: key(&wanted.finding),
    }
}

fn body(wanted: &OpenGap, round: u32) -> String {
    let mut body = format!(
        "`{}` is promised at {}:{} and is {}.\n\n- Seen: {}\n",
        wanted.path,
        wanted.plan,
        wanted.line,
        wanted.status,
        if wanted.evidence.is_empty() { "nothing of that name" } else { &wanted.evidence },
    );
    if !wanted.symbols.is_empty() {
        body += &format!("- It has to define: `{}`\n", wanted.symbols.join("`, `"));
    }
    if round > 1 {
        body += &format!(
            "- This is asked for the {round}. time: the last answer said it was done, and it was not there.\n"
        );
    }
    body + "\nMake it real, or take it out of the plan if it is not wanted any more. An empty file, a stub or a file that \
            only repeats the plan does not count. Then send a RETURN: the plan is audited again by itself when it comes.\n"
}
