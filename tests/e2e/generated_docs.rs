//! Generated documents: `host/docs/cli.md` and the settings of `host/docs/configuration.md` must agree with the program.
//!
//! `cli.md` has the `--help` of every command. The settings are the lines of the `baton.toml` that `baton init` writes; every key of
//! the configuration types must be among them. After a change, `BATON_UPDATE_DOCS=1 cargo nextest run -p baton-tests
//! generated_docs` writes both documents. Links in the documents must lead to existing files and headings.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_tests::{Output, Workspace, baton, files_below, repository};

const CLI_INTRODUCTION: &str = "# Command line\n\n\
    <!-- Generated from the program; do not edit. `BATON_UPDATE_DOCS=1 cargo nextest run -p baton-tests generated_docs` writes it. -->\n\n\
    Each command with its arguments and options, as `baton COMMAND --help` prints them. [guide.md](guide.md) shows the common \
    commands at work.\n\n";

const SETTINGS_START: &str = "<!-- settings: generated; `BATON_UPDATE_DOCS=1` writes them -->\n";
const SETTINGS_END: &str = "<!-- end of settings -->";

/// The `--help` text of one command.
struct CommandHelp {
    /// The command, such as `baton plugin grant`.
    name: String,
    text: String,
}

impl CommandHelp {
    fn read(words: &[String]) -> Self {
        let mut command = Command::new(baton());
        command.args(words).arg("--help").env("COLUMNS", "100");
        let printed = Output::of(&mut command).ended(0).stdout;
        let lines = printed.trim_end().lines().map(str::trim_end);
        let name = std::iter::once("baton").chain(words.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
        Self { name, text: lines.collect::<Vec<_>>().join("\n") }
    }

    /// The first paragraph.
    fn summary(&self) -> String {
        let paragraph = self.text.lines().take_while(|line| !line.is_empty());
        paragraph.collect::<Vec<_>>().join(" ").replace('|', "\\|")
    }

    fn subcommands(&self) -> Vec<String> {
        let list = self.text.lines().skip_while(|line| *line != "Commands:").skip(1);
        let rows = list.take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
        let names = rows.filter(|row| !row.starts_with(' ')).filter_map(|row| row.split(' ').next());
        names.filter(|name| *name != "help").map(str::to_owned).collect()
    }
}

/// Adds the help of a command and of all its subcommands, in the order of the program.
fn collect_help(words: &[String], all: &mut Vec<CommandHelp>) {
    let help = CommandHelp::read(words);
    let subcommands = help.subcommands();
    all.push(help);
    for name in subcommands {
        collect_help(&[words, &[name]].concat(), all);
    }
}

fn command_line_page() -> String {
    let mut all = Vec::new();
    collect_help(&[], &mut all);
    let mut page = CLI_INTRODUCTION.to_owned() + "| command | what it does |\n|---|---|\n";
    for help in &all {
        let anchor = help.name.replace(' ', "-");
        let _ = writeln!(page, "| [`{}`](#{anchor}) | {} |", help.name, help.summary());
    }
    for help in &all {
        let _ = write!(page, "\n## {}\n\n```text\n{}\n```\n", help.name, help.text);
    }
    page
}

/// One `key = value` of the template.
struct Setting<'a> {
    key: &'a str,
    value: &'a str,
    comment: &'a str,
}

impl<'a> Setting<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (key, rest) = line.split_once(" = ")?;
        let is_key =
            key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_\"/".contains(&byte));
        let (value, comment) = rest.split_once(" #").unwrap_or((rest, ""));
        is_key.then(|| Self { key, value: value.trim(), comment: comment.trim() })
    }
}

/// The settings of the template as a table for each section.
fn settings(template: &str) -> String {
    let mut page = String::new();
    let (mut text, mut in_table) = (Vec::new(), false);
    for line in template.lines() {
        let line = line.strip_prefix('#').unwrap_or(line).trim();
        let above = |text: &mut Vec<&str>| std::mem::take(text).join(" ").replace('|', "\\|");
        if line.is_empty() {
            text.clear();
        } else if line.starts_with('[') {
            let section = line.split(" #").next().unwrap_or(line).trim();
            let _ = write!(page, "\n### `{section}`\n\n");
            let about = above(&mut text);
            if !about.is_empty() {
                let _ = write!(page, "{}.\n\n", about.trim_end_matches(['.', ':']));
            }
            in_table = false;
        } else if let Some(setting) = Setting::parse(line) {
            if !in_table {
                page += "| key | default or example | meaning |\n|---|---|---|\n";
                in_table = true;
            }
            let about = above(&mut text);
            let meaning = if setting.comment.is_empty() { about } else { setting.comment.replace('|', "\\|") };
            let meaning = if meaning.is_empty() { "–".to_owned() } else { meaning };
            let _ = writeln!(page, "| `{}` | `{}` | {meaning} |", setting.key, setting.value);
        } else {
            text.push(line);
        }
    }
    page.trim_start().to_owned()
}

