//! An independent client in Rust: the client of rmcp works an inbox over `baton mcp`, in both eras of the protocol.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Child;

use baton_tests::Workspace;
use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::RunningService;
use rmcp::{ClientLifecycleMode, ClientServiceExt as _, RoleClient};
use serde_json::{Value, json};

use super::{request, workspace};

type Client = RunningService<RoleClient, ()>;

/// Starts `baton mcp`, and connects in this way.
async fn connect(workspace: &Workspace, lifecycle: ClientLifecycleMode) -> (Child, Client) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["mcp", "--agent", "Codex-MM1"]);
    command.stdin(OwnedFd::from(theirs.try_clone().unwrap())).stdout(OwnedFd::from(theirs));
    let server = command.spawn().unwrap();
    drop(command);
    ours.set_nonblocking(true).unwrap();
    let transport = tokio::net::UnixStream::from_std(ours).unwrap();
    let client = ().serve_with_lifecycle(transport, lifecycle).await.unwrap();
    (server, client)
}

async fn call(client: &Client, tool: &'static str, arguments: Value) -> Value {
    let arguments = arguments.as_object().unwrap().clone();
    let result = client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await.unwrap();
    assert_ne!(result.is_error, Some(true), "{tool}: {result:?}");
    result.structured_content.unwrap()
}

async fn work(workspace: &Workspace, lifecycle: ClientLifecycleMode, id: &str) {
    let (mut server, client) = connect(workspace, lifecycle).await;
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
fn the_client_of_rmcp_works_an_inbox_in_both_eras() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let discover = ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] };
    for (title, lifecycle) in [("For rmcp now", discover), ("For rmcp before", ClientLifecycleMode::Initialize)] {
        let id = request(&workspace, title, Some(json!({ "required_action": "Say done." })));
        runtime.block_on(work(&workspace, lifecycle, &id));
        assert_eq!(workspace.wait_for_archive(title).state, "succeeded");
    }
}
