//! The store of accounts. The program implements it with its store of secrets.

use std::path::PathBuf;

use crate::{Account, Provider};

/// Keeps accounts. When `write` returns, the whole account is on the disk, or nothing has changed.
pub trait AccountStore: Send + Sync {
    /// The account, if there is one.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, provider: Provider) -> Result<Option<Account>, String>;

    /// Stores the account and replaces the previous one.
    ///
    /// # Errors
    /// It cannot be stored.
    fn write(&self, account: &Account) -> Result<(), String>;

    /// The value of a secret, for client secrets.
    ///
    /// # Errors
    /// It cannot be read.
    fn secret(&self, name: &str) -> Result<Option<String>, String>;

    /// The file whose lock a process holds while it changes the account.
    fn lock_file(&self, provider: Provider) -> PathBuf;
}
