//! Names of required variables and whether they are set, without their values.
//!
//! Compares `.env.example` with `.env`, and `config.example.json` with `config.json`. Only names from the example are
//! reported. This module reveals only one state per variable of the real file: no value, no length, no other name.

use std::collections::BTreeMap;

use baton_core::glob::Globs;
use serde::Serialize;

use crate::count::{count, is};
use crate::index::{FoundEntry, Index};
use crate::limits;
use crate::lists::list;
use crate::remark::NoteSeverity;
use crate::report::Gap;
use crate::yaml;

const EXAMPLES: &[&str] = list!(
    "**/.env*.{example,sample,template} **/.env.{example,sample,template}.* **/env.{example,sample} \
            **/{config,settings}*.{example,sample,template}.* **/*.{config,env}.{example,sample,template} \
            **/{config,settings}*.*.{example,sample,template}"
);

/// Parts of an example's name that the real file's name does not have.
const MARKS: &[&str] = &[".example", ".sample", ".template"];

/// The status of a required variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VariableState {
    /// It has a value that is not the example's.
    Set,
    /// It still has the example's placeholder value.
    Placeholder,
    /// It exists without a value.
    Empty,
    /// It does not exist.
    Missing,
}

/// An example configuration and its real file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigRow {
    /// The path of the example.
    pub example: String,
    /// The path of the real file.
    pub file: String,
    /// True if the real file exists.
    pub there: bool,
    /// The reason why it could not be compared.
    pub unread: Option<&'static str>,
    /// The required variables by name; empty if the real file is missing.
    pub variables: BTreeMap<String, VariableState>,
    /// Number of variables in the example.
    pub wanted: usize,
}

impl ConfigRow {
    /// The variables in this state.
    pub fn names(&self, state: VariableState) -> impl Iterator<Item = &str> {
        self.variables.iter().filter(move |(_, found)| **found == state).map(|(name, _)| name.as_str())
    }

    pub(super) fn findings(&self) -> Vec<Gap> {
        let (file, example) = (&self.file, &self.example);
        let gap = |kind: &str, weight, title: &str, evidence: &str| {
            Gap::new(&format!("{file}:{kind}"), weight, title, evidence)
        };
        if let Some(unread) = self.unread {
            let title = format!("the configuration {file} was not compared with {example}: {unread}");
            return vec![gap("configuration:unread", NoteSeverity::Low, &title, example)];
        }
        let wanted = count(self.wanted, "variable");
        if !self.there {
            let title = format!("the configuration {file} does not exist; {example} has {wanted}");
            return vec![gap("configuration:absent", NoteSeverity::Info, &title, example)];
        }
        let mut out = Vec::new();
        for (state, kind, weight, word) in [
            (VariableState::Missing, "missing", NoteSeverity::Medium, "missing"),
            (VariableState::Empty, "empty", NoteSeverity::Low, "empty"),
            (VariableState::Placeholder, "still", NoteSeverity::Low, "still the example's"),
        ] {
            let names: Vec<&str> = self.names(state).collect();
            if !names.is_empty() {
                let title = format!("{} of {wanted} of {file} {} {word}", names.len(), is(names.len()));
                out.push(gap(&format!("variables:{kind}"), weight, &title, &names.join(", ")));
            }
        }
        out
    }
}

/// Compares every example with its real file.
pub(super) fn compare(index: &Index) -> Vec<ConfigRow> {
    let (examples, _) = index.matching(&Globs::new(EXAMPLES).unwrap_or_default(), limits::CONFIGURATIONS);
    examples.iter().filter_map(|path| row(index, &index.find(path)?)).collect()
}

