//! Handoffs and names of the corpora: synthetic ones with labels, and real ones if this machine has them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use baton_core::agents::Aliases;
use baton_core::file_name;
use baton_core::handoff::Handoff;
use baton_tests::{Workspace, corpora, handoff, or_skip, real, text};
use serde_json::{Value, json};

/// A file of the corpus.
struct CorpusFile {
    path: PathBuf,
    agent: String,
    name: String,
}

impl CorpusFile {
    fn is_return(&self) -> bool {
        self.name.contains("__RETURN__")
    }

    /// The dialect, as labelled by hand.
    fn dialect(&self) -> &'static str {
        match self.path.extension().and_then(|ending| ending.to_str()) {
            Some("md") => "Markdown",
            _ if self.is_return() => "R1",
            _ if self.agent.ends_with("-DataOps") => "H4",
            _ => "H1",
        }
    }

    fn read(&self) -> Handoff {
        baton_core::handoff::parse(&self.name, &fs::read(&self.path).unwrap()).unwrap()
    }
}

/// Every handoff of a corpus, without the list of scripts in the same folder.
fn handoffs(corpus: &Path) -> Vec<CorpusFile> {
    let mut found = Vec::new();
    for agent in folder(corpus).into_iter().filter(|path| path.is_dir()) {
        for path in folder(&agent).iter().flat_map(|inbox| folder(inbox)) {
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            found.push(CorpusFile { agent: name(&agent), name: name(&path), path });
        }
    }
    assert!(found.len() >= 15, "only {} handoffs were found", found.len());
    found
}

