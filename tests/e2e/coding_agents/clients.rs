//! Independent clients: the official Python SDK handles the requests of an inbox over `baton mcp`.

use std::fs;

use baton_tests::{Output, or_skip, tools};

use super::{request, workspace};

/// Lists the tools, claims the first request, answers it, and prints what it saw.
const SCRIPT: &str = r#"
import asyncio, json, sys
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

async def main(command, *args):
    async with stdio_client(StdioServerParameters(command=command, args=list(args), env=dict(__import__("os").environ))) as streams:
        async with ClientSession(*streams) as session:
            await session.initialize()
            tools = [tool.name for tool in (await session.list_tools()).tools]
            async def call(name, **arguments):
                result = await session.call_tool(name, arguments)
                structured = getattr(result, "structured_content", None) or getattr(result, "structuredContent", None)
                assert structured, result
                return structured
            inbox = await call("inbox")
            task = inbox["items"][0]["id"]
            await call("claim", id=task)
            read = await call("read", id=task)
            returned = await call("return", id=task, status="completed", summary="Done by the SDK.")
            prompts = [prompt.name for prompt in (await session.list_prompts()).prompts]
            resources = [str(resource.uri) for resource in (await session.list_resources()).resources]
            print(json.dumps({"tools": tools, "text": read["text"], "state": returned["state"], "prompts": prompts, "resources": resources}))

asyncio.run(main(*sys.argv[1:]))
"#;

#[test]
fn the_official_python_client_handles_an_inbox() {
    let python = or_skip!(tools("python/bin", "python")).join("python");
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    request(&workspace, "For the SDK", Some(serde_json::json!({ "required_action": "Say done." })));
    let script = workspace.outside().join("client.py");
    fs::write(&script, SCRIPT).unwrap();
    let root = workspace.root().display().to_string();
    let mut command = workspace.command_of(python);
    command.arg(script).arg(baton_tests::baton()).args(["-w", &root, "mcp", "--agent", "Codex-MM1"]);
    let seen = Output::of(&mut command).ended(0).json();
    assert_eq!((&seen["state"], &seen["text"]), (&"succeeded".into(), &"Say done.".into()), "{seen}");
    for tool in
        ["inbox", "read", "wait_for_work", "claim", "progress", "release", "ask", "return", "send", "status", "why"]
    {
        assert!(seen["tools"].as_array().unwrap().contains(&tool.into()), "{seen}");
    }
    assert_eq!(seen["prompts"], serde_json::json!(["work-inbox"]));
    assert_eq!(workspace.wait_for_archive("For the SDK").state, "succeeded");
}
