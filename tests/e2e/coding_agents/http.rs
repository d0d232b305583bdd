//! The MCP server over HTTP: clients with a token handle the requests of their inbox, and everything else is refused.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use baton_tests::{Daemon, Output, Workspace, or_skip, tools};
use serde_json::json;

use super::{request, workspace};

/// A workspace whose daemon serves MCP over HTTP, with its port.
pub(super) struct HttpWorkspace {
    pub(super) workspace: Workspace,
    _daemon: Daemon,
    pub(super) port: u16,
}

impl HttpWorkspace {
    pub(super) fn new() -> Self {
        Self::with("")
    }

    /// A workspace with these further lines of `[server]`.
    pub(super) fn with(settings: &str) -> Self {
        Self::of(workspace(), settings)
    }

    /// Serves this workspace, with these further lines of `[server]`.
    pub(super) fn of(workspace: Workspace, settings: &str) -> Self {
        let config = workspace.read("baton.toml");
        workspace.write("baton.toml", format!("{config}\n[server]\nlisten = \"127.0.0.1:0\"\n{settings}"));
        let daemon = workspace.up_and_serving();
        let port = workspace.wait_for("the port", |_| {
            let log = daemon.log();
            let rest = log.split("http://127.0.0.1:").nth(1)?;
            rest.split('/').next()?.parse().ok()
        });
        Self { workspace, _daemon: daemon, port }
    }

    pub(super) fn token(&self, agent: &str) -> String {
        let shown = self.workspace.baton(&["mcp", "--agent", agent, "--http-token"]).ended(0).stdout;
        shown.split("Bearer ").nth(1).unwrap().trim().to_owned()
    }

    /// Sends these bytes. Returns the status and the response. Reading ends when the server closes the connection or sends
    /// nothing for 20 seconds.
    fn raw(&self, bytes: &[u8]) -> (u16, String) {
        raw_at(self.port, bytes)
    }

    /// A request such as `POST /a2a` with these headers and this body.
    pub(super) fn ask(&self, target: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
        ask_at(self.port, target, headers, body)
    }

    /// A POST of `initialize` with these headers.
    pub(super) fn post(&self, headers: &[(&str, &str)]) -> (u16, String) {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": { "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "raw", "version": "1" } },
        });
        let body = body.to_string();
        let mut head = String::from("POST /mcp HTTP/1.1\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n");
        self.raw(format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).as_bytes())
    }
}

fn raw_at(port: u16, bytes: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The server may refuse before everything was sent.
    drop(stream.write_all(bytes));
    let mut response = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        response.extend_from_slice(&buffer[..count]);
    }
    let text = String::from_utf8_lossy(&response).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, text)
}

/// Does the same as [`HttpWorkspace::ask`] without borrowing the workspace, so that threads can call it.
pub(super) fn ask_at(port: u16, target: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    let mut head = format!("{target} HTTP/1.1\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    raw_at(port, &[format!("{head}Connection: close\r\n\r\n").as_bytes(), body].concat())
}

#[test]
fn a_token_gives_access_only_to_the_inbox_of_its_agent() {
    let served = HttpWorkspace::new();
    let (host, token) = (format!("127.0.0.1:{}", served.port), served.token("Codex-MM1"));
    let bearer = format!("Bearer {token}");
    let (status, text) = served.post(&[("Host", &host), ("Authorization", &bearer)]);
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("You are the agent Codex-MM1"), "{text}");
    let other = format!("Bearer {}", served.token("Claude-MM1"));
    let (_, text) = served.post(&[("Host", &host), ("Authorization", &other)]);
    assert!(text.contains("You are the agent Claude-MM1"), "{text}");
    for agent in ["noop", "Nobody"] {
        served.workspace.baton(&["mcp", "--agent", agent, "--http-token"]).ended(2);
    }
    // A request with a removed token is refused at once.
    let tokens = served.workspace.state_folder().join("tokens");
    for file in fs::read_dir(&tokens).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    assert_eq!(served.post(&[("Host", &host), ("Authorization", &bearer)]).0, 401);
}

