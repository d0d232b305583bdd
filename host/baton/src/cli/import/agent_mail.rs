//! Messages of MCP Agent Mail: Markdown files with a JSON header below `messages/` of a project's archive.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_core::handoff::Priority;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::files::{self, nullable};
use super::model::{Import, ImportedItem, title};

/// The lines before and after the header.
const HEADER: &str = "---json\n";
const HEADER_END: &str = "\n---";

/// The folder with the messages of a project.
const MESSAGES: &str = "messages";

/// The header of a message. Fields that Baton does not need are ignored.
#[derive(Debug, Deserialize)]
struct Message {
    /// A number or a text.
    id: Value,
    #[serde(default, deserialize_with = "nullable")]
    from: String,
    #[serde(default, deserialize_with = "nullable")]
    to: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    subject: String,
    #[serde(default, deserialize_with = "nullable")]
    importance: String,
    #[serde(default, deserialize_with = "nullable")]
    ack_required: bool,
    #[serde(default)]
    thread_id: Option<Value>,
    #[serde(default, alias = "created_ts")]
    created: Option<String>,
}

/// Reads the archive of a project. The folders of the project's agents contain copies of the same messages, so only
/// `messages/` is read.
pub(super) fn read(path: &Path) -> anyhow::Result<Import> {
    let archive = archive(path)?;
    let folder = archive.join(MESSAGES);
    // A message number is unique only within its project. The folder of the archive has the name of the project.
    let project = archive.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut import = Import { tool: "agent-mail", ..Import::default() };
    for file in files::below(&folder, "md")? {
        let shown = file.strip_prefix(&folder).unwrap_or(&file).display().to_string();
        // Files in `threads/` are digests: they repeat messages.
        if shown.starts_with("threads/") {
            continue;
        }
        match parse(&files::text(&file)?) {
            Ok((message, body)) => add(&mut import, &project, &message, &body),
            Err(reason) => import.skip(shown, reason),
        }
    }
    Ok(import)
}

/// The archive of a project: the folder at `path`, or its parent folder if `path` is `messages`.
fn archive(path: &Path) -> anyhow::Result<PathBuf> {
    let folder = path.canonicalize().with_context(|| format!("failed to read {}", path.display()))?;
    if folder.join(MESSAGES).is_dir() {
        return Ok(folder);
    }
    match folder.parent() {
        Some(archive) if folder.is_dir() && folder.ends_with(MESSAGES) => Ok(archive.to_owned()),
        _ => bail!("{} has no folder `{MESSAGES}`; name the archive of one project", path.display()),
    }
}

fn parse(text: &str) -> Result<(Message, String), String> {
    let text = text.replace("\r\n", "\n");
    let rest = text.strip_prefix(HEADER).ok_or("is not a message: it has no JSON header")?;
    let (header, body) = rest.split_once(HEADER_END).ok_or("is not a message: its header has no end")?;
    let message = serde_json::from_str(header).map_err(|error| format!("is not a message: {error}"))?;
    Ok((message, body.trim().to_owned()))
}

/// Makes an item for each recipient. A recipient of a copy (`cc`) gets no item.
fn add(import: &mut Import, project: &str, message: &Message, body: &str) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let id = text(&message.id);
    if !message.ack_required {
        return import.skip(id, "it does not ask for an acknowledgement, so it is not a request");
    }
    let thread = message.thread_id.as_ref().filter(|thread| !thread.is_null()).map(text);
    let thread = thread.map(|thread| format!(", thread {thread}")).unwrap_or_default();
    for to in &message.to {
        import.items.push(ImportedItem {
            origin: format!("{id}-{to}"),
            scope: project.to_owned(),
            title: title(&message.subject),
            body: format!("{body}\n\nImported from MCP Agent Mail: message {id} of {}{thread}", message.from),
            priority: Priority::read(&message.importance).unwrap_or_default(),
            depends_on: Vec::new(),
            assignee: Some(to.clone()),
            created_at: message.created.as_deref().and_then(time),
        });
    }
}

/// Older archives have times without a zone, which are UTC.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}
