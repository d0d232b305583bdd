//! Runs the commands of the documents exactly as written: every fenced `sh` block of a document, in order, in one shell, with the real
//! program. `README.md` starts in an empty folder, the others in a new workspace.
//!
//! A comment `<!-- steps … -->` right before a block says what the block needs. It is either `<!-- steps: not run: REASON -->`, or
//! has these lines:
//!
//! | line | means |
//! |---|---|
//! | `skip BEGINNING # REASON` | commands with this beginning are not run |
//! | `ends CODE BEGINNING` | commands with this beginning have this exit code instead of 0 |
//! | `replace TEXT BY` | replaces a text of the commands, such as a path that does not exist on this machine |
//! | `NAME=VALUE` | the value of a word in capitals, in this block and later ones |
//! | anything else | a command that is run before the block |
//!
//! `INPUT` is the file for the standard input of the commands.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_tests::{Output, Workspace, baton, files_below, fixture, repository};

/// Time to compile the plugins on a busy machine with two cores.
const PATIENCE: Duration = Duration::from_mins(9);

const BEGINNING: &str = "check() { [ \"$1\" -eq \"$2\" ] || { echo \"line $3 ended with $1, not $2\" >&2; exit 99; }; }\n\
                         INPUT=/dev/null\n";

/// The parsed comment before a block.
#[derive(Default)]
struct Steps {
    not_run: bool,
    skipped: Vec<String>,
    ends: Vec<(String, String)>,
    replaced: Vec<(String, String)>,
    before: Vec<String>,
}

impl Steps {
    fn parse(comment: &str) -> Self {
        let mut steps = Self::default();
        for line in comment.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let two = |rest: &str| rest.split_once(' ').map(|(one, other)| (one.to_owned(), other.to_owned()));
            if let Some(reason) = line.strip_prefix(": not run: ") {
                assert!(!reason.is_empty(), "a block that is not run has a reason");
                steps.not_run = true;
            } else if let Some(rest) = line.strip_prefix("skip ") {
                let (beginning, reason) = rest.split_once(" # ").unwrap_or_default();
                assert!(!beginning.is_empty() && !reason.is_empty(), "a skipped folder has a reason: {line}");
                steps.skipped.push(beginning.to_owned());
            } else if let Some(rest) = line.strip_prefix("ends ") {
                steps.ends.extend(two(rest).map(|(code, beginning)| (beginning, code)));
            } else if let Some(rest) = line.strip_prefix("replace ") {
                steps.replaced.extend(two(rest));
            } else {
                steps.before.push(line.to_owned());
            }
        }
        steps
    }

    /// The names that have a value from here on.
    fn names(&self) -> impl Iterator<Item = String> {
        let is_name =
            |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let names = self.before.iter().filter_map(|line| line.split_once('=')).map(|(name, _)| name).filter(is_name);
        names.map(str::to_owned)
    }

    /// The command of a line of the block, without its comment.
    fn command(&self, line: &str, names: &BTreeSet<String>) -> Option<String> {
        let command = line.split(" #").next().filter(|command| !command.starts_with('#'))?.trim();
        if command.is_empty() || self.skipped.iter().any(|beginning| command.starts_with(beginning)) {
            return None;
        }
        let command = self.replaced.iter().fold(command.to_owned(), |command, (text, by)| command.replace(text, by));
        let words = command.split(' ').map(|word| with_values(word, names));
        Some(words.collect::<Vec<_>>().join(" "))
    }

    /// The expected exit code of a command.
    fn code(&self, command: &str) -> &str {
        let known = self.ends.iter().find(|(beginning, _)| command.starts_with(beginning));
        known.map_or("0", |(_, code)| code)
    }
}

/// Replaces the names in a word by shell variables, also in `FILE...` and `NAME@DIGEST`.
fn with_values(word: &str, names: &BTreeSet<String>) -> String {
    let parts: Vec<&str> = word.strip_suffix("...").unwrap_or(word).split('@').collect();
    if parts.iter().all(|part| names.contains(*part)) {
        parts.iter().map(|part| format!("\"${part}\"")).collect::<Vec<_>>().join("@")
    } else {
        word.to_owned()
    }
}

/// A shell script of all blocks that are run. Each command reports its line number on failure.
fn script(readme: &str) -> String {
    let (mut script, mut names) = (BEGINNING.to_owned(), BTreeSet::new());
    let (mut comment, mut in_comment) = (String::new(), false);
    let mut block: Option<Steps> = None;
    for (number, line) in readme.lines().enumerate() {
        match &block {
            Some(_) if line == "```" => block = None,
            Some(steps) => {
                if let Some(command) = steps.command(line, &names).filter(|_| !steps.not_run) {
                    let (code, number) = (steps.code(&command), number + 1);
                    script +=
                        &format!("echo '== {number}' >&2\n{{ {command}; }} <\"$INPUT\"\ncheck $? {code} {number}\n");
                }
            }
            None if line == "```sh" => {
                let steps = Steps::parse(&std::mem::take(&mut comment));
                names.extend(steps.names());
                steps.before.iter().for_each(|line| script += &format!("{line}\n"));
                block = Some(steps);
            }
            None => {
                let begun = line.strip_prefix("<!-- steps");
                assert!(comment.is_empty() || in_comment, "line {number}: a block `sh` follows right after its steps");
                if in_comment || begun.is_some() {
                    let text = begun.unwrap_or(line);
                    in_comment = !text.ends_with("-->");
                    comment += &format!("{}\n", text.trim_end_matches("-->").trim_end());
                }
            }
        }
    }
    script
}

