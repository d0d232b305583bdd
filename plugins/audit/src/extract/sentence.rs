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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that may be known of a place, whatever the others are"
)]
pub(super) struct Setting {
    /// What stands above it.
    pub(super) ground: Ground,
    /// The item above it, or the heading, makes something; `Path:` then names what.
    pub(super) making: bool,
    /// It names a thing by its first words: a checkbox item, a heading.
    pub(super) entry: bool,
    /// It is a list of files: whatever is marked as code there and looks like a file is one.
    pub(super) listing: bool,
    /// It tells by what success is measured: "`x` exists" is a promise there.
    pub(super) measured: bool,
}

/// A file in a line with the words before it.
struct Hit {
    name: Name,
    link: bool,
    code: bool,
    /// The text says its name; a link may say anything.
    named: bool,
    /// Words since the hit before, or since the start of the line.
    before: String,
    /// The rest after this hit up to the next.
    after: String,
    line: usize,
}

/// The sightings of one line.
#[must_use]
pub(super) fn sightings(line: &Inline, setting: Setting, form: Form) -> Vec<Sighting> {
    let hits = hits(line, setting);
    let (bytes, lines) = super::claims::in_text(&line.plain());
    let mut found: Vec<Sighting> = Vec::new();
    let mut role = Role::Reference;
    let mut shown = Form::Prose;
    for (nth, hit) in hits.iter().enumerate() {
        if nth == 0 {
            (role, shown) = judge(hit, setting, form);
        } else if moved_to(&hits, nth, setting) {
            (role, shown) = (Role::Deliverable, Form::Step);
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

/// Whether this is where the file before it goes: "Move `a` to `b`".
fn moved_to(hits: &[Hit], nth: usize, setting: Setting) -> bool {
    let (Some(first), Some(this)) = (hits.first(), hits.get(nth)) else { return false };
    nth == 1
        && setting.ground != Ground::Excluded
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

fn judge(hit: &Hit, setting: Setting, form: Form) -> (Role, Form) {
    let lead = lead(&hit.before);
    let form = if hit.link { Form::Link } else { form };
    let no = (Role::Reference, if hit.link { Form::Link } else { Form::Prose });
    if setting.ground == Ground::Excluded
        || words::goes(&hit.before)
        || words::is_quoting(&hit.before)
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
    let clause = if form == Form::Prose { after_label(&lead) } else { words::last_clause(after_label(&lead)) };
    if words::creates(clause) && hit.code {
        return (Role::Deliverable, if hit.link { Form::Link } else { Form::Step });
    }
    let stands = hit.code && lead.is_empty() && words::stands(&hit.after);
    if stands && (setting.measured || setting.entry) {
        return (Role::Deliverable, form);
    }
    if hit.code && lead.is_empty() && words::is_told_to_be_made(&hit.after) && form != Form::Prose {
        return (Role::Deliverable, form);
    }
    let described = setting.ground == Ground::Promising && hit.code && hit.named && !words::speaks_about(&hit.after);
    let at_head = lead.is_empty() && (head_ends(&hit.after) || described);
    if ((setting.ground == Ground::Promising) || setting.entry) && at_head {
        return (Role::Deliverable, form);
    }
    let introduced = lead.ends_with([':', '(', '-', '\u{2013}', '\u{2014}', '\u{2192}'])
        || (lead.ends_with(',') && ["a ", "an ", "the "].iter().any(|article| lead.starts_with(article)))
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
    let label = lead.trim_end_matches(':');
    let dashes = [": ", " \u{2013} ", " \u{2014} ", " - "];
    let end = dashes.iter().filter_map(|dash| label.rfind(dash).map(|at| at + dash.len())).max();
    end.and_then(|end| label.get(end..)).map_or(lead, str::trim)
}

/// Whether the head of a line ends after its file: nothing follows, or a dash, a colon, a bracket, a comma.
fn head_ends(after: &str) -> bool {
    if after.starts_with("  ") {
        return true;
    }
    let rest = after.trim_start();
    let word: String = rest.chars().take_while(|sign| sign.is_alphanumeric()).collect::<String>().to_lowercase();
    word.is_empty() || matches!(word.as_str(), "and" | "with" | "for")
}

fn hits(text: &Inline, setting: Setting) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let mut before = String::new();
    for span in text.spans() {
        let target = span.link.as_deref().map(|link| linked_name(link, &span.text));
        let name = match (&target, span.kind) {
            (Some(name), _) => name.clone(),
            (None, SpanKind::Code) => code_name(&span.text, setting.listing),
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
                    named: !link || span.kind == SpanKind::Code || names::file(&span.text).is_some(),
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
        return plain(text, setting);
    }
    close(&mut hits, &before);
    hits
}

/// What a piece of code names. A path counts by its form; without a folder before it only with a known ending.
fn code_name(text: &str, listing: bool) -> Option<Name> {
    let known = names::file(text).or_else(|| names::folder(text)).or_else(|| names::likely_file(text, listing));
    known.or_else(|| names::machine_path(text).filter(|_| listing))
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

/// Files without any mark: one that opens the line (`report.md - the summary`) or is the object of the verb that opens it
/// (`Create docs/till.md`), and those that are listed after it.
fn plain(line: &Inline, setting: Setting) -> Vec<Hit> {
    let text = line.marked();
    let Some(first) = plain_head(&text, setting, line.line()).or_else(|| plain_object(&text, line.line())) else {
        return Vec::new();
    };
    let mut hits = vec![first];
    while let Some(next) = hits.last().and_then(|last| plain_next(&last.after, line.line(), last.code)) {
        if let Some(last) = hits.last_mut() {
            last.after.clone_from(&next.before);
        }
        hits.push(next);
    }
    hits
}

/// A file that opens a line: nothing but a dash, a colon, a bracket, a comma or a gap may follow.
fn plain_head(text: &str, setting: Setting, line: usize) -> Option<Hit> {
    let word = text.split_whitespace().next()?;
    let after = text.get(word.trim_end_matches([',', ':']).len()..).unwrap_or_default();
    let gap = after.starts_with("  ") && setting.ground == Ground::Promising;
    let in_folder = || names::tree_entry(word).filter(|name| gap && name.path.contains('/'));
    let stands = (setting.measured || setting.entry) && words::stands(after);
    let name = names::file(word).or_else(in_folder)?;
    (head_ends(after) || stands).then(|| hit(name, "", after, line, stands))
}

/// A file that is the object of the verb that opens the line.
fn plain_object(text: &str, line: usize) -> Option<Hit> {
    let mut at = 0;
    for word in text.split_whitespace().take(8) {
        let start = at + text.get(at..)?.find(word)?;
        at = start + word.len();
        if let Some(name) = names::file(word).filter(|_| !word.starts_with('`')) {
            let before = text.get(..start)?;
            let end = start + word.trim_end_matches([',', ':', ';', '.']).len();
            return words::creates(&lead(before))
                .then(|| hit(name, before, text.get(end..).unwrap_or_default(), line, true));
        }
    }
    None
}

/// The file that is listed next: `, b.md`, ` and b.md`.
fn plain_next(after: &str, line: usize, code: bool) -> Option<Hit> {
    let start = after.find(|sign: char| sign.is_alphanumeric() || matches!(sign, '.' | '/' | '~'))?;
    let rest = after.get(start..)?;
    let skipped = rest.strip_prefix("and ").map_or(start, |_| start + 4);
    let (before, rest) = (after.get(..skipped)?, after.get(skipped..)?);
    let word = rest.split_whitespace().next()?;
    let name = names::file(word).filter(|_| words::only_lists(before) && !before.trim().is_empty())?;
    let end = word.trim_end_matches([',', ':', ';', '.']).len();
    Some(hit(name, before, rest.get(end..).unwrap_or_default(), line, code))
}

fn hit(name: Name, before: &str, after: &str, line: usize, code: bool) -> Hit {
    Hit { name, link: false, code, named: true, before: before.to_owned(), after: after.to_owned(), line }
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
