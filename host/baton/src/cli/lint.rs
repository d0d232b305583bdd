//! `baton lint`: reads handoff files as the daemon does, and reports their kind and their problems. Changes nothing. In
//! a workspace it also checks agents, actions, arguments and dependencies.

use std::path::{Path, PathBuf};

use baton_core::agents::Aliases;
use baton_core::file_name::{self, FileName};
use baton_core::handoff::check::{self, Problem, Severity};
use baton_core::handoff::{self, Handoff, Kind, MAX_BYTES};
use baton_dispatch::request_check::RequestCheck;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{WorkspaceOptions, task_view};

use crate::exit::Code;
use crate::output::{self, one_line};

/// Check handoff files and report problems: exit 0 none or warnings only, 1 errors
///
/// Errors are: a file that is not a handoff, a value of a wrong type, and, within a workspace, an unknown agent, an
/// action that the plugin does not have, and arguments that do not fit its schema. Unknown keys, a sender that is not an agent,
/// an unknown dependency and a deadline that has passed are warnings.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The files to check
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Fails if the workspace of `-w` cannot be opened. An unreadable file is a finding, not an error.
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let check =
            match options.find().and_then(|found| found.map(|found| task_view::request_check(&found)).transpose()) {
                Err(error) if options.workspace.is_none() => {
                    output::note(&format!("warning: agents and actions are not checked: {error:#}"));
                    None
                }
                check => check?,
            };
        let checked: Vec<CheckedFile> = self.files.iter().map(|path| check_file(path, check.as_ref())).collect();
        if self.json {
            let files: Vec<Value> = checked.iter().map(as_json).collect();
            output::json(&json!({ "schema": 1, "files": files }));
        } else {
            let text: String = checked.iter().map(as_text).collect();
            output::print(&text);
        }
        Ok(if checked.iter().any(|file| !file.is_good()) { Code::Findings } else { Code::Good })
    }
}

/// A file, its name, and its handoff or the problem.
struct CheckedFile<'a> {
    path: &'a Path,
    name: FileName,
    found: Result<Handoff, String>,
    problems: Vec<Problem>,
}

impl CheckedFile<'_> {
    fn is_good(&self) -> bool {
        self.found.is_ok() && self.problems.iter().all(|problem| problem.severity != Severity::Error)
    }

    /// The differences between the file name and the content.
    fn remarks(&self) -> Vec<String> {
        let Ok(handoff) = &self.found else { return Vec::new() };
        let answer = handoff.kind == Kind::Return;
        let agent = if answer { &handoff.from } else { &handoff.to };
        let role = if answer { "comes from" } else { "is for" };
        let kind = differing_kind(&self.name, &handoff.kind)
            .map(|(named, is)| format!("the name says {named}, but the content says {is}"));
        let agent = differing_agent(&self.name, agent.as_deref())
            .map(|(named, is)| format!("the name says that it {role} {named}, but the content says {is}"));
        kind.into_iter().chain(agent).map(|remark| format!("{remark}; Baton uses the content")).collect()
    }
}

fn check_file<'a>(path: &'a Path, check: Option<&RequestCheck>) -> CheckedFile<'a> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let captured = baton_intake::capture(path, MAX_BYTES).map_err(|error| error.to_string());
    let found = captured.and_then(|captured| handoff::parse(&name, &captured.bytes).map_err(|error| error.to_string()));
    let mut problems = found.as_ref().map(check::problems).unwrap_or_default();
    if let (Ok(handoff), Some(check)) = (&found, check) {
        problems.extend(check.problems(path, handoff, Timestamp::now()));
    }
    problems.sort_by_key(|problem| problem.severity);
    CheckedFile { path, name: file_name::parse(&name), found, problems }
}

/// The kind in the file name and the kind in the content, if they differ. `HANDOFF` and any other kind of request do not differ.
fn differing_kind<'a>(name: &'a FileName, kind: &'a Kind) -> Option<(&'a str, &'a str)> {
    let named = Kind::of(name.kind.as_deref()?);
    let general = |kind: &Kind| kind.as_str() == "HANDOFF";
    let both_ask = named != Kind::Return && *kind != Kind::Return;
    let differ = named != *kind && !(both_ask && (general(&named) || general(kind)));
    differ.then(|| (name.kind.as_deref().unwrap_or_default(), kind.as_str()))
}

/// The agent in the file name and the agent in the content, if they differ. A number at the end of the agent in the file
/// name is ignored, because it only distinguishes files of the same name.
fn differing_agent<'a>(name: &'a FileName, agent: Option<&'a str>) -> Option<(&'a str, &'a str)> {
    let (named, agent) = (name.agent.as_deref()?, agent?);
    let numbered = named.rsplit_once('-').filter(|(_, number)| number.parse::<u16>().is_ok());
    let aliases = Aliases::shipped();
    let same = |spelling: &str| aliases.same(spelling, agent);
    (!same(named) && !numbered.is_some_and(|(spelling, _)| same(spelling))).then_some((named, agent))
}

