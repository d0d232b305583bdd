//! The action `organise`: decides for every file where it belongs, and writes the plan down. Moves nothing, and opens a file only
//! to tell whether one of the same name and size is its copy.

use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;

use baton_plugin_kit::host::{Locks, Tables, Writable};
use baton_plugin_kit::library::{CatalogData, CatalogFile, CatalogTrack, describe_file, stem_and_ending};
use baton_plugin_kit::playlist_names::report_unknown;
use baton_plugin_kit::{Findings, folder, time};
use baton_plugin_sdk::{Error, Outcome, Severity, Task};

use super::alike;
use super::args::{ManyPlaylists, Options};
use super::disk::{Disk, RealDisk};
use super::draft::{Draft, UnclearFile};
use super::fold::fold;
use super::history::History;
use super::identify::{Identifier, TrackIdentity};
use super::journal::Journal;
use super::limits::{MOST_READ, MOST_STEPS, MOST_TEXT};
use super::moving::alone;
use super::report;
use super::roots::{self, Root};
use super::rules::{Facts, Rules, Verdict};
use super::step::{Step, StepAction, StepPlace, StepTrack};
use super::targets::{Choice, Targets};
use super::template::{Place, Values};
use super::walk::{Entry, FoundFiles, walk};

/// Plans where every music file belongs.
///
/// # Errors
/// `needs-grant` when a folder or a database is not granted, `permanent` when the arguments or rules are wrong, `retryable` when
/// another task moves files, else as `wit/sql.wit` and `wit/claims.wit`.
pub fn plan(task: &Task, catalog: &dyn Tables, own: &dyn Writable, claims: &dyn Locks) -> Result<Outcome, Error> {
    let options = Options::of(task)?;
    let rules = Rules::read(&options.rules)?;
    let (music, organised) = (roots::music(task)?, roots::organised(task)?);
    // While files are moved, what is planned is wrong already; and nobody applies a plan that is being written down.
    let _alone = alone(claims)?;
    let known = CatalogData::read(catalog)?;
    let mut findings = Findings::default();
    check_preference(&options, &known, &mut findings)?;
    let journal = Journal::open(own)?;
    let walked = walk(&music, &|ending| rules.name_format(ending));
    let planner = Planner {
        identifier: Identifier::new(&known),
        lists: lists_of(&known, &options),
        history: History::read(&journal, &walked.files, &music)?,
        read: Cell::new(0),
        known: &known,
        rules: &rules,
        several: options.in_several,
        music: &music,
        organised: &organised,
    };
    let draft = planner.draft(&walked.files);
    let now = time::parse(&task.now).unwrap_or_default();
    let kept = journal.save(&draft.steps, options.plan_name.as_deref(), now)?;
    let mut outcome = report::outcome(&draft, &walked, kept.as_ref(), !known.songs.is_empty());
    report_findings(&draft, &walked, &mut findings);
    alike::tell(known.lists.iter().filter(|list| options.liked || !list.liked), &mut findings);
    outcome.findings = findings.into_list();
    if let Some(kept) = kept {
        outcome.artifacts = report::artifacts(&kept, &draft, options.in_several, &task.now)?;
    }
    Ok(outcome)
}

/// Reports names in `preference` that no playlist has.
fn check_preference(options: &Options, known: &CatalogData, findings: &mut Findings) -> Result<(), Error> {
    if options.preference.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = known.lists.iter().map(|list| list.name.clone()).collect();
    report_unknown("the catalog", &options.preference, &names, findings)
}

/// The playlists of each track, the one that counts most first; two whose folder is one count once.
fn lists_of(known: &CatalogData, options: &Options) -> HashMap<i64, Vec<String>> {
    let rank = |name: &str| options.preference.iter().position(|other| fold(other) == fold(name)).unwrap_or(usize::MAX);
    let counted = known.lists.iter().filter(|list| options.liked || !list.liked);
    let mut lists: Vec<_> = counted.map(|list| ((rank(&list.name), list.liked, fold(&list.name)), list)).collect();
    lists.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut of: HashMap<i64, Vec<String>> = HashMap::new();
    for (_, list) in lists {
        for track in &list.tracks {
            let names = of.entry(*track).or_default();
            let alone = !list.liked || names.is_empty();
            if alone && !names.iter().any(|name| alike::folder(name) == alike::folder(&list.name)) {
                names.push(list.name.clone());
            }
        }
    }
    of
}

struct Planner<'a> {
    known: &'a CatalogData,
    identifier: Identifier<'a>,
    lists: HashMap<i64, Vec<String>>,
    /// What earlier plans moved: the catalog may not know yet.
    history: History,
    /// Bytes that were read to tell copies.
    read: Cell<u64>,
    rules: &'a Rules,
    several: ManyPlaylists,
    music: &'a [Root],
    organised: &'a Root,
}

/// What is decided of a file before its name is chosen.
struct FileDecision {
    places: Vec<(Place, Option<String>)>,
    reason: String,
    track: Option<StepTrack>,
}