/// Runs the commands of a README after `first` in an empty folder; returns the script.
fn follow(readme: &Path, first: &str) -> String {
    let steps = script(&fs::read_to_string(readme).unwrap());
    let surroundings = Workspace::empty();
    let outside = surroundings.outside();
    let (programs, folder) = (outside.join("bin"), outside.join("here"));
    fs::create_dir(&programs).unwrap();
    fs::create_dir(&folder).unwrap();
    symlink(baton(), programs.join("baton")).unwrap();
    let known = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(programs).chain(std::env::split_paths(&known)).collect::<Vec<PathBuf>>();
    let mut shell = surroundings.command_of("sh");
    shell.arg("-c").arg(format!("{first}{steps}")).current_dir(folder);
    shell.env("PATH", std::env::join_paths(paths).unwrap()).env("PLUGIN", fixture("watcher"));
    let run = Output::within(&mut shell, PATIENCE);
    assert_eq!(run.code, 0, "{}: {}\n{}", readme.display(), run.stdout, run.stderr);
    steps
}

const IN_A_WORKSPACE: &str = "baton init team && cd team || exit 98\n";

/// Asserts that the script runs each of the commands.
fn assert_runs(steps: &str, commands: &[&str]) {
    for command in commands {
        assert!(steps.contains(&format!("{{ baton {command}")), "`baton {command}` is run: {steps}");
    }
}

#[test]
fn the_commands_of_the_readme_succeed() {
    let readme = repository().join("README.md");
    let steps = follow(&readme, "");
    assert_runs(&steps, &["init", "send", "status", "why", "cancel", "retry", "doctor", "backup", "plugin grant"]);
    let lines = fs::read_to_string(readme).unwrap().lines().count();
    assert!(lines <= 150, "README.md has {lines} lines; details belong into host/docs");
}

/// Follows a page of `host/docs`.
fn follow_page(name: &str, commands: &[&str]) {
    assert_runs(&follow(&repository().join("host/docs").join(name), IN_A_WORKSPACE), commands);
}

#[test]
fn the_commands_of_the_guide_succeed() {
    follow_page("guide.md", &["send", "lint", "obligations", "cancel --agent", "run spotify", "audit", "init --adopt"]);
}

#[test]
fn the_commands_of_the_operations_page_succeed() {
    follow_page("operations.md", &["doctor", "ledger verify --head", "ledger prune", "backup", "restore"]);
}

#[test]
fn the_commands_of_the_security_page_succeed() {
    follow_page("security.md", &["plugin approve", "plugin grant", "secret set", "secret rm"]);
}

/// Documents that other tests cover: `plugin_new` and `plugin_languages` build the templates, `examples` runs the page of the examples,
/// and the plans of the corpus are only texts to audit.
const ELSEWHERE: [&str; 3] = ["plugins/sdk/templates/", "handoffs/examples/", "tests/corpus/"];

const WITH_A_TEST: [&str; 4] = ["README.md", "host/docs/guide.md", "host/docs/operations.md", "host/docs/security.md"];

/// The documents with commands, relative to the repository.
fn documents_with_commands() -> Vec<String> {
    let top = repository();
    let folders = ["host", "plugins", "wit", "handoffs", "tests"].into_iter();
    let files = folders.flat_map(|folder| files_below(&top.join(folder))).chain([top.join("README.md")]);
    let documents = files.filter(|file| file.extension().is_some_and(|ending| ending == "md"));
    let with_commands = documents.filter(|file| fs::read_to_string(file).unwrap().contains("\n```sh\n"));
    let relative = with_commands.map(|file| file.strip_prefix(&top).unwrap().to_string_lossy().into_owned());
    let is_elsewhere = |path: &String| ELSEWHERE.iter().any(|folder| path.starts_with(folder));
    relative.filter(|path| !is_elsewhere(path)).collect()
}

fn is_plugins_readme(path: &str) -> bool {
    path.starts_with("plugins/") && path.ends_with("/README.md")
}

/// Follows every document without a separate test, which includes new documents.
#[test]
fn the_commands_of_the_other_documents_succeed() {
    let mut documents = documents_with_commands();
    assert!(WITH_A_TEST.iter().all(|path| documents.iter().any(|document| document == path)), "{documents:#?}");
    documents.retain(|path| !is_plugins_readme(path) && !WITH_A_TEST.contains(&path.as_str()));
    let known =
        ["handoffs/README.md", "host/docs/music.md", "plugins/REFERENCE.md", "tests/README.md", "wit/README.md"];
    assert!(known.iter().all(|path| documents.iter().any(|document| document == path)), "{documents:#?}");
    for document in documents {
        follow(&repository().join(document), IN_A_WORKSPACE);
    }
}

#[test]
fn the_commands_of_the_plugins_readmes_succeed() {
    let readmes = documents_with_commands().into_iter().filter(|path| is_plugins_readme(path));
    let steps: Vec<String> = readmes.map(|readme| follow(&repository().join(readme), IN_A_WORKSPACE)).collect();
    let with_grants = steps.iter().filter(|steps| steps.contains("{ baton plugin grant ")).count();
    assert_eq!(with_grants, 5, "djay, drive-sync, music-files, spotify and tracker");
}

#[test]
fn a_block_is_run_unless_it_has_a_reason() {
    let readme =
        "<!-- steps: not run: it never ends -->\n```sh\nbaton never\n```\n\n```sh\nbaton status   # all\n```\n";
    let steps = script(readme);
    assert!(steps.contains("{ baton status; }") && !steps.contains("never"), "{steps}");
    let with_names = "<!-- steps\nFILE=a.json\nends 1 baton lint\n-->\n```sh\nbaton lint FILE...  # checks\n```\n";
    let steps = script(with_names);
    assert!(steps.contains("FILE=a.json\n") && steps.contains("{ baton lint \"$FILE\"; }"), "{steps}");
    assert!(steps.contains("check $? 1 6\n"), "{steps}");
}
