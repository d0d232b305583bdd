//! The tools of the MCP server: what an agent does with its requests, and what it cannot do.

use baton_tests::{McpClient, McpEra, Workspace};
use serde_json::{Value, json};

use super::{request, workspace};

fn item<'a>(inbox: &'a Value, id: &str) -> &'a Value {
    inbox["items"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap()
}

#[test]
fn a_request_is_listed_claimed_read_answered_and_archived() {
    for era in [McpEra::Sessions, McpEra::Stateless] {
        let workspace = workspace();
        let daemon = workspace.up_and_serving();
        let id =
            request(&workspace, "Build the pump", Some(json!({ "required_action": "Use src/pump.py.\n\u{1b}[2J" })));
        let mut codex = McpClient::start_in(&workspace, "codex mm1", era, &mut workspace.command());
        let inbox = codex.call("inbox", json!({}));
        let listed = item(&inbox, &id);
        assert_eq!((&listed["title"], &listed["from"]), (&json!("Build the pump"), &json!("Claude-MM1")));
        assert!(!inbox.to_string().contains("src/pump.py"), "the list has no texts");
        assert_eq!(codex.inbox(), std::slice::from_ref(&id), "listing consumes nothing");

        let claimed = codex.call("claim", json!({ "id": id }));
        assert!(claimed["claimed_until"].is_string(), "{claimed}");
        let read = codex.call("read", json!({ "id": id }));
        assert!(read["text"].as_str().unwrap().contains("Use src/pump.py."), "{read}");
        assert!(!read["text"].as_str().unwrap().contains('\u{1b}'), "{read}");
        assert!(read["note"].as_str().unwrap().contains("another program"));
        codex.call("progress", json!({ "id": id, "percent": 40, "message": "halfway\nthrough" }));

        let summary = "Built the pump.";
        let returned = codex.call("return", json!({ "id": id, "status": "completed", "summary": summary }));
        assert_eq!(returned["state"], "succeeded", "{returned}");
        assert!(codex.inbox().is_empty());
        let task = workspace.wait_for_archive("Build the pump");
        assert_eq!(task.state, "succeeded");
        let why = workspace.why(&id);
        let actions = why.actions();
        for action in ["claimed", "progress", "returned"] {
            let event = why.events.iter().find(|event| event.action == action).unwrap();
            assert_eq!(event.actor, "Codex-MM1", "{actions:?}");
        }
        let answers = workspace.returns_for("Claude-MM1", "id-build-the-pump");
        let [answer] = answers.as_slice() else { panic!("{answers:#?}") };
        assert_eq!(answer["executing_agent"], "Codex-MM1");
        assert_eq!(answer["execution_summary"]["work_completed"], json!([summary]));
        let obligations = workspace.baton(&["obligations", "--json"]).ended(0).json();
        assert!(obligations.to_string().contains("\"answered\":1"), "the RETURN is the agent's own: {obligations}");
        drop(codex);
        assert!(daemon.stop().success());
        workspace.baton(&["ledger", "verify"]).ended(0);
    }
}

#[test]
fn two_sessions_cannot_work_on_one_request() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let id = request(&workspace, "Only one", None);
    let (mut first, mut second) =
        (McpClient::start(&workspace, "Codex-MM1"), McpClient::start(&workspace, "Codex-MM1"));
    first.call("claim", json!({ "id": id }));
    first.call("claim", json!({ "id": id }));
    for (tool, arguments) in [
        ("claim", json!({ "id": id })),
        ("progress", json!({ "id": id, "message": "x" })),
        ("ask", json!({ "id": id, "question": "May I?" })),
        ("return", json!({ "id": id, "status": "completed", "summary": "x" })),
        ("release", json!({ "id": id, "reason": "x" })),
    ] {
        let error = second.try_call(tool, arguments).unwrap_err();
        assert!(error.contains("another session of Codex-MM1 has claimed"), "{tool}: {error}");
    }
    let shown = workspace.baton(&["inbox", "list", "--agent", "Codex-MM1", "--json"]).ended(0).json();
    assert!(shown["items"][0]["claimed_by"].as_str().unwrap().starts_with("mcp:"), "{shown}");
    first.call("release", json!({ "id": id, "reason": "too large for me" }));
    second.call("claim", json!({ "id": id }));
    // When a session ends, its claims are released at once, so that another session can claim the requests.
    drop(second);
    first.call("claim", json!({ "id": id }));
    let why = workspace.why(&id);
    assert_eq!(why.actions(), ["captured", "claimed", "released", "claimed", "claim_lost", "claimed"]);
}

