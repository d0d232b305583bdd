//! Files in one line of running text: an item, a paragraph's line, a cell, a heading after its number.
//!
//! The line is cut at the names in it; the words before the first name decide whether the line promises it, the words
//! between two names whether the second shares its fate. Text that is no code and no link names a file only where it is
//! the whole head of the line.

use super::inline::{Inline, SpanKind};
use super::names::{self, Name};
use super::symbols;
use super::words;
use crate::plan::{Form, Kind, Role, Sighting};

/// What the headings and labels above a line say about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Ground {
    /// Nothing.
    #[default]
    Plain,
    /// Files are promised here.
    Promising,
    /// Nothing is promised here.
    Excluded,
}

/// What is known of the place where a line stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Setting {
    /// What stands above it.
    pub(super) ground: Ground,
    /// The item above it, or the heading, makes something; `Path:` then names what.
    pub(super) making: bool,
    /// It names a thing by its first words: a checkbox item, a heading.
    pub(super) entry: bool,
    /// It tells by what success is measured: "`x` exists" is a promise there.
    pub(super) measured: bool,
}

/// A file in a line with the words before it.
struct Hit {
    name: Name,
    link: bool,
    code: bool,
    /// Words since the hit before, or since the start of the line.
    before: String,
    /// The rest after this hit up to the next.
    after: String,
    line: usize,
}

/// The sightings of one line.
#[must_use]
pub(super) fn sightings(line: &Inline, setting: Setting, form: Form) -> Vec<Sighting> {
    let hits = hits(line);
    let (bytes, lines) = super::claims::in_text(&line.plain());
    let mut found: Vec<Sighting> = Vec::new();
    let mut role = Role::Reference;
    let mut shown = Form::Prose;
    for (nth, hit) in hits.iter().enumerate() {
        if nth == 0 {
            (role, shown) = judge(hit, setting, form);
        } else if !words::only_lists(&hit.before) {
            (role, shown) = (Role::Reference, Form::Prose);
        }
        if hit.name.kind == Kind::Folder && role == Role::Reference {
            continue;
        }
        let mut sighting = Sighting::new(hit.name.path.clone(), hit.name.kind, shown, role, hit.line);
        if role == Role::Deliverable {
            sighting.symbols = symbols::after_with(&hit.after);
        }
        found.push(sighting);
    }
    let promised = found.iter().filter(|sighting| sighting.role == Role::Deliverable).count();
    if let (1, Some(only)) = (promised, found.iter_mut().find(|sighting| sighting.role == Role::Deliverable)) {
        (only.bytes, only.lines) = (bytes, lines);
    }
    found
}

/// The key of a line `Key: value`, in lower case, with the value.
#[must_use]
pub(super) fn label(plain: &str) -> Option<(String, String)> {
    let (key, value) = plain.split_once(':')?;
    let key = key.trim().trim_matches('*').trim().to_lowercase();
    let short = !key.is_empty() && key.len() <= 40 && key.split_whitespace().count() <= 4;
    short.then(|| (key, value.trim().to_owned()))
}

fn judge(hit: &Hit, setting: Setting, form: Form) -> (Role, Form) {
    let lead = lead(&hit.before);
    let form = if hit.link { Form::Link } else { form };
    let no = (Role::Reference, if hit.link { Form::Link } else { Form::Prose });
    if setting.ground == Ground::Excluded
        || words::goes(&hit.before)
        || (hit.name.kind == Kind::Folder && setting.ground != Ground::Promising)
    {
        return no;
    }
    if let Some(key) = lead.strip_suffix(':') {
        let key = key.trim();
        let placed = words::label_places(key) && (setting.making || (setting.ground == Ground::Promising));
        if words::label_makes(key) || placed {
            return (Role::Deliverable, Form::Field);
        }
        if words::label_places(key) {
            return (Role::Reference, Form::Field);
        }
    }
    if words::creates(after_label(&lead)) && hit.code {
        return (Role::Deliverable, if hit.link { Form::Link } else { Form::Step });
    }
    let stands = hit.code && lead.is_empty() && words::stands(&hit.after);
    if stands && (setting.measured || setting.entry) {
        return (Role::Deliverable, form);
    }
    let described = setting.ground == Ground::Promising && hit.code && !words::speaks_about(&hit.after);
    let at_head = lead.is_empty() && (head_ends(&hit.after) || described);
    if ((setting.ground == Ground::Promising) || setting.entry) && at_head {
        return (Role::Deliverable, form);
    }
    let introduced = lead.ends_with([':', '(', '-', '\u{2013}', '\u{2014}', '\u{2192}'])
        || lead.ends_with(" in")
        || lead.ends_with(" at");
    if (setting.ground == Ground::Promising) && hit.code && introduced && words::leads_to_promise(&lead) {
        return (Role::Deliverable, form);
    }
    no
}