#[test]
fn foreign_hosts_web_pages_and_wrong_tokens_are_refused() {
    let served = HttpWorkspace::new();
    let (host, token) = (format!("127.0.0.1:{}", served.port), format!("Bearer {}", served.token("Codex-MM1")));
    let foreign = format!("evil.example:{}", served.port);
    let last = if token.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{last}", &token[..token.len() - 1]);
    let rows: [(&[(&str, &str)], u16); 9] = [
        (&[("Host", &foreign), ("Authorization", &token)], 421),
        (&[("Host", "127.0.0.1"), ("Authorization", &token)], 421),
        (&[("Host", &host), ("Host", &foreign), ("Authorization", &token)], 421),
        (&[("Host", &host), ("Origin", "https://evil.example"), ("Authorization", &token)], 403),
        (&[("Host", &host), ("Origin", "null"), ("Authorization", &token)], 403),
        (&[("Host", &host)], 401),
        (&[("Host", &host), ("Authorization", &wrong)], 401),
        (&[("Host", &host), ("Authorization", "Basic YTpi")], 401),
        (&[("Host", &host), ("Authorization", "Bearer ")], 401),
    ];
    for (headers, status) in rows {
        let (found, text) = served.post(headers);
        // hyper itself refuses two Host headers as a bad request.
        assert!(found == status || (status == 421 && found == 400), "{headers:?}: {text}");
        assert!(!text.contains("Codex-MM1"), "{text}");
    }
    let get = |path: &str| {
        served.raw(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).0
    };
    assert_eq!((get("/"), get("/mcp/../state"), get("/mcp")), (404, 404, 401));
}

#[test]
fn large_bodies_and_slow_clients_are_disconnected_while_others_are_served() {
    let served = HttpWorkspace::new();
    let (host, token) = (format!("127.0.0.1:{}", served.port), served.token("Codex-MM1"));
    let head = |length: usize| {
        format!(
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nAccept: \
             application/json, text/event-stream\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )
    };
    let mut giant = head(8 << 20).into_bytes();
    giant.resize(giant.len() + (8 << 20), b' ');
    assert_eq!(served.raw(&giant).0, 413);
    let many = format!("GET /mcp HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    assert!([400, 431].contains(&served.raw(many.as_bytes()).0));
    assert_eq!(served.raw(b"\x00\x01\x02\r\n\r\n").0, 400);
    // Clients that never finish their headers or their body.
    let mut slow: Vec<TcpStream> = Vec::new();
    for number in 0..100 {
        let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
        stream.write_all(if number % 2 == 0 { b"POST /mcp HT" } else { b"" }).unwrap();
        if number % 4 == 1 {
            stream.write_all(head(100).as_bytes()).unwrap();
        }
        slow.push(stream);
    }
    let begun = Instant::now();
    let bearer = format!("Bearer {token}");
    assert_eq!(served.post(&[("Host", &host), ("Authorization", &bearer)]).0, 200);
    assert!(begun.elapsed() < Duration::from_secs(10), "slow clients do not delay others");
    let first = &mut slow[0];
    first.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut rest = Vec::new();
    drop(first.read_to_end(&mut rest));
    assert!(begun.elapsed() < Duration::from_secs(50), "the server ends a connection without headers");
}

#[test]
fn an_address_that_is_in_use_or_open_to_others_is_refused_at_the_start() {
    let workspace = workspace();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = workspace.read("baton.toml");
    let with = |listen: &str| workspace.write("baton.toml", format!("{config}\n[server]\nlisten = \"{listen}\"\n"));
    with(&taken.local_addr().unwrap().to_string());
    let output = Output::of(workspace.command().arg("-w").arg(workspace.root()).arg("up")).ended(2);
    assert!(output.stderr.contains("cannot listen on"), "{}", output.stderr);
    with("0.0.0.0:0");
    assert!(workspace.baton(&["status"]).ended(2).stderr.contains("reachable from other machines"));
}

/// Handles the requests of an inbox over HTTP.
const SCRIPT: &str = r#"
import asyncio, json, sys
import httpx2 as httpx
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

async def main(url, token):
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        async with streamable_http_client(url, http_client=client) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()
                async def call(name, **arguments):
                    return (await session.call_tool(name, arguments)).structured_content
                task = (await call("inbox"))["items"][0]["id"]
                claimed = await call("claim", id=task)
                returned = await call("return", id=task, status="completed", summary="Done over HTTP.")
                print(json.dumps({"claimed": claimed["claimed_until"], "state": returned["state"]}))

asyncio.run(main(*sys.argv[1:]))
"#;

#[test]
fn the_official_python_client_handles_an_inbox_over_http() {
    let python = or_skip!(tools("python/bin", "python")).join("python");
    let served = HttpWorkspace::new();
    request(&served.workspace, "Over HTTP", None);
    let script = served.workspace.outside().join("client.py");
    fs::write(&script, SCRIPT).unwrap();
    let url = format!("http://127.0.0.1:{}/mcp", served.port);
    let mut command = served.workspace.command_of(python);
    let seen = Output::of(command.arg(script).args([url, served.token("Codex-MM1")])).ended(0).json();
    assert_eq!(seen["state"], "succeeded", "{seen}");
    let task = served.workspace.wait_for_archive("Over HTTP");
    let claimed = served.workspace.why(&task.id).events.into_iter().find(|event| event.action == "claimed").unwrap();
    assert!(claimed.reason.contains("http:Codex-MM1"), "{}", claimed.reason);
}
