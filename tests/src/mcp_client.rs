//! A scripted MCP client: starts `baton mcp` and calls its tools over standard input and output, one message a line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::{PATIENCE, Workspace};

/// The protocol that a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum McpEra {
    /// 2025-11-25: `initialize`, then requests.
    Sessions,
    /// 2026-07-28: every request names the version.
    Stateless,
}

/// A client with its server. The server ends when the client ends.
#[derive(Debug)]
pub struct McpClient {
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    era: McpEra,
    last_id: u64,
}

impl McpClient {
    /// Starts `baton mcp --agent AGENT` in the workspace and sets up the connection.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn start(workspace: &Workspace, agent: &str) -> Self {
        Self::start_in(workspace, agent, McpEra::Sessions, &mut workspace.command())
    }

    /// Starts the client with the given protocol version and `baton` command.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn start_in(workspace: &Workspace, agent: &str, era: McpEra, command: &mut Command) -> Self {
        command.arg("-w").arg(workspace.root()).args(["mcp", "--agent", agent]);
        let mut server =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program can be started");
        let (input, output) = (server.stdin.take(), server.stdout.take().expect("its output"));
        let (send, messages) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let message = serde_json::from_str(&line)
                    .unwrap_or_else(|error| json!({ "not JSON": line, "error": error.to_string() }));
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        let mut client = Self { server, input, messages, era, last_id: 0 };
        if era == McpEra::Sessions {
            let known = client.request(
                "initialize",
                json!({
                    "protocolVersion": "2025-11-25",
                    "capabilities": {},
                    "clientInfo": { "name": "scripted", "version": "1" },
                }),
            );
            assert!(known.get("result").is_some(), "{known}");
            client.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        }
        client
    }

    /// The process of the server.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.server.id()
    }

    /// Kills the server as `kill -9` does.
    ///
    /// # Panics
    /// When it has ended already.
    pub fn kill(mut self) {
        self.server.kill().expect("the server runs");
        self.server.wait().expect("it can be waited for");
    }

    fn write(&mut self, message: &Value) {
        let input = self.input.as_mut().expect("the input is open");
        writeln!(input, "{message}").and_then(|()| input.flush()).expect("the server reads");
    }

    /// Sends a request without waiting for its response. Returns its id.
    ///
    /// # Panics
    /// When the server has ended.
    pub fn send(&mut self, method: &str, params: Value) -> u64 {
        self.last_id += 1;
        let mut params = params;
        if let (McpEra::Stateless, Some(params)) = (self.era, params.as_object_mut()) {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": { "name": "scripted", "version": "1" },
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            params.insert("_meta".to_owned(), meta);
        }
        let id = self.last_id;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// The response to a request, if the response comes in time. Notifications are dropped.
    ///
    /// # Panics
    /// When the server has ended.
    pub fn response(&mut self, id: u64, time: Duration) -> Option<Value> {
        loop {
            match self.messages.recv_timeout(time) {
                Ok(message) if message.get("id") == Some(&json!(id)) => return Some(message),
                Ok(message) => assert!(message.get("not JSON").is_none(), "{message}"),
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => panic!("the server has ended"),
            }
        }
    }

    /// The next response to any request, if a response comes in time. Notifications are dropped.
    ///
    /// # Panics
    /// When the server has ended.
    pub fn any_response(&mut self, time: Duration) -> Option<Value> {
        loop {
            match self.messages.recv_timeout(time) {
                Ok(message) if message.get("id").is_some() => return Some(message),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => panic!("the server has ended"),
            }
        }
    }

    /// Sends a request and returns its response.
    ///
    /// # Panics
    /// When there is no response.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.response(id, PATIENCE).unwrap_or_else(|| panic!("no response to {method}"))
    }

    /// Calls a tool. Returns its structured result, or the text of its error.
    ///
    /// # Errors
    /// When the tool reports an error.
    ///
    /// # Panics
    /// When the response is not that of a tool.
    #[expect(clippy::needless_pass_by_value, reason = "tests pass what `json!` makes")]
    pub fn try_call(&mut self, tool: &str, arguments: Value) -> Result<Value, String> {
        let response = self.request("tools/call", json!({ "name": tool, "arguments": arguments }));
        Self::tool_result(&response)
    }

    /// The structured result in a response, or the text of its error.
    ///
    /// # Errors
    /// When the tool reports an error.
    ///
    /// # Panics
    /// When the response is not that of a tool.
    pub fn tool_result(response: &Value) -> Result<Value, String> {
        let text = |path: &str| response.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        if response.get("error").is_some() {
            return Err(text("/error/message"));
        }
        if response.pointer("/result/isError") == Some(&json!(true)) {
            return Err(text("/result/content/0/text"));
        }
        let result = response.pointer("/result/structuredContent").filter(|result| result.is_object());
        Ok(result.unwrap_or_else(|| panic!("not the result of a tool: {response}")).clone())
    }

    /// Calls a tool that must succeed.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.try_call(tool, arguments).unwrap_or_else(|error| panic!("{tool}: {error}"))
    }

    /// The ids of the items in the agent's inbox.
    ///
    /// # Panics
    /// When the tool fails.
    pub fn inbox(&mut self) -> Vec<String> {
        let inbox = self.call("inbox", json!({}));
        let items = inbox.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        let id = |item: &Value| item.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        items.iter().map(id).collect()
    }
}

impl Drop for McpClient {
    fn drop(&mut self) {
        drop(self.input.take());
        // The server ends when its input is closed. A test does not wait for a server that hangs.
        for _ in 0..100 {
            if !matches!(self.server.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(self.server.kill());
        drop(self.server.wait());
    }
}