#[test]
fn an_agent_sees_and_works_on_only_its_own_tasks() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let id = request(&workspace, "For Codex", None);
    std::fs::create_dir_all(workspace.inbox_of("Robin")).unwrap();
    let (mut robin, mut claude) = (McpClient::start(&workspace, "Robin"), McpClient::start(&workspace, "Claude-MM1"));
    for tool in ["claim", "read", "why"] {
        let error = robin.try_call(tool, json!({ "id": id })).unwrap_err();
        assert!(error.contains("Robin has no task"), "{tool}: {error}");
    }
    // The sender may read its request, and cannot work on it.
    assert_eq!(claude.call("read", json!({ "id": id }))["task"]["id"], json!(id));
    let error = claude.try_call("return", json!({ "id": id, "status": "completed", "summary": "x" })).unwrap_err();
    assert!(error.contains("only that agent"), "{error}");
    assert!(robin.inbox().is_empty() && claude.inbox().is_empty());
    let agents = robin.call("status", json!({}))["agents"].to_string();
    assert!(agents.contains("Codex-MM1") && agents.contains("noop"), "{agents}");
    for agent in ["noop", "Nobody", "all", "../x"] {
        let output = workspace.baton(&["mcp", "--agent", agent]).ended(2);
        assert!(output.stderr.contains("error:"), "{agent}: {}", output.stderr);
    }
}

#[test]
fn errors_of_wrong_calls_name_the_problem() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let id = request(&workspace, "Wrong calls", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let long = "x".repeat(100_000);
    for (tool, arguments, says) in [
        ("claim", json!({}), "missing field `id`"),
        ("claim", json!({ "id": id, "force": true }), "unknown field `force`"),
        ("claim", json!({ "id": "h-unknown" }), "has no task"),
        ("return", json!({ "id": id, "status": "great", "summary": "x" }), "unknown variant"),
        ("return", json!({ "id": id, "status": "completed", "summary": "  " }), "`summary` is empty"),
        ("return", json!({ "id": id, "status": "completed", "summary": long }), "more than"),
        ("return", json!({ "id": id, "status": "completed", "summary": "x", "files": [""] }), "is empty"),
        ("ask", json!({ "id": id, "question": " " }), "the question is empty"),
        ("read", json!({ "id": id, "archive": true }), "not an unread RETURN"),
        ("status", json!({ "state": "happy" }), "not a state"),
        ("send", json!({ "to": "Clod", "title": "x" }), "there is no agent `Clod`"),
        ("send", json!({ "to": "noop", "title": "a\nb" }), "one line"),
        ("send", json!({ "to": "noop", "title": "x", "priority": "soon" }), "not a priority"),
        ("send", json!({ "to": "noop", "title": "x", "depends_on": ["h-none"] }), "`depends_on`"),
        ("send", json!({ "to": "noop", "title": "x", "deadline": "2026-01-01T00:00:00Z" }), "has passed"),
        ("dance", json!({}), "no tool `dance`"),
    ] {
        let error = codex.try_call(tool, arguments).unwrap_err();
        assert!(error.contains(says), "{tool}: {error}");
    }
    assert_eq!(codex.inbox(), [id]);
}

