//! `pull`: reads the playlists and the liked songs of the account into the catalog. A second run of an unchanged account reads the list
//! of playlists and the first page of the liked songs, and writes nothing.

use std::collections::HashSet;
use std::fmt::Write as _;

use baton_core::Digest;
use baton_plugin_kit::Findings;
use baton_plugin_kit::host::{Progress, Writable};
use baton_plugin_kit::markdown::cell;
use baton_plugin_kit::playlist_names::playlist_id;
use baton_plugin_sdk::{Error, OutcomeKind, Severity};
use serde::Deserialize;

use super::items::{entry, text};
use super::pages::{self, List};
use super::playlist_list::{self, AccountPlaylist};
use super::web::{Api, Refusal};
use crate::action_result::{ActionResult, MARKDOWN, file};
use crate::import::{AccountWriter, HostServices};
use crate::model::{Playlist, SERVICE_ACCOUNT};
use baton_plugin_kit::counted;

/// The id of the liked songs, which are a playlist in the catalog. No playlist of Spotify has an id of this length.
const LIKED: &str = "liked";

/// The name of the liked songs.
const LIKED_NAME: &str = "Liked Songs";

/// The arguments.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// Names of playlists; absent: all.
    pub playlists: Vec<String>,
    /// True if the liked songs are read.
    pub liked: bool,
}

impl Default for Args {
    fn default() -> Self {
        Self { playlists: Vec::new(), liked: true }
    }
}

/// The services of the host that `pull` uses.
#[derive(Clone, Copy)]
pub struct PullServices<'a> {
    /// The music catalog.
    pub catalog: &'a dyn Writable,
    /// The plugin's own tables.
    pub own: &'a dyn Writable,
    /// Progress and cancellation.
    pub progress: &'a dyn Progress,
    /// The time, in milliseconds since 1970 UTC.
    pub now: i64,
}

/// The result for a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Read,
    Unchanged,
    /// The playlist belongs to others, so its items cannot be read.
    Followed,
    Incomplete(String),
    NotReached,
}

/// A row of the report.
struct Row {
    name: String,
    owner: String,
    items: usize,
    state: State,
}

/// Reads the account into the catalog.
///
/// # Errors
/// Spotify is not reachable, refuses the account, or a database fails. Rows that were written are kept.
pub fn pull(
    api: &Api<'_>,
    services: PullServices<'_>,
    args: &Args,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let PullServices { catalog, own, progress, now } = services;
    progress.step(1, "the list of playlists")?;
    let me = playlist_list::owner(api)?;
    let list = pages::all(api, "/v1/me/playlists", |_, _| {})?;
    let whole_list = list.incomplete.is_none();
    let mut listed = playlist_list::readable(&list.items, &me);
    let mut unknown = args.playlists.clone();
    if !args.playlists.is_empty() {
        let only: HashSet<_> = args.playlists.iter().map(|name| playlist_id(name)).collect();
        unknown.retain(|name| !listed.iter().any(|one| playlist_id(&one.name) == playlist_id(name)));
        listed.retain(|one| only.contains(&playlist_id(&one.name)));
    }
    let host = HostServices { catalog, own, progress };
    let mut pull = Pull { api, progress, writer: AccountWriter::begin(host, now, findings)?, rows: Vec::new() };
    pull.incomplete_list(&list);
    for name in &unknown {
        let title = format!("the account has no playlist {name:?}");
        pull.writer.findings().add("no-such-playlist", name, Severity::Medium, title, "");
    }
    if args.liked && args.playlists.is_empty() {
        pull.liked()?;
    }
    let count = listed.len().max(1);
    for (number, one) in listed.iter().enumerate() {
        let percent = u8::try_from(5 + number * 90 / count).unwrap_or(95);
        pull.progress.step(percent, &one.name)?;
        pull.playlist(one)?;
    }
    if whole_list && args.playlists.is_empty() {
        pull.report_removed(&listed, args.liked);
    }
    pull.finish()
}

struct Pull<'a> {
    api: &'a Api<'a>,
    progress: &'a dyn Progress,
    writer: AccountWriter<'a>,
    rows: Vec<Row>,
}

