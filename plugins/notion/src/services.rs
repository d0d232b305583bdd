//! The host services for the actions, and the data sources that a task works on.

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::{HeldLock, Locks, Progress, Writable};
use baton_plugin_sdk::Error;

use crate::file::Folder;
use crate::store::Source;
use baton_plugin_kit::notion::uuid;

/// The host services for the actions.
#[derive(Clone, Copy)]
pub struct Services<'a> {
    /// The plugin's own tables.
    pub own: &'a dyn Writable,
    /// Locks.
    pub locks: &'a dyn Locks,
    /// Progress and cancellation.
    pub progress: &'a dyn Progress,
    /// The granted folder of the files.
    pub folder: Option<&'a Folder>,
    /// The time, as text.
    pub now: &'a str,
    /// The time, in milliseconds since 1970 UTC.
    pub now_ms: i64,
    /// The task's id.
    pub task: &'a str,
}

impl Services<'_> {
    /// The folder of the files.
    ///
    /// # Errors
    /// `needs-grant` with the command.
    pub fn folder(&self) -> Result<&Folder, Error> {
        let missing = "it has no folder for the CSV files: baton plugin grant notion files:rw=notion=FOLDER";
        self.folder.ok_or_else(|| Error::NeedsGrant(missing.to_owned()))
    }

    /// Acquires the lock that lets only one task of a workspace work with Notion at a time.
    ///
    /// # Errors
    /// `retryable` if another task has the lock.
    pub fn lock(&self) -> Result<Box<dyn HeldLock>, Error> {
        let busy = || Error::Retryable("another task of the plugin notion runs".to_owned());
        self.locks.take("notion")?.ok_or_else(busy)
    }
}

/// Converts the ids in the arguments to ids with dashes.
///
/// # Errors
/// `permanent` if a text is not an id.
pub fn ids(databases: &[String]) -> Result<Vec<String>, Error> {
    let one = |text: &String| {
        uuid(text).ok_or_else(|| {
            Error::Permanent(format!(
                "{text:?} is not the id of a database: it has 32 hexadecimal digits, and is in the address of the database, before `?v=`"
            ))
        })
    };
    databases.iter().map(one).collect()
}

/// The known data sources with these ids, or of databases with these ids; all known data sources if there are no ids.
///
/// # Errors
/// `permanent` if an id is not known.
pub fn known(sources: Vec<Source>, databases: &[String]) -> Result<Vec<Source>, Error> {
    let ids = ids(databases)?;
    let has = |source: &Source, id: &String| source.id == *id || source.database == *id;
    if let Some(missing) = ids.iter().find(|id| !sources.iter().any(|source| has(source, id))) {
        return Err(Error::Permanent(format!(
            "the database {missing} was not read yet: baton run notion pull --arg databases={missing}"
        )));
    }
    Ok(sources.into_iter().filter(|source| ids.is_empty() || ids.iter().any(|id| has(source, id))).collect())
}

/// Reports a problem of one data source. The task continues with the other data sources.
pub(crate) fn report_problem(findings: &mut Findings, kind: &str, source: &Source, title: &str, evidence: &str) {
    let title = format!("{}: {title}", source.title);
    findings.add(kind, &source.id, baton_plugin_sdk::Severity::Medium, title, evidence);
}