/// The words before a file without what opens a line: marks, numbers, signs.
fn lead(before: &str) -> String {
    let lower = before.to_lowercase();
    lower.trim_start_matches(|sign: char| !sign.is_alphanumeric()).trim().to_owned()
}

/// What follows the last `label:` of the words: in `solution: created` that is `created`.
fn after_label(lead: &str) -> &str {
    match lead.trim_end_matches(':').rsplit_once(": ") {
        Some((_, rest)) => rest.trim(),
        None => lead,
    }
}

/// Whether the head of a line ends after its file: nothing follows, or a dash, a colon, a bracket, a comma.
fn head_ends(after: &str) -> bool {
    let rest = after.trim_start();
    let word: String = rest.chars().take_while(|sign| sign.is_alphanumeric()).collect::<String>().to_lowercase();
    word.is_empty() || matches!(word.as_str(), "and" | "with" | "for")
}

fn hits(text: &Inline) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let mut before = String::new();
    for span in text.spans() {
        let target = span.link.as_deref().map(|link| linked_name(link, &span.text));
        let name = match (&target, span.kind) {
            (Some(name), _) => name.clone(),
            (None, SpanKind::Code) => code_name(&span.text),
            (None, SpanKind::Text) => None,
        };
        let repeated = hits.last().is_some_and(|hit| hit.link && before.is_empty() && Some(&hit.name) == name.as_ref());
        match name {
            Some(_) if repeated => {}
            Some(name) => {
                close(&mut hits, &before);
                let link = target.is_some();
                hits.push(Hit {
                    name,
                    link,
                    code: true,
                    before: std::mem::take(&mut before),
                    after: String::new(),
                    line: span.line,
                });
            }
            None if span.kind == SpanKind::Code => before.extend(["`", &span.text, "`"]),
            None => before.push_str(&span.text),
        }
    }
    if hits.is_empty() {
        return plain_head(text).into_iter().collect();
    }
    close(&mut hits, &before);
    hits
}

/// What a piece of code names. A path counts by its form; without a folder before it only with a known ending.
fn code_name(text: &str) -> Option<Name> {
    names::file(text).or_else(|| names::folder(text)).or_else(|| names::likely_file(text, false))
}

fn close(hits: &mut [Hit], after: &str) {
    if let Some(last) = hits.last_mut() {
        after.clone_into(&mut last.after);
    }
}

/// The file that a link goes to; `None` for addresses and for places in the same document.
fn linked_name(link: &str, text: &str) -> Option<Name> {
    let path = link.split(['#', '?']).next().unwrap_or_default();
    if path.is_empty() || link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let path = path.replace("%20", " ");
    names::file(&path).or_else(|| names::file(text))
}

/// A file that opens a line without any mark: `report.md - the summary`.
fn plain_head(line: &Inline) -> Option<Hit> {
    let text = line.plain();
    let word = text.split_whitespace().next()?;
    let name = names::file(word)?;
    let after = text.get(word.len()..).unwrap_or_default();
    let listed = word.ends_with([',', ':']) || head_ends(after);
    listed.then(|| Hit {
        name,
        link: false,
        code: false,
        before: String::new(),
        after: after.to_owned(),
        line: line.line(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::blocks::{Block, blocks};
    use super::*;

    fn judged(text: &str, setting: Setting) -> Vec<(String, Role)> {
        let found = blocks(text);
        let inline = match found.first() {
            Some(Block::Paragraph(text) | Block::Item { text, .. }) => text.clone(),
            other => panic!("{other:?}"),
        };
        sightings(&inline, setting, Form::Bullet).into_iter().map(|sighting| (sighting.path, sighting.role)).collect()
    }

    fn promised(text: &str) -> Vec<String> {
        let setting = Setting { ground: Ground::Promising, ..Setting::default() };
        judged(text, setting).into_iter().filter(|(_, role)| *role == Role::Deliverable).map(|(path, _)| path).collect()
    }

    fn anywhere(text: &str) -> Vec<String> {
        judged(text, Setting::default())
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
        let all = sightings(text, Setting::default(), Form::Bullet);
        assert_eq!(all[0].bytes.map(|claim| claim.value), Some(18_975));
    }
}
