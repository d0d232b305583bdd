//! The gaps of a plan for requests, the responsible agents, and the files to watch.

use baton_plugin_kit::host::SeenFile;

use crate::count::count;
use crate::discover::shown_join;
use crate::follow::OpenGap;
use crate::ids::bounded;
use crate::index::Index;
use crate::plan::{Place, Plan, Purpose};
use crate::verify::{JudgedPlan, Status, Verdict};

/// Maximum number of responsible agents per plan.
const AGENTS: usize = 5;

/// The agents that a plan names as responsible, then those that the operator names.
pub(super) fn responsible(said: Option<&str>, usual: &[String]) -> Vec<String> {
    let said = said.unwrap_or_default();
    let bare = said.split(['(', '[', '<']).next().unwrap_or_default();
    let names = bare.split([',', ';', '/', '&', '+']).flat_map(|part| part.split(" and "));
    let names = names.map(|name| name.trim().trim_matches(['`', '*', '@']).trim().to_owned());
    let mut agents: Vec<String> = names.filter(|name| !name.is_empty()).take(AGENTS).collect();
    for name in usual {
        if !agents.contains(name) {
            agents.push(name.clone());
        }
    }
    agents
}

/// A gap for every deliverable that could be checked and is not done.
pub(super) fn of_plan<'p>(
    shown: &'p str,
    plan: &'p Plan,
    judged: &'p JudgedPlan,
    below: &'p str,
    agents: &'p [String],
) -> impl Iterator<Item = OpenGap> + 'p {
    let rows = plan.deliverables.iter().zip(&judged.deliverables);
    rows.filter(|(_, verdict)| !verdict.status.is_done() && verdict.status.is_counted()).map(move |(item, verdict)| {
        OpenGap {
            finding: bounded(&format!("audit:{shown}:{}:gap", item.path)),
            plan: shown.to_owned(),
            line: item.line(),
            path: item.path.clone(),
            below: below.to_owned(),
            status: if item.purpose == Purpose::Delete { "NOT DELETED" } else { verdict.status.word() }.to_owned(),
            symbols: item.symbols.clone(),
            evidence: evidence(verdict),
            high: matches!(verdict.status, Status::Missing | Status::Phantom),
            agents: agents.to_vec(),
        }
    })
}

fn evidence(verdict: &Verdict) -> String {
    let found = verdict.found.iter().map(|found| format!("found at {found}"));
    let bytes = verdict.bytes.iter().map(|bytes| count(*bytes, "byte"));
    found.chain(bytes).chain(verdict.remarks.iter().cloned()).collect::<Vec<_>>().join("; ")
}

/// The key under which the files of a plan are watched: at most 200 bytes.
pub(super) fn key(plan: &str) -> String {
    bounded(plan)
}

/// The files that a plan promises, in their observed state. Files outside of the granted folders cannot be watched.
pub(super) fn seen(index: &Index, plan: &Plan, judged: &JudgedPlan) -> Vec<SeenFile> {
    let rows = plan.deliverables.iter().zip(&judged.deliverables);
    let mut seen: Vec<SeenFile> = rows.filter_map(|(item, verdict)| one(index, &item.place, verdict)).collect();
    seen.sort_by(|left, right| left.path.cmp(&right.path));
    seen.dedup_by(|left, right| left.path == right.path);
    seen
}

fn one(index: &Index, place: &Place, verdict: &Verdict) -> Option<SeenFile> {
    let Place::Inside { path, .. } = place else { return None };
    let at = verdict.found.as_deref().unwrap_or(path);
    if at.is_empty() || at.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return None;
    }
    let root = index.roots().get(verdict.root.unwrap_or(0))?;
    let stamp = if verdict.found.is_some() {
        // The state in which the file was judged, so that a later change fires the trigger.
        verdict.bytes.zip(verdict.changed_ns)
    } else {
        index.find(at).and_then(|found| found.bytes.zip(found.changed_ns))
    };
    // A found entry without a stamp is not a regular file, so it is not watched.
    (stamp.is_some() || verdict.found.is_none())
        .then(|| SeenFile { path: shown_join(&root.path.to_string_lossy(), at), stamp })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Root;
    use crate::verify::{Facts, IgnoredNames, Judge, PreviousVerdicts};

    #[test]
    fn the_first_named_agent_is_asked_first() {
        let usual = ["Codex-MM1".to_owned(), "Claude-MM1".to_owned()];
        let all = |said| responsible(Some(said), &usual);
        assert_eq!(all("`Claude-MM1` (lead), Cursor-MM1"), ["Claude-MM1", "Codex-MM1"]);
        assert_eq!(all("Cursor-MM1 and Codex-MM1"), ["Cursor-MM1", "Codex-MM1", "Claude-MM1"]);
        assert_eq!(responsible(None, &usual), usual);
    }
    #[test]
    fn a_file_that_changes_after_it_was_judged_still_fires_the_trigger() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.py"), "a = 1\n").unwrap();
        let index = Index::build(vec![Root { path: folder.path().to_owned(), shown: "root".into() }]);
        let plan = crate::reader::plan("# P\n\n## Deliverables\n\n- `a.py`\n- `b.py`\n");
        let judged = Judge::new(&index, &mut Facts::new(None, 0), &mut IgnoredNames::default())
            .plan(&plan, &PreviousVerdicts::default());
        std::fs::write(folder.path().join("a.py"), "a = 1\nb = 2\n").unwrap();
        let seen = seen(&index, &plan, &judged);
        assert_eq!(seen.iter().map(|one| one.stamp.map(|(bytes, _)| bytes)).collect::<Vec<_>>(), [Some(6), None]);
    }
}
