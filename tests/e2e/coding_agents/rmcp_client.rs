//! An independent client in Rust: the client of rmcp handles the requests of an inbox over `baton mcp`, in both
//! versions of the protocol.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command};

use baton_tests::Workspace;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, ClientCapabilities, ClientConfig, GetTaskParams,
    GetTaskResult, ProtocolVersion, TaskPayload, TaskStatus, UpdateTaskParams,
};
use rmcp::service::RunningService;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, RoleClient};
use serde_json::{Value, json};

use super::{request, workspace};

type Client<H = ()> = RunningService<RoleClient, H>;

/// Starts `baton mcp` and connects to it with `lifecycle`.
async fn connect<H: ClientHandler>(
    workspace: &Workspace,
    lifecycle: ClientLifecycleMode,
    handler: H,
) -> (Child, Client<H>) {
    connect_to(workspace, workspace.command(), lifecycle, handler).await
}

/// As [`connect`], with a server that `command` starts.
async fn connect_to<H: ClientHandler>(
    workspace: &Workspace,
    mut command: Command,
    lifecycle: ClientLifecycleMode,
    handler: H,
) -> (Child, Client<H>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    command.arg("-w").arg(workspace.root()).args(["mcp", "--agent", "Codex-MM1"]);
    command.stdin(OwnedFd::from(theirs.try_clone().unwrap())).stdout(OwnedFd::from(theirs));
    let server = command.spawn().unwrap();
    drop(command);
    ours.set_nonblocking(true).unwrap();
    let transport = tokio::net::UnixStream::from_std(ours).unwrap();
    let client = handler.serve_with_lifecycle(transport, lifecycle).await.unwrap();
    (server, client)
}

fn tool_call(tool: &'static str, arguments: &Value) -> CallToolRequestParams {
    CallToolRequestParams::new(tool).with_arguments(arguments.as_object().unwrap().clone())
}

async fn call<H: ClientHandler>(client: &Client<H>, tool: &'static str, arguments: Value) -> Value {
    let result = client.call_tool(tool_call(tool, &arguments)).await.unwrap();
    assert_ne!(result.is_error, Some(true), "{tool}: {result:?}");
    result.structured_content.unwrap()
}

async fn work(workspace: &Workspace, lifecycle: ClientLifecycleMode, id: &str) {
    let (mut server, client) = connect(workspace, lifecycle, ()).await;
    let tools = client.list_all_tools().await.unwrap();
    for tool in ["inbox", "claim", "return", "noop"] {
        assert!(tools.iter().any(|listed| listed.name == tool), "{tools:?}");
    }
    let inbox = call(&client, "inbox", json!({})).await;
    assert!(inbox["items"].as_array().unwrap().iter().any(|item| item["id"] == id), "{inbox}");
    call(&client, "claim", json!({ "id": id })).await;
    let read = call(&client, "read", json!({ "id": id })).await;
    assert_eq!(read["text"], "Say done.", "{read}");
    let returned =
        call(&client, "return", json!({ "id": id, "status": "completed", "summary": "Done by rmcp." })).await;
    assert_eq!(returned["state"], "succeeded", "{returned}");
    client.cancel().await.unwrap();
    assert!(server.wait().unwrap().success(), "the server ends with its client");
}

#[test]
fn the_client_of_rmcp_handles_an_inbox_in_both_protocol_versions() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let runtime = runtime();
    for (title, lifecycle) in [("For rmcp now", discover()), ("For rmcp before", ClientLifecycleMode::Initialize)] {
        let id = request(&workspace, title, Some(json!({ "required_action": "Say done." })));
        runtime.block_on(work(&workspace, lifecycle, &id));
        assert_eq!(workspace.wait_for_archive(title).state, "succeeded");
    }
}

