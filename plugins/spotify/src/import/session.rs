//! Runs one import, from the search for files to the findings.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use baton_core::Digest;
use baton_plugin_kit::Findings;
use baton_plugin_kit::csv_file::read_file;
use baton_plugin_kit::playlist_names::{playlist_id, report_unknown};
use baton_plugin_sdk::{Error, Severity};

use super::existing::{self, PlaylistStates, part, snapshot};
use super::model::{Args, HostServices, Report};
use super::pending::PendingRows;
use super::rows::ExportTime;
use super::state::ImportState;
use super::{match_tracks, plays};
use crate::ids::{self, PrivacyIds};
use crate::model::{Playlist, SERVICE_CSV, SERVICE_PRIVACY};
use crate::read::{Content, Folder, FoundFile, Kind, Mapping, find, holds_playlists, is_mapped, read, read_csv};
use baton_plugin_kit::counted;

/// A running import.
pub(super) struct Session<'a> {
    import: ImportState<'a>,
    selected: Vec<FoundFile>,
    /// Ids of the playlists of CSV files, by the path that people see.
    ids: HashMap<String, String>,
    /// All files with playlists of the privacy export, because ids depend on all of them.
    privacy: Vec<FoundFile>,
    privacy_ids: PrivacyIds,
    states: PlaylistStates,
    only: HashSet<String>,
    /// The names of all checked playlists, if the arguments name some.
    names: Vec<String>,
    /// True if the arguments select everything, so that missing files can be reported.
    whole: bool,
}

impl<'a> Session<'a> {
    /// Lists the files.
    pub(super) fn begin(
        services: HostServices<'a>,
        folders: &[Folder],
        args: &Args,
        findings: &'a mut Findings,
    ) -> Result<Self, Error> {
        let all = find(folders, &[], findings).map_err(Error::Permanent)?;
        // All files are needed, because ids must not depend on the arguments.
        let ids = ids::csv(services.own, folders, &all, findings)?;
        let mut selected = match args.paths.as_slice() {
            [] => all.clone(),
            paths => find(folders, paths, findings).map_err(Error::Permanent)?,
        };
        // The newest CSV files first, so that most tracks are written once.
        selected.sort_by_key(|found| (found.kind, (found.kind == Kind::Csv).then_some(Reverse(found.modified))));
        let only: HashSet<_> = args.playlists.iter().map(|name| playlist_id(name)).collect();
        let import = ImportState { services, findings, pending: PendingRows::default(), report: Report::default() };
        let states = existing::playlists(import.services.catalog, &[SERVICE_CSV, SERVICE_PRIVACY])?;
        let whole = args.paths.is_empty() && only.is_empty();
        let privacy = all.into_iter().filter(|found| matches!(found.kind, Kind::Library | Kind::Playlists)).collect();
        let privacy_ids = PrivacyIds::default();
        Ok(Self { import, selected, ids, privacy, privacy_ids, states, only, names: Vec::new(), whole })
    }

    /// Reads all files, writes new facts, and reports missing files.
    pub(super) fn run(mut self, args: &Args) -> Result<Report, Error> {
        let files = std::mem::take(&mut self.selected);
        if files.iter().any(|found| found.kind != Kind::Csv) {
            existing::rank(self.import.services.catalog)?;
        }
        let (mut history, mut privacy) = (Vec::new(), HashSet::new());
        for (number, found) in files.iter().enumerate() {
            let percent = u8::try_from(number * 90 / files.len().max(1)).unwrap_or(90);
            self.import.services.progress.step(percent, &found.shown)?;
            match found.kind {
                Kind::Csv => self.csv(found, &args.columns)?,
                Kind::Library | Kind::Playlists => drop(privacy.insert(found.shown.as_str())),
                // A history has no playlists.
                Kind::LongHistory | Kind::History if self.only.is_empty() => history.push(found),
                Kind::LongHistory | Kind::History => {}
            }
        }
        let unread = self.import.report.unread;
        self.privacy(&privacy)?;
        let all_read = self.import.report.unread == unread;
        self.import.pending.write(self.import.services.catalog)?;
        match_tracks::join(&self.import.services, self.import.pending.tracks() > 0, self.import.findings)?;
        plays::import(&mut self.import, &history)?;
        self.import.pending.write(self.import.services.catalog)?;
        self.import.report.tracks = self.import.pending.tracks();
        if self.whole {
            self.report_missing(all_read);
        }
        report_unknown("the granted folder", &args.playlists, &self.names, self.import.findings)?;
        Ok(self.import.report)
    }

