//! Real handoffs and real names, from the corpus beside the repository. Without it the tests say so and hold nothing;
//! under `CI=true` it has to be there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use baton_tests::{Workspace, handoff, shared, text};
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
        assert_eq!((task.state.as_str(), task.agent.as_str()), ("delivered", file.agent.as_str()), "{}", file.name);
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
    let tasks = workspace.status();
    assert_eq!(tasks.len(), names.len());
    assert!(tasks.iter().all(|task| task.state == "succeeded"));
    for (number, name) in names.iter().enumerate() {
        let kept = workspace.read_bytes(&format!("handoffs/noop/02_processed/{name}"));
        assert_eq!(kept, content(number, name), "{name}");
    }
    // A RETURN is not run and not answered, whoever tells by the name alone that it is one.
    let (returns, requests): (Vec<_>, Vec<_>) = tasks.iter().partition(|task| task.attempts == 0);
    assert!(returns.iter().all(|task| task.file_name().contains("__RETURN")), "{returns:#?}");
    assert_eq!(workspace.returns("Claude-MM1").len(), requests.len());
}
