//! The store of secrets: on macOS the user's keychain, elsewhere a file in the workspace's state folder that only the user
//! can read. On Linux a daemon without a desktop session has no persistent key store: the Secret Service needs an unlocked
//! session, and the kernel's keyring is not persistent.
//!
//! On all systems, the file contains the names and times of the secrets, and says which values are in the keychain.

mod file;
#[cfg(target_os = "macos")]
mod keychain;
#[cfg(not(target_os = "macos"))]
#[path = "no_keychain.rs"]
mod keychain;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_core::manifest::is_name;
use baton_sandbox::{SecretValue, limits};
use jiff::Timestamp;

use crate::workspace::State;
use file::{LockedFile, StoredSecret};

/// The secrets of a workspace.
#[derive(Clone, Debug)]
pub(crate) struct SecretStore {
    folder: PathBuf,
}

/// The public data of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedSecret {
    pub(crate) name: String,
    /// The time of the last change, such as `2026-01-18T10:15:00Z`.
    pub(crate) set_at: String,
    /// `keychain` or `file`.
    pub(crate) place: &'static str,
}

impl SecretStore {
    /// The secrets of this state folder.
    pub(crate) fn of(state: &State) -> Self {
        Self { folder: state.folder().to_owned() }
    }

    /// The value of `name`; `None` if it is not set.
    pub(crate) fn get(&self, name: &str) -> anyhow::Result<Option<SecretValue>> {
        let Some(kept) = file::read(&self.folder)?.secrets.remove(name) else {
            return Ok(None);
        };
        match kept.value {
            Some(value) => Ok(Some(SecretValue::new(value))),
            None => Ok(keychain::get(&self.folder, name)?.map(SecretValue::new)),
        }
    }

    /// Whether there is a secret or an account of this name. Does not ask the keychain.
    pub(crate) fn is_set(&self, name: &str) -> anyhow::Result<bool> {
        let secrets = file::read(&self.folder)?.secrets;
        Ok(secrets.contains_key(name) || secrets.contains_key(&account_entry(name)))
    }

    /// Rejects an invalid name or value.
    pub(crate) fn check(name: &str, value: &str) -> anyhow::Result<()> {
        check_name(name)?;
        check_value(value)
    }

    /// Stores `value` as `name`. Returns whether it replaced another value.
    pub(crate) fn set(&self, name: &str, value: &str, now: Timestamp) -> anyhow::Result<bool> {
        Self::check(name, value)?;
        self.store(name, value, now)
    }

    fn store(&self, name: &str, value: &str, now: Timestamp) -> anyhow::Result<bool> {
        let mut locked = LockedFile::open(&self.folder)?;
        let in_keychain = keychain::set(&self.folder, name, value).context("the keychain does not accept it")?;
        let value = (!in_keychain).then(|| value.to_owned());
        let before = locked.secrets.insert(name.to_owned(), StoredSecret { value, set_at: format!("{now:.0}") });
        locked.write()?;
        Ok(before.is_some())
    }

    /// Deletes `name`. Returns whether it existed.
    pub(crate) fn remove(&self, name: &str) -> anyhow::Result<bool> {
        let mut locked = LockedFile::open(&self.folder)?;
        let Some(kept) = locked.secrets.remove(name) else {
            return Ok(false);
        };
        if kept.value.is_none() {
            keychain::remove(&self.folder, name).context("the keychain does not delete it")?;
        }
        locked.write()?;
        Ok(true)
    }

    /// The stored account of this name, as text; see [`crate::accounts`].
    pub(crate) fn account(&self, name: &str) -> anyhow::Result<Option<SecretValue>> {
        self.get(&account_entry(name))
    }

    /// Stores the account `name` and replaces the previous one.
    pub(crate) fn set_account(&self, name: &str, text: &str, now: Timestamp) -> anyhow::Result<()> {
        self.store(&account_entry(name), text, now).map(drop)
    }

    /// Deletes the account `name`. Returns whether it existed.
    pub(crate) fn remove_account(&self, name: &str) -> anyhow::Result<bool> {
        self.remove(&account_entry(name))
    }

