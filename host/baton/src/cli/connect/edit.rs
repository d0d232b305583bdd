//! Edits of configuration files that keep everything else byte for byte: comments, order, white space.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstRootNode};
use toml_edit::{DocumentMut, Item, Table, value};

/// The key of Baton's MCP server.
const SERVER: &str = "baton";

/// The words in the commands of Baton's hooks.
const HOOK_WORDS: [[&str; 2]; 2] = [[" inbox wait ", " --hook"], [" return --verify ", " --hook"]];

/// A configuration file and Baton's entries in it.
pub(super) struct EditedFile {
    pub(super) path: PathBuf,
    /// The arguments of the server: they name the workspace and the agent.
    pub(super) args: Vec<String>,
    pub(super) format: Format,
}

pub(super) enum Format {
    Json(JsonEntries),
    Toml(TomlServer),
}

/// Entries of `mcpServers` and `hooks`.
pub(super) struct JsonEntries {
    pub(super) server: Option<CstInputValue>,
    pub(super) hooks: Vec<HookEntry>,
}

/// The hooks for an event of the client.
pub(super) struct HookEntry {
    pub(super) event: &'static str,
    pub(super) hooks: Vec<CstInputValue>,
}

/// The section `[mcp_servers.baton]`.
pub(super) struct TomlServer {
    pub(super) command: String,
    pub(super) args: Vec<String>,
    pub(super) tool_seconds: u32,
}

impl EditedFile {
    /// The text with Baton's entries. Entries of an earlier `connect` are replaced.
    pub(super) fn connect(&self, text: &str) -> anyhow::Result<String> {
        let edited = match &self.format {
            Format::Json(entries) => entries.connect(text),
            Format::Toml(server) => server.connect(text),
        };
        edited.with_context(|| format!("failed to edit {}; nothing was changed", self.path.display()))
    }

    /// The text without Baton's entries. Fails if the entry of the MCP server names another agent or workspace.
    pub(super) fn disconnect(&self, text: &str) -> anyhow::Result<String> {
        self.remove(text, Some(&self.args))
    }

    /// The text without entries of Baton, for any agent and workspace.
    pub(super) fn without_entries(&self, text: &str) -> anyhow::Result<String> {
        self.remove(text, None)
    }

    fn remove(&self, text: &str, owner: Option<&[String]>) -> anyhow::Result<String> {
        let edited = match &self.format {
            Format::Json(_) => JsonEntries::disconnect(text, owner),
            Format::Toml(_) => TomlServer::disconnect(text, owner),
        };
        edited.with_context(|| format!("failed to edit {}; nothing was changed", self.path.display()))
    }
}

impl JsonEntries {
    fn connect(&self, text: &str) -> anyhow::Result<String> {
        let root = parse(if text.trim().is_empty() { "{}\n" } else { text })?;
        let object = root_object(&root)?;
        if let Some(server) = &self.server {
            let servers = child(&object, "mcpServers")?;
            match servers.get(SERVER) {
                Some(old) => old.set_value(server.clone()),
                None => drop(servers.append(SERVER, server.clone())),
            }
        }
        if !self.hooks.is_empty() {
            let hooks = child(&object, "hooks")?;
            for HookEntry { event, hooks: own } in &self.hooks {
                let Some(groups) = hooks.array_value_or_create(event) else {
                    bail!("`hooks.{event}` is not a list");
                };
                if own_commands(groups.elements()) == own.iter().map(command_of).collect::<Vec<_>>() {
                    continue;
                }
                remove_hooks(groups.elements());
                groups.append(CstInputValue::Object(vec![("hooks".to_owned(), CstInputValue::Array(own.clone()))]));
            }
        }
        Ok(root.to_string())
    }

    fn disconnect(text: &str, owner: Option<&[String]>) -> anyhow::Result<String> {
        let root = parse(text)?;
        let object = root_object(&root)?;
        if let Some(servers) = object.object_value("mcpServers") {
            if let Some(entry) = servers.get(SERVER) {
                let words = entry.object_value().and_then(|entry| entry.array_value("args"));
                let words = words.iter().flat_map(jsonc_parser::cst::CstArray::elements);
                let words: Vec<String> = words.filter_map(|word| word.as_string_lit()?.decoded_value().ok()).collect();
                need_own(&words, owner)?;
                entry.remove();
            }
            remove_if_empty(&object, "mcpServers");
        }
        if let Some(hooks) = object.object_value("hooks") {
            for property in hooks.properties() {
                let groups = property.array_value();
                remove_hooks(groups.iter().flat_map(jsonc_parser::cst::CstArray::elements));
                if groups.is_some_and(|groups| groups.elements().is_empty()) {
                    property.remove();
                }
            }
            remove_if_empty(&object, "hooks");
        }
        Ok(root.to_string())
    }
}

