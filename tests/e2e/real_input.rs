//! Real handoffs and real names, from the corpus beside the repository. Without it the tests say so and hold nothing;
//! under `CI=true` it has to be there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use baton_core::file_name;
use baton_tests::{Workspace, handoff, shared, text};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// A file of the corpus.
struct Real {
    path: PathBuf,
    agent: String,
    name: String,
}

impl Real {
    fn is_return(&self) -> bool {
        self.name.contains("__RETURN__")
    }

    /// The dialect, as reading the files by hand gave it.
    fn dialect(&self) -> &'static str {
        match self.path.extension().and_then(|ending| ending.to_str()) {
            Some("md") => "Markdown",
            _ if self.is_return() => "R1",
            _ if self.agent == "Notion-DataOps" => "H4",
            _ => "H1",
        }
    }
}

/// Every handoff of the corpus; the list of scripts that lies among them is none.
fn handoffs(corpus: &Path) -> Vec<Real> {
    let mut found = Vec::new();
    for agent in folder(corpus).into_iter().filter(|path| path.is_dir()) {
        for path in folder(&agent).iter().flat_map(|inbox| folder(inbox)) {
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            found.push(Real { agent: name(&agent), name: name(&path), path });
        }
    }
    assert!(found.len() >= 15, "only {} real handoffs were found", found.len());
    found
}

