//! Issues of beads: one JSON object a line in `.beads/issues.jsonl`.

use std::path::{Path, PathBuf};

use anyhow::bail;
use baton_core::handoff::Priority;
use jiff::Timestamp;
use serde::Deserialize;

use super::files::{self, nullable};
use super::model::{Import, ImportedItem, title};

/// An issue. Fields that Baton does not need are ignored.
#[derive(Debug, Deserialize)]
struct Issue {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    description: String,
    #[serde(default, deserialize_with = "nullable")]
    design: String,
    #[serde(default, deserialize_with = "nullable")]
    acceptance_criteria: String,
    #[serde(default, deserialize_with = "nullable")]
    notes: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default)]
    priority: Option<i64>,
    #[serde(default, deserialize_with = "nullable")]
    issue_type: String,
    #[serde(default)]
    assignee: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    depends_on_id: String,
    #[serde(rename = "type", default)]
    kind: String,
}

/// Reads the file at `path`. If `path` is a folder, reads the issues file in it or in its `.beads`.
pub(super) fn read(path: &Path) -> anyhow::Result<Import> {
    let file = find(path)?;
    let mut import = Import { tool: "beads", ..Import::default() };
    for (number, line) in (1..).zip(files::text(&file)?.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<Issue>(line) {
            Ok(issue) => add(&mut import, issue),
            Err(error) => import.skip(format!("line {number}"), format!("is not an issue: {error}")),
        }
    }
    Ok(import)
}

fn find(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let files = ["issues.jsonl", ".beads/issues.jsonl", "beads.jsonl", ".beads/beads.jsonl"];
    let found = files.iter().map(|file| path.join(file)).find(|file| file.is_file());
    match found {
        Some(found) => Ok(found),
        None => bail!("{} has no .beads/issues.jsonl; `bd export` writes it", path.display()),
    }
}

fn add(import: &mut Import, issue: Issue) {
    match issue.status.as_str() {
        "closed" | "tombstone" => {
            import.done.insert(issue.id);
            return;
        }
        "open" | "in_progress" | "blocked" | "" => {}
        other => return import.skip(issue.id, format!("its status is `{other}`")),
    }
    if issue.issue_type == "epic" {
        return import.skip(issue.id, "an epic only groups issues, and Baton imports these issues instead");
    }
    let (blocks, others): (Vec<_>, Vec<_>) =
        issue.dependencies.iter().partition(|dependency| matches!(dependency.kind.as_str(), "blocks" | ""));
    for other in others {
        let why = format!("its dependency `{}` on {}: only `blocks` is imported", other.kind, other.depends_on_id);
        import.skip(&issue.id, why);
    }
    let created_at: Option<Timestamp> = issue.created_at.as_deref().and_then(|time| time.parse().ok());
    let item = ImportedItem {
        // Two projects can have the same ids. The creation time of an issue in seconds is the same in each export.
        scope: created_at.map(|at| at.as_second().to_string()).unwrap_or_default(),
        title: title(&issue.title),
        body: body(&issue),
        priority: priority(issue.priority),
        depends_on: blocks.into_iter().map(|dependency| dependency.depends_on_id.clone()).collect(),
        assignee: issue.assignee.clone(),
        created_at,
        origin: issue.id,
    };
    import.items.push(item);
}

/// 0 is the most urgent; 2 is usual, 3 and 4 are low.
fn priority(number: Option<i64>) -> Priority {
    match number {
        Some(..=0) => Priority::Critical,
        Some(1) => Priority::High,
        Some(2) | None => Priority::Medium,
        Some(3..) => Priority::Low,
    }
}

fn body(issue: &Issue) -> String {
    let sections = [
        ("", &issue.description),
        ("## Design\n\n", &issue.design),
        ("## Acceptance criteria\n\n", &issue.acceptance_criteria),
        ("## Notes\n\n", &issue.notes),
    ];
    let mut text: String = sections
        .iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(heading, text)| format!("{heading}{}\n\n", text.trim()))
        .collect();
    let kind = if issue.issue_type.is_empty() { "issue" } else { &issue.issue_type };
    text.push_str(&format!("Imported from beads: {kind} {}", issue.id));
    text
}