    /// The folder that has the file of secrets.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// All secrets, by name, without accounts.
    pub(crate) fn list(&self) -> anyhow::Result<Vec<ListedSecret>> {
        let listed = |(name, kept): (String, StoredSecret)| {
            let place = if kept.value.is_some() { "file" } else { "keychain" };
            ListedSecret { name, set_at: kept.set_at, place }
        };
        let secrets = file::read(&self.folder)?.secrets.into_iter();
        Ok(secrets.filter(|(name, _)| is_name(name)).map(listed).collect())
    }
}

/// The name of an account's entry. It is not the name of a secret, so no command and no plugin can ask for it.
fn account_entry(name: &str) -> String {
    format!("account:{name}")
}

fn check_name(name: &str) -> anyhow::Result<()> {
    if !is_name(name) {
        bail!("{name:?} cannot be the name of a secret: use lower-case letters, digits and `-`, up to 64");
    }
    Ok(())
}

fn check_value(value: &str) -> anyhow::Result<()> {
    let (least, most) = (limits::SECRET_LEAST_BYTES, limits::SECRET_MOST_BYTES);
    if !(least..=most).contains(&value.len()) {
        bail!(
            "the value has {} bytes; a secret needs {least} to {most} bytes: removing a shorter value from \
             texts would cut harmless words, and a longer value does not fit in a header",
            value.len()
        );
    }
    if value.chars().any(char::is_control) {
        bail!("the value has a line break or another control character, which is not allowed in an HTTP header");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn store() -> (tempfile::TempDir, SecretStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = SecretStore { folder: folder.path().to_owned() };
        (folder, store)
    }

    fn now() -> Timestamp {
        "2026-01-18T10:15:00Z".parse().unwrap()
    }

    fn value(store: &SecretStore, name: &str) -> Option<String> {
        store.get(name).unwrap().map(|value| value.expose().to_owned())
    }

    #[test]
    fn a_secret_exists_until_it_is_removed() {
        let (_folder, store) = store();
        assert_eq!(value(&store, "spotify"), None);
        assert!(!store.set("spotify", "first-value", now()).unwrap());
        assert!(store.set("spotify", "other value", now()).unwrap(), "it replaced a value");
        assert_eq!(value(&store, "spotify").unwrap(), "other value");
        assert_eq!(store.list().unwrap().len(), 1);
        assert!(store.remove("spotify").unwrap() && !store.remove("spotify").unwrap());
        assert_eq!(value(&store, "spotify"), None);
    }

    #[test]
    fn an_account_is_stored_beside_the_secrets_and_not_listed_as_one() {
        let (_folder, store) = store();
        store.set_account("spotify", "{}", now()).unwrap();
        assert_eq!(store.account("spotify").unwrap().unwrap().expose(), "{}");
        assert_eq!(value(&store, "spotify"), None);
        assert!(store.list().unwrap().is_empty() && store.set("account:spotify", "long enough", now()).is_err());
        assert!(store.remove_account("spotify").unwrap() && !store.remove_account("spotify").unwrap());
    }

    #[test]
    fn errors_on_invalid_names_and_values() {
        let (_folder, store) = store();
        for name in ["", "a b", "../x", "a/b", &"x".repeat(65)] {
            assert!(store.set(name, "long enough", now()).is_err(), "{name:?}");
        }
        for value in ["", "short", "two\nlines", &"x".repeat(8193)] {
            assert!(store.set("a", value, now()).is_err(), "{value:?}");
        }
        assert!(store.list().unwrap().is_empty());
    }

    #[test]
    fn the_file_is_private_and_a_file_that_others_may_read_is_not_used() {
        let (folder, store) = store();
        store.set("a", "long enough", now()).unwrap();
        let file = folder.path().join(file::FILE);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let error = format!("{:#}", store.get("a").unwrap_err());
        assert!(error.contains("chmod 600"), "{error}");
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "the file and its lock, no temporary: {left:?}");
    }
}
