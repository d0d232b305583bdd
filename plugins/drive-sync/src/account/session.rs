//! One task with the account. Before the task's action, the account is read and changed files are downloaded. After the action,
//! files are uploaded. Only one task of a workspace works with the account at a time.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use baton_plugin_kit::host::{HeldLock, Writable};
use baton_plugin_sdk::{Error, Outcome, OutcomeKind, Severity};
use serde_json::json;

use super::api::{Api, Networks, Refusal, forbidden_text, full_text};
use super::files::{Files, RemoteFile};
use super::state::{Account, AccountPlace, DatabasePlace};
use super::store::Store;
use super::transfer::{self, PARTS, TransferError};
use super::{folders, index, sheets};
use crate::context::{DriveContext, SyncError};
use crate::drive::{Listing, ParsedName, base_name, find, id_key};
use crate::schema::SIDECAR;

/// How often the account is read again after something was created in it.
const CHECKS: usize = 3;

/// A task with the account.
pub struct AccountSession<'a> {
    context: &'a DriveContext<'a>,
    own: &'a dyn Writable,
    web: Networks<'a>,
    place: &'a AccountPlace,
    /// The selected databases in the compared form; all if empty.
    only: BTreeSet<String>,
    held: Box<dyn HeldLock>,
    /// The maximum number of requests of this task.
    requests: usize,
}

impl std::fmt::Debug for AccountSession<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountSession")
    }
}

impl<'a> AccountSession<'a> {
    /// Acquires the lock of the account.
    ///
    /// # Errors
    /// `retryable` when another task works with the account for more than 7 s.
    pub fn begin(
        context: &'a DriveContext<'a>,
        own: &'a dyn Writable,
        web: Networks<'a>,
        place: &'a AccountPlace,
        only: BTreeSet<String>,
        requests: usize,
    ) -> Result<Self, Error> {
        let held = context.locks.take_account()?;
        Ok(Self { context, own, web, place, only, held, requests })
    }

    /// Runs an action on the folder: downloads before it, uploads after it. The action runs only after the account was read
    /// completely. If the requests or the time of the task are used up, the outcome states how many databases were compared,
    /// and the next task continues.
    ///
    /// # Errors
    /// As the action; `needs-grant` when the account needs consent; `retryable` when a later attempt may succeed.
    pub fn run(self, overwrite: bool, action: impl FnOnce() -> Result<Outcome, Error>) -> Result<Outcome, Error> {
        let api = self.api();
        let account = self.account(&api)?;
        let top = match self.pull(&account) {
            Err(_) if api.is_used_up() => {
                return Ok(self.outcome(&account, Outcome::partial("No database was synced.")));
            }
            top => top?,
        };
        let outcome = action()?;
        if !self.held.holds()? {
            return Err(Error::Retryable("somebody removed the lock of the account; nothing was uploaded".to_owned()));
        }
        api.end_reading();
        match self.push(&account, top, overwrite) {
            Err(_) if api.is_used_up() => {}
            pushed => pushed?,
        }
        Ok(self.outcome(&account, outcome))
    }

