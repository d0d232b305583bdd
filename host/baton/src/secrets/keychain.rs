//! The user's keychain, with one entry for each secret. The account includes the workspace's state folder, so that equal
//! names in two workspaces are separate.

use std::path::Path;

use anyhow::Context as _;
use security_framework::passwords::{delete_generic_password, get_generic_password, set_generic_password};

/// The service name that the keychain shows.
const SERVICE: &str = "baton";

/// `errSecItemNotFound`.
const NOT_FOUND: i32 = -25300;

/// Stores a value in the keychain. Returns true, which means that the file must not contain the value.
pub(super) fn set(folder: &Path, name: &str, value: &str) -> anyhow::Result<bool> {
    set_generic_password(SERVICE, &account(folder, name), value.as_bytes())?;
    Ok(true)
}

/// The value. Fails if the keychain is locked, refuses, or has an unexpected value.
pub(super) fn get(folder: &Path, name: &str) -> anyhow::Result<Option<String>> {
    match get_generic_password(SERVICE, &account(folder, name)) {
        Ok(value) => Ok(Some(String::from_utf8(value).context("the value in the keychain is not text")?)),
        Err(error) if error.code() == NOT_FOUND => Ok(None),
        Err(error) => Err(error).context("the keychain does not return it"),
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
