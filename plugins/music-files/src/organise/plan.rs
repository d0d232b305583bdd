//! The action `organise`: decides where every file belongs, and stores the plan. It moves no file, and opens a file only to
//! compare it with another file of the same name and size.

use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;

use baton_plugin_kit::host::{Locks, Tables, Writable};
use baton_plugin_kit::library::{CatalogData, CatalogFile, CatalogTrack, describe_file, stem_and_ending};
use baton_plugin_kit::playlist_names::report_unknown;
use baton_plugin_kit::{Findings, folder, time};
use baton_plugin_sdk::{Error, Outcome, Severity, Task};

use super::args::{ManyPlaylists, Options};
use super::disk::{Disk, RealDisk};
use super::draft::{Draft, HiddenFolder, TrackCandidate, UnclearFile};
use super::fold::fold;
use super::history::History;
use super::identify::{Identifier, PossibleTrack, TrackIdentity};
use super::journal::Journal;
use super::limits::{MOST_READ, MOST_STEPS, MOST_TEXT};
use super::moving::lock_moves;
use super::report;
use super::roots::{self, Root};
use super::rules::{Facts, Rules, Verdict};
use super::shared_folders;
use super::step::{Step, StepAction, StepPlace, StepTrack};
use super::targets::{Choice, Targets};
use super::template::{TargetPath, Values};
use super::walk::{Entry, FoundFiles, walk};

/// Plans where every music file belongs.
///
/// # Errors
/// `needs-grant` when a folder or a database is not granted, `permanent` when the arguments or rules are wrong, `retryable` when
/// another task moves files, else as `wit/sql.wit` and `wit/locks.wit`.
pub fn plan(task: &Task, catalog: &dyn Tables, own: &dyn Writable, locks: &dyn Locks) -> Result<Outcome, Error> {
    let options = Options::parse(task)?;
    let rules = Rules::read(&options.rules)?;
    let (music, organised) = (roots::music(task)?, roots::organised(task)?);
    // While the plan is made and stored, the lock keeps other tasks from moving files and from applying the plan.
    let _alone = lock_moves(locks)?;
    let known = CatalogData::read(catalog)?;
    let mut findings = Findings::default();
    check_preference(&options, &known, &mut findings)?;
    let journal = Journal::open(own)?;
    let walked = walk(&music, &|ending| rules.has_format(ending));
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
    shared_folders::report(known.lists.iter().filter(|list| options.liked || !list.liked), &mut findings);
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

/// The playlists of each track, the preferred playlist first. Of playlists that share a folder, only one is listed.
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
            if alone
                && !names.iter().any(|name| shared_folders::folder_key(name) == shared_folders::folder_key(&list.name))
            {
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
    /// The moves of earlier plans, because the catalog may not have them yet.
    history: History,
    /// The number of bytes that were read to recognise copies.
    read: Cell<u64>,
    rules: &'a Rules,
    several: ManyPlaylists,
    music: &'a [Root],
    organised: &'a Root,
}

/// The decision about a file before its name is chosen.
struct FileDecision {
    places: Vec<PlannedPlace>,
    reason: String,
    track: Option<StepTrack>,
}

/// A place for a file, and the playlist that it is for.
struct PlannedPlace {
    place: TargetPath,
    playlist: Option<String>,
}

/// A file below a folder `music`.
#[derive(Clone, Copy)]
struct MusicFile<'a> {
    root: &'a Root,
    /// Its index in the list of files.
    number: usize,
    entry: &'a Entry,
    /// Its record in the catalog.
    named: Option<&'a CatalogFile>,
}

