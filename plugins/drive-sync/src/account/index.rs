//! Keeps the known content of the account up to date: from the changes feed, or from a complete list if there is no token or
//! the server refuses the token.
//!
//! The token is requested before the complete list, so the next changes contain files that are created while the list
//! is read. Searches have a delay: for some minutes, the list is read again to find files that were created shortly
//! before the token.

use super::api::{Refusal, retryable};
use super::files::{ChangesPage, RemoteFile};
use super::state::Account;
use super::store::Token;

/// The maximum number of pages of one reading of changes. A server that returns more is faulty.
const PAGES: usize = 10_000;

/// The maximum delay of searches. No document states it; ten minutes include a large margin.
const SEARCH_LAG_MS: i64 = 10 * 60 * 1_000;

/// Reads what changed since the last time.
pub(super) fn refresh(account: &Account<'_>) -> Result<(), Refusal> {
    let Some(mut token) = account.store.token()? else { return read_all(account) };
    let mut has_new_folder = false;
    for _ in 0..PAGES {
        let page = match account.files.changes(&token.text) {
            Ok(page) => page,
            Err(Refusal::Expired(_) | Refusal::Missing) => return read_all(account),
            Err(refusal) => return Err(refusal),
        };
        has_new_folder |= apply(account, &page)?;
        match (page.next, page.start) {
            (Some(next), _) => {
                token.text = next;
                // If this task ends early, the next task continues at this page.
                account.store.set_token(&token)?;
            }
            (None, Some(start)) => {
                token.text = start;
                return settle(account, token, has_new_folder);
            }
            (None, None) => {
                return Err(retryable(
                    "Google Drive returned a list of changes without a token for the next one".to_owned(),
                ));
            }
        }
    }
    Err(retryable("the list of changes at Google Drive does not end".to_owned()))
}

/// Reads the complete list again while a search may still miss files that were created before the token, because the changes
/// feed does not report those files. Also reads the list again after a new folder appeared: a folder that others created or
/// moved can contain older spreadsheets.
fn settle(account: &Account<'_>, mut token: Token, has_new_folder: bool) -> Result<(), Refusal> {
    if token.begun_at > 0 || has_new_folder {
        add(account, search(account)?)?;
    }
    if token.begun_at > 0 && account.now_ms - token.begun_at >= SEARCH_LAG_MS {
        token.begun_at = 0;
    }
    Ok(account.store.set_token(&token)?)
}

fn read_all(account: &Account<'_>) -> Result<(), Refusal> {
    let token = Token { text: account.files.start_token()?, begun_at: account.now_ms.max(1) };
    // If the list cannot be read completely, the stored content is not changed.
    let found = search(account)?;
    account.store.clear()?;
    add(account, found)?;
    Ok(account.store.set_token(&token)?)
}

/// Adds the found files that are not known yet. Known files stay, because the changes feed has their newer state.
fn add(account: &Account<'_>, found: Vec<RemoteFile>) -> Result<(), Refusal> {
    let top = account.store.id("top")?;
    for file in found {
        if file.is_spreadsheet() {
            if account.store.is_known(&file.parent)? && !account.store.is_known_sheet(&file.id)? {
                account.store.put_sheet(&file)?;
            }
        } else if is_ours(account, &file, top.as_deref()) && !account.store.is_known(&file.id)? {
            account.store.put(&file)?;
        }
    }
    Ok(())
}

/// Lists all files of the account. The spreadsheets are last, because their folders must be recorded before them.
fn search(account: &Account<'_>) -> Result<Vec<RemoteFile>, Refusal> {
    let top = account.store.id("top")?;
    let in_top = match &top {
        Some(top) => account.files.children(top).or_else(none_if_missing)?,
        None => Vec::new(),
    };
    let mut found = account.files.marked(&account.place.top)?;
    found.extend(in_top);
    found.extend(account.files.spreadsheets()?);
    Ok(found)
}

/// Returns an empty list if the folder is missing: the top folder can have a requested id before it is created.
fn none_if_missing(refusal: Refusal) -> Result<Vec<RemoteFile>, Refusal> {
    match refusal {
        Refusal::Missing => Ok(Vec::new()),
        refusal => Err(refusal),
    }
}

/// Records the changes of a page. Returns whether the page has a folder that was not known.
fn apply(account: &Account<'_>, page: &ChangesPage) -> Result<bool, Refusal> {
    let (top, store) = (account.store.id("top")?, &account.store);
    let mut has_new_folder = false;
    let (sheets, files): (Vec<_>, Vec<_>) = page.files.iter().partition(|file| file.is_spreadsheet());
    for file in files {
        let is_known = store.is_known(&file.id)?;
        if is_ours(account, file, top.as_deref()) {
            has_new_folder |= file.is_folder && !is_known;
            store.put(file)?;
        } else if is_known {
            store.remove(&file.id)?;
        }
    }
    for sheet in sheets {
        if store.is_known(&sheet.parent)? { store.put_sheet(sheet)? } else { store.remove_sheet(&sheet.id)? }
    }
    for id in &page.removed {
        store.remove_with_content(id)?;
        store.remove_sheet(id)?;
    }
    Ok(has_new_folder)
}

/// True if Baton handles a file. A file with Baton's marker may be in any folder, because a person can move it. A file without
/// the marker must be in the top folder. In My Drive, the account must own the file, because other people can share the files
/// of their Baton.
fn is_ours(account: &Account<'_>, file: &RemoteFile, top: Option<&str>) -> bool {
    let is_marked = file.marker.place == account.place.top && !file.marker.part.is_empty();
    let is_owned = file.is_owned || !account.place.shared_drive.is_empty();
    is_owned && !account.is_elsewhere(file) && (is_marked || top == Some(file.parent.as_str()))
}
