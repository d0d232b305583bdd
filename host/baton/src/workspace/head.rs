//! The known ledger of a workspace: `.baton-ledger` beside `baton.toml` has the ledger's id and the last head of its chain.
//! If the ledger is missing, was replaced or was rolled back to an older copy, Baton reports this and does not silently
//! start with another ledger.
//!
//! Each state folder that ever served the workspace has a separate entry, because a workspace may be synced between
//! machines or copied. The head is read after a commit, and the file is replaced as a whole. So after a crash the file
//! has an older head, which is still in the chain.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, bail};
use baton_core::text::one_line;
use baton_files::SHARED;
use baton_intake::{Owner, owner_in};
use baton_ledger::identity::{self, Comparison, KnownLedger};
use baton_ledger::verify::ChainTip;
use baton_ledger::{Ledger, LedgerError, Reader};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{State, Workspace};

/// The file's name.
pub(crate) const HEAD_FILE: &str = ".baton-ledger";

/// The maximum size of the file, which has one entry for each state folder that served the workspace.
const BYTES: u64 = 1 << 20;

/// The newest version of the file's format that this build reads.
const SCHEMA: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct HeadFile {
    schema: u32,
    ledgers: Vec<Entry>,
}

/// One ledger of the workspace: its state folder, its id and the head of its chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    host: String,
    root: String,
    state: String,
    state_id: String,
    ledger: String,
    events: u64,
    head: String,
}

impl Entry {
    fn known(&self) -> KnownLedger {
        KnownLedger { id: self.ledger.clone(), tip: ChainTip { events: self.events, head: self.head.clone() } }
    }

    fn described(&self) -> String {
        format!("ledger {}, {} events, head {}", short(&self.ledger), self.events, short(&self.head))
    }
}

fn short(hex: &str) -> &str {
    hex.get(..12).unwrap_or(hex)
}

/// Why the ledger is not the one that the workspace knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LedgerMismatch {
    pub(crate) what: String,
    /// The command or edit that fixes the problem.
    pub(crate) fix: String,
    /// The id of the state folder that had the ledger, if known.
    state_id: Option<String>,
}

impl LedgerMismatch {
    /// Escapes the texts, because they contain parts of `.baton-ledger`, which anybody who can write to the workspace can change.
    fn new(what: &str, fix: &str, state_id: Option<String>) -> Self {
        Self { what: one_line(what), fix: one_line(fix), state_id }
    }
}

impl std::fmt::Display for LedgerMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}", self.what, self.fix)
    }
}

