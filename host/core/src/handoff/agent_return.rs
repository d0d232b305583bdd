//! The RETURN that Baton writes for an external agent, in dialect R1: the agent reports its work and names its evidence.
//! Baton's own RETURNs are in [`super::returns`].

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::compose::{pretty, to_second};
use crate::names;

/// How the work ended, in the words of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnStatus {
    /// Everything is done.
    Completed,
    /// A part is done.
    Partial,
    /// Something that the agent cannot change prevents the work.
    Blocked,
    /// The agent tried the work and did not succeed.
    Failed,
}

names!(ReturnStatus, "status", Completed = "completed", Partial = "partial", Blocked = "blocked", Failed = "failed",);

/// A command that the agent ran.
#[derive(Clone, Debug)]
pub struct CommandRun {
    /// The command line.
    pub command: String,
    /// Its exit code.
    pub exit_code: Option<i32>,
}

/// The evidence that others can check.
#[derive(Clone, Debug, Default)]
pub struct WorkEvidence {
    /// Files and folders that exist now, relative to the project.
    pub files: Vec<String>,
    /// Commits, by id.
    pub commits: Vec<String>,
    /// Commands that were run.
    pub commands: Vec<CommandRun>,
}

/// The content of a RETURN of an external agent.
#[derive(Clone, Debug)]
pub struct AgentReturn<'a> {
    /// The task of the request.
    pub task: &'a str,
    /// The agent that did the work.
    pub executing: &'a str,
    /// The requesting agent.
    pub originating: &'a str,
    /// The request's `handoff_id`, if it has one.
    pub handoff_id: Option<&'a str>,
    /// The path of the request's file.
    pub handoff_file: Option<&'a str>,
    /// The request's title.
    pub title: &'a str,
    /// How the work ended.
    pub status: ReturnStatus,
    /// What was done, or why it was not done.
    pub summary: &'a str,
    /// The evidence that others can check.
    pub evidence: &'a WorkEvidence,
    /// What the requesting agent should do next.
    pub next_steps: &'a [String],
    /// The time of creation.
    pub at: Timestamp,
}

impl AgentReturn<'_> {
    /// The file's content.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut summary = Map::new();
        let done = matches!(self.status, ReturnStatus::Completed | ReturnStatus::Partial);
        let (key, other) =
            if done { ("work_completed", "blockers_remaining") } else { ("blockers_remaining", "work_completed") };
        summary.insert(key.to_owned(), json!([self.summary]));
        summary.insert(other.to_owned(), json!([]));
        let files = &self.evidence.files;
        let files: Vec<Value> = files.iter().map(|path| json!({ "type": "file", "path": path })).collect();
        summary.insert("deliverables".to_owned(), Value::Array(files));
        summary.insert("commits".to_owned(), json!(self.evidence.commits));
        summary.insert(
            "commands".to_owned(),
            Value::Array(self.evidence.commands.iter().map(CommandRun::to_json).collect()),
        );
        let answer = json!({
            "type": "RETURN_HANDOFF",
            "return_handoff_id": self.id(),
            "timestamp": to_second(self.at),
            "executing_agent": self.executing,
            "originating_agent": self.originating,
            "title": format!("RETURN: {}", self.title),
            "original_handoff": { "handoff_file": self.handoff_file, "handoff_id": self.handoff_id },
            "execution_summary": summary,
            "status_update": self.status.as_str(),
            "next_steps": self.next_steps,
            "archive_rule": "move_to_02_processed",
        });
        pretty(&answer)
    }

    /// The id of the RETURN. A repeated RETURN with the same content has the same id.
    fn id(&self) -> String {
        let parts = [self.task, self.status.as_str(), self.summary].map(str::as_bytes);
        format!("return-{}-{}", self.task, crate::Digest::of_parts(&parts).short(8))
    }

    /// The file's name.
    #[must_use]
    pub fn file_name(&self) -> String {
        crate::file_name::canonical(self.at, "RETURN", self.title, self.executing, self.task)
    }
}

