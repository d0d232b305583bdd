//! The text output of duplicates.

use baton_library::duplicates::{Duplicates, Group, Item, LikelyPair, Proof, Similarity, UnreachableSource, Versions};

use super::super::units::{bytes, count, counted, fingerprinted_length, length};
use crate::output::{self, Table};

/// The maximum of groups, versions and likely pairs that are shown; the JSON has all.
const SHOWN: usize = 50;

/// The whole report.
pub(super) fn whole(found: &Duplicates, with_versions: bool) -> String {
    let mut text = String::new();
    if !found.groups.is_empty() {
        text.push_str(&groups(found));
    }
    let (review, versions): (Vec<&Versions>, Vec<&Versions>) =
        found.versions.iter().partition(|pair| pair.difference.is_review());
    if !review.is_empty() {
        text.push_str(&format!("{}\n", pairs(found, "POSSIBLE DUPLICATES, FOR REVIEW", "WHY", &review)));
    }
    if with_versions && !versions.is_empty() {
        text.push_str(&format!("{}\n", pairs(found, "VERSIONS, NOT DUPLICATES", "DIFFERENCE", &versions)));
    }
    if !found.likely.is_empty() {
        text.push_str(&format!("{}\n", likely(found)));
    }
    text + &unreachable(found) + &summary(found, review.len())
}

fn groups(found: &Duplicates) -> String {
    let mut table = Table::new(&["", "FILE", "FORMAT", "LENGTH", "SIZE", "SIMILARITY", "POINTS", "WHY"]);
    for group in found.groups.iter().take(SHOWN) {
        rows(found, group, &mut table);
    }
    table.lines(|_, _, cell| cell) + &more(found.groups.len(), "groups") + "\n"
}

fn rows(found: &Duplicates, group: &Group, table: &mut Table) {
    let mut row = |at: usize, mark: &str, similarity: String, points: u32, why: String| {
        if let Some(item) = found.items.get(at) {
            let duration = item.duration_ms.map_or_else(String::new, length);
            let (format, size) = (item.format(), bytes(item.size));
            table.row([
                mark.to_owned(),
                shown(found, item),
                format,
                duration,
                size,
                similarity,
                points.to_string(),
                why,
            ]);
        }
    };
    row(group.best, "keep", String::new(), group.points.sum(), String::new());
    for other in &group.others {
        let similarity = match other.proof {
            Proof::SameAudio => "same audio".to_owned(),
            Proof::Sounds(score) => percent(found, group.best, other.item, score),
        };
        row(other.item, "  duplicate", similarity, other.points.sum(), other.reasons.join("; "));
    }
}

fn pairs(found: &Duplicates, title: &str, why: &str, pairs: &[&Versions]) -> String {
    let mut table = Table::new(&[title, "AND", "SIMILARITY", why]);
    for Versions { one, other, similarity, difference } in pairs.iter().take(SHOWN) {
        let similarity = percent(found, *one, *other, *similarity);
        table.row([path_of(found, *one), path_of(found, *other), similarity, difference.text()]);
    }
    table.lines(|_, _, cell| cell) + &more(pairs.len(), "pairs")
}

/// The similarity of a pair; with the compared length if only the beginnings were compared.
fn percent(found: &Duplicates, one: usize, other: usize, similarity: Similarity) -> String {
    let part = if found.are_compared_in_part(one, other, &Proof::Sounds(similarity)) {
        format!(" of {}", fingerprinted_length())
    } else {
        String::new()
    };
    format!("{} %{part}", similarity.score)
}

fn likely(found: &Duplicates) -> String {
    let mut table = Table::new(&["BY TITLE AND ARTIST ONLY, AUDIO NOT COMPARED", "AND", "POINTS", "WHY"]);
    for LikelyPair { one, other, score, reasons } in found.likely.iter().take(SHOWN) {
        table.row([path_of(found, *one), path_of(found, *other), score.to_string(), reasons.join("; ")]);
    }
    let left_out = match found.likely_left_out {
        0 => String::new(),
        pairs => format!("up to {pairs} more pairs were not compared, because more than 64 items have the same name\n"),
    };
    table.lines(|_, _, cell| cell) + &more(found.likely.len(), "pairs") + &left_out
}

fn more(all: usize, what: &str) -> String {
    if all > SHOWN { format!("… and {} {what} more; --json has all\n", all - SHOWN) } else { String::new() }
}

fn summary(found: &Duplicates, review: usize) -> String {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let (superfluous, size) = found.superfluous();
    format!(
        "compared {} of {} items by the first {} of their audio, and possible duplicates to their end. Result: {}, {} \
         ({}) with a better copy; {} pairs for review; {} pairs of versions; {} pairs that are likely by title and artist\n",
        count(number(found.fingerprinted())),
        count(number(found.items.len())),
        fingerprinted_length(),
        counted(number(found.groups.len()), "group"),
        counted(number(superfluous), "file"),
        bytes(size),
        count(number(review)),
        count(number(found.versions.len() - review)),
        count(number(found.likely.len())),
    )
}

fn path_of(found: &Duplicates, at: usize) -> String {
    found.items.get(at).map(|item| shown(found, item)).unwrap_or_default()
}

/// The path of an item, marked if its source cannot be reached.
fn shown(found: &Duplicates, item: &Item) -> String {
    if found.is_unreachable(item) { format!("(unreachable) {}", path(item)) } else { path(item) }
}

/// The sources that cannot be reached.
fn unreachable(found: &Duplicates) -> String {
    let line = |source: &UnreachableSource| {
        let line = format!(
            "{} cannot be reached: {}; its files are compared as of the last scan",
            source.path.display(),
            source.why
        );
        output::one_line(&line) + "\n"
    };
    found.unreachable.iter().map(line).collect()
}

/// A path that is cut at its beginning, because the end distinguishes files.
fn path(item: &Item) -> String {
    const LONGEST: usize = 70;
    let path = item.path.to_string_lossy();
    let skipped = path.chars().count().saturating_sub(LONGEST);
    if skipped == 0 { path.into_owned() } else { format!("…{}", path.chars().skip(skipped + 1).collect::<String>()) }
}