fn folder(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// A workspace with an inbox for each agent of the corpus.
fn workspace_for(files: &[Real]) -> Workspace {
    let workspace = Workspace::with_noop();
    for file in files {
        fs::create_dir_all(workspace.inbox_of(&file.agent)).unwrap();
    }
    workspace
}

fn put(workspace: &Workspace, file: &Real) {
    workspace.drop_file(&file.agent, &file.name, fs::read(&file.path).unwrap());
}

#[test]
fn every_real_handoff_is_read_and_the_list_of_scripts_is_not() {
    let Ok(corpus) = shared("corpus/handoffs") else { return };
    let place = Workspace::empty();
    fs::create_dir_all(place.root()).unwrap();
    for file in handoffs(&corpus) {
        let path = file.path.to_str().unwrap();
        let read = baton_tests::Output::of(place.command().args(["lint", "--json", path])).ended(0).json();
        let of = |key: &str| read.pointer(&format!("/files/0/{key}")).cloned().unwrap_or_default();
        assert_eq!((of("ok"), of("dialect")), (json!(true), json!(file.dialect())), "{}", file.name);
        assert_eq!(of("kind") == "RETURN", file.is_return(), "{}", file.name);
        assert!(of("title").as_str().is_some_and(|title| title.len() > 3), "{}: {read:#}", file.name);
        assert!(of("from").is_string(), "{}: {read:#}", file.name);
        assert!(of("created_at").is_string() || file.path.extension().unwrap() == "md", "{}: {read:#}", file.name);
    }
    let list = corpus.join("scripts_manifest.json");
    let read = baton_tests::Output::of(place.command().arg("lint").arg(list)).ended(1);
    assert!(read.stdout.contains("not a handoff"), "{}", read.stdout);
}

/// The fields of a file in one line. Of its text only lengths: the corpus is not part of this repository.
fn fields_of(file: &Real) -> String {
    let read = baton_core::handoff::parse(&file.name, &fs::read(&file.path).unwrap()).unwrap();
    let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".to_owned());
    let mut line = format!(
        "{} {} | {} → {} | {} | id {} | task {} | {}",
        read.dialect,
        read.kind.as_str(),
        word(&read.from),
        word(&read.to),
        read.priority.as_str(),
        read.id.as_ref().map_or(0, String::len),
        read.task_id.as_ref().map_or(0, String::len),
        read.created_at.map_or_else(|| "-".to_owned(), |at| at.to_string()),
    );
    let counts = [("title", read.title.len()), ("body", read.body.len()), ("done", read.work_completed.len())];
    for (what, count) in counts.into_iter().chain([("criteria", read.success_criteria.len())]) {
        line.push_str(&format!(" | {what} {count}"));
    }
    if let Some(original) = &read.original {
        let lengths = [&original.handoff_id, &original.file_name, &original.task_id];
        line.push_str(&format!(" | answers {:?}", lengths.map(|text| text.as_ref().map_or(0, String::len))));
    }
    if let Some(chain) = &read.chain {
        line.push_str(&format!(" | chain phase {}", chain.phase.unwrap_or_default()));
    }
    if let Some(status) = &read.status {
        line.push_str(&format!(" | status {}", status.len()));
    }
    assert!(read.mended.is_empty(), "{}: {:?}", file.name, read.mended);
    line
}

#[test]
fn every_field_of_every_real_handoff_is_as_it_was_reviewed() {
    let Ok(corpus) = shared("corpus/handoffs") else { return };
    let lines: Vec<String> =
        handoffs(&corpus).iter().map(|file| format!("{}/{}\n  {}", file.agent, file.name, fields_of(file))).collect();
    assert_snapshot!(lines.join("\n"), @r"
    Claude-Code-Agent/20260120T070000Z__HANDOFF__Webhook-Desktop-Automation-Integration.md
      Markdown HANDOFF | Claude Code Agent → Claude Code Agent | high | id 0 | task 0 | 2026-01-20T07:00:00Z | title 47 | body 6001 | done 0 | criteria 6
    Claude-Code-Agent/20260106T183808Z__HANDOFF__DriveSheetsSync-Workflow-Implementation-Refinement__Claude-Code-Agent.json
      H1 HANDOFF | Cursor MM1 Agent → Claude Code Agent | critical | id 59 | task 0 | 2026-01-06T18:38:08Z | title 50 | body 11219 | done 7 | criteria 12
    Claude-Code-Agent/20260106T190000Z__HANDOFF__Music-Workflow-Implementation-Refinement__Claude-Code-Agent.json
      H1 HANDOFF | Cursor MM1 Agent → Claude Code Agent | critical | id 49 | task 0 | 2026-01-06T19:00:00Z | title 40 | body 8746 | done 7 | criteria 11
    Claude-Code-Agent/20260108T100000Z__HANDOFF__Spotify-Track-Fix-Issue2-Resolution__Claude-Code-Agent.json
      H1 HANDOFF | Cursor-MM1 Agent → Claude Code Agent | high | id 44 | task 0 | 2026-01-08T10:00:00Z | title 35 | body 3924 | done 4 | criteria 5
    Claude-Code-Agent-Trigger/audit-local-llm-stack-m2pro16-marketing-automation-20260118.md
      Markdown HANDOFF | Cursor GPT-5.2 Agent → - | high | id 0 | task 0 | - | title 75 | body 6611 | done 0 | criteria 3
    Claude-Code-Agent-Trigger/create-unit-tests-music-library-remediation-20260113.md
      Markdown AUDIT_FOLLOW_UP | Agent Work Auditor → - | critical | id 0 | task 0 | - | title 50 | body 4673 | done 0 | criteria 5 | status 36
    Claude-MM1/20251218T225932Z__scripts-db-sync_handoff.json
      H1 HANDOFF | Codex MM1 Agent → Claude MM1 Agent | medium | id 0 | task 0 | 2025-12-18T22:59:32Z | title 66 | body 173 | done 0 | criteria 1
    Claude-MM1/20251219T015735Z__HANDOFF__Codex-MM1__Protocol-v5-Manifest-Refresh__Claude-MM1.json
      H1 HANDOFF | Codex MM1 Agent → Claude MM1 Agent | medium | id 36 | task 0 | 2025-12-19T01:57:35.142927Z | title 28 | body 157 | done 4 | criteria 3 | chain phase 3
    Claude-MM1/20260115T215923Z__HANDOFF__Webhook-Server-Progress-Review__Claude-MM1.json
      H1 HANDOFF | Codex → Claude MM1 Agent | high | id 58 | task 0 | 2026-01-15T21:59:23.716569Z | title 30 | body 383 | done 5 | criteria 4
    Claude-MM1/20260118T071446Z__RETURN__Webhook-Server-Progress-Review__Claude-Code-Agent.json
      R1 RETURN | Claude Code Agent → Codex MM1 Agent | medium | id 0 | task 0 | 2026-01-18T07:14:46.410178Z | title 51 | body 0 | done 0 | criteria 0 | answers [0, 0, 36]
    Codex-MM1/20260115T215923Z__HANDOFF__Webhook-Server-Progress-Review__Codex-MM1.json
      H1 HANDOFF | Codex → Codex MM1 Agent | high | id 57 | task 0 | 2026-01-15T21:59:23.716569Z | title 30 | body 383 | done 5 | criteria 4
    Codex-MM1/20260118T071446Z__RETURN__Webhook-Server-Progress-Review__Claude-Code-Agent.json
      R1 RETURN | Claude Code Agent → Codex MM1 Agent | medium | id 0 | task 0 | 2026-01-18T07:14:46.410178Z | title 51 | body 0 | done 0 | criteria 0 | answers [0, 0, 36]
    Cursor-MM1/20251219T025100Z__HANDOFF__Codex-MM1__Trigger-Automation-Hardening__Cursor-MM1__SUPERSEDED.json
      H1 HANDOFF | Codex MM1 Agent → Cursor MM1 Agent | high | id 36 | task 0 | 2025-12-19T02:51:00.165403Z | title 28 | body 333 | done 3 | criteria 5
    Cursor-MM1/20260115T215923Z__HANDOFF__Webhook-Server-Progress-Review__Cursor-MM1.json
      H1 HANDOFF | Codex → Cursor MM1 Agent | high | id 58 | task 0 | 2026-01-15T21:59:23.716569Z | title 30 | body 383 | done 5 | criteria 4
    Cursor-MM1/20260118T073130Z__RETURN__DriveSheetsSync-Implementation-Refinement__Claude-Code-Agent.json
      R1 RETURN | Claude Code Agent → Cursor MM1 Agent | medium | id 0 | task 0 | 2026-01-18T07:31:30.941531Z | title 41 | body 0 | done 0 | criteria 0 | answers [59, 101, 0]
    Cursor-MM1/20260118T073731Z__RETURN__Music-Workflow-Implementation-Refinement__Claude-Code-Agent.json
      R1 RETURN | Claude Code Agent → Cursor MM1 Agent | medium | id 0 | task 0 | 2026-01-18T07:37:31.025838Z | title 40 | body 0 | done 3 | criteria 0 | answers [49, 91, 0]
    Notion-DataOps/20251217T195502Z_notion-access-blocker.json
      H4 HANDOFF | Codex-MM1 → Notion DataOps | high | id 36 | task 0 | 2025-12-17T19:55:02Z | title 21 | body 188 | done 1 | criteria 1
    Notion-DataOps/20251217T203817Z__codex-mm1-notion-access-blocker.json
      H4 HANDOFF | Codex MM1 → Notion DataOps | high | id 36 | task 0 | 2025-12-17T20:38:17Z | title 31 | body 464 | done 1 | criteria 1
    ");
}

/// How many names have each value, the most frequent first.
fn census(values: impl IntoIterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.iter().map(|(value, count)| format!("{value} {count}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_real_name_is_read() {
    let Ok(corpus) = shared("corpus") else { return };
    let names = fs::read_to_string(corpus.join("names.txt")).unwrap();
    let names: Vec<_> = names.lines().filter(|name| !name.is_empty()).collect();
    let read: Vec<_> = names.iter().map(|name| file_name::parse(name)).collect();
    let count = |is: fn(&file_name::FileName) -> bool| read.iter().filter(|name| is(name)).count();
    let with = |c: char| names.iter().filter(|name| name.contains(c)).count();
    let tail = |name: &file_name::FileName| {
        let token = name.token.as_ref().map(|token| format!("token of {}", token.len()));
        let agent = name.agent.as_ref().map(|_| "agent".to_owned());
        token.or(agent).or_else(|| name.tail.clone()).unwrap_or_else(|| "none".to_owned())
    };
    let summary = [
        format!("names {}, with a colon {}, with an ampersand {}", names.len(), with(':'), with('&')),
        format!("moved {}, made {}", count(|name| name.moved_at.is_some()), count(|name| name.made_at.is_some())),
        format!("day only {}", count(|name| name.made_at.is_none() && name.made_on.is_some())),
        format!("kinds: {}", census(read.iter().map(|name| name.kind.clone().unwrap_or_else(|| "none".to_owned())))),
        format!("about: {}", census(read.iter().flat_map(|name| name.about.iter().map(|about| about.kind.clone())))),
        format!("tails: {}", census(read.iter().map(tail))),
        format!("agents: {}", census(read.iter().filter_map(|name| name.agent.clone()))),
        format!("senders: {}", census(read.iter().filter_map(|name| name.sender.clone()))),
        format!("decorations: {}", census(read.iter().flat_map(|name| name.decorations.clone()))),
        format!(
            "parked {}, clashed {}",
            count(|name| name.parked_on.is_some()),
            count(|name| name.clashed_at.is_some())
        ),
    ];
    assert_snapshot!(summary.join("\n"), @r"
    names 916, with a colon 139, with an ampersand 55
    moved 833, made 903
    day only 12
    kinds: HANDOFF 828, VALIDATION 37, none 29, RETURN 5, AUDIT_FINDINGS 2, COMPLETION 2, RETURN_HANDOFF 2, AGENT_WORK_VALIDATION 1, BLOCKER 1, BROADCAST 1, CODE_REVIEW 1, CRITICAL 1, EXECUTION 1, HUMAN-ACTION 1, INFO 1, REVIEW 1, TRIG 1, VALIDATION-REQUEST 1
    about: HANDOFF 416, CRITICAL 72, VALIDATION 1
    tails: token of 8 751, agent 121, none 25, HIGH 4, WORKFLOW 2, validati 2, 1008516783 1, AgentWorkflows 1, COMPLETED 1, ISSUE-1 1, LP_SYSRE 1, handoff2 1, issue2e1 1, manualfi 1, session01 1, token of 36 1, validate 1
    agents: Claude-Code 41, Claude-Code-Agent 21, Claude-Opus 15, Claude-MM1 10, Cursor-MM1 8, Codex-MM1 5, Cursor-MM1-Agent 5, claude-code 4, Claude-MM1-Agent 3, Cowork-Agent 2, Notion-AI-Data-Ops-Task 2, cursor_mm1 2, ChatGPT-Review-Task 1, Claude-MM2-Agent 1, Notion-AI-Research-Agent 1
    senders: Claude-Code 2, Codex-MM1 1
    decorations: MAXRETRY 9, RETRY3 9, SUPERSEDED 1
    parked 9, clashed 0
    ");
    for (name, read) in names.iter().zip(&read) {
        assert!(read.title.as_ref().is_some_and(|title| title.len() > 2), "{name}: {read:?}");
    }
}

/// The agent behind a folder of the corpus.
fn canonical(folder: &str) -> String {
    baton_core::agents::Aliases::shipped().canonical(folder).unwrap_or(folder).to_owned()
}

#[test]
fn real_requests_stay_with_their_agents_until_the_real_returns_come() {
    let Ok(corpus) = shared("corpus/handoffs") else { return };
    let (returns, requests): (Vec<_>, Vec<_>) = handoffs(&corpus).into_iter().partition(Real::is_return);
    let workspace = workspace_for(&requests);
    for file in &requests {
        put(&workspace, file);
    }
    workspace.up_once();
    assert_eq!(workspace.status().len(), requests.len());
    for file in &requests {
        let task = workspace.status().into_iter().find(|task| task.file_name() == file.name).unwrap();
        assert_eq!(
            (task.state.as_str(), task.agent.as_str()),
            ("delivered", canonical(&file.agent).as_str()),
            "{}",
            file.name
        );
        let kept = fs::read(workspace.inbox_of(&file.agent).join(&file.name)).unwrap();
        assert_eq!(kept, fs::read(&file.path).unwrap(), "{}", file.name);
    }

    for file in &returns {
        put(&workspace, file);
    }
    workspace.up_once();
    let answered: Vec<String> = returns.iter().filter_map(answered_file).collect();
    assert!(!answered.is_empty(), "no RETURN names the file that it answers");
    for file in &requests {
        let task = workspace.status().into_iter().find(|task| task.file_name() == file.name).unwrap();
        let ended = answered.contains(&file.name);
        assert_eq!(task.state, if ended { "succeeded" } else { "delivered" }, "{}", file.name);
        assert_eq!(workspace.inbox(&file.agent).contains(&file.name), !ended, "{}", file.name);
        assert_eq!(workspace.processed(&file.agent).contains(&file.name), ended, "{}", file.name);
    }
    for file in &returns {
        assert!(workspace.inbox(&file.agent).contains(&file.name), "a RETURN stays with whom it is for: {}", file.name);
    }
}

/// The name of the file that a RETURN answers.
fn answered_file(answer: &Real) -> Option<String> {
    let read: Value = serde_json::from_slice(&fs::read(&answer.path).unwrap()).unwrap();
    let path = read.pointer("/original_handoff/handoff_file")?.as_str()?;
    Some(path.rsplit('/').next()?.to_owned())
}

#[test]
fn real_requests_to_a_plugin_are_done_answered_and_kept_byte_for_byte() {
    let Ok(corpus) = shared("corpus/handoffs") else { return };
    let requests: Vec<_> = handoffs(&corpus).into_iter().filter(|file| !file.is_return()).collect();
    let workspace = workspace_for(&requests);
    for file in &requests {
        workspace.drop_file("noop", &file.name, fs::read(&file.path).unwrap());
    }
    workspace.up_once();
    for file in &requests {
        let task = workspace.status().into_iter().find(|task| task.file_name() == file.name).unwrap();
        assert_eq!(task.state, "succeeded", "{}: {}", file.name, task.reason);
        assert!(task.returned_at.is_some(), "{}", file.name);
        let kept = workspace.read_bytes(&format!("handoffs/noop/02_processed/{}", file.name));
        assert_eq!(kept, fs::read(&file.path).unwrap(), "{}", file.name);
    }
    let answered: usize = workspace.list("handoffs").iter().map(|agent| workspace.returns(agent).len()).sum();
    let unrouted = workspace.returns_in("handoffs/_unrouted").len();
    assert_eq!(answered + unrouted, requests.len());
}

#[test]
fn real_names_are_kept_as_they_are() {
    let Ok(corpus) = shared("corpus") else { return };
    let names = fs::read_to_string(corpus.join("names.txt")).unwrap();
    let names: BTreeSet<_> = names.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    assert!(names.len() > 500, "only {} real names were found", names.len());
    let workspace = Workspace::with_noop();
    let content = |number: usize, name: &str| match Path::new(name).extension().and_then(|ending| ending.to_str()) {
        Some("md") => format!("# HANDOFF: Named {number}\n\n**From:** Claude-MM1\n").into_bytes(),
        _ => text(&handoff("noop", &format!("Named {number}"))),
    };
    for (number, name) in names.iter().enumerate() {
        workspace.drop_file("noop", name, content(number, name));
    }
    workspace.up_once();
    let tasks = workspace.tasks_of("noop");
    assert_eq!(tasks.len(), names.len());
    assert!(tasks.iter().all(|task| task.state == "succeeded"));
    for (number, name) in names.iter().enumerate() {
        let kept = workspace.read_bytes(&format!("handoffs/noop/02_processed/{name}"));
        assert_eq!(kept, content(number, name), "{name}");
    }
    // A RETURN is not run and not answered, whoever tells by the name alone that it is one; nor is a broadcast without action.
    let (returns, requests): (Vec<_>, Vec<_>) = tasks.iter().partition(|task| task.attempts == 0);
    assert!(
        returns.iter().all(|task| ["__RETURN", "__BROADCAST"].iter().any(|kind| task.file_name().contains(kind))),
        "{returns:#?}"
    );
    assert_eq!(workspace.returns("Claude-MM1").len(), requests.len());
}