impl Planner<'_> {
    fn draft(&self, files: &[Entry]) -> Draft {
        let (mut draft, mut targets) = (Draft::default(), Targets::new(self.organised));
        for (number, file) in files.iter().enumerate() {
            let Some(root) = self.music.get(file.root) else { continue };
            let named = self.named(number, file, &root.on_host(&file.path));
            if let Some(judged) = self.judge(file, root, named, &mut draft) {
                self.place((root, number, file), named, judged, &mut targets, &mut draft);
            }
        }
        draft
    }

    /// What the catalog says of this file, not of another one that lay at its path: by size and time, or where the catalog has
    /// none, by what was moved from there.
    fn named(&self, number: usize, file: &Entry, host: &str) -> Option<&CatalogFile> {
        let here = |named: &&CatalogFile| {
            let dated = named.is_dated() || self.history.may_be(number, file);
            !named.missing && named.fits(file.size, file.modified_ns) && dated
        };
        let before = || {
            let (from, modified_ns) = self.history.before(number)?;
            self.identifier.named(from).filter(|named| named.fits(file.size, modified_ns))
        };
        self.identifier.named(host).filter(here).or_else(before)
    }

    /// Where the file belongs; nothing when it stays.
    fn judge(&self, file: &Entry, root: &Root, named: Option<&CatalogFile>, draft: &mut Draft) -> Option<FileDecision> {
        let who = if file.audio { self.identifier.who(named, file.file_name()) } else { TrackIdentity::Nobody };
        let (song, how) = match &who {
            TrackIdentity::Is { song, how } => (self.known.songs.get(song), how.as_str()),
            TrackIdentity::Nobody => (None, "no track of the catalog"),
            TrackIdentity::Unclear(_) => (None, ""),
        };
        let (values, facts) = values(file, named, song);
        let names = song.and_then(|song| self.lists.get(&song.id)).map_or(&[][..], Vec::as_slice);
        let verdicts = self.verdicts(&values, &facts, names, file.audio);
        let stays = verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stays { .. }));
        if let (TrackIdentity::Unclear(perhaps), false) = (&who, stays) {
            let shown = |(song, why): &(i64, String)| Some((self.known.songs.get(song)?.shown(), why.clone()));
            let path = format!("{}/{}", root.shown, file.path);
            draft.unclear.push(UnclearFile { path, perhaps: perhaps.iter().filter_map(shown).collect() });
            return None;
        }
        let mut judged = FileDecision { places: Vec::new(), reason: String::new(), track: song.map(of) };
        for verdict in verdicts {
            let Verdict::Goes { place, rule, playlist } = verdict else { continue };
            if judged.reason.is_empty() {
                judged.reason = reason(rule, names, how);
            }
            if !judged.places.iter().any(|(known, _)| *known == place) {
                judged.places.push((place, playlist));
            }
        }
        if judged.places.is_empty() {
            draft.stays += 1;
            return None;
        }
        Some(judged)
    }

    fn verdicts(&self, values: &Values, facts: &Facts, names: &[String], audio: bool) -> Vec<Verdict> {
        let judge = |names: &[String]| self.rules.judge(values, facts, names, audio);
        match self.several {
            ManyPlaylists::Copy if names.len() > 1 => names.chunks(1).map(judge).collect(),
            ManyPlaylists::Unassigned if names.len() > 1 => vec![judge(&[])],
            _ => vec![judge(names)],
        }
    }

    /// Chooses the names, and makes steps of them: copies first, so that the file is still there.
    fn place(
        &self,
        (root, number, file): (&Root, usize, &Entry),
        named: Option<&CatalogFile>,
        judged: FileDecision,
        targets: &mut Targets<'_>,
        draft: &mut Draft,
    ) {
        if draft.steps.len() + judged.places.len() > MOST_STEPS || draft.full {
            draft.later += 1;
            return;
        }
        let host = root.on_host(&file.path);
        let own = self.organised.below(&host);
        let is_it = |path: &str| self.several == ManyPlaylists::Copy && self.is_copy((root, number, file), named, path);
        let (mut free, mut lies_there) = (Vec::new(), false);
        for (place, playlist) in judged.places {
            let ending = stem_and_ending(file.file_name()).1;
            match targets.choose(&place.folders, (&place.stem, &ending), own.as_deref(), &is_it) {
                Some(Choice::Free(path)) => free.push((path, playlist)),
                Some(Choice::There) => lies_there = true,
                Some(Choice::Hidden { folder, why }) => {
                    draft.hidden.entry(folder).or_insert((why, 0)).1 += 1;
                    return;
                }
                Some(Choice::Copied) | None => {}
            }
        }
        if free.is_empty() {
            draft.there += 1;
        }
        let last = free.len();
        let step = |(place, (path, playlist)): (usize, (String, Option<String>))| {
            let act = if lies_there || place + 1 < last { StepAction::Copy } else { StepAction::Move };
            Step {
                step: u32::try_from(draft.steps.len() + place + 1).unwrap_or(u32::MAX),
                act,
                from: StepPlace { folder: root.name.clone(), root: root.host.clone(), path: file.path.clone() },
                to: StepPlace { folder: self.organised.name.clone(), root: self.organised.host.clone(), path },
                size: file.size,
                modified_ns: file.modified_ns,
                sha256: digest(file, named),
                reason: judged.reason.clone(),
                track: judged.track.clone(),
                playlist,
            }
        };
        let steps: Vec<_> = free.into_iter().enumerate().map(step).collect();
        // A row of the CSV says less than the JSON, and has both paths whole.
        let text = 2 * serde_json::to_vec(&steps).map_or(0, |json| json.len());
        if draft.text + text > MOST_TEXT {
            (draft.full, draft.later) = (true, draft.later + 1);
            return;
        }
        draft.text += text;
        draft.steps.extend(steps);
    }

    /// Whether the file below the folder `organised` is a copy of this one. Where sizes are equal, an earlier plan may have made it,
    /// or the catalog may know both digests; else both are read, as long as not too much was read already. Beyond that the same
    /// name and size have to do: it is left, and no other copy is made beside it.
    fn is_copy(&self, (root, number, file): (&Root, usize, &Entry), named: Option<&CatalogFile>, path: &str) -> bool {
        let (other, own) = (self.organised.at(path), root.at(&file.path));
        let Ok(Some(seen)) = RealDisk.look(&other) else { return false };
        if !seen.file || seen.size != file.size {
            return false;
        }
        let host = self.organised.on_host(path);
        if self.history.is_copy(number, &host, seen.modified_ns) {
            return true;
        }
        let known =
            self.identifier.named(&host).filter(|named| named.is_dated() && named.fits(seen.size, seen.modified_ns));
        if let (Some(one), Some(other)) = (digest(file, named), known.and_then(|named| named.sha256.as_ref())) {
            return one == *other;
        }
        let read = self.read.get().saturating_add(file.size.saturating_mul(2));
        if read > MOST_READ {
            return true;
        }
        self.read.set(read);
        let digest = |path: &Path| RealDisk.digest(path, &|| true).ok();
        digest(&other).is_some_and(|other| digest(&own) == Some(other))
    }
}

