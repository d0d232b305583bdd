//! Files in one line of running text: an item, a paragraph's line, a cell, a heading after its number.
//!
//! The line is cut at the names in it; the words before the first name decide whether the line promises it, the words
//! between two names whether the second shares its fate. Text that is no code and no link names a file only where it is
//! the whole head of the line.

use super::context::{LineContext, SectionKind};
use super::hit::{Hit, head_ends, lead};
use super::hits::hits;
use super::inline::Inline;
use super::names;
use super::symbols;
use super::words;
use crate::plan::{Form, Kind, Role, Sighting};

#[must_use]
pub(super) fn sightings(line: &Inline, setting: LineContext, form: Form) -> Vec<Sighting> {
    let hits = hits(line, setting);
    let (bytes, lines) = super::claims::in_text(&line.plain());
    let mut found: Vec<Sighting> = Vec::new();
    let mut verdict = (Role::Reference, Form::Prose);
    for (nth, hit) in hits.iter().enumerate() {
        if nth == 0 {
            verdict = judge(hit, setting, form);
        } else if moved_to(&hits, nth, setting) {
            verdict = (Role::Deliverable, Form::Step);
        } else if !words::only_lists(&hit.before) {
            verdict = judge_again(hit, setting, form);
        }
        let (role, shown) = verdict;
        if role == Role::Reference && (hit.weak || hit.name.kind == Kind::Folder) {
            continue;
        }
        let holder = nth.checked_sub(1).and_then(|before| hits.get(before));
        if hit.name.kind == Kind::Folder
            && holder.is_some_and(|file| file.name.kind == Kind::File && words::places(&hit.before))
        {
            continue;
        }
        let mut sighting = Sighting::new(hit.name.path.clone(), hit.name.kind, shown, role, hit.line);
        if role == Role::Deliverable || lead(&hit.before).is_empty() {
            sighting.symbols = symbols::after_with(&hit.after);
        }
        if let Some(folder) = folder_of(&hits, nth).filter(|_| role == Role::Deliverable) {
            sighting.path = format!("{}/{}", folder.trim_end_matches('/'), sighting.path);
        }
        found.push(sighting);
    }
    let promised = found.iter().filter(|sighting| sighting.role == Role::Deliverable).count();
    if let (1, Some(only)) = (promised, found.iter_mut().find(|sighting| sighting.role == Role::Deliverable)) {
        (only.bytes, only.lines) = (bytes, lines);
    }
    found
}

/// The folder that the line says a bare name is in: "`x.md` is to be created in `docs/`".
fn folder_of(hits: &[Hit], nth: usize) -> Option<String> {
    let hit = hits.get(nth)?;
    if hit.name.path.contains('/') || hit.name.kind == Kind::Folder {
        return None;
    }
    if let Some(next) = hits.get(nth + 1).filter(|next| next.name.kind == Kind::Folder && words::places(&next.before)) {
        return Some(next.name.path.clone());
    }
    let (between, rest) = hit.after.split_once('`')?;
    let (folder, _) = rest.split_once('`')?;
    let folder = names::folder_like(folder).filter(|_| words::places(between))?;
    Some(folder.path)
}

/// Whether this is where the file before it goes: "Move `a` to `b`".
fn moved_to(hits: &[Hit], nth: usize, setting: LineContext) -> bool {
    let (Some(first), Some(this)) = (hits.first(), hits.get(nth)) else { return false };
    nth == 1
        && setting.ground != SectionKind::Excluded
        && words::moves(&lead(&first.before))
        && words::leads_on(&this.before)
}

/// The key of a line `Key: value`, in lower case, with the value.
#[must_use]
pub(super) fn label(plain: &str) -> Option<(String, String)> {
    let (key, value) = plain.split_once(':')?;
    let key = key.trim().trim_matches('*').trim().to_lowercase();
    let short = !key.is_empty() && key.len() <= 40 && key.split_whitespace().count() <= 4;
    short.then(|| (key, value.trim().to_owned()))
}

/// Whether nothing can promise a file here.
fn is_refused(hit: &Hit, setting: LineContext) -> bool {
    setting.ground == SectionKind::Excluded || words::goes(&hit.before) || words::is_quoting(&hit.before)
}

/// A later file of a line that is not merely listed: a new sentence or clause may promise it.
fn judge_again(hit: &Hit, setting: LineContext, form: Form) -> (Role, Form) {
    let before = hit.before.to_lowercase();
    let sentence = words::last_sentence(&before);
    let clause = words::last_clause(sentence, form == Form::Prose);
    let opened = clause.trim().len() < before.trim().len();
    let makes = words::creates(after_label(clause)) || words::goes_into(sentence);
    if opened && hit.code && makes && hit.name.kind != Kind::Folder && !is_refused(hit, setting) {
        return (Role::Deliverable, Form::Step);
    }
    (Role::Reference, Form::Prose)
}

