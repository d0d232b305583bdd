//! Errors of the catalog, grouped by the possible reactions of the caller.

use std::path::PathBuf;

use baton_sqlite::{NewerForm, NotAFile, hint};

/// An error of the catalog.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file cannot be opened or created.
    #[error(
        "the catalog {path} cannot be opened: {source}; check that the folder exists, belongs to you and has free space"
    )]
    Open { path: PathBuf, source: rusqlite::Error },
    /// The file, or a file of SQLite beside it, is not a regular file.
    #[error("the catalog cannot be opened: {0}")]
    NotAFile(#[from] NotAFile),
    /// The file does not exist, although something was written to it before.
    #[error("the catalog {0} is missing: it was deleted while it was in use")]
    Missing(PathBuf),
    /// The file was written by a newer Baton.
    #[error("the catalog {0}")]
    Newer(#[from] NewerForm),
    /// A statement failed: the disk is full, the file was locked for longer than the limit, or it is damaged.
    #[error("the catalog failed: {0}{hint}", hint = hint(.0))]
    Sql(#[from] rusqlite::Error),
}