/// Compares the ledger of `state` with the known ledger of the workspace at `root`. Changes nothing.
pub(crate) fn check(root: &Path, state: &State) -> anyhow::Result<Option<LedgerMismatch>> {
    let path = state.ledger();
    let file = match read(root) {
        Ok(file) => file,
        Err(error) => return Ok(Some(unreadable(root, &error))),
    };
    let Some(entry) = file.ledgers.iter().find(|entry| is_of(entry, state)) else {
        return Ok(match of_another(state, root).or_else(|| moved(&file, root, &path)) {
            None => without_entry(root, state)?,
            alarm => alarm,
        });
    };
    let alarm = |what: String| Some(LedgerMismatch::new(&what, &fix(), Some(entry.state_id.clone())));
    let (shown, known) = (path.display(), entry.described());
    let reader = match Reader::open(&path) {
        Ok(reader) => reader,
        Err(LedgerError::Unmade) => {
            return Ok(alarm(format!("the ledger {shown} is empty; this workspace had {known}")));
        }
        Err(_) if path.symlink_metadata().is_err() => {
            return Ok(alarm(format!("the ledger {shown} is missing; this workspace had {known}")));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(match identity::compare(&reader, &entry.known())? {
        Comparison::Same => None,
        Comparison::Other(id) => {
            let id = id.map_or_else(|| "without an id, from an older version".to_owned(), |id| short(&id).to_owned());
            alarm(format!("the ledger {shown} is a different one ({id}); this workspace had {known}"))
        }
        Comparison::Older(events) => alarm(format!(
            "the ledger {shown} is older than the one that this workspace had, or its end was replaced: the last known \
             head is not in its chain of {events} events; this workspace had {known}"
        )),
    })
}

/// The alarm for a workspace that was served, but whose `.baton-ledger` has no entry, for instance because the file was
/// deleted too. The state folder's id and the ownership markers of the inboxes still prove that the workspace had a ledger.
/// The markers also contain the ledger's id.
fn without_entry(root: &Path, state: &State) -> anyhow::Result<Option<LedgerMismatch>> {
    let path = state.ledger();
    let owner = served_with(root, state);
    let is_missing = path.symlink_metadata().is_err();
    if is_missing && (owner.is_some() || state.known_id().is_some()) {
        let state_id = owner.map(|owner| owner.id).or_else(|| state.known_id());
        let what = format!("the ledger {} is missing, and {HEAD_FILE} has no entry for it", path.display());
        return Ok(Some(LedgerMismatch::new(&what, &fix(), state_id)));
    }
    let Some(owner) = owner.filter(|owner| !is_missing && !owner.ledger.is_empty()) else { return Ok(None) };
    let current = match Reader::open(&path) {
        Err(LedgerError::Unmade) => None,
        reader => identity::current(&reader?)?.map(|known| known.id),
    };
    if current.as_ref() == Some(&owner.ledger) {
        return Ok(None);
    }
    let found = current.map_or_else(|| "empty or without an id".to_owned(), |id| short(&id).to_owned());
    let what = format!(
        "the ledger {} is a different one ({found}), and its entry in {HEAD_FILE} is missing; the inboxes of this workspace were served \
         with ledger {}",
        path.display(),
        short(&owner.ledger)
    );
    Ok(Some(LedgerMismatch::new(&what, &fix(), Some(owner.id))))
}

/// The owner in an ownership marker of `handoffs/` that names this workspace and this state folder.
fn served_with(root: &Path, state: &State) -> Option<Owner> {
    let here = host();
    let is_same = |owner: &Owner| {
        owner.host == here && Path::new(&owner.root) == root && Path::new(&owner.state) == state.folder()
    };
    let folders = fs::read_dir(root.join("handoffs")).ok()?.flatten();
    folders.filter_map(|folder| owner_in(&folder.path())).find(is_same)
}

fn fix() -> String {
    "`baton restore FILE` puts a backup in its place (with --force it keeps an existing ledger beside it); `baton up \
     --new-ledger` uses the existing ledger, or an empty one if there is none, and records the change in the ledger"
        .to_owned()
}

fn unreadable(root: &Path, error: &anyhow::Error) -> LedgerMismatch {
    let shown = root.join(HEAD_FILE);
    LedgerMismatch::new(
        &format!("cannot read {}, which names the ledger of this workspace: {error:#}", shown.display()),
        "compare `baton ledger verify --head` with the head in a RETURN or a backup; if the ledger is the right one, \
         `baton up --new-ledger` writes the file again and records the change in the ledger",
        None,
    )
}

/// The alarm for the state folder of another workspace, which `--state` named.
fn of_another(state: &State, root: &Path) -> Option<LedgerMismatch> {
    let other = state.other_workspace(root).filter(|_| state.ledger().exists())?;
    let what = format!("the state folder {} belongs to the workspace {}", state.folder().display(), other.display());
    let fix = "name another folder with --state, or omit the option; `baton up --new-ledger` uses that ledger for \
               this workspace too and records the change in the ledger";
    Some(LedgerMismatch::new(&what, fix, None))
}

/// The alarm for a workspace that was renamed: its ledger is in the state folder of its old path.
fn moved(file: &HeadFile, root: &Path, ledger: &Path) -> Option<LedgerMismatch> {
    if ledger.exists() {
        return None;
    }
    let here = host();
    let was_elsewhere =
        |entry: &&Entry| entry.host == here && Path::new(&entry.root) != root && !Path::new(&entry.root).exists();
    let entry = file.ledgers.iter().filter(was_elsewhere).find(|entry| Path::new(&entry.state).is_dir())?;
    let fix = format!(
        "`--state {}` uses that ledger; `baton up --new-ledger` starts an empty ledger and records the change in it",
        baton_core::shell::quoted(&entry.state)
    );
    Some(LedgerMismatch::new(
        &format!("this workspace was at {}, and its ledger is in {}", entry.root, entry.state),
        &fix,
        None,
    ))
}

fn is_of(entry: &Entry, state: &State) -> bool {
    let same_machine = entry.host == host() || state.known_id().is_some_and(|id| id == entry.state_id);
    same_machine && Path::new(&entry.state) == state.folder()
}

/// Opens the workspace's ledger for `owner`; creates it if the workspace never had one.
pub(crate) fn open_ledger(workspace: &Workspace, owner: &str) -> anyhow::Result<Ledger> {
    need_known(workspace)?;
    let ledger = Ledger::open(&workspace.state.ledger(), owner)?;
    remember_first(workspace, &ledger);
    Ok(ledger)
}

/// Checks that the ledger is the known ledger of the workspace. A workspace without a known ledger passes the check.
pub(crate) fn need_known(workspace: &Workspace) -> anyhow::Result<()> {
    match check(&workspace.root, &workspace.state)?.filter(|_| !workspace.temporary) {
        Some(alarm) => bail!("{alarm}"),
        None => Ok(()),
    }
}

/// Refuses a state folder without a ledger if the workspace has a ledger in another state folder. A program that another
/// program starts may get another environment, and would then serve an empty ledger without notice.
pub(crate) fn need_used_state(workspace: &Workspace) -> anyhow::Result<()> {
    let is_used = workspace.state.ledger().exists() || !workspace.root.join(HEAD_FILE).exists();
    if is_used {
        return Ok(());
    }
    bail!(
        "{} has no ledger, but this workspace has been served with another state folder; name that one with --state DIR, or set \
         XDG_STATE_HOME as for `baton up`",
        workspace.state.folder().display()
    )
}

/// Uses the existing ledger, or a new one if there is none, and records in its chain which ledger the workspace had before.
/// Fails if the ledger is the known one.
pub(crate) fn begin_anew(workspace: &Workspace, owner: &str) -> anyhow::Result<()> {
    let Some(alarm) = check(&workspace.root, &workspace.state)? else {
        bail!("--new-ledger is not needed, because the ledger is the known ledger of this workspace; omit the option");
    };
    if let Some(id) = &alarm.state_id {
        workspace.state.keep_id(id)?;
    }
    let ledger = Ledger::open(&workspace.state.ledger(), owner)?;
    let reason = alarm.what;
    ledger.write_blocking(move |tx| identity::record_start(tx, &reason, Timestamp::now()))?;
    forget(workspace)?;
    remember(workspace, &current(&ledger)?)
}

/// Records the ledger that was just restored as the known ledger.
pub(crate) fn restored(workspace: &Workspace) -> anyhow::Result<()> {
    if let Ok(file) = read(&workspace.root)
        && let Some(entry) = file.ledgers.iter().find(|entry| is_of(entry, &workspace.state))
    {
        workspace.state.keep_id(&entry.state_id)?;
    }
    forget(workspace)?;
    match identity::current(&Reader::open(&workspace.state.ledger())?)? {
        Some(known) => remember(workspace, &known),
        None => Ok(()),
    }
}

/// Records the head of the ledger if it has changed. If the workspace cannot be written to, this only logs a warning.
pub(crate) fn note(workspace: &Workspace, ledger: &Ledger) {
    if workspace.temporary {
        return;
    }
    if let Err(error) = current(ledger).and_then(|known| remember(workspace, &known)) {
        tracing::warn!("the head of the ledger is not recorded in {HEAD_FILE}: {error:#}");
    }
}

/// The ledger as it is now, read from the open file.
fn current(ledger: &Ledger) -> anyhow::Result<KnownLedger> {
    let known = identity::current(&ledger.reader()?)?;
    ledger.check_files()?;
    known.context("the ledger has no id")
}

/// Records a new ledger immediately, so that its loss is detected from the beginning.
fn remember_first(workspace: &Workspace, ledger: &Ledger) {
    let known = |file: HeadFile| file.ledgers.iter().any(|entry| is_of(entry, &workspace.state));
    if !read(&workspace.root).is_ok_and(known) {
        note(workspace, ledger);
    }
}

fn remember(workspace: &Workspace, known: &KnownLedger) -> anyhow::Result<()> {
    let mut file = read(&workspace.root)?;
    let entry = Entry {
        host: host(),
        root: workspace.root.display().to_string(),
        state: workspace.state.folder().display().to_string(),
        state_id: workspace.state.id()?,
        ledger: known.id.clone(),
        events: known.tip.events,
        head: known.tip.head.clone(),
    };
    if file.ledgers.contains(&entry) {
        return Ok(());
    }
    let here = |other: &Entry| Path::new(&other.root) == workspace.root;
    file.ledgers.retain(|other| here(other) && !is_of(other, &workspace.state));
    file.ledgers.push(entry);
    write(&workspace.root, &file)
}

/// Removes the entry of this state, and a file that cannot be read.
fn forget(workspace: &Workspace) -> anyhow::Result<()> {
    let path = workspace.root.join(HEAD_FILE);
    let Ok(mut file) = read(&workspace.root) else {
        return fs::remove_file(&path).with_context(|| format!("failed to remove {}", path.display()));
    };
    let before = file.ledgers.len();
    file.ledgers.retain(|entry| !is_of(entry, &workspace.state));
    if file.ledgers.len() == before { Ok(()) } else { write(&workspace.root, &file) }
}

fn read(root: &Path) -> anyhow::Result<HeadFile> {
    let text = match baton_files::read_text(&root.join(HEAD_FILE), BYTES) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(HeadFile { schema: SCHEMA, ledgers: Vec::new() });
        }
        read => read?,
    };
    let file: HeadFile = serde_json::from_str(&text)?;
    if file.schema > SCHEMA {
        bail!("it has format {}, this baton supports formats up to {SCHEMA}: update baton", file.schema);
    }
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if file.ledgers.iter().any(|entry| !is_hex(&entry.ledger) || !is_hex(&entry.head)) {
        bail!("the `ledger` or `head` of an entry has characters that are not hexadecimal digits");
    }
    Ok(file)
}

