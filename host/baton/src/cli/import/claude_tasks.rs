//! Tasks of Claude Code: one file `N.json` for each task, in a folder for each list.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use baton_core::handoff::Priority;
use serde::Deserialize;

use super::files::{self, nullable};
use super::model::{Import, ImportedItem, title};

/// A task. Fields that Baton does not need are ignored.
#[derive(Debug, Deserialize)]
struct Task {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    subject: String,
    #[serde(default, deserialize_with = "nullable")]
    description: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    blocks: Vec<String>,
    #[serde(default, rename = "blockedBy", deserialize_with = "nullable")]
    blocked_by: Vec<String>,
}

/// Reads a folder with tasks, or the folders of several lists.
pub(super) fn read(path: &Path) -> anyhow::Result<Import> {
    if !path.is_dir() {
        bail!("{} is not a folder; name a folder of ~/.claude/tasks", path.display());
    }
    let mut import = Import { tool: "claude-tasks", ..Import::default() };
    let mut lists = BTreeMap::<PathBuf, Vec<PathBuf>>::new();
    for file in files::below(path, "json")? {
        lists.entry(file.parent().unwrap_or(path).to_owned()).or_default().push(file);
    }
    for (folder, files) in lists {
        let folder = folder.canonicalize().unwrap_or(folder);
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        add_list(&mut import, &name, &files)?;
    }
    Ok(import)
}

fn add_list(import: &mut Import, list: &str, files: &[PathBuf]) -> anyhow::Result<()> {
    let of_list = |id: &str| format!("{list}/{id}");
    let mut tasks = Vec::new();
    for file in files {
        match serde_json::from_str::<Task>(&files::text(file)?) {
            Ok(task) => tasks.push(task),
            Err(error) => import.skip(file.display().to_string(), format!("is not a task: {error}")),
        }
    }
    // The dependent task, the task that it depends on, or both may state the dependency.
    let mut blocked_by = BTreeMap::<String, Vec<String>>::new();
    for task in &tasks {
        blocked_by.entry(task.id.clone()).or_default().extend(task.blocked_by.iter().cloned());
        for blocked in &task.blocks {
            blocked_by.entry(blocked.clone()).or_default().push(task.id.clone());
        }
    }
    for task in tasks {
        match task.status.as_str() {
            "completed" | "deleted" => drop(import.done.insert(of_list(&task.id))),
            "pending" | "in_progress" | "" => {
                let mut depends_on = blocked_by.remove(&task.id).unwrap_or_default();
                depends_on.sort();
                depends_on.dedup();
                import.items.push(ImportedItem {
                    title: title(&task.subject),
                    body: format!(
                        "{}\n\nImported from Claude Code: task {} of the list {list}",
                        task.description.trim(),
                        task.id
                    ),
                    priority: Priority::default(),
                    depends_on: depends_on.iter().map(|id| of_list(id)).collect(),
                    assignee: task.owner,
                    created_at: None,
                    origin: of_list(&task.id),
                    scope: String::new(),
                });
            }
            other => import.skip(of_list(&task.id), format!("its status is `{other}`")),
        }
    }
    Ok(())
}
