//! A ledger with more than ten thousand tasks: an agent finds its old requests by title, and tasks can depend on them.

use baton_tests::{McpClient, handoff, handoff_with, text};
use serde_json::json;

use super::workspace;

/// More tasks than the limit for a search by title.
const OTHERS: usize = 10_050;

#[test]
fn an_old_request_is_found_by_its_title_among_more_than_ten_thousand_tasks() {
    let workspace = workspace();
    workspace.drop_file("Codex-MM1", "old.json", text(&handoff("Codex-MM1", "Very old")));
    let drop_others = |range: std::ops::Range<usize>| {
        for number in range {
            let fields = json!({ "handoff_id": format!("same-{number}"), "source_agent": "Cursor-MM1" });
            let other = handoff_with("Claude-MM1", "Same job", fields);
            workspace.drop_file("Claude-MM1", &format!("{number}.json"), text(&other));
        }
    };
    drop_others(0..OTHERS);
    workspace.up_once();
    // This request is newer than more than ten thousand requests with the same title.
    workspace.drop_file("Codex-MM1", "same.json", text(&handoff("Codex-MM1", "Same job")));
    workspace.up_once();
    let _daemon = workspace.up_and_serving();
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    for title in ["Very old", "Same job"] {
        let read = codex.call("read", json!({ "id": title }));
        assert_eq!(read["task"]["title"], title, "{read}");
        let claimed = codex.call("claim", json!({ "id": title }));
        let why = codex.call("why", json!({ "id": title }));
        assert_eq!(why["task"]["agent"], "Codex-MM1", "{claimed} {why}");
        let given = codex.call("return", json!({ "id": title, "status": "completed", "summary": "Done." }));
        assert_eq!(given["state"], "succeeded", "{given}");
    }
    let next = json!({ "to": "noop", "title": "Afterwards", "depends_on": ["Very old"], "wait_seconds": 60 });
    let sent = codex.call("send", next);
    assert_eq!(sent["task"]["state"], "succeeded", "{sent}");
}