#[test]
fn a_question_reaches_a_person_and_the_answer_reaches_the_agent() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let id = request(&workspace, "Choose a colour", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let cursor = codex.call("inbox", json!({}))["cursor"].clone();
    codex.call("ask", json!({ "id": id, "question": "Red or blue?" }));
    let task = workspace.wait_for_state("Choose a colour", "needs_human");
    assert!(task.reason.contains("Codex-MM1 asks: Red or blue?"), "{}", task.reason);
    assert!(codex.try_call("claim", json!({ "id": id })).unwrap_err().contains("waits for a person"));
    workspace.baton(&["answer", &id, "Blue."]).ended(0);
    let work = codex.call("wait_for_work", json!({ "cursor": cursor, "timeout_seconds": 30 }));
    assert_eq!(item(&work, &id)["id"], json!(id));
    assert_eq!(codex.call("read", json!({ "id": id }))["answer_of_a_person"], "Blue.");
    let returned = codex.call("return", json!({ "id": id, "status": "blocked", "summary": "There is no blue." }));
    assert_eq!(returned["state"], "failed");
}

#[test]
fn agents_send_requests_and_read_the_returns() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let (mut claude, mut codex) =
        (McpClient::start(&workspace, "Claude-MM1"), McpClient::start(&workspace, "Codex-MM1"));
    let cursor = claude.call("inbox", json!({}))["cursor"].clone();
    let sent = claude.call(
        "send",
        json!({ "to": "codex-mm1", "title": "Write a poem", "text": "About pumps.", "priority": "high" }),
    );
    let id = workspace.wait_for_state("Write a poem", "delivered").id;
    let inbox = codex.call("inbox", json!({}));
    assert_eq!(item(&inbox, &id)["priority"], "high");
    codex.call("return", json!({ "id": sent["handoff_id"], "status": "completed", "summary": "It pumps." }));
    let news = claude.call("wait_for_work", json!({ "cursor": cursor, "timeout_seconds": 30 }));
    let answer = news["items"].as_array().unwrap().iter().find(|item| item["kind"] == "RETURN").unwrap().clone();
    assert_eq!(answer["from"], "Codex-MM1");
    let read = claude.call("read", json!({ "id": answer["id"], "archive": true }));
    assert!(read["text"].as_str().unwrap().contains("It pumps."), "{read}");
    assert!(claude.inbox().is_empty());
    workspace.wait_for("the RETURN in the archive", |workspace| {
        (!workspace.processed("Claude-MM1").is_empty()).then_some(())
    });
}

#[test]
fn actions_of_plugins_are_tools_with_their_schema() {
    let workspace = workspace();
    let daemon = workspace.up_and_serving();
    let mut claude = McpClient::start(&workspace, "Claude-MM1");
    let tools = claude.request("tools/list", json!({}));
    let tools = tools["result"]["tools"].as_array().unwrap();
    let tool = tools.iter().find(|tool| tool["name"] == "noop").unwrap();
    assert_eq!(tool["inputSchema"]["type"], "object");
    assert!(tool["description"].as_str().unwrap().contains("the plugin says"), "{tool}");
    let wrong = claude.try_call("noop__nothing-such", json!({})).unwrap_err();
    assert!(wrong.contains("no tool"), "{wrong}");
    let ran = claude.call("noop", json!({}));
    assert_eq!((&ran["ended"], &ran["task"]["state"]), (&json!(true), &json!("succeeded")), "{ran}");
    assert_eq!(ran["task"]["from"], "Claude-MM1");
    assert!(daemon.stop().success());
    let error = claude.try_call("noop", json!({})).unwrap_err();
    assert!(error.contains("no `baton up` serves"), "{error}");
}

#[test]
fn sends_beyond_the_limit_are_refused_and_leave_no_file() {
    let workspace = workspace();
    let mut claude = McpClient::start(&workspace, "Claude-MM1");
    let mut refused = None;
    for number in 0..100 {
        if let Err(error) = claude.try_call("send", json!({ "to": "Codex-MM1", "title": format!("Number {number}") })) {
            refused = Some(error);
            break;
        }
    }
    assert!(refused.unwrap().contains("60 handoffs within a minute"));
    assert_eq!(workspace.inbox("Codex-MM1").len(), 60);
}