fn row(index: &Index, example: &FoundEntry) -> Option<ConfigRow> {
    let file = real(&example.path)?;
    let mut row = ConfigRow {
        example: example.path.clone(),
        file,
        there: false,
        unread: None,
        variables: BTreeMap::new(),
        wanted: 0,
    };
    let Some(wanted) = variables(index, example, &row.file) else {
        row.unread = Some("the example could not be read");
        return Some(row);
    };
    row.wanted = wanted.len();
    let Some(found) = index.find(&row.file) else { return Some(row) };
    row.there = true;
    let Some(given) = variables(index, &found, &row.file) else {
        row.unread = Some("the file could not be read");
        return Some(row);
    };
    row.variables = wanted.into_iter().map(|(name, proposed)| state(name, &proposed, &given)).collect();
    Some(row)
}

fn real(example: &str) -> Option<String> {
    let (folder, name) = example.rsplit_once('/').map_or(("", example), |(folder, name)| (folder, name));
    let mark = MARKS.iter().find(|mark| name.contains(*mark))?;
    let bare = name.replacen(mark, "", 1);
    let bare = if bare == "env" { ".env".to_owned() } else { bare };
    Some(if folder.is_empty() { bare } else { format!("{folder}/{bare}") })
}

fn state(name: String, proposed: &str, given: &BTreeMap<String, String>) -> (String, VariableState) {
    let state = match given.get(&name).map(|value| value.trim()) {
        None => VariableState::Missing,
        Some("") => VariableState::Empty,
        Some(value) if value == proposed.trim() && is_placeholder(value) => VariableState::Placeholder,
        Some(_) => VariableState::Set,
    };
    (name, state)
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    ["your", "changeme", "change_me", "change-me", "xxx", "todo", "replace", "placeholder", "example"]
        .iter()
        .any(|mark| lower.contains(mark))
        || (lower.starts_with('<') && lower.ends_with('>'))
}

/// Names and values of a configuration; the name of the real file decides the format.
fn variables(index: &Index, found: &FoundEntry, real: &str) -> Option<BTreeMap<String, String>> {
    let content = index.read_head(found, limits::DOCUMENT_BYTES).ok().filter(|content| content.whole)?;
    let text = content.text.strip_prefix('\u{feff}').unwrap_or(&content.text);
    let mut out = BTreeMap::new();
    match real.rsplit('.').next().unwrap_or_default() {
        "json" => json(&serde_json::from_str(text).ok()?, &mut String::new(), &mut out),
        "yaml" | "yml" => yaml_leaves(&yaml::parse(text).ok()?, &mut String::new(), &mut out),
        _ => lines(text, &mut out),
    }
    Some(out)
}

/// Adds a variable if its name is valid.
fn keep(name: &str, value: String, out: &mut BTreeMap<String, String>) {
    let sound = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.' | '-');
    if !name.is_empty() && name.len() <= 100 && name.chars().all(sound) && out.len() < limits::VARIABLES {
        out.entry(name.to_owned()).or_insert(value);
    }
}

/// `NAME=value`, `export NAME='value'`, and `[section]` with `name = value` below it. A value in quotes may have several lines.
fn lines(text: &str, out: &mut BTreeMap<String, String>) {
    let mut section = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{}.", name.trim());
            continue;
        }
        if line.starts_with(['#', ';']) {
            continue;
        }
        let Some((name, value)) = line.strip_prefix("export ").unwrap_or(line).split_once('=') else { continue };
        let value = whole_value(value.trim(), &mut lines);
        keep(&format!("{section}{}", name.trim()), value, out);
    }
}

/// A value without its quotes or its comment; reads further lines until the quote closes.
fn whole_value<'a>(value: &str, lines: &mut impl Iterator<Item = &'a str>) -> String {
    let Some(quote) = value.chars().next().filter(|sign| matches!(sign, '"' | '\'')) else {
        return value.split(" #").next().unwrap_or_default().trim().to_owned();
    };
    let mut rest = value.get(1..).unwrap_or_default().to_owned();
    while !rest.contains(quote) {
        let Some(line) = lines.next() else { break };
        rest.push('\n');
        rest.push_str(line);
    }
    rest.split(quote).next().unwrap_or_default().to_owned()
}