    /// Reports duplicates in the account, and changes nothing.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn inspect(self, outcome: Outcome) -> Result<Outcome, Error> {
        let api = self.api();
        let account = self.account(&api)?;
        match index::refresh(&account) {
            Err(_) if api.is_used_up() => return Ok(incomplete(&account, outcome)),
            refreshed => refreshed?,
        }
        let files = account.store.files()?;
        let folders = duplicates(&files, "folder");
        for (database, ids) in &folders {
            let title = format!("{} folders of the account belong to the database {database}", ids.len());
            let step = format!("{}\nbaton run drive-sync sync --arg place=account merges them", ids.join("\n"));
            account.report("account-duplicate-folder", database, Severity::High, title, step);
        }
        for part in PARTS {
            for (database, ids) in duplicates(&files, part.name()) {
                let title =
                    format!("the account has {} files for the {} of the database {database}", ids.len(), part.name());
                account.report(
                    "account-duplicate-file",
                    &format!("{database}:{}", part.name()),
                    Severity::High,
                    title,
                    ids.join("\n"),
                );
            }
        }
        let count = files.iter().filter(|file| file.marker.part == "folder" && file.marker.merged.is_empty()).count();
        let mut outcome = outcome;
        outcome.summary.push_str(&format!(
            " Google Drive has {count} folders of databases; databases with several folders: {}.",
            folders.len()
        ));
        outcome.findings.append(&mut account.findings.take().into_list());
        Ok(outcome)
    }

    fn api(&self) -> Api<'a> {
        Api::new(self.web, self.context.begin, self.requests)
    }

    /// Opens the account. If the last task used another Google account, the stored state of that account is deleted.
    fn account<'b>(&'b self, api: &'b Api<'b>) -> Result<Account<'b>, Error> {
        let account = Account {
            files: Files::new(api, &self.place.shared_drive),
            store: Store::open(self.own, self.place.key())?,
            place: self.place,
            root: &self.context.root,
            now_ms: self.context.now_ms,
            uploaded: Cell::new(0),
            downloaded: Cell::new(0),
            merged: Cell::new(0),
            selected: Cell::new(0),
            compared: Cell::new(0),
            is_full: Cell::new(false),
            changes: RefCell::default(),
            findings: RefCell::default(),
        };
        account.store.set_user(&account.files.user()?)?;
        Ok(account)
    }

    /// Reads the account, and downloads what changed in it. Returns the id of the top folder.
    fn pull(&self, account: &Account<'_>) -> Result<String, Error> {
        index::refresh(account)?;
        folders::finish_merges(account)?;
        let top = folders::top(account)?.folder.id;
        let files = account.store.files()?;
        let local = self.local()?;
        let mut remote = remote_databases(&files);
        remote.retain(|database, _| self.is_selected(database));
        account.begin_comparing(remote.len());
        for (number, (database, name)) in remote.into_iter().enumerate() {
            account.compared.set(number);
            let name = if folders::known(&files, &top, &database, &name).len() > 1 {
                match folders::database(account, &top, &database, &name) {
                    Ok(ensured) => ensured.folder.name,
                    Err(refusal) => {
                        settle(account, &DatabasePlace { database, folder: name }, Err(refusal.into()))?;
                        continue;
                    }
                }
            } else {
                name
            };
            let Some(_held) = self.context.locks.try_take(&database)? else {
                report_busy(account, &database, &name);
                continue;
            };
            let place = match local.get(&database).map(Vec::as_slice) {
                Some([folder]) => DatabasePlace { database, folder: folder.clone() },
                // If the database has several folders below `drive`, the action merges them.
                Some(_) => continue,
                None => match self.new_folder(account, &database, &name)? {
                    Some(place) => place,
                    None => continue,
                },
            };
            settle(account, &place, transfer::pull(account, &place))?;
            settle(account, &place, sheets::pull(account, &place))?;
        }
        Ok(top)
    }

    /// Creates a folder for a database that is only in the account. Returns `None` if the name in the account is not valid, or
    /// if a folder of the database exists now.
    fn new_folder(&self, account: &Account<'_>, database: &str, name: &str) -> Result<Option<DatabasePlace>, Error> {
        let named = ParsedName::parse(name);
        let is_right = |named: ParsedName<'_>| id_key(named.id) == database && base_name(named.title, named.id) == name;
        if !named.is_some_and(is_right) {
            let title =
                format!("{name}: the name of this folder of the account is not TITLE_ID; it was not downloaded");
            account.report("account-name", database, Severity::Medium, title, String::new());
            return Ok(None);
        }
        let unreadable = |error: std::io::Error| Error::Retryable(format!("cannot create the folder {name}: {error}"));
        // Another task may have created a folder since the list was read, perhaps with another title. The next sync downloads
        // the files into that folder.
        if !find(&self.context.root, database).map_err(unreadable)?.is_empty() {
            return Ok(None);
        }
        fs::create_dir(self.context.root.join(name)).map_err(unreadable)?;
        Ok(Some(DatabasePlace { database: database.to_owned(), folder: name.to_owned() }))
    }

    /// Uploads what changed in the folder, and checks for duplicates that others made meanwhile.
    fn push(&self, account: &Account<'_>, mut top: String, overwrite: bool) -> Result<(), Error> {
        let mut made = false;
        let places = self.uploaded_places()?;
        account.begin_comparing(places.len());
        for (number, place) in places.into_iter().enumerate() {
            account.compared.set(number);
            if account.is_full.get() {
                break;
            }
            let ensured = match folders::database(account, &top, &place.database, &place.folder) {
                Ok(ensured) => ensured,
                Err(refusal) => {
                    settle(account, &place, Err(refusal.into()))?;
                    continue;
                }
            };
            let uploaded = account.uploaded.get();
            let Some(_held) = self.context.locks.try_take(&place.database)? else {
                report_busy(account, &place.database, &place.folder);
                continue;
            };
            let pushed = transfer::push(account, &place, &ensured.folder.id, overwrite);
            settle(account, &place, pushed)?;
            made |= ensured.made || account.uploaded.get() > uploaded;
        }
        account.compared.set(account.selected.get());
        for _ in 0..CHECKS {
            if !std::mem::take(&mut made) {
                break;
            }
            index::refresh(account)?;
            top = folders::top(account)?.folder.id;
            let files = account.store.files()?;
            for database in duplicates(&files, "folder").into_keys() {
                let name = folders::known(&files, &top, &database, "").first().map(|file| file.name.clone());
                let name = name.unwrap_or_default();
                match folders::database(account, &top, &database, &name) {
                    Ok(_) => made = true,
                    Err(refusal) => {
                        settle(account, &DatabasePlace { database, folder: name }, Err(refusal.into()))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The selected databases that have one folder below `drive`.
    fn uploaded_places(&self) -> Result<Vec<DatabasePlace>, Error> {
        let mut places = Vec::new();
        for (database, local) in self.local()? {
            let [folder] = local.as_slice() else { continue };
            if self.is_selected(&database) && (!self.only.is_empty() || self.has_manifest(folder)) {
                places.push(DatabasePlace { database, folder: folder.clone() });
            }
        }
        Ok(places)
    }

    fn outcome(&self, account: &Account<'_>, mut outcome: Outcome) -> Outcome {
        let (up, down, merged) = (account.uploaded.get(), account.downloaded.get(), account.merged.get());
        outcome.summary.push_str(&match (up, down) {
            (0, 0) if account.files.api.is_used_up() => String::new(),
            (0, 0) => " Google Drive has the same files.".to_owned(),
            _ => format!(" Google Drive: {up} files uploaded, {down} downloaded."),
        });
        if merged > 0 {
            outcome
                .summary
                .push_str(&format!(" {merged} duplicate folders of the account were merged; no file was lost."));
        }
        let changes = account.changes.take();
        if !changes.is_empty() {
            let report = json!({ "schema": 1, "place": self.place.top, "shared_drive": self.place.shared_drive, "changes": changes });
            let stamp = baton_plugin_kit::time::stamp(self.context.now_ms).unwrap_or_default();
            outcome = outcome.with_artifact(
                format!("drive-account-{stamp}.json"),
                "application/json",
                format!("{report:#}\n"),
            );
        }
        let mut findings = account.findings.take().into_list();
        if findings.iter().any(|finding| finding.severity != Severity::Low) {
            outcome.summary.push_str(" Some files of the account were left out: the findings say why.");
            if outcome.kind == OutcomeKind::Done {
                outcome.kind = OutcomeKind::Partial;
                outcome.next_steps.push("follow the findings about the account, then run the task again".to_owned());
            }
        }
        outcome.findings.append(&mut findings);
        incomplete(account, outcome)
    }

    /// The folders of each database below `drive`.
    fn local(&self) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let listing = Listing::read(&self.context.root).map_err(|error| Error::Retryable(error.to_string()))?;
        let mut local: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, folders) in listing.by_id {
            local.entry(id_key(&id)).or_default().extend(folders.into_iter().map(|folder| folder.name));
        }
        Ok(local)
    }

    /// True if the plugin wrote into a folder. Other folders of a person are not uploaded.
    fn has_manifest(&self, folder: &str) -> bool {
        let manifest = self.context.root.join(folder).join(format!("{folder}{SIDECAR}"));
        fs::symlink_metadata(manifest).is_ok_and(|found| found.is_file())
    }

    fn is_selected(&self, database: &str) -> bool {
        self.only.is_empty() || self.only.contains(database)
    }
}

/// Adds the number of compared databases to the outcome if the requests or the time were used up. The next task also finds
/// folders that others created in the meantime.
fn incomplete(account: &Account<'_>, mut outcome: Outcome) -> Outcome {
    let (selected, compared) = (account.selected.get(), account.compared.get());
    if !account.files.api.is_used_up() || selected > 0 && selected == compared {
        return outcome;
    }
    let what = match selected {
        0 => "the account was not read to the end".to_owned(),
        _ => format!("{compared} of {selected} databases were compared with Google Drive"),
    };
    let text = format!(" INCOMPLETE: {what}, then the requests or the time of this task were used up.");
    outcome.summary.push_str(&text);
    if outcome.kind == OutcomeKind::Done {
        outcome.kind = OutcomeKind::Partial;
    }
    outcome.with_next_step("run the task again: it continues, and repeats no completed step")
}

/// Decides after a database whether the task continues with the next database or ends.
fn settle(account: &Account<'_>, place: &DatabasePlace, done: Result<(), TransferError>) -> Result<(), Error> {
    let (kind, why) = match done {
        Ok(()) => return Ok(()),
        Err(TransferError::Refusal(Refusal::Forbidden(why))) => ("account-refused", forbidden_text(&why)),
        Err(TransferError::Refusal(Refusal::Full(why))) => {
            account.is_full.set(true);
            let evidence = "the report lists the completed steps".to_owned();
            account.report("account-full", "account", Severity::High, full_text(&why), evidence);
            return Ok(());
        }
        Err(TransferError::Refusal(refusal)) => return Err(refusal.into()),
        Err(TransferError::Local(SyncError::Fatal(error))) => return Err(error),
        Err(TransferError::Local(SyncError::Refused(kind, why))) => (kind, why),
    };
    account.report(kind, &place.database, Severity::High, format!("{}: {why}", place.folder), String::new());
    Ok(())
}

fn report_busy(account: &Account<'_>, database: &str, folder: &str) {
    let title = format!("{folder}: another task works on this database; its files were not compared with the account");
    account.report("account-busy", database, Severity::Medium, title, String::new());
}

/// The databases in the account, with the name of the folder to keep.
fn remote_databases(files: &[RemoteFile]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for file in files.iter().filter(|file| file.marker.part == "folder" && file.marker.merged.is_empty()) {
        names.entry(file.marker.database.clone()).or_insert_with(|| file.name.clone());
    }
    names
}

/// The ids of the files of each database that has several files of a part.
fn duplicates(files: &[RemoteFile], part: &str) -> BTreeMap<String, Vec<String>> {
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.marker.part == part && file.marker.merged.is_empty()) {
        ids.entry(file.marker.database.clone()).or_default().push(file.id.clone());
    }
    ids.retain(|_, ids| ids.len() > 1);
    ids
}