    /// True if the arguments select a playlist with this name. Also records the name.
    fn is_selected(&mut self, name: &str) -> bool {
        if self.only.is_empty() {
            return true;
        }
        self.names.push(name.to_owned());
        self.only.contains(&playlist_id(name))
    }

    fn csv(&mut self, found: &FoundFile, mapping: &Mapping) -> Result<(), Error> {
        let stem = found.stem();
        let id = self.ids.get(&found.shown).cloned().unwrap_or_else(|| playlist_id(&stem));
        let bytes = read_file(&found.path);
        let whole_file = self.is_selected(&stem);
        if !whole_file && !bytes.as_ref().is_ok_and(|bytes| holds_playlists(bytes.clone(), mapping)) {
            return Ok(());
        }
        self.import.report.files += 1;
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(why) => {
                self.import.report_unread(found, &why);
                return Ok(());
            }
        };
        let digest = Digest::of(&bytes).to_string();
        // The digest includes the mapping: with another mapping the file has other content.
        let digest = if is_mapped(&bytes, mapping) {
            Digest::of(format!("{digest} {}", mapping.text()).as_bytes()).to_string()
        } else {
            digest
        };
        if let Some(state) = self.states.get(&(SERVICE_CSV.to_owned(), id.clone())) {
            if state.is_of(&digest) {
                self.import.report.unchanged += 1;
                return Ok(());
            }
            if state.is_part_of(&digest) {
                let title = format!(
                    "{} has not changed since the last import, which could read only a part of it",
                    found.shown
                );
                self.import.findings.add("unreadable", &found.shown, Severity::Medium, title, "Export the file again.");
                self.import.report.unchanged += 1;
                return Ok(());
            }
        }
        let csv = match read_csv(bytes, &stem, &found.shown, mapping, self.import.findings) {
            Ok(csv) => csv,
            Err(why) => {
                self.import.report_unread(found, &why);
                return Ok(());
            }
        };
        if csv.playlists.is_empty() {
            self.import.report.empty += 1;
            return Ok(());
        }
        if csv.dialect.is_by_name() {
            existing::rank(self.import.services.catalog)?;
        }
        let mut unchanged = true;
        for mut playlist in csv.playlists {
            playlist.identify(&id);
            if !whole_file && !self.is_selected(&playlist.name) {
                continue;
            }
            let known = self.states.get(&(SERVICE_CSV.to_owned(), playlist.id.clone()));
            if !known.is_some_and(|state| state.is_of(&digest)) {
                unchanged = false;
                self.put(&playlist, found, &digest)?;
            }
        }
        self.import.report.unchanged += usize::from(unchanged);
        Ok(())
    }

    /// Imports the playlists of the privacy export. Files that are not selected are read too, because the numbers in ids depend on them.
    fn privacy(&mut self, selected: &HashSet<&str>) -> Result<(), Error> {
        if selected.is_empty() {
            return Ok(());
        }
        for found in std::mem::take(&mut self.privacy) {
            if selected.contains(found.shown.as_str()) {
                self.privacy_file(&found)?;
            } else if let Some(Content::Playlists(mut playlists)) = read(&found, &mut Findings::default()) {
                self.privacy_ids.set_ids(&mut playlists);
            }
        }
        Ok(())
    }

    fn privacy_file(&mut self, found: &FoundFile) -> Result<(), Error> {
        self.import.report.files += 1;
        let Some(Content::Playlists(mut playlists)) = read(found, self.import.findings) else {
            self.import.report.unread += 1;
            return Ok(());
        };
        self.privacy_ids.set_ids(&mut playlists);
        let digest = found.digest().map_err(Error::Retryable)?;
        for playlist in playlists {
            if !self.is_selected(&playlist.name) {
                continue;
            }
            let known = self.states.get(&(SERVICE_PRIVACY.to_owned(), playlist.id.clone()));
            if known.is_some_and(|state| state.is_of(&digest) || state.is_part_of(&digest)) {
                self.import.report.unchanged += 1;
            } else if self.put(&playlist, found, &digest)? {
                let what = playlist.description.as_deref();
                crate::notes::put(self.import.services.own, &playlist.service, &playlist.id, what)?;
            }
        }
        Ok(())
    }

    /// Writes a playlist, unless the catalog has it completely from a newer export. Returns true if it was written.
    fn put(&mut self, playlist: &Playlist, found: &FoundFile, digest: &str) -> Result<bool, Error> {
        let known = self.states.get(&(playlist.service.clone(), playlist.id.clone()));
        if known.is_some_and(|state| state.is_whole() && found.modified.is_some_and(|at| at < state.said_at)) {
            let title = format!(
                "{}: {} is older than the playlist in the catalog; nothing was written",
                playlist.name, found.shown
            );
            let what = format!("{}:{}", playlist.service, playlist.id);
            let way = "To import it anyway, give the file a new modification time (`touch FILE`).";
            self.import.findings.add("older", &what, Severity::Low, title, way);
            self.import.report.unchanged += 1;
            return Ok(false);
        }
        self.import.report.playlists += 1;
        self.import.report.entries += playlist.entries.len();
        self.report_entries(playlist);
        let export = ExportTime { service: &playlist.service, at: found.modified };
        // After an incomplete export, the playlist keeps its old end. So it may have more entries than the export.
        let state = if playlist.complete { snapshot(digest, playlist.entries.len()) } else { part(digest) };
        self.import.report.part += usize::from(!playlist.complete);
        self.import.pending.playlist(self.import.services.catalog, export, playlist, &state)?;
        crate::episodes::put(self.import.services.own, playlist)?;
        Ok(true)
    }

    /// Reports repeated entries, and entries that are not music.
    fn report_entries(&mut self, playlist: &Playlist) {
        let mut seen = HashSet::new();
        let (mut twice, mut spoken, mut nothing) = (0, 0, 0);
        for entry in &playlist.entries {
            match &entry.uri {
                Some(uri) if uri.is_music() => twice += usize::from(!seen.insert(uri.id())),
                Some(_) => spoken += 1,
                None => nothing += 1,
            }
        }
        let what = format!("{}:{}", playlist.service, playlist.id);
        let name = &playlist.name;
        let mut report = |kind: &str, count: usize, title: String| {
            if count > 0 {
                self.import.findings.add(kind, &what, Severity::Info, title, &playlist.file);
            }
        };
        report(
            "twice",
            twice,
            format!(
                "{name}: {} repeated; `baton run spotify dedupe` plans which to remove",
                counted(twice, "entry is", "entries are")
            ),
        );
        report(
            "no-music",
            spoken,
            format!(
                "{name}: {}; they keep their places",
                counted(spoken, "entry is an episode or an audiobook", "entries are episodes or audiobooks")
            ),
        );
        report(
            "nothing",
            nothing,
            format!("{name}: {} no track; they keep their places", counted(nothing, "entry names", "entries name")),
        );
    }

    /// Reports playlists without a file. The catalog keeps them: a moved export does not delete a playlist. Playlists of the privacy
    /// export are reported only if all its files could be read.
    fn report_missing(&mut self, privacy: bool) {
        let there: HashSet<&str> = self.ids.values().map(String::as_str).collect();
        let is_section =
            |id: &str| id.match_indices(':').any(|(at, _)| id.get(..at).is_some_and(|file| there.contains(file)));
        let is_missing = |(service, id): &(String, String)| match service.as_str() {
            // A playlist of a file with several playlists counts as existing while the file exists.
            SERVICE_CSV => !there.contains(id.as_str()) && !is_section(id),
            _ => privacy && !self.privacy_ids.has(id),
        };
        let mut missing: Vec<_> = self.states.iter().filter(|(key, _)| is_missing(key)).collect();
        missing.sort_by_key(|(key, _)| *key);
        for ((service, id), state) in missing {
            let title = format!(
                "{}: its file is missing; the playlist stays in the catalog with {} entries",
                state.name, state.entries
            );
            self.import.findings.add("no-file", &format!("{service}:{id}"), Severity::Info, title, "");
        }
    }
}