/// The fields of the configuration types: the keys of `baton.toml`.
fn keys_of_the_types(folder: &Path) -> Vec<String> {
    let mut keys = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        let source = source.replace("#[serde(skip)]\n    ", "skipped ");
        let types = source.split("#[derive(").skip(1).filter(|one| one.lines().next().unwrap().contains("Deserialize"));
        for fields in types.filter_map(|one| one.split_once(" {\n")?.1.split("\n}").next()) {
            let names = fields.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(": "));
            let is_name = |name: &&str| {
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            };
            keys.extend(names.map(|(name, _)| name).filter(is_name).map(str::to_owned));
        }
    }
    keys
}

fn docs() -> PathBuf {
    repository().join("host/docs")
}

/// Writes the page if `BATON_UPDATE_DOCS` is set. Otherwise asserts that the page has this content.
fn write_or_assert(file: &Path, wanted: &str) {
    if std::env::var_os("BATON_UPDATE_DOCS").is_some() {
        return fs::write(file, wanted).unwrap();
    }
    let is = fs::read_to_string(file).unwrap_or_default();
    let differs = is.lines().zip(wanted.lines()).find(|(is, wanted)| is != wanted);
    assert!(
        is == wanted,
        "{} differs from the program, first in {differs:?}: BATON_UPDATE_DOCS=1 cargo nextest run -p baton-tests \
         generated_docs",
        file.display()
    );
}

#[test]
fn the_page_of_the_command_line_is_the_help_of_the_program() {
    let page = command_line_page();
    for command in ["baton send", "baton plugin grant", "baton library sync"] {
        assert!(page.contains(&format!("\n## {command}\n\n```text\n")), "{command}: {page}");
    }
    write_or_assert(&docs().join("cli.md"), &page);
}

#[test]
fn the_page_of_the_configuration_has_every_setting() {
    let file = docs().join("configuration.md");
    let page = fs::read_to_string(&file).unwrap();
    let (before, rest) = page.split_once(SETTINGS_START).expect("the start of the settings is marked");
    let (_, after) = rest.split_once(SETTINGS_END).expect("the end of the settings is marked");
    let wanted = settings(&Workspace::init().read("baton.toml"));
    write_or_assert(&file, &format!("{before}{SETTINGS_START}\n{wanted}\n{SETTINGS_END}{after}"));
    let keys = keys_of_the_types(&repository().join("host/baton/src/workspace/config"));
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        assert!(wanted.contains(&key), "the `baton.toml` that `baton init` writes does not show the key `{key}`");
    }
}

/// The anchors of a page's headings, in GitHub's form.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings.map(anchor).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn the_links_of_the_documents_lead_to_files_and_headings() {
    let parts = ["README.md", "host/CHANGELOG.md", "host/docs", "handoffs", "plugins", "wit", "tests"];
    let folders = parts.iter().map(|part| repository().join(part));
    let pages = folders.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] });
    // Corpora and templates have links to folders that exist only for their users.
    let is_ours = |page: &PathBuf| {
        let page = page.strip_prefix(repository()).unwrap();
        !page.iter().any(|part| ["corpus", "templates"].iter().any(|other| part == *other))
    };
    let pages = pages.filter(|page| page.extension().is_some_and(|ending| ending == "md") && is_ours(page));
    let mut followed = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: the link {link} leads to no file", page.display());
            let is_heading = || anchors(&fs::read_to_string(&target).unwrap()).iter().any(|known| known == anchor);
            assert!(anchor.is_empty() || is_heading(), "{}: the link {link} leads to no heading", page.display());
            followed += 1;
        }
    }
    assert!(followed > 100, "{followed} links");
}