impl Pull<'_> {
    fn incomplete_list(&mut self, list: &List) {
        if let Some(why) = &list.incomplete {
            let title = format!("the list of playlists is incomplete: {why}");
            self.writer.findings().add("unreadable", "playlists", Severity::Medium, title, "");
        }
    }

    /// Reads a playlist, if it changed.
    fn playlist(&mut self, one: &AccountPlaylist) -> Result<(), Error> {
        let state = if !one.is_readable {
            State::Followed
        } else if self.writer.has(&one.id, &one.version) {
            State::Unchanged
        } else {
            self.read(one)?
        };
        self.add(&one.id, Row { name: one.name.clone(), owner: one.owner.clone(), items: one.items, state });
        Ok(())
    }

    /// Reads and writes a playlist. Does so a second time if the playlist changes in the meantime.
    fn read(&mut self, one: &AccountPlaylist) -> Result<State, Error> {
        let mut version = one.version.clone();
        for is_last in [false, true] {
            let path = format!("/v1/playlists/{}/items?additional_types=track,episode", one.id);
            let read = pages::all(self.api, &path, |done: usize, all: usize| {
                self.progress.report(50, &format!("{}: {done} of {all}", one.name));
            });
            let mut list = match read {
                Ok(list) => list,
                Err(Refusal::Forbidden) => return Ok(State::Followed),
                Err(Refusal::Missing) => return Ok(State::Incomplete("it does not exist any more".to_owned())),
                Err(Refusal::NoMoreRequests) => return Ok(State::NotReached),
                Err(refusal) => return Err(refusal.into()),
            };
            let after = match self.version_of(one, &list) {
                Ok(after) => after,
                Err(Refusal::NoMoreRequests | Refusal::Missing | Refusal::Forbidden) => return Ok(State::NotReached),
                Err(refusal) => return Err(refusal.into()),
            };
            let has_changed = after.as_ref().is_some_and(|after| *after != version);
            if has_changed {
                list.incomplete = Some("it changed while it was read".to_owned());
                version = after.unwrap_or(version);
            }
            if has_changed && !is_last {
                continue;
            }
            return self.write(&one.id, &one.name, one.description.clone(), list, &version);
        }
        Ok(State::NotReached)
    }

    /// The present snapshot of a playlist with several pages; one page cannot change while it is read.
    fn version_of(&self, one: &AccountPlaylist, list: &List) -> Result<Option<String>, Refusal> {
        if list.items.len() <= 50 && list.incomplete.is_none() {
            return Ok(None);
        }
        let now = self.api.get(&format!("/v1/playlists/{}?fields=snapshot_id", one.id))?.unwrap_or_default();
        Ok(text(&now, "/snapshot_id"))
    }

    /// Reads the liked songs, if their number or the first page changed. Liked songs have no snapshot. The newest songs come
    /// first, so an added or removed song changes the number or the first page.
    fn liked(&mut self) -> Result<(), Error> {
        let path = "/v1/me/tracks";
        self.progress.step(3, LIKED_NAME)?;
        let first = match pages::first(self.api, path) {
            Ok(first) => first,
            Err(Refusal::Forbidden) => {
                let title = format!("{LIKED_NAME} were not read: the account did not allow it (user-library-read)");
                let way = "`baton account add spotify` asks for it.";
                self.writer.findings().add("unreadable", LIKED, Severity::Medium, title, way);
                return Ok(());
            }
            Err(other) => return Err(other.into()),
        };
        let version = Digest::of(format!("{} {:?}", first.total, first.items).as_bytes()).to_string();
        let total = first.total;
        let state = if first.incomplete.is_none() && self.writer.has(LIKED, &version) {
            State::Unchanged
        } else {
            let mut step = |done: usize, all: usize| self.progress.report(4, &format!("{LIKED_NAME}: {done} of {all}"));
            match pages::from(self.api, path, first, &mut step) {
                Ok(list) => self.write(LIKED, LIKED_NAME, None, list, &version)?,
                Err(Refusal::NoMoreRequests) => State::NotReached,
                Err(other) => return Err(other.into()),
            }
        };
        self.add(LIKED, Row { name: LIKED_NAME.to_owned(), owner: String::new(), items: total, state });
        Ok(())
    }

    fn write(
        &mut self,
        id: &str,
        name: &str,
        description: Option<String>,
        list: List,
        version: &str,
    ) -> Result<State, Error> {
        let playlist = Playlist {
            service: SERVICE_ACCOUNT.to_owned(),
            id: id.to_owned(),
            name: name.to_owned(),
            description,
            entries: list.items.iter().map(entry).collect(),
            complete: list.incomplete.is_none(),
            file: String::new(),
            section: None,
        };
        self.writer.put(&playlist, version)?;
        let nothing = playlist.entries.iter().filter(|entry| entry.uri.is_none()).count();
        if nothing > 0 {
            let title = format!(
                "{name}: {} not available any more; they keep their places",
                counted(nothing, "item is", "items are")
            );
            self.writer.findings().add("nothing", id, Severity::Info, title, "");
        }
        Ok(list.incomplete.map_or(State::Read, State::Incomplete))
    }

    /// Adds a row, and reports items that were not read.
    fn add(&mut self, id: &str, row: Row) {
        let name = &row.name;
        match &row.state {
            State::Incomplete(why) => {
                let title = format!("{name}: the playlist is incomplete in the catalog, because {why}");
                self.writer.findings().add("unreadable", id, Severity::Medium, title, "Run `pull` again.");
            }
            State::NotReached => {
                let title = format!("{name}: the playlist was not read, because this task has no more requests");
                self.writer.findings().add(
                    "unreadable",
                    id,
                    Severity::Medium,
                    title,
                    "Run `pull` again: the next run continues with this playlist.",
                );
            }
            State::Followed => {
                let title =
                    format!("{name}: the playlist belongs to {}, so Spotify does not return its items", row.owner);
                self.writer.findings().add("followed", id, Severity::Info, title, "");
            }
            State::Read | State::Unchanged => {}
        }
        self.rows.push(row);
    }

    /// Reports playlists that the account does not have any more. The catalog keeps them.
    fn report_removed(&mut self, listed: &[AccountPlaylist], liked: bool) {
        let is_there = |id: &str| (id == LIKED && liked) || listed.iter().any(|one| one.id == id);
        let removed = self.writer.known().filter(|(id, _)| *id != LIKED && !is_there(id));
        let mut removed: Vec<(String, String)> = removed.map(|(id, name)| (id.to_owned(), name.to_owned())).collect();
        removed.sort();
        for (id, name) in removed {
            let title = format!("{name}: the account does not have this playlist any more; the catalog keeps it");
            self.writer.findings().add("no-file", &format!("{SERVICE_ACCOUNT}:{id}"), Severity::Info, title, "");
        }
    }

    fn finish(self) -> Result<ActionResult, Error> {
        let requests = self.api.requests();
        let count = |is: fn(&State) -> bool| self.rows.iter().filter(|row| is(&row.state)).count();
        let (read, unchanged) = (count(|state| *state == State::Read), count(|state| *state == State::Unchanged));
        let followed = count(|state| *state == State::Followed);
        let open = count(|state| matches!(state, State::Incomplete(_) | State::NotReached));
        let tracks = self.writer.finish()?;
        let mut summary = format!(
            "{} read with {}, {unchanged} unchanged, in {}.",
            counted(read, "list was", "lists were"),
            counted(tracks, "track", "tracks"),
            counted(requests, "request", "requests"),
        );
        if followed > 0 {
            let _ = write!(
                summary,
                " {} of others: Spotify does not give their items.",
                counted(followed, "playlist is", "playlists are")
            );
        }
        if open > 0 {
            let _ = write!(summary, " {} INCOMPLETE; run `pull` again.", counted(open, "list is", "lists are"));
        }
        let kind = if open > 0 { OutcomeKind::Partial } else { OutcomeKind::Done };
        let reports = vec![file("spotify-account.md", MARKDOWN, report(&self.rows, &summary))];
        Ok(ActionResult { kind, summary, reports, ..ActionResult::default() })
    }
}

fn report(rows: &[Row], summary: &str) -> String {
    let mut text =
        format!("# Spotify account\n\n{summary}\n\n| playlist | owner | items | state |\n|---|---|---:|---|\n");
    for row in rows {
        let state = match &row.state {
            State::Read => "read".to_owned(),
            State::Unchanged => "unchanged".to_owned(),
            State::Followed => "of others: listed only".to_owned(),
            State::Incomplete(why) => format!("INCOMPLETE: {why}"),
            State::NotReached => "INCOMPLETE: not read yet".to_owned(),
        };
        let _ = writeln!(text, "| {} | {} | {} | {} |", cell(&row.name), cell(&row.owner), row.items, cell(&state));
    }
    text
}