#[test]
fn resources_and_the_prompt_are_the_read_only_side() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let id = request(&workspace, "As a resource", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let listed = codex.request("resources/list", json!({}));
    assert!(listed.to_string().contains(&format!("baton://task/{id}")), "{listed}");
    let inbox = codex.request("resources/read", json!({ "uri": "baton://inbox" }));
    assert!(inbox["result"]["contents"][0]["text"].as_str().unwrap().contains(&id), "{inbox}");
    let task = codex.request("resources/read", json!({ "uri": format!("baton://task/{id}") }));
    assert!(task["result"]["contents"][0]["text"].as_str().unwrap().contains("captured"), "{task}");
    for uri in ["baton://task/none", "file:///etc/passwd", "baton://"] {
        let error = codex.request("resources/read", json!({ "uri": uri }));
        assert!(error["error"]["message"].as_str().unwrap().contains("there is no resource"), "{error}");
    }
    let prompt = codex.request("prompts/get", json!({ "name": "work-inbox" }));
    assert!(prompt["result"]["messages"][0]["content"]["text"].as_str().unwrap().contains("Codex-MM1"), "{prompt}");
    assert!(codex.request("prompts/get", json!({ "name": "other" }))["error"].is_object());
}

#[test]
fn a_false_return_is_refuted_and_a_true_one_is_verified() {
    let workspace = Workspace::init();
    for agent in ["Claude-MM1", "Codex-MM1"] {
        std::fs::create_dir_all(workspace.inbox_of(agent)).unwrap();
    }
    let daemon = workspace.up_and_serving();
    let id = request(&workspace, "Build the pump", None);
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let answer = json!({ "id": id, "status": "completed", "summary": "Built it.", "files": ["src/pump.py"] });
    let refuted = codex.call("return", answer.clone());
    assert_eq!((&refuted["state"], &refuted["evidence"]), (&json!("disputed"), &json!("refuted")), "{refuted}");
    assert!(refuted["reason"].as_str().unwrap().contains("src/pump.py"), "{refuted}");
    // The request is in the inbox again, and only one session can claim it.
    let inbox = codex.call("inbox", json!({}));
    assert_eq!(item(&inbox, &id)["state"], "disputed");
    codex.call("claim", json!({ "id": id }));
    let mut other = McpClient::start(&workspace, "Codex-MM1");
    assert!(other.try_call("return", answer.clone()).unwrap_err().contains("another session"));
    workspace.write("src/pump.py", "def pump():\n    return 1\n");
    let verified = codex.call("return", answer);
    assert_eq!((&verified["state"], &verified["evidence"]), (&json!("succeeded"), &json!("verified")), "{verified}");
    assert_eq!(workspace.returns_for("Claude-MM1", "id-build-the-pump").len(), 2);
    drop(codex);
    assert!(daemon.stop().success());
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn another_state_folder_is_refused_and_no_second_ledger_is_made() {
    let workspace = workspace();
    assert!(workspace.up_and_serving().stop().success());
    let elsewhere = workspace.outside().join("elsewhere");
    for words in [vec!["mcp"], vec!["inbox", "wait"], vec!["inbox", "wait", "--hook"]] {
        let mut command = workspace.command();
        command.env("XDG_STATE_HOME", &elsewhere).arg("-w").arg(workspace.root()).args(&words);
        let output = baton_tests::Output::fed(command.args(["--agent", "Codex-MM1"]), b"{}");
        let code = if words.contains(&"--hook") { 1 } else { 2 };
        let output = output.ended(code);
        assert!(
            output.stderr.contains("another state folder") && output.stderr.contains("--state"),
            "{}",
            output.stderr
        );
    }
    assert!(!baton_tests::files_below(&elsewhere).iter().any(|file| file.ends_with("ledger.db")));
}

#[test]
fn a_long_text_is_read_in_pieces_without_a_loss() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let text = "é\u{1f3b5}x".repeat(40_000);
    let id = request(&workspace, "Long", Some(json!({ "required_action": text })));
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let (mut read, mut offset) = (String::new(), json!(0));
    while !offset.is_null() {
        let piece = codex.call("read", json!({ "id": id, "offset": offset }));
        read.push_str(piece["text"].as_str().unwrap());
        offset = piece["next_offset"].clone();
    }
    assert!(read == text, "{} of {} bytes", read.len(), text.len());
}
