//! The host's own interfaces behind the traits of `lent`. They exist only inside a component; nothing is decided here.

use baton_plugin_sdk::sql::Value;
use baton_plugin_sdk::{Priority, git, handoffs, ledger, progress, sql, watch};

use crate::services::{
    Commit, Database, Draft, Entry, FileWatch, Git, HostServices, Ledger, RequestSender, SeenFile, SendError,
    ServiceError,
};
use crate::watch::Watch;

/// The folder whose repository is asked.
const ROOT: &str = "root";

/// All that the host lends. What is not granted says so when it is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Host;

impl Host {
    /// Everything, over this one.
    pub(crate) fn lent(&self) -> HostServices<'_> {
        HostServices {
            watch: self,
            git: Some(self),
            memory: Some(&Own),
            catalog: Some(&Catalog),
            ledger: Some(self),
            post: Some(self),
            files: Some(self),
        }
    }
}

impl Watch for Host {
    fn report(&self, percent: u8, message: &str) {
        progress::report(Some(percent), message);
    }

    fn cancelled(&self) -> bool {
        progress::cancelled()
    }
}

impl Git for Host {
    fn commit(&self, revision: &str) -> Result<Option<Commit>, ServiceError> {
        match git::repository(ROOT).find_commit(revision) {
            Ok(Some(id)) => Ok(self.log(&id, None, None, 1)?.into_iter().next()),
            // What cannot be a revision is no commit.
            Ok(None) | Err(git::Error::Invalid(_)) => Ok(None),
            Err(error) => Err(no_git(error)),
        }
    }

    fn log(&self, to: &str, after: Option<&str>, path: Option<&str>, most: u32) -> Result<Vec<Commit>, ServiceError> {
        let (after, path) = (after.map(str::to_owned), path.map(str::to_owned));
        let commits = git::repository(ROOT).log_of(&git::Range { to: to.to_owned(), after, path, most });
        Ok(commits.map_err(no_git)?.into_iter().map(commit).collect())
    }

    fn file(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        git::repository(ROOT).read_file(revision, path).map_err(no_git)
    }
}

fn commit(commit: git::Commit) -> Commit {
    let title = commit.message.lines().next().unwrap_or_default().to_owned();
    Commit { id: commit.id, title, message: commit.message, author: commit.author, at: commit.committed_at }
}

fn no_git(error: git::Error) -> ServiceError {
    match error {
        git::Error::Denied(text) => ServiceError::NotGranted(text),
        git::Error::Unavailable(text)
        | git::Error::Invalid(text)
        | git::Error::TooLarge(text)
        | git::Error::Timeout(text) => ServiceError::Unavailable(text),
    }
}

struct Own;

struct Catalog;

impl Database for Own {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, ServiceError> {
        query(sql::own(), statement, parameters)
    }

    fn write(&self, statement: &str, rows: Vec<Vec<Value>>) -> Result<(), ServiceError> {
        write(sql::own(), statement, rows)
    }
}

impl Database for Catalog {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, ServiceError> {
        query(sql::catalog(), statement, parameters)
    }

    fn write(&self, statement: &str, rows: Vec<Vec<Value>>) -> Result<(), ServiceError> {
        write(sql::catalog(), statement, rows)
    }
}

/// Large results come in pieces, so that only the database's own limits count.
fn query(database: sql::Database, statement: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, ServiceError> {
    database.rows(statement, parameters).map_err(no_sql)?.collect::<Result<_, _>>().map_err(no_sql)
}

fn write(database: sql::Database, statement: &str, rows: Vec<Vec<Value>>) -> Result<(), ServiceError> {
    database.batch(statement, rows).map_err(no_sql)?;
    Ok(())
}

fn no_sql(error: sql::Error) -> ServiceError {
    match error {
        sql::Error::Denied(text) => ServiceError::NotGranted(text),
        sql::Error::Constraint(text)
        | sql::Error::Busy(text)
        | sql::Error::TooLarge(text)
        | sql::Error::Timeout(text)
        | sql::Error::Full(text)
        | sql::Error::Invalid(text)
        | sql::Error::Failed(text) => ServiceError::Unavailable(text),
    }
}

impl Ledger for Host {
    fn tasks(&self, since: Option<&str>, until: Option<&str>, most: u32) -> Result<Vec<Entry>, ServiceError> {
        let range = ledger::Range { since: since.map(str::to_owned), until: until.map(str::to_owned), most };
        Ok(ledger::tasks(&range).map_err(no_ledger)?.into_iter().map(entry).collect())
    }

    fn open_requests(&self, most: u32) -> Result<Vec<Entry>, ServiceError> {
        Ok(ledger::open_requests(most).map_err(no_ledger)?.into_iter().map(entry).collect())
    }

    fn input(&self, task: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        ledger::input(task).map_err(no_ledger)
    }
}

fn entry(entry: ledger::Entry) -> Entry {
    Entry {
        id: entry.id,
        agent: entry.agent,
        from: entry.from,
        title: entry.title,
        kind: entry.kind,
        origin: entry.origin,
        action: entry.action,
        state: entry.state,
        outcome: entry.outcome,
        reason: entry.reason,
        attempts: entry.attempts,
        created_at: entry.created_at,
        ended_at: entry.ended_at,
        deadline: entry.deadline,
        file: entry.file,
    }
}

fn no_ledger(error: ledger::Error) -> ServiceError {
    match error {
        ledger::Error::Denied(text) => ServiceError::NotGranted(text),
        ledger::Error::Invalid(text) | ledger::Error::TooLarge(text) | ledger::Error::Failed(text) => {
            ServiceError::Unavailable(text)
        }
    }
}

impl RequestSender for Host {
    fn send(&self, draft: &Draft) -> Result<(), SendError> {
        let draft = handoffs::Draft {
            to: draft.to.clone(),
            title: draft.title.clone(),
            action: None,
            args: draft.args.to_string(),
            body: draft.body.clone(),
            priority: if draft.high { Priority::High } else { Priority::Medium },
            dedupe_key: draft.dedupe_key.clone(),
        };
        handoffs::emit(&draft).map_err(unsent)
    }

    fn withdraw(&self, dedupe_key: &str, reason: &str) -> Result<(), SendError> {
        handoffs::withdraw(dedupe_key, reason).map_err(unsent)
    }
}

fn unsent(error: handoffs::EmitError) -> SendError {
    match error {
        handoffs::EmitError::Denied(text) => SendError::NotGranted(text),
        handoffs::EmitError::UnknownAgent(text) => SendError::UnknownAgent(text),
        handoffs::EmitError::Invalid(text) => SendError::Other(text),
        handoffs::EmitError::TooMany => {
            SendError::Other("one run asks for 100 things at most; the rest is asked for by the next".to_owned())
        }
    }
}

impl FileWatch for Host {
    fn set(&self, key: &str, files: Vec<SeenFile>) -> Result<(), ServiceError> {
        let files = files.into_iter().map(|seen| watch::Seen { path: seen.path, stamp: seen.stamp });
        watch::set(key, files).map_err(|error| match error {
            watch::Error::Invalid(text) | watch::Error::TooMany(text) => ServiceError::Unavailable(text),
        })
    }
}
