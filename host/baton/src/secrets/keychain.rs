//! The user's keychain. One entry a secret; the account names the workspace's state too, so that two workspaces do not
//! share what has the same name.

use std::path::Path;

use anyhow::Context as _;
use security_framework::passwords::{delete_generic_password, get_generic_password, set_generic_password};

/// What the keychain shows the user.
const SERVICE: &str = "baton";

/// `errSecItemNotFound`.
const NOT_FOUND: i32 = -25300;

/// Whether the keychain took it: always, or it is an error.
pub(super) fn set(folder: &Path, name: &str, value: &str) -> anyhow::Result<bool> {
    set_generic_password(SERVICE, &account(folder, name), value.as_bytes())?;
    Ok(true)
}

/// The value.
///
/// # Errors
/// When it is locked or refuses, or holds what `set` did not write.
pub(super) fn get(folder: &Path, name: &str) -> anyhow::Result<Option<String>> {
    match get_generic_password(SERVICE, &account(folder, name)) {
        Ok(value) => Ok(Some(String::from_utf8(value).context("the value in the keychain is not text")?)),
        Err(error) if error.code() == NOT_FOUND => Ok(None),
        Err(error) => Err(error).context("the keychain does not give it"),
    }
}

/// Deletes the secret, if it exists.
pub(super) fn remove(folder: &Path, name: &str) -> anyhow::Result<()> {
    match delete_generic_password(SERVICE, &account(folder, name)) {
        Err(error) if error.code() != NOT_FOUND => Err(error.into()),
        _ => Ok(()),
    }
}

fn account(folder: &Path, name: &str) -> String {
    format!("{name} ({})", folder.display())
}