fn judge(hit: &Hit, setting: LineContext, form: Form) -> (Role, Form) {
    let all = lead(&hit.before);
    let form = if hit.link { Form::Link } else { form };
    let no = (Role::Reference, if hit.link { Form::Link } else { Form::Prose });
    if is_refused(hit, setting) {
        return no;
    }
    let lead = words::last_sentence(&all);
    if let Some(key) = lead.strip_suffix(':') {
        let key = key.trim();
        let placed = words::label_places(key) && (setting.making || (setting.ground == SectionKind::Promising));
        if words::label_makes(key) || placed {
            return (Role::Deliverable, Form::Field);
        }
        if words::label_places(key) {
            return (Role::Reference, Form::Field);
        }
    }
    let labelled = lead.split_once(": ").filter(|(key, _)| words::label_makes(key.trim()));
    let (ground, lead) = labelled.map_or((setting.ground, lead), |(_, rest)| (SectionKind::Promising, rest.trim()));
    let folder = hit.name.kind == Kind::Folder;
    let promising = ground == SectionKind::Promising;
    if folder && !promising {
        return no;
    }
    if hit.code && is_made(lead, form) {
        return (Role::Deliverable, if hit.link { Form::Link } else { Form::Step });
    }
    if hit.weak && !promising {
        return no;
    }
    let opens = lead.is_empty();
    let spoken_of = opens || matches!(lead, "the" | "the file" | "a" | "a file" | "die datei");
    let stands = hit.code && spoken_of && words::stands(&hit.after);
    if stands && (setting.measured || setting.entry) {
        return (Role::Deliverable, form);
    }
    let to_come = words::is_to_come(&hit.after) || (form != Form::Prose && words::is_told_to_be_made(&hit.after));
    if hit.code && spoken_of && to_come {
        return (Role::Deliverable, form);
    }
    let described = (promising || setting.told) && hit.code && hit.named && !words::speaks_about(&hit.after);
    if (promising || setting.entry) && opens && (head_ends(&hit.after) || described) {
        return (Role::Deliverable, form);
    }
    if promising && hit.code && is_introduced(lead) && words::leads_to_promise(lead) {
        return (Role::Deliverable, form);
    }
    no
}

/// Whether the words before a file make it.
fn is_made(lead: &str, form: Form) -> bool {
    let clause = words::last_clause(after_label(lead), form == Form::Prose);
    words::creates(clause) || words::goes_into(clause)
}

/// Whether the words before a file of a list of deliverables say what it is: "Posters (", "a table, ".
fn is_introduced(lead: &str) -> bool {
    lead.ends_with([':', '(', '-', '\u{2013}', '\u{2014}', '\u{2192}'])
        || (lead.ends_with(',') && ["a ", "an ", "the "].iter().any(|article| lead.starts_with(article)))
        || lead.ends_with(" in")
        || lead.ends_with(" at")
}

/// What follows the last `label:` of the words: in `solution: created` that is `created`.
fn after_label(lead: &str) -> &str {
    let label = lead.trim_end_matches(':');
    let dashes = [": ", " \u{2013} ", " \u{2014} ", " - "];
    let end = dashes.iter().filter_map(|dash| label.rfind(dash).map(|at| at + dash.len())).max();
    end.and_then(|end| label.get(end..)).map_or(lead, str::trim)
}

#[cfg(test)]
mod tests {
    use super::super::blocks::{Block, blocks};
    use super::*;

    fn judged(text: &str, setting: LineContext) -> Vec<(String, Role)> {
        let found = blocks(text);
        let inline = match found.first() {
            Some(Block::Paragraph(text) | Block::Item { text, .. }) => text.clone(),
            other => panic!("{other:?}"),
        };
        sightings(&inline, setting, Form::Bullet).into_iter().map(|sighting| (sighting.path, sighting.role)).collect()
    }

    fn promised(text: &str) -> Vec<String> {
        let setting = LineContext { ground: SectionKind::Promising, ..LineContext::default() };
        judged(text, setting).into_iter().filter(|(_, role)| *role == Role::Deliverable).map(|(path, _)| path).collect()
    }

    fn anywhere(text: &str) -> Vec<String> {
        judged(text, LineContext::default())
            .into_iter()
            .filter(|(_, role)| *role == Role::Deliverable)
            .map(|(path, _)| path)
            .collect()
    }

    #[test]
    fn steps_promise_their_object() {
        assert_eq!(anywhere("Create `a/b.py` and `c.py`"), ["a/b.py", "c.py"]);
        assert_eq!(anywhere("**Solution:** Created `sync.py` to fill the ids, see `old.py`"), ["sync.py"]);
        assert_eq!(anywhere("**New list generated:** `tracks.csv` with links"), ["tracks.csv"]);
        assert_eq!(anywhere("Write the result to `out/r.json`"), ["out/r.json"]);
        for text in [
            "Update `x.py` line 3",
            "The `x.py` script extracts",
            "Add tests to `x.py`",
            "Never create `x.py`",
            "Create `Maker` class",
            "Run `x.py` first",
            "Path: `x.py`",
        ] {
            assert_eq!(anywhere(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn lists_of_deliverables_promise_what_opens_an_item() {
        assert_eq!(promised("- `a.py`, `b.py` - two halves; see `c.py`"), ["a.py", "b.py"]);
        assert_eq!(promised("- report.md - the summary"), ["report.md"]);
        assert_eq!(promised("- [scripts/x.py](scripts/x.py) - add saving"), ["scripts/x.py"]);
        assert_eq!(promised("- Unit tests (`tests/test_a.py`)"), ["tests/test_a.py"]);
        assert_eq!(promised("- docs in `docs/`"), ["docs"]);
        assert_eq!(promised("- `till.py` counts the money"), ["till.py"]);
        for text in [
            "- Update `x.py`",
            "- Save the state to a file after each batch",
            "- [top](#top)",
            "- [site](https://a.org/x.html)",
            "- `DuplicateMatcher`",
            "- report.md was never wanted",
            "- `a.py` is deleted",
            "- `a.py` must stay as it is",
        ] {
            assert_eq!(promised(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn claims_go_to_the_only_file_of_a_line() {
        let found = blocks("- [x] Created `w.py` (18,975 bytes)");
        let Some(Block::Item { text, .. }) = found.first() else { panic!() };
        let all = sightings(text, LineContext::default(), Form::Bullet);
        assert_eq!(all[0].bytes.map(|claim| claim.value), Some(18_975));
    }
}
