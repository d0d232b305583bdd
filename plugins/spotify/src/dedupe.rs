//! `dedupe`: finds repeated entries of a playlist: the same id, or the same recording under another id. It deletes nothing. It
//! writes a plan that lists the entries, and exports the playlist without the entries that can be removed.
//!
//! The same id is the same track. If the ids differ, the rules of matching decide whether two entries are one recording:
//! version words must agree and lengths must fit. Entries with equal ISRC and names, or equal names and length, are planned as
//! `remove`. With less evidence, the entries are planned as `ask` and stay. They also stay if only one of two entries names a
//! guest, has "Remaster" in its title or is explicit.

use std::collections::HashMap;

use baton_plugin_kit::Findings;
use baton_plugin_kit::csv_file::CsvWriter;
use baton_plugin_sdk::{Error, Severity};
use baton_track_match::{Artists, Matcher, Reason, normalise};
use serde::Deserialize;

use crate::action_result::{ActionResult, CSV, file};
use crate::catalog::EntryDetails;
use crate::export::csv;
use crate::model::{Entry, Playlist, WantedPlaylist};
use crate::names::FileNames;
use crate::source::{CATALOG, PlaylistSources};
use crate::uri::Uri;
use baton_plugin_kit::counted;

/// The score of a certain match without an ISRC: the same title, artists, version and length.
const SURE: u32 = 950;

/// The lowest score of a match that a person has to decide: an unknown length, some seconds of difference, a guest.
const ASK: u32 = 850;

/// The arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// Files and folders, `catalog` or `account`; absent: `catalog`.
    pub from: Vec<String>,
    /// Names of playlists; absent: all.
    pub playlists: Vec<String>,
    /// The number of older results of each file to keep; absent: all.
    pub keep_older: Option<usize>,
    /// True if the account's present playlists are read, and a plan is made that removes the repeated entries from them.
    pub plan: bool,
}

/// A repeated entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatedEntry {
    /// The position of the entry, counted from 0.
    pub place: usize,
    /// The position of the first entry that it repeats.
    pub first: usize,
    /// The reason.
    pub why: String,
    /// False if a person has to decide.
    pub sure: bool,
}

/// The repeated entries of a list, in order. The first occurrence is kept.
#[must_use]
pub fn find_repeated(entries: &[Entry]) -> Vec<RepeatedEntry> {
    let mut doubles = Vec::new();
    let mut firsts: HashMap<String, usize> = HashMap::new();
    let mut distinct = Vec::new();
    for (place, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.uri.is_some()) {
        let first = *firsts.entry(entry.identity()).or_insert(place);
        if first == place {
            distinct.push(place);
        } else {
            doubles.push(RepeatedEntry { place, first, why: "the same id".to_owned(), sure: true });
        }
    }
    doubles.extend(same_recordings(entries, &distinct));
    doubles.sort_by_key(|double| double.place);
    doubles
}

/// Finds entries with different ids that are one recording.
fn same_recordings(entries: &[Entry], places: &[usize]) -> Vec<RepeatedEntry> {
    let music: Vec<usize> = places
        .iter()
        .copied()
        .filter(|place| entries.get(*place).is_some_and(|entry| entry.uri.as_ref().is_some_and(Uri::is_music)))
        .collect();
    let tracks: Vec<_> = music.iter().filter_map(|place| entries.get(*place)).map(Entry::track).collect();
    let mut best: HashMap<usize, RepeatedEntry> = HashMap::new();
    for pair in Matcher::new(&tracks).duplicates(ASK).pairs {
        let [Some(first), Some(place)] = pair.tracks.map(|at| music.get(at).copied()) else { continue };
        let doubt =
            entries.get(first).zip(entries.get(place)).and_then(|(one, other)| doubt(one, other, &pair.reasons));
        let sure = doubt.is_none() && (pair.score >= SURE || pair.reasons.contains(&Reason::SameIsrc));
        let why = pair.reasons.iter().map(ToString::to_string).chain(doubt.map(str::to_owned));
        let why = why.collect::<Vec<_>>().join("; ");
        let known = best.get(&place);
        if known.is_none_or(|known| (sure, known.first) > (known.sure, first)) {
            best.insert(place, RepeatedEntry { place, first, why, sure });
        }
    }
    resolve_chains(&best)
}

/// The reason why a person has to decide, although matching treats both as one recording: a guest, a remaster or another word that only
/// one title has.
fn doubt(one: &Entry, other: &Entry, reasons: &[Reason]) -> Option<&'static str> {
    let named_alike = reasons.contains(&Reason::Artists { how: Artists::Equal });
    if !named_alike {
        return Some("the artists differ");
    }
    if words(&one.title) != words(&other.title) {
        return Some("the titles differ");
    }
    (one.explicit.zip(other.explicit).is_some_and(|(one, other)| one != other)).then_some("only one is explicit")
}