fn write(root: &Path, file: &HeadFile) -> anyhow::Result<()> {
    let path = root.join(HEAD_FILE);
    let text = serde_json::to_string_pretty(file)? + "\n";
    baton_files::replace(&path, text.as_bytes(), SHARED).with_context(|| format!("failed to write {}", path.display()))
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(ledger: &str, head: &str) -> Entry {
        let [host, state, state_id] = ["h", "/s", "i"].map(str::to_owned);
        let (ledger, head) = (ledger.to_owned(), head.to_owned());
        Entry { host, root: "/gone\n\u{1b}[31m".to_owned(), state, state_id, ledger, events: 1, head }
    }

    #[test]
    fn errors_when_an_id_or_a_head_is_not_hexadecimal() {
        let folder = tempfile::tempdir().unwrap();
        for (ledger, head, good) in
            [("ab12", "CD", true), ("ab\nok    ledger", "cd", false), ("ab", "\u{1b}[31m", false)]
        {
            write(folder.path(), &HeadFile { schema: SCHEMA, ledgers: vec![entry(ledger, head)] }).unwrap();
            assert_eq!(read(folder.path()).is_ok(), good, "{ledger:?} {head:?}");
        }
    }

    #[test]
    fn an_alarm_has_no_line_breaks_and_control_characters_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().display().to_string();
        let file = HeadFile { schema: SCHEMA, ledgers: vec![Entry { host: host(), state, ..entry("ab", "cd") }] };
        let alarm = moved(&file, folder.path(), &folder.path().join("ledger.db")).unwrap();
        assert!(alarm.what.contains("/gone\\n\\u{1b}[31m"), "{}", alarm.what);
        assert!(!alarm.what.contains(char::is_control) && !alarm.fix.contains(char::is_control), "{alarm}");
    }
}