/// Leaves of JSON, named by their path: `service.token`.
fn json(value: &serde_json::Value, way: &mut String, out: &mut BTreeMap<String, String>) {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                below(name, way, |way| json(value, way, out));
            }
        }
        Value::String(text) => keep(way, text.clone(), out),
        Value::Null => keep(way, String::new(), out),
        Value::Array(items) if items.is_empty() => keep(way, String::new(), out),
        other => keep(way, other.to_string(), out),
    }
}

fn yaml_leaves(node: &yaml::Node, way: &mut String, out: &mut BTreeMap<String, String>) {
    match &node.value {
        yaml::Value::Map(pairs) => {
            for (name, node) in pairs {
                below(name, way, |way| yaml_leaves(node, way, out));
            }
        }
        yaml::Value::List(nodes) => keep(way, if nodes.is_empty() { String::new() } else { "list".to_owned() }, out),
        yaml::Value::Word(_) => keep(way, node.word().unwrap_or_default().to_owned(), out),
    }
}

fn below(name: &str, way: &mut String, then: impl FnOnce(&mut String)) {
    let before = way.len();
    if !way.is_empty() {
        way.push('.');
    }
    way.push_str(name);
    then(way);
    way.truncate(before);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Root;

    fn rows(files: &[(&str, &str)]) -> Vec<ConfigRow> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        compare(&Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]))
    }

    #[test]
    fn states_are_reported_without_values() {
        let rows = rows(&[
            (
                ".env.example",
                "# needed\nexport A_TOKEN=your-token\nB_KEY=\nC=1\nD=x # remark\nE=changeme\n# F=optional\n",
            ),
            (".env", "A_TOKEN=\"hunter2\nmore=of it\"\nB_KEY=''\nD=own\nE=changeme\nEXTRA_c2VjcmV0=\n"),
        ]);
        let told: Vec<String> = rows[0].variables.iter().map(|(name, state)| format!("{name} {state:?}")).collect();
        assert_eq!(told, ["A_TOKEN Set", "B_KEY Empty", "C Missing", "D Set", "E Placeholder"]);
        let json = serde_json::to_string(&rows).unwrap();
        assert!(!json.contains("hunter2") && !json.contains("EXTRA") && !json.contains("own\""), "{json}");
    }

    #[test]
    fn json_yaml_and_sections_have_names_too() {
        let rows = rows(&[
            ("a/config.example.json", r#"{"notion": {"token": "", "ids": []}, "n": 1}"#),
            ("a/config.json", r#"{"notion": {"token": "hunter2"}, "n": 2}"#),
            ("b/config.sample.yml", "api:\n  key: ~\n  on: yes\n"),
            ("b/config.yml", "api:\n  key: hunter2\n"),
            ("c/settings.example.ini", "[api]\nkey = \n"),
            ("c/settings.ini", "[api]\nkey = hunter2\n"),
            ("d/.env.local.example", "X=\n"),
        ]);
        let told: Vec<String> = rows
            .iter()
            .map(|row| format!("{} {} {:?}", row.file, row.there, row.variables.iter().collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            told,
            [
                r#"a/config.json true [("n", Set), ("notion.ids", Missing), ("notion.token", Set)]"#,
                r#"b/config.yml true [("api.key", Set), ("api.on", Missing)]"#,
                r#"c/settings.ini true [("api.key", Set)]"#,
                "d/.env.local false []",
            ]
        );
    }

    #[test]
    fn unreadable_configurations_are_reported() {
        let rows = rows(&[
            ("config.example.json", "{"),
            ("x/config.example.json", "{}"),
            ("x/config.json", "{\"a\": hunter2"),
        ]);
        assert_eq!(rows.iter().map(|row| row.unread.is_some()).collect::<Vec<_>>(), [true, true]);
    }
}