/// A client that declares the Tasks extension. Among the clients of the tests, rmcp and the Inspector support it. The
/// Python package `mcp` has only its types. Claude Code and Codex do not declare it.
fn with_tasks() -> ClientConfig {
    let mut config = ClientConfig::default();
    config.capabilities = ClientCapabilities::builder().enable_tasks().build();
    config
}

fn discover() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
}

/// Calls an action, and returns the id of its task.
async fn start(client: &Client<ClientConfig>, tool: &'static str) -> String {
    match client.call_tool_once(CallToolRequestParams::new(tool)).await.unwrap() {
        CallToolResponse::Task(created) => created.task.task_id,
        other => panic!("{other:?}"),
    }
}

/// Asks for a task until it is no longer working.
async fn ended(client: &Client<ClientConfig>, id: &str) -> GetTaskResult {
    loop {
        let task = client.get_task(GetTaskParams::new(id)).await.unwrap();
        if task.task.status() != TaskStatus::Working {
            return task;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// The state in the ledger, as the result of a completed task names it.
fn state(done: &GetTaskResult) -> &Value {
    let TaskPayload::Completed { result } = &done.task.payload else { panic!("{done:?}") };
    &result["structuredContent"]["task"]["state"]
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// The workspace of these tests, with the plugin `hostile`.
fn with_hostile() -> Workspace {
    let workspace = Workspace::with_hostile();
    for agent in ["Claude-MM1", "Codex-MM1"] {
        std::fs::create_dir_all(workspace.inbox_of(agent)).unwrap();
    }
    workspace
}

#[test]
fn a_client_with_tasks_gets_the_action_of_a_plugin_as_a_task_of_the_ledger() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let foreign = request(&workspace, "Not mine", None);
    runtime().block_on(async {
        let (mut server, client) = connect(&workspace, discover(), with_tasks()).await;
        let id = start(&client, "noop").await;
        let done = ended(&client, &id).await;
        assert_eq!(state(&done), "succeeded", "{done:?}");
        assert_eq!(workspace.why(&id).state, "succeeded", "it is the task of the ledger");
        // A cancellation or an update does not change a task that has ended.
        client.cancel_task(CancelTaskParams::new(&id)).await.unwrap();
        client.update_task(UpdateTaskParams::new(&id, std::collections::BTreeMap::new())).await.unwrap();
        assert_eq!(state(&ended(&client, &id).await), "succeeded");
        // These ids are unknown: the task of another agent, an id that no task has, a title, and an empty text.
        for unknown in [foreign.as_str(), "0123456789abcdef", "noop: noop", ""] {
            assert!(client.get_task(GetTaskParams::new(unknown)).await.is_err(), "{unknown}");
            assert!(client.cancel_task(CancelTaskParams::new(unknown)).await.is_err(), "{unknown}");
        }
        client.cancel().await.unwrap();
        assert!(server.wait().unwrap().success());
        // Another server also knows the task, because a server keeps nothing about a task in memory.
        let (_server, client) = connect(&workspace, discover(), with_tasks()).await;
        assert_eq!(state(&ended(&client, &id).await), "succeeded");
        // A client that does not declare the extension gets a result.
        let (_plain_server, plain) = connect(&workspace, discover(), ()).await;
        assert_eq!(call(&plain, "noop", json!({})).await["ended"], true);
        assert!(plain.get_task(GetTaskParams::new(&id)).await.is_err());
        // A client of the previous protocol version, which has no Tasks extension, gets a result too.
        let (_older_server, older) = connect(&workspace, ClientLifecycleMode::Initialize, with_tasks()).await;
        assert_eq!(call(&older, "noop", json!({})).await["ended"], true);
    });
    assert_eq!(workspace.why(&foreign).state, "delivered", "no other agent has cancelled it");
}

#[test]
fn a_task_survives_kill_9_of_the_daemon() {
    let workspace = with_hostile();
    let daemon = workspace.up_and_serving();
    runtime().block_on(async {
        let (_server, client) = connect(&workspace, discover(), with_tasks()).await;
        let id = start(&client, "hostile__slow").await;
        workspace.wait_for_state("hostile: slow", "running");
        daemon.kill();
        let task = client.get_task(GetTaskParams::new(&id)).await.unwrap();
        assert_eq!(task.task.status(), TaskStatus::Working, "no daemon runs: {task:?}");
        let _daemon = workspace.up_and_serving();
        assert_eq!(state(&ended(&client, &id).await), "succeeded");
        let events = workspace.why(&id).events;
        assert!(events.iter().any(|event| event.action == "interrupted"), "{events:?}");
    });
}

#[test]
fn a_cancellation_of_a_task_whose_server_is_killed_is_completed() {
    let workspace = workspace();
    let daemon = workspace.up_and_serving();
    let id = runtime().block_on(async {
        let mut command = workspace.command();
        command.env("FAILPOINTS", "cancel.leased=panic");
        let (mut server, client) = connect_to(&workspace, command, discover(), with_tasks()).await;
        call(&client, "send", json!({ "to": "Claude-MM1", "title": "Not any more" })).await;
        let id = workspace.wait_for_state("Not any more", "delivered").id;
        assert!(client.cancel_task(CancelTaskParams::new(&id)).await.is_err(), "the server ends");
        drop(client.cancel().await);
        assert!(!server.wait().unwrap().success());
        id
    });
    // The daemon looks for ended processes at its start and every minute.
    assert!(daemon.stop().success());
    let _daemon = workspace.up_and_serving();
    assert_eq!(workspace.wait_for_archive("Not any more").state, "cancelled");
    runtime().block_on(async {
        let (_server, client) = connect(&workspace, discover(), with_tasks()).await;
        assert_eq!(ended(&client, &id).await.task.status(), TaskStatus::Cancelled);
    });
    let events = workspace.why(&id).events;
    let cancelled = events.iter().find(|event| event.action == "cancelled").unwrap();
    assert_eq!(cancelled.actor, "Codex-MM1", "{events:?}");
}

#[test]
fn a_running_task_is_cancelled_and_too_many_cancellations_are_refused() {
    let workspace = with_hostile();
    let _daemon = workspace.up_and_serving();
    runtime().block_on(async {
        let (_server, client) = connect(&workspace, discover(), with_tasks()).await;
        let mut cancelled = None;
        // The action lasts 1.5 seconds; on a busy machine it may end before the request to stop arrives.
        for _ in 0..5 {
            let id = start(&client, "hostile__slow").await;
            while ["captured", "queued"].contains(&workspace.why(&id).state.as_str()) {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            client.cancel_task(CancelTaskParams::new(&id)).await.unwrap();
            if ended(&client, &id).await.task.status() == TaskStatus::Cancelled {
                cancelled = Some(id);
                break;
            }
        }
        let why = workspace.why(&cancelled.unwrap());
        assert_eq!(why.state, "cancelled");
        for action in ["cancel_asked", "cancelled"] {
            let actors: Vec<_> =
                why.events.iter().filter(|event| event.action == action).map(|event| &event.actor).collect();
            assert_eq!(actors, ["Codex-MM1"], "{action}: {:?}", why.events);
        }
        // Each cancellation of an open task counts as a change of a request.
        let own = call(&client, "send", json!({ "to": "Claude-MM1", "title": "Open" })).await;
        let open = workspace.wait_for_state("Open", "delivered").id;
        assert_eq!(own["to"], "Claude-MM1");
        let claimed = request(&workspace, "Claimed", None);
        for _ in 0..130 {
            let arguments = json!({ "id": claimed, "message": "still at it" });
            drop(client.call_tool_once(tool_call("progress", &arguments)).await.unwrap());
        }
        let refused = client.cancel_task(CancelTaskParams::new(&open)).await.unwrap_err();
        assert!(refused.to_string().contains("within a minute"), "{refused}");
        assert_eq!(workspace.why(&open).state, "delivered");
    });
}
