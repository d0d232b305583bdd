//! A generated library in a temporary folder.

use std::path::{Path, PathBuf};

use baton_plugin_kit::Findings;
use baton_plugin_sdk::{Error, Finding};
use baton_tests::djay_library::{LibraryContent, LibrarySpec, write};
use baton_tests::host_services::HostDatabase;
use djay::library::{Library, read};
use rusqlite::Connection;

/// A library on disk and its source data.
pub(crate) struct GeneratedLibrary {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
    pub(crate) written: LibraryContent,
}

impl GeneratedLibrary {
    pub(crate) fn new(wanted: &LibrarySpec) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("MediaLibrary.db");
        let written = write(&path, wanted);
        Self { folder, path, written }
    }

    /// Changes the database, as damage or another version of djay would.
    pub(crate) fn change(&self, sql: &str) {
        Connection::open(&self.path).unwrap().execute_batch(sql).unwrap();
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }

    pub(crate) fn try_read(&self) -> Result<(Library, Vec<Finding>), Error> {
        read_file(&self.path)
    }

    pub(crate) fn read(&self) -> (Library, Vec<Finding>) {
        self.try_read().unwrap()
    }
}

pub(crate) fn read_file(path: &Path) -> Result<(Library, Vec<Finding>), Error> {
    let mut findings = Findings::default();
    let library = read(&HostDatabase::try_file(path)?, &mut findings)?;
    Ok((library, findings.into_list()))
}

pub(crate) fn ids(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.id.as_str()).collect()
}