fn folder(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// A workspace with an inbox for each agent of the corpus.
fn workspace_for(files: &[CorpusFile]) -> Workspace {
    let workspace = Workspace::with_noop();
    for file in files {
        fs::create_dir_all(workspace.inbox_of(&file.agent)).unwrap();
    }
    workspace
}

fn put(workspace: &Workspace, file: &CorpusFile) {
    workspace.drop_file(&file.agent, &file.name, fs::read(&file.path).unwrap());
}

#[test]
fn every_handoff_is_captured_and_the_list_of_scripts_is_not() {
    let place = Workspace::empty();
    fs::create_dir_all(place.root()).unwrap();
    for corpus in corpora("handoffs") {
        for file in handoffs(&corpus) {
            let path = file.path.to_str().unwrap();
            let read = baton_tests::Output::of(place.command().args(["lint", "--json", path])).ended(0).json();
            let of = |key: &str| read.pointer(&format!("/files/0/{key}")).cloned().unwrap_or_default();
            assert_eq!((of("ok"), of("dialect")), (json!(true), json!(file.dialect())), "{}", file.name);
            assert_eq!(of("kind") == "RETURN", file.is_return(), "{}", file.name);
            assert!(of("title").as_str().is_some_and(|title| title.len() > 3), "{}: {read:#}", file.name);
            assert!(of("from").is_string(), "{}: {read:#}", file.name);
            assert!(of("created_at").is_string() || file.path.extension().unwrap() == "md", "{}: {read:#}", file.name);
            let fixed = file.read().repairs;
            assert!(fixed.is_empty(), "{}: {fixed:?}", file.name);
        }
        let list = corpus.join("scripts_manifest.json");
        let read = baton_tests::Output::of(place.command().arg("lint").arg(list)).ended(1);
        assert!(read.stdout.contains("not a handoff"), "{}", read.stdout);
    }
}

/// The fields of a file in the columns of `fields.tsv`.
fn fields_of(file: &CorpusFile) -> String {
    let read = file.read();
    let word = |word: Option<String>| word.unwrap_or_else(|| "-".to_owned());
    let answers = read.original.and_then(|original| {
        let file = original.file_name.map(|name| format!("file {name}"));
        file.or_else(|| original.task_id.map(|task| format!("task {task}")))
    });
    let columns = [
        file.agent.clone(),
        file.name.clone(),
        read.dialect.to_string(),
        read.kind.as_str().to_owned(),
        word(read.from),
        word(read.to),
        read.priority.as_str().to_owned(),
        word(read.id),
        word(read.created_at.map(|at| at.to_string())),
        read.title,
        read.work_completed.len().to_string(),
        read.success_criteria.len().to_string(),
        word(answers),
    ];
    columns.join("\t")
}

#[test]
fn every_field_of_every_synthetic_handoff_is_as_labelled() {
    let corpus = &corpora("handoffs")[0];
    let labels = fs::read_to_string(corpus.join("fields.tsv")).unwrap();
    let labels: BTreeSet<&str> = labels.lines().filter(|line| !line.starts_with('#')).collect();
    let read: BTreeSet<String> = handoffs(corpus).iter().map(fields_of).collect();
    let read: BTreeSet<&str> = read.iter().map(String::as_str).collect();
    assert_eq!(read, labels);
    for file in handoffs(corpus).iter().filter(|file| !file.is_return()) {
        assert!(file.read().body.len() > 60, "{}: {}", file.name, file.read().body);
    }
}

/// The number of names with each value, the most frequent first.
fn census(values: impl IntoIterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.iter().map(|(value, count)| format!("{value} {count}")).collect::<Vec<_>>().join(", ")
}

/// The names of a corpus, a line each.
fn names(corpus: &Path) -> Vec<String> {
    let names = fs::read_to_string(corpus).unwrap();
    let names: BTreeSet<_> = names.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    assert!(names.len() > 500, "only {} names were found", names.len());
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_name_is_read() {
    for corpus in corpora("names.txt") {
        for name in names(&corpus) {
            let read = file_name::parse(&name);
            assert!(read.title.as_ref().is_some_and(|title| title.len() > 2), "{name}: {read:?}");
        }
    }
}

/// The expected counts are those of the parts from which the synthetic names were generated.
#[test]
fn the_parts_of_the_synthetic_names_are_found() {
    let names = names(&corpora("names.txt")[0]);
    let read: Vec<_> = names.iter().map(|name| file_name::parse(name)).collect();
    let count = |is: fn(&file_name::FileName) -> bool| read.iter().filter(|name| is(name)).count();
    assert_eq!(names.len(), 640);
    assert_eq!(count(|name| name.moved_at.is_some()), 508);
    assert_eq!(count(|name| name.made_at.is_some()), 629);
    assert_eq!(count(|name| name.made_at.is_none() && name.made_on.is_some()), 11);
    assert_eq!(count(|name| name.token.is_some()), 492);
    assert_eq!(count(|name| name.parked_on.is_some()), 15);
    assert_eq!(count(|name| name.clashed_at.is_some()), 0);
    let kinds = census(read.iter().map(|name| name.kind.clone().unwrap_or_else(|| "none".to_owned())));
    assert_eq!(
        kinds,
        "HANDOFF 598, none 19, HUMAN-ACTION 6, VALIDATION 4, VALIDATION-REQUEST 3, BLOCKER 2, COMPLETION 2, INFO 2, \
         RETURN 2, REVIEW 2"
    );
    let about = census(read.iter().flat_map(|name| name.about.iter().map(|about| about.kind.clone())));
    assert_eq!(about, "HANDOFF 211, CRITICAL 40");
    let agents = census(read.iter().filter_map(|name| name.agent.clone()));
    assert_eq!(
        agents,
        "Orchard-Agent 26, Press-Agent 26, harbour_agent 24, Night-Watch-Agent 21, Archive-Agent 20, Harbour-Agent 20"
    );
    assert_eq!(census(read.iter().flat_map(|name| name.decorations.clone())), "MAXRETRY 15, RETRY3 15, SUPERSEDED 4");
}

#[test]
fn requests_stay_with_their_agents_until_the_returns_come() {
    let aliases = Aliases::shipped();
    for corpus in corpora("handoffs") {
        let (returns, requests): (Vec<_>, Vec<_>) = handoffs(&corpus).into_iter().partition(CorpusFile::is_return);
        let workspace = workspace_for(&requests);
        for file in &requests {
            put(&workspace, file);
        }
        workspace.up_once();
        assert_eq!(workspace.status().len(), requests.len());
        for file in &requests {
            let task = workspace.status().into_iter().find(|task| task.file_name() == file.name).unwrap();
            assert_eq!(task.state, "delivered", "{}", file.name);
            let agent = aliases.canonical(&file.agent).unwrap_or(&file.agent);
            assert_eq!(task.agent, agent, "{}", file.name);
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
            // The workspace has none of the files that a RETURN names, so the audit may refute it.
            let states: &[&str] = if ended { &["succeeded", "disputed"] } else { &["delivered"] };
            assert!(states.contains(&task.state.as_str()), "{}: {}", file.name, task.state);
            assert_eq!(workspace.inbox(&file.agent).contains(&file.name), !ended, "{}", file.name);
            assert_eq!(workspace.processed(&file.agent).contains(&file.name), ended, "{}", file.name);
        }
        for file in &returns {
            assert!(workspace.inbox(&file.agent).contains(&file.name), "the RETURN left its inbox: {}", file.name);
        }
    }
}

/// The name of the file that a RETURN answers.
fn answered_file(answer: &CorpusFile) -> Option<String> {
    let read: Value = serde_json::from_slice(&fs::read(&answer.path).unwrap()).unwrap();
    let path = read.pointer("/original_handoff/handoff_file")?.as_str()?;
    Some(path.rsplit('/').next()?.to_owned())
}

#[test]
fn requests_to_a_plugin_are_done_answered_and_kept_byte_for_byte() {
    for corpus in corpora("handoffs") {
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
}

#[test]
fn synthetic_names_are_kept_as_they_are() {
    are_kept(&names(&corpora("names.txt")[0]));
}

#[test]
fn real_names_are_kept_as_they_are() {
    are_kept(&names(&or_skip!(real("corpus/names.txt"))));
}

fn are_kept(names: &[String]) {
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
    // A RETURN is neither run nor answered, even when only its name shows that it is one. The same is true for a broadcast without an
    // action.
    let (returns, requests): (Vec<_>, Vec<_>) = tasks.iter().partition(|task| task.attempts == 0);
    assert!(
        returns.iter().all(|task| ["__RETURN", "__BROADCAST"].iter().any(|kind| task.file_name().contains(kind))),
        "{returns:#?}"
    );
    assert_eq!(workspace.returns("Claude-MM1").len(), requests.len());
}