fn as_text(checked: &CheckedFile<'_>) -> String {
    let path = one_line(&checked.path.display().to_string());
    match &checked.found {
        Err(problem) => format!("{path}: not a handoff\n  {}\n", one_line(problem)),
        Ok(handoff) => {
            let unknown = || "?".to_owned();
            let from = handoff.from.clone().unwrap_or_else(unknown);
            let to = handoff.to.clone().unwrap_or_else(unknown);
            let (dialect, kind, title) = (handoff.dialect, handoff.kind.as_str(), &handoff.title);
            let priority = handoff.priority.as_str();
            let line = one_line(&format!("{dialect} {kind}, {from} → {to}, {priority}: {title}"));
            let mut text = format!("{path}: {line}\n");
            for problem in &checked.problems {
                text.push_str(&format!("  {}: {}\n", problem.severity.as_str(), one_line(&problem.what)));
            }
            for repair in &handoff.repairs {
                text.push_str(&format!("  corrected: {}\n", one_line(repair)));
            }
            for remark in checked.remarks() {
                text.push_str(&format!("  remark: {}\n", one_line(&remark)));
            }
            text
        }
    }
}

fn as_json(checked: &CheckedFile<'_>) -> Value {
    let file = checked.path.display().to_string();
    let name = name_as_json(&checked.name);
    match &checked.found {
        Err(problem) => json!({ "file": file, "ok": false, "problem": problem, "name": name }),
        Ok(handoff) => json!({
            "file": file,
            "ok": checked.is_good(),
            "dialect": handoff.dialect.as_str(),
            "kind": handoff.kind.as_str(),
            "handoff_id": handoff.id,
            "task_id": handoff.task_id,
            "from": handoff.from,
            "to": handoff.to,
            "title": handoff.title,
            "action": handoff.action,
            "priority": handoff.priority.as_str(),
            "status": handoff.status,
            "created_at": handoff.created_at.map(|at| at.to_string()),
            "answers": handoff.original.as_ref().map(|original| json!({
                "handoff_id": original.handoff_id,
                "file": original.file_name,
                "task_id": original.task_id,
                "token": original.token,
            })),
            "reply_to": handoff.reply_to,
            "depends_on": handoff.depends_on,
            "deadline": handoff.deadline.map(|at| at.to_string()),
            "problems": checked.problems.iter().map(problem_as_json).collect::<Vec<_>>(),
            "mended": handoff.repairs,
            "remarks": checked.remarks(),
            "name": name,
        }),
    }
}

fn problem_as_json(problem: &Problem) -> Value {
    json!({ "severity": problem.severity.as_str(), "what": problem.what })
}

fn name_as_json(name: &FileName) -> Value {
    let about: Vec<Value> =
        name.about.iter().map(|about| json!({ "made_at": about.made_at.to_string(), "kind": about.kind })).collect();
    json!({
        "moved_at": name.moved_at.map(|at| at.to_string()),
        "made_at": name.made_at.map(|at| at.to_string()),
        "made_on": name.made_on.map(|day| day.to_string()),
        "clashed_at": name.clashed_at.map(|at| at.to_string()),
        "parked_on": name.parked_on.map(|day| day.to_string()),
        "kind": name.kind,
        "about": about,
        "title": name.title,
        "sender": name.sender,
        "agent": name.agent,
        "token": name.token,
        "tail": name.tail,
        "decorations": name.decorations,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_contradicts_only_values_that_it_states() {
        let rows = [
            ("20260304T050607Z__HANDOFF__Pump__Codex-MM1.json", "VALIDATION", "CodexMM1", 0),
            ("20260304T050607Z__HANDOFF__Pump__0a1b2c3d__Codex-MM1-2.json", "HANDOFF", "Codex-MM1", 0),
            ("20260304T050607Z__REVIEW__Pump__0a1b2c3d.json", "REVIEW", "Codex-MM1", 0),
            ("20260304T050607Z__REVIEW__Pump__Codex-MM1.json", "VALIDATION", "Codex-MM2", 2),
            ("20260304T050607Z__HANDOFF__Pump__Codex-MM1.json", "RETURN", "Codex-MM1", 1),
            ("pump.json", "RETURN", "Codex-MM1", 0),
        ];
        for (name, kind, agent, count) in rows {
            let content = json!({ "handoff_id": "h", "type": kind, "target_agent": agent, "source_agent": agent });
            let found = handoff::parse(name, content.to_string().as_bytes()).map_err(|error| error.to_string());
            let checked =
                CheckedFile { path: Path::new(name), name: file_name::parse(name), found, problems: Vec::new() };
            assert_eq!(checked.remarks().len(), count, "{name}: {:?}", checked.remarks());
        }
    }
}