/// Fails if the arguments of an entry name another agent or workspace.
fn need_own(found: &[String], owner: Option<&[String]>) -> anyhow::Result<()> {
    let value = |name: &str| found.iter().skip_while(|word| *word != name).nth(1).map_or("?", String::as_str);
    if owner.is_some_and(|args| found != args) {
        bail!(
            "its entry `{SERVER}` belongs to the agent {agent} of the workspace {workspace}; remove it with \
             `baton disconnect CLIENT --agent {agent} -w {workspace}`, or delete the entry by hand",
            agent = value("--agent"),
            workspace = value("-w")
        );
    }
    Ok(())
}

fn parse(text: &str) -> anyhow::Result<CstRootNode> {
    CstRootNode::parse(text, &ParseOptions::default()).context("it is not valid JSON")
}

fn root_object(root: &CstRootNode) -> anyhow::Result<CstObject> {
    root.object_value_or_create().context("it is not a JSON object")
}

fn child(object: &CstObject, key: &str) -> anyhow::Result<CstObject> {
    object.object_value_or_create(key).with_context(|| format!("`{key}` is not a JSON object"))
}

fn remove_if_empty(object: &CstObject, key: &str) {
    let property = object.get(key);
    if let Some(property) =
        property.filter(|found| found.object_value().is_some_and(|inner| inner.properties().is_empty()))
    {
        property.remove();
    }
}

/// Removes Baton's hooks from groups of hooks, and the groups that are then empty.
fn remove_hooks(groups: impl IntoIterator<Item = CstNode>) {
    for group in groups {
        let Some(hooks) = group.as_object().and_then(|group| group.array_value("hooks")) else { continue };
        let own: Vec<CstNode> = hooks.elements().into_iter().filter(is_own_hook).collect();
        if own.is_empty() {
            continue;
        }
        if own.len() == hooks.elements().len() {
            group.remove();
        } else {
            own.into_iter().for_each(CstNode::remove);
        }
    }
}

/// The commands of Baton's hooks in groups of hooks.
fn own_commands(groups: impl IntoIterator<Item = CstNode>) -> Vec<String> {
    let hooks = groups.into_iter().filter_map(|group| group.as_object()?.array_value("hooks"));
    hooks.flat_map(|hooks| hooks.elements()).filter_map(|hook| own_command(&hook)).collect()
}

/// The command of a hook that Baton writes.
fn command_of(hook: &CstInputValue) -> String {
    let CstInputValue::Object(entries) = hook else { return String::new() };
    let command = entries.iter().find(|(key, _)| key == "command");
    match command {
        Some((_, CstInputValue::String(command))) => command.clone(),
        _ => String::new(),
    }
}

fn is_own_hook(hook: &CstNode) -> bool {
    own_command(hook).is_some()
}

/// The command of one of Baton's hooks; `None` for another hook.
fn own_command(hook: &CstNode) -> Option<String> {
    let command = hook.as_object()?.get("command")?.value()?.as_string_lit()?.decoded_value().ok()?;
    let is_own = HOOK_WORDS.iter().any(|words| words.iter().all(|words| command.contains(words)));
    is_own.then_some(command)
}

impl TomlServer {
    fn connect(&self, text: &str) -> anyhow::Result<String> {
        let mut document: DocumentMut = text.parse().context("it is not valid TOML")?;
        let servers = document.entry("mcp_servers").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let Some(servers) = servers.as_table_like_mut() else { bail!("`mcp_servers` is not a table") };
        let mut server = Table::new();
        server.insert("command", value(self.command.clone()));
        server.insert("args", value(self.args.iter().collect::<toml_edit::Array>()));
        server.insert("tool_timeout_sec", value(i64::from(self.tool_seconds)));
        servers.insert(SERVER, Item::Table(server));
        Ok(document.to_string())
    }