impl Planner<'_> {
    fn draft(&self, files: &[Entry]) -> Draft {
        let (mut draft, mut targets) = (Draft::default(), Targets::new(self.organised));
        for (number, entry) in files.iter().enumerate() {
            let Some(root) = self.music.get(entry.root) else { continue };
            let named = self.record(number, entry, &root.on_host(&entry.path));
            let file = MusicFile { root, number, entry, named };
            if let Some(decision) = self.decide(file, &mut draft) {
                self.add_steps(file, decision, &mut targets, &mut draft);
            }
        }
        draft
    }

    /// The catalog's record of this file. A record of another file that was at this path before does not count. Size and time
    /// identify the file. If the catalog does not have size and time, the moves of earlier plans decide.
    fn record(&self, number: usize, file: &Entry, host: &str) -> Option<&CatalogFile> {
        let here = |named: &&CatalogFile| {
            let dated = named.is_dated() || self.history.may_be_original(number, file);
            !named.missing && named.fits(file.size, file.modified_ns) && dated
        };
        let before = || {
            let (from, modified_ns) = self.history.before(number)?;
            self.identifier.record(from).filter(|named| named.fits(file.size, modified_ns))
        };
        self.identifier.record(host).filter(here).or_else(before)
    }

    /// Decides where the file belongs; `None` if the file stays where it is.
    fn decide(&self, music: MusicFile<'_>, draft: &mut Draft) -> Option<FileDecision> {
        let MusicFile { root, entry: file, named, .. } = music;
        let identity =
            if file.audio { self.identifier.identify(named, file.file_name()) } else { TrackIdentity::Unknown };
        let (song, how) = match &identity {
            TrackIdentity::Known { song, how } => (self.known.songs.get(song), how.as_str()),
            TrackIdentity::Unknown => (None, "no track of the catalog"),
            TrackIdentity::Unclear(_) => (None, ""),
        };
        let (values, facts) = values(file, named, song);
        let names = song.and_then(|song| self.lists.get(&song.id)).map_or(&[][..], Vec::as_slice);
        let verdicts = self.verdicts(&values, &facts, names, file.audio);
        let stays = verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stays { .. }));
        if let (TrackIdentity::Unclear(possible), false) = (&identity, stays) {
            let candidate = |found: &PossibleTrack| {
                Some(TrackCandidate { track: self.known.songs.get(&found.song)?.shown(), why: found.why.clone() })
            };
            let path = format!("{}/{}", root.shown, file.path);
            draft.unclear.push(UnclearFile { path, candidates: possible.iter().filter_map(candidate).collect() });
            return None;
        }
        let mut decision = FileDecision { places: Vec::new(), reason: String::new(), track: song.map(step_track) };
        for verdict in verdicts {
            let Verdict::Goes { place, rule, playlist } = verdict else { continue };
            if decision.reason.is_empty() {
                decision.reason = reason(rule, names, how);
            }
            if !decision.places.iter().any(|known| known.place == place) {
                decision.places.push(PlannedPlace { place, playlist });
            }
        }
        if decision.places.is_empty() {
            draft.stays += 1;
            return None;
        }
        Some(decision)
    }

    fn verdicts(&self, values: &Values, facts: &Facts, names: &[String], audio: bool) -> Vec<Verdict> {
        let judge = |names: &[String]| self.rules.judge(values, facts, names, audio);
        match self.several {
            ManyPlaylists::Copy if names.len() > 1 => names.chunks(1).map(judge).collect(),
            ManyPlaylists::Unassigned if names.len() > 1 => vec![judge(&[])],
            _ => vec![judge(names)],
        }
    }

    /// Chooses the names and adds the steps. Copies come before the move, because the move removes the file from its place.
    fn add_steps(&self, music: MusicFile<'_>, decision: FileDecision, targets: &mut Targets<'_>, draft: &mut Draft) {
        let MusicFile { root, entry: file, named, .. } = music;
        if draft.steps.len() + decision.places.len() > MOST_STEPS || draft.full {
            draft.later += 1;
            return;
        }
        let host = root.on_host(&file.path);
        let own = self.organised.below(&host);
        let is_it = |path: &str| self.several == ManyPlaylists::Copy && self.is_copy(music, path);
        let (mut free, mut is_placed) = (Vec::new(), false);
        for PlannedPlace { place, playlist } in decision.places {
            let ending = stem_and_ending(file.file_name()).1;
            match targets.choose(&place, &ending, own.as_deref(), &is_it) {
                Some(Choice::Free(path)) => free.push((path, playlist)),
                Some(Choice::Own) => is_placed = true,
                Some(Choice::Hidden { folder, why }) => {
                    draft.hidden.entry(folder).or_insert(HiddenFolder { why, files: 0 }).files += 1;
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
            let act = if is_placed || place + 1 < last { StepAction::Copy } else { StepAction::Move };
            Step {
                step: u32::try_from(draft.steps.len() + place + 1).unwrap_or(u32::MAX),
                act,
                from: StepPlace { folder: root.name.clone(), root: root.host.clone(), path: file.path.clone() },
                to: StepPlace { folder: self.organised.name.clone(), root: self.organised.host.clone(), path },
                size: file.size,
                modified_ns: file.modified_ns,
                sha256: digest(file, named),
                reason: decision.reason.clone(),
                track: decision.track.clone(),
                playlist,
            }
        };
        let steps: Vec<_> = free.into_iter().enumerate().map(step).collect();
        // An estimate for the JSON and the CSV together. A row of the CSV is shorter than the JSON of the step.
        let text = 2 * serde_json::to_vec(&steps).map_or(0, |json| json.len());
        if draft.text + text > MOST_TEXT {
            (draft.full, draft.later) = (true, draft.later + 1);
            return;
        }
        draft.text += text;
        draft.steps.extend(steps);
    }

    /// True if the file at `path` below the folder `organised` is a copy of the file `music`. Files of different sizes are not
    /// copies. For equal sizes, the history of plans or the digests in the catalog decide. If these have no answer, both files
    /// are read, within a limit. Above the limit, a file with the same name and size counts as a copy, so no other copy is
    /// made.
    fn is_copy(&self, music: MusicFile<'_>, path: &str) -> bool {
        let MusicFile { root, number, entry: file, named } = music;
        let (other, own) = (self.organised.at(path), root.at(&file.path));
        let Ok(Some(seen)) = RealDisk.metadata(&other) else { return false };
        if !seen.file || seen.size != file.size {
            return false;
        }
        let host = self.organised.on_host(path);
        if self.history.is_copy(number, &host, seen.modified_ns) {
            return true;
        }
        let known =
            self.identifier.record(&host).filter(|named| named.is_dated() && named.fits(seen.size, seen.modified_ns));
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

/// The catalog's digest, if its record fits the file.
fn digest(file: &Entry, named: Option<&CatalogFile>) -> Option<String> {
    named.filter(|named| named.is_dated() && named.fits(file.size, file.modified_ns))?.sha256.clone()
}

fn step_track(song: &CatalogTrack) -> StepTrack {
    StepTrack { id: song.id, title: song.title.clone(), artist: song.artist.clone() }
}

fn reason(rule: usize, names: &[String], how: &str) -> String {
    let list = match names {
        [] => "in no playlist".to_owned(),
        [one] => format!("in the playlist {one}"),
        [first, ..] => format!("in {} playlists, the first is {first}", names.len()),
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
        // The tempo has at most two decimals: `127.99`, and `128` without a decimal point.
        values.bpm = song.bpm.map(|bpm| ((bpm * 100.0).round() / 100.0).to_string());
    } else if file.audio {
        let track = describe_file(named, file.file_name());
        values.artist = track.artists.into_iter().next();
        values.title = values.artist.is_some().then_some(track.title);
        values.album = track.album;
    }
    (values, facts)
}

/// Reports unclear files, and folders that could not be read.
fn report_findings(draft: &Draft, walked: &FoundFiles, findings: &mut Findings) {
    for unclear in &draft.unclear {
        let candidates: Vec<_> =
            unclear.candidates.iter().map(|TrackCandidate { track, why }| format!("{track}: {why}")).collect();
        let title = format!("It is not clear which track this is: {}", unclear.path);
        findings.add("organise-unclear", &unclear.path, Severity::Low, title, candidates.join("\n"));
    }
    for (path, why) in &walked.unread {
        findings.add("organise-unread", path, Severity::Medium, format!("Cannot be read: {path}"), why);
    }
    for (path, count) in &walked.unreadable {
        let (title, fix) = folder::unreadable(path, *count);
        findings.add("organise-names", path, Severity::Medium, title, fix);
    }
    for (path, HiddenFolder { why, files }) in &draft.hidden {
        let title = format!("Not moved: {files} files, because their folder {path} cannot be read");
        findings.add("organise-hidden", path, Severity::Medium, title, why);
    }
}