/// The maximum number of commands of a RETURN that are read, and the maximum length of a command line in bytes.
const COMMANDS: usize = 200;
const COMMAND_BYTES: usize = 1 << 10;

/// The commands that a RETURN names as evidence: texts, or objects with `command` and `exit_code`.
#[must_use]
pub fn commands(answer: &Value) -> Vec<CommandRun> {
    let paths = ["/execution_summary/commands", "/evidence/commands", "/commands"];
    let lists = paths.iter().filter_map(|path| answer.pointer(path)?.as_array());
    let named = lists.flatten().filter_map(CommandRun::from_json);
    named.filter(|run| run.command.len() <= COMMAND_BYTES).take(COMMANDS).collect()
}

impl CommandRun {
    fn from_json(value: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let exit_code = value.get("exit_code").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok());
        Some(Self { command: text(value).or_else(|| text(value.get("command")?))?, exit_code })
    }

    fn to_json(&self) -> Value {
        json!({ "command": self.command, "exit_code": self.exit_code })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dialect, Kind, parse};
    use super::*;

    fn answer(status: ReturnStatus, evidence: &WorkEvidence) -> (String, Vec<u8>) {
        let answer = AgentReturn {
            task: "0123abcd",
            executing: "Codex-MM1",
            originating: "Claude-MM1",
            handoff_id: Some("h-1"),
            handoff_file: Some("handoffs/Codex-MM1/01_inbox/x.json"),
            title: "Build it",
            status,
            summary: "Built.",
            evidence,
            next_steps: &[],
            at: "2026-01-18T10:15:00Z".parse().unwrap(),
        };
        (answer.file_name(), answer.to_bytes())
    }

    #[test]
    fn a_return_is_parsed_as_the_answer_of_its_agent() {
        let evidence = WorkEvidence {
            files: vec!["src/a.py".to_owned()],
            commits: vec!["abc1234".to_owned()],
            commands: vec![CommandRun { command: "pytest".to_owned(), exit_code: Some(0) }],
        };
        let (name, bytes) = answer(ReturnStatus::Completed, &evidence);
        let read = parse(&name, &bytes).unwrap();
        assert_eq!((read.dialect, read.kind), (Dialect::R1, Kind::Return));
        assert_eq!((read.from.as_deref(), read.to.as_deref()), (Some("Codex-MM1"), Some("Claude-MM1")));
        assert_eq!((read.status.as_deref(), read.work_completed), (Some("completed"), vec!["Built.".to_owned()]));
        assert_eq!(read.original.unwrap().handoff_id.as_deref(), Some("h-1"));
        assert!(read.repairs.is_empty(), "{:?}", read.repairs);
        let [only] = commands(&read.raw.unwrap()).try_into().unwrap();
        assert_eq!((only.command.as_str(), only.exit_code), ("pytest", Some(0)));
    }

    #[test]
    fn commands_are_texts_or_objects_and_others_are_left_out() {
        let long = "x".repeat(COMMAND_BYTES + 1);
        let answer =
            json!({ "commands": [" make ", { "command": "pytest", "exit_code": 1 }, { "command": "" }, 3, long] });
        let read: Vec<_> = commands(&answer).into_iter().map(|run| (run.command, run.exit_code)).collect();
        assert_eq!(read, [("make".to_owned(), None), ("pytest".to_owned(), Some(1))]);
        assert!(commands(&json!("text")).is_empty());
    }

    #[test]
    fn work_that_was_not_done_is_not_listed_as_completed() {
        let (name, bytes) = answer(ReturnStatus::Blocked, &WorkEvidence::default());
        let read = parse(&name, &bytes).unwrap();
        assert_eq!((read.status.as_deref(), read.work_completed.len()), (Some("blocked"), 0));
    }
}