    fn disconnect(text: &str, owner: Option<&[String]>) -> anyhow::Result<String> {
        let mut document: DocumentMut = text.parse().context("it is not valid TOML")?;
        if let Some(servers) = document.get_mut("mcp_servers").and_then(Item::as_table_like_mut) {
            if let Some(entry) = servers.get(SERVER) {
                let words = entry.get("args").and_then(Item::as_array);
                let words = words.into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned));
                need_own(&words.collect::<Vec<_>>(), owner)?;
            }
            servers.remove(SERVER);
            if servers.is_empty() {
                document.remove("mcp_servers");
            }
        }
        Ok(document.to_string())
    }
}

#[cfg(test)]
mod tests {
    use jsonc_parser::json;

    use super::*;

    fn entries() -> JsonEntries {
        let hook = json!({ "type": "command", "command": "/b/baton -w /w inbox wait --agent A --hook" });
        JsonEntries {
            server: Some(json!({ "command": "/b/baton", "args": ["mcp"] })),
            hooks: vec![HookEntry { event: "Stop", hooks: vec![hook] }],
        }
    }

    /// Everything but Baton's entries.
    fn without(text: &str) -> serde_json::Value {
        serde_json::from_str(&JsonEntries::disconnect(text, Some(&["mcp".to_owned()])).unwrap()).unwrap()
    }

    #[test]
    fn entries_are_added_once_and_removed_and_the_rest_keeps_its_bytes() {
        let texts = [
            "{\n    \"permissions\": { \"allow\": [ \"Bash(git *)\" ] },\n    \"model\":\"x\"\n}\n",
            "{\"mcpServers\":{\"other\":{\"command\":\"x\"}},\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"say\"}]}]}}",
            "{ }",
            "{\n\t// mine\n\t\"a\": 1, /* two */\n\t\"hooks\": {},\n}\n",
        ];
        for text in texts {
            let connected = entries().connect(text).unwrap();
            assert_eq!(entries().connect(&connected).unwrap(), connected, "a second time changes nothing");
            assert!(connected.contains("inbox wait") && connected.contains("\"baton\""), "{connected}");
            // Every line of the user that Baton does not have to change still exists.
            for line in
                text.lines().filter(|line| line.contains("allow") || line.contains("mine") || line.contains("two"))
            {
                assert!(connected.contains(line.trim_end_matches(',')), "{connected}");
            }
            if !text.contains("//") {
                let before: serde_json::Value = serde_json::from_str(text).unwrap();
                assert_eq!(without(&connected), before, "{connected}");
            }
        }
        let fresh = entries().connect("").unwrap();
        assert_eq!(without(&fresh), serde_json::json!({}));
    }

    #[test]
    fn an_entry_of_another_agent_is_not_removed() {
        let other: Vec<String> = ["-w", "/v", "mcp", "--agent", "B"].map(str::to_owned).into();
        let server = TomlServer { command: "b".to_owned(), args: other.clone(), tool_seconds: 1 };
        let error =
            TomlServer::disconnect(&server.connect("").unwrap(), Some(&["mcp".to_owned()])).unwrap_err().to_string();
        assert!(error.contains("the agent B of the workspace /v"), "{error}");
        let error = JsonEntries::disconnect(&entries().connect("").unwrap(), Some(&other)).unwrap_err().to_string();
        assert!(error.contains("belongs to the agent"), "{error}");
    }

    #[test]
    fn a_file_of_another_shape_is_refused() {
        for text in ["[1]", "{", "{\"mcpServers\": []}", "{\"hooks\": {\"Stop\": {}}}", "\"x\""] {
            assert!(entries().connect(text).is_err(), "{text}");
        }
        let server = TomlServer { command: "b".to_owned(), args: vec![], tool_seconds: 1 };
        for text in ["mcp_servers = 1", "a = "] {
            assert!(server.connect(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_section_of_toml_is_added_once_and_removed() {
        let server = TomlServer { command: "/b/baton".to_owned(), args: vec!["mcp".to_owned()], tool_seconds: 3600 };
        for text in ["", "# mine\nmodel = \"x\"   # yes\n\n[mcp_servers.other]\ncommand = \"o\"\n", "[a]\nb = 1\n"] {
            let connected = server.connect(text).unwrap();
            assert!(connected.starts_with(text) || connected.contains(text.trim_end()), "{connected}");
            assert!(connected.contains("[mcp_servers.baton]"), "{connected}");
            assert_eq!(server.connect(&connected).unwrap(), connected);
            assert_eq!(TomlServer::disconnect(&connected, Some(&server.args)).unwrap().trim_end(), text.trim_end());
        }
    }
}
