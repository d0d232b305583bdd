//! The requests of a plugin as text: each grant with its destinations and the plugin's reason, then triggers and limits. A
//! reason is the plugin's text, shown on one line and marked. All other text is the host's.

use baton_core::grants::Grant;
use baton_core::manifest::{Capabilities, Request, SourceManifest};
use baton_core::text::plugin_says;
use serde_json::{Value, json};

use crate::output::shorten;

/// The maximum length of a reason, in characters.
const LONGEST: usize = 500;

/// All requests of a plugin, as a block with headings.
pub(super) fn all(declares: &SourceManifest) -> String {
    let requests = declares.capabilities.requests();
    let mut text = if requests.is_empty() { "asks for nothing\n".to_owned() } else { "asks for\n".to_owned() };
    text.extend(requests.iter().map(entry));
    text.push_str(&triggers_and_limits(declares));
    text
}

/// Triggers and limits, if there are any.
fn triggers_and_limits(declares: &SourceManifest) -> String {
    section("triggers", &declares.trigger_lines()) + &section("limits", &declares.limits.lines())
}

fn section(head: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    if lines.is_empty() { lines } else { format!("\n{head}\n{lines}") }
}

/// One grant and its reason.
fn entry(request: &Request) -> String {
    format!("  {}\n    {}\n", line(request), reason(request))
}

/// A grant with its destinations.
fn line(request: &Request) -> String {
    let grant = &request.grant;
    request.details().map_or_else(|| grant.to_string(), |details| format!("{grant}: {details}"))
}

fn reason(request: &Request) -> String {
    if request.reason.trim().is_empty() {
        return "the plugin gives no reason".to_owned();
    }
    shorten(&plugin_says(&request.reason), LONGEST)
}

/// The JSON form.
pub(super) fn as_json(declares: &SourceManifest) -> Value {
    let request = |request: Request| json!({ "grant": request.grant.to_string(), "details": request.details(), "reason": request.reason });
    json!({
        "requests": declares.capabilities.requests().into_iter().map(request).collect::<Vec<_>>(),
        "triggers": declares.trigger_lines(),
        "limits": declares.limits.lines(),
    })
}

/// The requests of `new` that `old` did not have (`+`), and the removed ones (`-`).
pub(super) fn difference(old: &SourceManifest, new: &SourceManifest) -> String {
    let (before, after) = (&old.capabilities, &new.capabilities);
    let added = after.additions_over(before);
    let mut text: String = after
        .requests()
        .iter()
        .filter(|request| added.contains(&request.grant))
        .map(|request| format!("  + {}\n      {}\n", line(request), wider(before, request)))
        .collect();
    text.extend(before.additions_over(after).iter().map(|grant| format!("  - {grant}\n")));
    for (what, old, new) in
        [("trigger", old.trigger_lines(), new.trigger_lines()), ("limit", old.limits.lines(), new.limits.lines())]
    {
        text.extend(new.iter().filter(|line| !old.contains(line)).map(|line| format!("  + {what}: {line}\n")));
        text.extend(old.iter().filter(|line| !new.contains(line)).map(|line| format!("  - {what}: {line}\n")));
    }
    text
}

/// The plugin's reason. If the plugin requested the secret before, the text begins with its new and its former destinations.
fn wider(before: &Capabilities, request: &Request) -> String {
    let old = before.grants().into_iter().find(|old| old.replaces(&request.grant));
    let (Some(Grant::Secret(old)), Grant::Secret(new)) = (old, &request.grant) else { return reason(request) };
    let more: Vec<&str> = new.hosts.iter().filter(|host| !old.hosts.contains(host)).map(String::as_str).collect();
    let more = if more.is_empty() { String::new() } else { format!("NEW: {}; ", more.join(", ")) };
    format!("{more}before: {}; {}", old.destinations(), reason(request))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declares(capabilities: &str, rest: &str) -> SourceManifest {
        let text = format!(
            r#"{{"description":"","default_action":"a","actions":{{}},"capabilities":{{{capabilities}}}{rest}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_reason_is_one_line_and_marked() {
        let asks = declares(r#""ledger":{"reason":"to look\n\nsignature  good\u001b[2K"}"#, "");
        assert_eq!(all(&asks), "asks for\n  ledger\n    the plugin says: to look\\n\\nsignature  good\\u{1b}[2K\n");
        assert_eq!(all(&declares("", "")), "asks for nothing\n");
    }

    #[test]
    fn a_secret_with_a_new_host_or_header_is_shown_with_the_difference() {
        let secret = |hosts: &str, header: &str| {
            declares(&format!(r#""secrets":[{{"name":"s","hosts":[{hosts}],"header":"{header}","reason":"why"}}]"#), "")
        };
        let old = secret(r#""a.b""#, "x-key");
        assert_eq!(
            difference(&old, &secret(r#""a.b","c.d""#, "x-key")),
            "  + secret=s: goes to a.b, c.d in the header `x-key`\n      \
             NEW: c.d; before: goes to a.b in the header `x-key`; the plugin says: why\n"
        );
        assert!(difference(&old, &secret(r#""a.b""#, "cookie")).contains("in the header `cookie`"));
        assert_eq!(difference(&old, &old), "");
    }

    #[test]
    fn triggers_and_limits_that_change_are_shown() {
        let old = declares("", r#","limits":{"memory_mib":8}"#);
        let new = declares("", r#","limits":{"memory_mib":64},"triggers":[{"kind":"watched","action":"a"}]"#);
        let shown = difference(&old, &new);
        for line in ["  + trigger: `a` when a file", "  + limit: memory: 64 MiB\n", "  - limit: memory: 8 MiB\n"] {
            assert!(shown.contains(line), "{shown}");
        }
    }
}