/// The catalog's digest, when it speaks of the file as it is.
fn digest(file: &Entry, named: Option<&CatalogFile>) -> Option<String> {
    named.filter(|named| named.is_dated() && named.fits(file.size, file.modified_ns))?.sha256.clone()
}

fn of(song: &CatalogTrack) -> StepTrack {
    StepTrack { id: song.id, title: song.title.clone(), artist: song.artist.clone() }
}

fn reason(rule: usize, names: &[String], how: &str) -> String {
    let list = match names {
        [] => "in no playlist".to_owned(),
        [one] => format!("in the playlist {one}"),
        [first, ..] => format!("in {} playlists, {first} first", names.len()),
    };
    let plain: String =
        format!("{list}; {how}").chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    if rule == 0 { plain } else { format!("rule {rule}; {plain}") }
}

fn values(file: &Entry, named: Option<&CatalogFile>, song: Option<&CatalogTrack>) -> (Values, Facts) {
    let (name, ext) = stem_and_ending(file.file_name());
    let mut values = Values { ext, name: name.to_owned(), folder: file.folder().to_owned(), ..Values::default() };
    let mut facts = Facts { path: file.path.clone(), known: song.is_some(), ..Facts::default() };
    if let Some(song) = song {
        let year =
            song.released.as_deref().and_then(|released| released.get(..4)).filter(|year| year.parse::<u16>().is_ok());
        facts.bpm = song.bpm;
        facts.year = year.and_then(|year| year.parse().ok());
        values.artist.clone_from(&song.artist);
        values.title = Some(song.title.clone());
        values.album.clone_from(&song.album);
        values.genre.clone_from(&song.genre);
        values.label.clone_from(&song.label);
        values.key.clone_from(&song.key);
        values.year = year.map(str::to_owned);
        // Two places: 127.99 stays what it is and 128 has no dot.
        values.bpm = song.bpm.map(|bpm| ((bpm * 100.0).round() / 100.0).to_string());
    } else if file.audio {
        let track = describe_file(named, file.file_name());
        values.artist = track.artists.into_iter().next();
        values.title = values.artist.is_some().then_some(track.title);
        values.album = track.album;
    }
    (values, facts)
}

/// Reports what the plan leaves to a person.
fn report_findings(draft: &Draft, walked: &FoundFiles, findings: &mut Findings) {
    for unclear in &draft.unclear {
        let perhaps: Vec<_> = unclear.perhaps.iter().map(|(track, why)| format!("{track}: {why}")).collect();
        let title = format!("It is not clear which track this is: {}", unclear.path);
        findings.add("organise-unclear", &unclear.path, Severity::Low, title, perhaps.join("\n"));
    }
    for (path, why) in &walked.unread {
        findings.add("organise-unread", path, Severity::Medium, format!("Not looked at: {path}"), why);
    }
    for (path, count) in &walked.unreadable {
        let (title, fix) = folder::unreadable(path, *count);
        findings.add("organise-names", path, Severity::Medium, title, fix);
    }
    for (path, (why, count)) in &draft.hidden {
        let title = format!("Left as it was: {count} files belong into {path}, which cannot be read");
        findings.add("organise-hidden", path, Severity::Medium, title, why);
    }
}
