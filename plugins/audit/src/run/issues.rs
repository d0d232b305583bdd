//! The issues for the gaps of a report. The plugin `tracker` writes the list of issues to a file in a granted folder. The audit
//! reads nothing else from the tracker.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::count::count;
use crate::index::Root;
use crate::limits;
use crate::page::{Cell, Link, table, text};
use crate::report::{Gap, Part, escape};

/// The file of the list in the granted folder.
const FILE: &str = "issues.json";

/// The version of the list's format.
const SCHEMA: u32 = 1;

/// The maximum size of the list: the tracker's limit is 40,000 issues, at 400 bytes each.
const MOST_BYTES: u64 = 16 << 20;

#[derive(Deserialize)]
struct List {
    schema: u32,
    #[serde(default)]
    tracker: String,
    #[serde(default)]
    report: String,
    issues: Vec<Issue>,
}

/// An issue of a gap.
#[derive(Deserialize, Serialize)]
struct Issue {
    gap: String,
    #[serde(default)]
    issue: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    state: String,
}

/// The issues of these findings.
pub(super) fn part(folder: &Root, findings: &[Gap]) -> Part {
    let list = match load(folder) {
        Ok(list) => list,
        Err(why) => return Part::skipped(why),
    };
    let filed = list.issues.into_iter().filter(|issue| issue.issue.is_some());
    let mut by_gap: BTreeMap<String, Issue> = filed.map(|issue| (issue.gap.clone(), issue)).collect();
    let found = findings.iter().filter_map(|finding| Some((by_gap.remove(&finding.id)?, finding)));
    let found: Vec<(Issue, &Gap)> = found.map(|(issue, finding)| (bounded(issue), finding)).collect();
    let (tracker, report) = (words(&list.tracker), words(&list.report));
    let about = format!(
        "{} of {} {} an issue. The list of {tracker} is of the report {report}.",
        found.len(),
        count(findings.len(), "finding"),
        if found.len() == 1 { "has" } else { "have" },
    );
    let row = |(issue, finding): &(Issue, &Gap)| {
        let (text, url) = (issue.issue.clone().unwrap_or_default(), issue.url.clone().unwrap_or_default());
        vec![Cell::Link(Link { text, url }), Cell::text(&issue.state), Cell::text(&finding.title)]
    };
    let rows = found.iter().map(row).collect();
    let blocks = std::iter::once(text(about)).chain(table(&["Issue", "State", "Gap"], rows));
    let issues: Vec<&Issue> = found.iter().map(|(issue, _)| issue).collect();
    Part::checked(blocks.collect(), json!({ "tracker": tracker, "report": report, "issues": issues }))
}

fn load(folder: &Root) -> Result<List, String> {
    let shown = format!("{}/{FILE}", folder.shown);
    let mut bytes = Vec::new();
    let read = File::open(folder.path.join(FILE)).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(format!("there is no {shown} yet: `baton run tracker file` writes it"));
        }
        Err(error) => return Err(format!("{shown} cannot be read: {error}")),
        Ok(_) if bytes.len() as u64 > MOST_BYTES => {
            return Err(format!("{shown} is larger than {} MiB", MOST_BYTES >> 20));
        }
        Ok(_) => {}
    }
    let list: List =
        serde_json::from_slice(&bytes).map_err(|error| format!("{shown} is not a list of issues: {error}"))?;
    if list.schema == SCHEMA { Ok(list) } else { Err(format!("{shown} has the unknown schema {}", list.schema)) }
}

/// Shortens the texts of an issue to the limits for texts of documents, because another plugin wrote them.
fn bounded(issue: Issue) -> Issue {
    let url = issue.url.filter(|url| url.len() <= limits::EVIDENCE_BYTES);
    Issue { issue: issue.issue.as_deref().map(words), url, state: words(&issue.state), gap: issue.gap }
}

fn words(text: &str) -> String {
    escape::line(text, limits::WORDS_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remark::NoteSeverity;

    fn of(list: &str) -> Part {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), list).unwrap();
        let findings = ["a.md:x.py:missing", "a.md:y.py:missing"].map(|key| Gap::new(key, NoteSeverity::High, key, ""));
        part(&Root { path: folder.path().to_owned(), shown: "issues".to_owned() }, &findings)
    }

    #[test]
    fn only_gaps_of_the_report_with_an_issue_are_shown() {
        let part = of(r##"{"schema":1,"tracker":"GitHub o/r","report":"R","issues":[
            {"gap":"audit:a.md:x.py:missing","title":"t","severity":"high","state":"open","issue":"#7","url":"https://a.b/7"},
            {"gap":"audit:a.md:y.py:missing","state":"not filed yet","issue":null,"url":null},
            {"gap":"audit:a.md:z.py:missing","state":"closed","issue":"#9","url":"https://a.b/9"}]}"##);
        assert_eq!(part.blocks[0], text("1 of 2 findings has an issue. The list of GitHub o/r is of the report R."));
        assert_eq!(part.rows["issues"].as_array().unwrap().len(), 1, "{}", part.rows);
        assert_eq!(part.rows["issues"][0]["url"], "https://a.b/7");
    }

    #[test]
    fn an_invalid_list_of_issues_is_a_reason() {
        for (list, why) in [("", "is not a list of issues"), (r#"{"schema":2,"issues":[]}"#, "unknown schema 2")] {
            let part = of(list);
            assert!(part.reason.contains(why) && part.blocks.is_empty(), "{}", part.reason);
        }
        let none = part(&Root { path: "/nowhere".into(), shown: "issues".to_owned() }, &[]);
        assert!(none.reason.contains("there is no issues/issues.json yet"), "{}", none.reason);
    }
}
