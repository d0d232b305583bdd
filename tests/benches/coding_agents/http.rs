//! Connections to the server of `baton up` that wait for work.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use baton_tests::{Daemon, Workspace};
use serde_json::{Value, json};

/// Makes `baton up` serve on a free port.
pub(crate) fn enable(workspace: &Workspace) {
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", format!("{config}\n[server]\nlisten = \"127.0.0.1:0\"\n"));
}

/// The port on which the daemon serves.
pub(crate) fn port(workspace: &Workspace, daemon: &Daemon) -> u16 {
    workspace.wait_for("the port", |_| {
        let log = daemon.log();
        let rest = log.split("http://127.0.0.1:").nth(1)?;
        rest.split('/').next()?.parse().ok()
    })
}

/// The access of one agent over HTTP.
pub(crate) struct HttpSession {
    port: u16,
    token: String,
    session: String,
}

impl HttpSession {
    /// Begins a session of an agent.
    ///
    /// # Errors
    /// When the server does not begin a session.
    pub(crate) fn open(workspace: &Workspace, port: u16, agent: &str) -> anyhow::Result<Self> {
        let shown = workspace.baton(&["mcp", "--agent", agent, "--http-token"]).stdout;
        let token = shown.split("Bearer ").nth(1).context("no token is shown")?.trim().to_owned();
        let mut session = Self { port, token, session: String::new() };
        let info = json!({ "name": "bench", "version": "1" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info });
        let (_stream, head) = session.post("initialize", &params)?;
        let id = head.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
        id.with_context(|| format!("no session: {head}"))?.trim().clone_into(&mut session.session);
        Ok(session)
    }

    /// Opens a connection that waits for work. Returns it after the server has begun its response.
    ///
    /// # Errors
    /// When the server refuses the request.
    pub(crate) fn wait(&self) -> anyhow::Result<TcpStream> {
        let arguments = json!({ "timeout_seconds": 3000 });
        let (stream, head) = self.post("tools/call", &json!({ "name": "wait_for_work", "arguments": arguments }))?;
        ensure!(head.starts_with("HTTP/1.1 200 "), "a client may not wait: {head}");
        Ok(stream)
    }

    /// Sends a request. Returns the connection and the head of the response.
    fn post(&self, method: &str, params: &Value) -> anyhow::Result<(TcpStream, String)> {
        let Self { port, token, session } = self;
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let session = if session.is_empty() {
            String::new()
        } else {
            format!("Mcp-Session-Id: {session}\r\nMCP-Protocol-Version: 2025-11-25\r\n")
        };
        let mut stream = TcpStream::connect(("127.0.0.1", *port))?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        write!(
            stream,
            "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n{session}Content-Type: \
             application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.extend_from_slice(&byte);
        }
        Ok((stream, String::from_utf8(head)?))
    }
}