/// The words of a title without "Original Mix".
fn words(title: &str) -> String {
    let title = normalise(title);
    let words: Vec<_> = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [before @ .., "original", "mix"] if !before.is_empty() => before.join(" "),
        all => all.join(" "),
    }
}

/// Makes sure that no removed entry is the reason to remove another one: if `b` repeats `a`, and `c` repeats `b`, then `c` is reported as a
/// repetition of `a`.
fn resolve_chains(best: &HashMap<usize, RepeatedEntry>) -> Vec<RepeatedEntry> {
    let mut places: Vec<usize> = best.keys().copied().collect();
    places.sort_unstable();
    let mut removed: HashMap<usize, usize> = HashMap::new();
    let mut settled = Vec::new();
    for place in places {
        let Some(mut double) = best.get(&place).cloned() else { continue };
        // If `c` repeats `b`, and `b` repeats `a`, then `c` does not certainly repeat `a`: a person decides.
        if let Some(first) = removed.get(&double.first) {
            (double.first, double.sure) = (*first, false);
        }
        if double.sure {
            removed.insert(place, double.first);
        }
        settled.push(double);
    }
    settled
}

/// The list without the entries that certainly repeat another entry.
#[must_use]
pub fn cleaned(entries: &[Entry], doubles: &[RepeatedEntry]) -> Vec<Entry> {
    let removed: Vec<usize> = doubles.iter().filter(|double| double.sure).map(|double| double.place).collect();
    let stays = |place: &usize| removed.binary_search(place).is_err();
    entries.iter().enumerate().filter(|(place, _)| stays(place)).map(|(_, entry)| entry.clone()).collect()
}

/// Makes the plan and the playlists.
///
/// # Errors
/// When a named file or playlist does not exist.
pub fn run(sources: PlaylistSources<'_>, args: &Args, findings: &mut Findings) -> Result<ActionResult, Error> {
    let from = if args.from.is_empty() { vec![CATALOG.to_owned()] } else { args.from.clone() };
    let with = EntryDetails { features: true };
    let playlists = sources.load(&from, &args.playlists, with, findings)?;
    if playlists.is_empty() {
        return Err(Error::Permanent(format!("`{}` has no such playlist", from.join("`, `"))));
    }
    report(&playlists, args, findings)
}

/// Makes the list of repeated entries and the playlists without them.
///
/// # Errors
/// Never: the data can always be written as text.
pub fn report(playlists: &[Playlist], args: &Args, findings: &mut Findings) -> Result<ActionResult, Error> {
    let wrong = |error: String| Error::Permanent(error);
    let header = ["Playlist", "Position", "Decision", "Track URI", "Track", "Kept Position", "Kept URI", "Why"];
    let mut plan = CsvWriter::new(header).map_err(wrong)?;
    let (mut names, mut exports, mut account) = (FileNames::default(), Vec::new(), Vec::new());
    let (mut removed, mut uncertain, mut touched) = (0, 0, 0);
    for playlist in playlists {
        let doubles = find_repeated(&playlist.entries);
        let sure = doubles.iter().filter(|double| double.sure).count();
        (removed, uncertain, touched) =
            (removed + sure, uncertain + doubles.len() - sure, touched + usize::from(!doubles.is_empty()));
        for double in &doubles {
            plan.row(row(playlist, double)).map_err(wrong)?;
        }
        if sure > 0 {
            let name = format!("{}.deduped.csv", names.reserve(&playlist.name));
            let rest = cleaned(&playlist.entries, &doubles);
            exports.push(file(name, CSV, csv::write(&rest)?));
            if args.plan {
                let before = playlist.entries.iter().map(Entry::uri_text).collect();
                let wanted = WantedPlaylist::new(&playlist.name, &rest);
                account.push(WantedPlaylist { id: Some(playlist.id.clone()), before: Some(before), ..wanted });
            }
            let title = format!("{}: {} repeated", playlist.name, counted(sure, "entry is", "entries are"));
            findings.add("twice", &format!("{}:{}", playlist.service, playlist.id), Severity::Low, title, "");
        }
    }
    let summary = format!(
        "{touched} of {} playlists have repeated entries: {removed} can be removed, {uncertain} need a decision. Nothing was deleted.",
        playlists.len()
    );
    let reports = vec![file("playlist-duplicates.csv", CSV, plan.into_bytes().map_err(wrong)?)];
    Ok(ActionResult { summary, reports, exports, account, keep_older: args.keep_older, ..ActionResult::default() })
}

fn row(playlist: &Playlist, double: &RepeatedEntry) -> [String; 8] {
    let entry = |place: usize| playlist.entries.get(place).cloned().unwrap_or_default();
    let uri = |entry: &Entry| entry.uri.as_ref().map(Uri::text).unwrap_or_default();
    let (here, first) = (entry(double.place), entry(double.first));
    [
        playlist.name.clone(),
        (double.place + 1).to_string(),
        if double.sure { "remove" } else { "ask" }.to_owned(),
        uri(&here),
        here.named(),
        (double.first + 1).to_string(),
        uri(&first),
        double.why.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(id: &str, title: &str, duration_ms: i64, isrc: Option<&str>) -> Entry {
        Entry {
            uri: Some(Uri::Track(format!("{id:0>22}"))),
            title: title.to_owned(),
            artists: vec!["Ida Lund".to_owned()],
            duration_ms: Some(duration_ms),
            isrc: isrc.map(str::to_owned),
            ..Entry::default()
        }
    }

    fn found(entries: &[Entry]) -> Vec<(usize, usize, bool)> {
        find_repeated(entries).into_iter().map(|double| (double.place, double.first, double.sure)).collect()
    }

    #[test]
    fn the_same_id_and_the_same_recording_are_repeated_but_other_versions_are_not() {
        let code = Some("GBAYE0000351");
        let list = [
            entry("1", "Night Bus", 200_000, code),
            entry("2", "Night Bus (Live)", 200_000, code),
            entry("1", "Night Bus", 200_000, code),
            entry("3", "Night Bus (Original Mix)", 203_000, code),
            entry("4", "Night Bus", 200_000, None),
            entry("5", "Harbour", 100_000, None),
            entry("6", "Harbour", 104_000, None),
        ];
        assert_eq!(found(&list), [(2, 0, true), (3, 0, true), (4, 0, true), (6, 5, false)]);
        let titles: Vec<_> = cleaned(&list, &find_repeated(&list)).into_iter().map(|entry| entry.title).collect();
        assert_eq!(titles, ["Night Bus", "Night Bus (Live)", "Harbour", "Harbour"]);
    }

    #[test]
    fn a_person_decides_about_guests_remasters_and_explicit_versions() {
        let code = Some("GBAYE0000351");
        let explicit = |value: bool| Entry { explicit: Some(value), ..entry("2", "Low", 200_000, code) };
        let guest = |mut entry: Entry| {
            entry.artists.push("T-Pain".to_owned());
            entry
        };
        for (one, other) in [
            (entry("1", "Low", 200_000, code), entry("2", "Low (feat. T-Pain)", 200_000, code)),
            (entry("1", "Low", 200_000, None), entry("2", "Low (feat. T-Pain)", 200_000, None)),
            (entry("1", "Low", 200_000, code), guest(entry("2", "Low", 200_000, code))),
            (guest(entry("1", "Low", 200_000, code)), guest(entry("2", "Low (feat. T-Pain)", 200_000, code))),
            (entry("1", "Hit", 200_000, code), entry("2", "Hit - 2011 Remaster", 200_000, code)),
            (entry("1", "Hit", 200_000, None), entry("2", "Hit - 2011 Remaster", 200_000, None)),
            (entry("1", "Hit - 2009 Remaster", 200_000, code), entry("2", "Hit - 2011 Remaster", 200_000, code)),
            (Entry { explicit: Some(true), ..entry("1", "Low", 200_000, code) }, explicit(false)),
        ] {
            assert_eq!(found(&[one.clone(), other.clone()]), [(1, 0, false)], "{} {}", one.named(), other.named());
        }
        let same = Entry { explicit: Some(true), ..entry("1", "Low", 200_000, code) };
        assert_eq!(found(&[same, explicit(true)]), [(1, 0, true)]);
    }

    #[test]
    fn an_entry_without_a_uri_is_never_repeated() {
        let spoken =
            Entry { uri: Uri::parse("spotify:episode:4uLU6hMCjMI75M1A2tKUQC"), ..entry("1", "Talk", 1_000, None) };
        let list = [Entry::default(), Entry::default(), spoken.clone(), spoken, entry("2", "Talk", 1_000, None)];
        assert_eq!(found(&list), [(3, 2, true)]);
    }

    proptest! {
        #[test]
        fn cleaning_keeps_the_first_of_each_and_cleaning_again_changes_nothing(ids in prop::collection::vec(0_u8..6, 0..20)) {
            let list: Vec<_> = ids.iter().map(|id| {
                entry(&id.to_string(), &format!("Song Number {}", id / 2), 100_000 + i64::from(id / 2) * 20_000, None)
            }).collect();
            let once = cleaned(&list, &find_repeated(&list));
            prop_assert!(find_repeated(&once).iter().all(|double| !double.sure));
            let firsts = ids.iter().enumerate().filter(|(at, id)| ids[..*at].iter().all(|before| before / 2 != **id / 2));
            prop_assert_eq!(once, firsts.map(|(at, _)| list[at].clone()).collect::<Vec<_>>());
        }
    }
}
