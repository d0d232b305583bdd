//! Decides what a plugin's statement may do. SQLite asks while it compiles a statement, before any part of it runs.
//!
//! Deny by default: an action that is not listed here is refused.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use baton_core::grants::Database;

use super::{Access, GuestError};

/// Pragmas that only read. FTS5 uses `data_version`; `ALTER TABLE … ADD COLUMN` uses `quick_check` on a STRICT table.
const TELLING: [&str; 7] =
    ["data_version", "table_info", "table_xinfo", "table_list", "index_list", "index_info", "quick_check"];

/// Functions with effects outside of the database. Extensions and the tokenizer registry are off too.
const OUTSIDE: [&str; 2] = ["load_extension", "fts3_tokenizer"];

/// Tables that FTS5 keeps for the catalog's index. SQLite itself refuses them to plain statements ("defensive").
const INDEX: [&str; 5] = ["search_data", "search_idx", "search_content", "search_docsize", "search_config"];

/// Decides which statements of one connection are allowed.
#[derive(Clone)]
pub(super) struct Authorizer {
    database: Database,
    writable: bool,
    denial: String,
    /// Set while the host runs a statement (`BEGIN`, `COMMIT`).
    host: Arc<AtomicBool>,
    /// Why the statement at hand was refused.
    refusal: Arc<Mutex<Option<GuestError>>>,
}

#[derive(Clone, Copy)]
enum Refusal {
    NeedsWriting,
    Never(&'static str),
}

impl Authorizer {
    pub(super) fn of(access: &Access) -> Self {
        Self {
            database: access.database,
            writable: access.writable,
            denial: access.denial.clone(),
            host: Arc::default(),
            refusal: Arc::default(),
        }
    }

    /// Runs `work` as the host, which may begin and end transactions.
    pub(super) fn as_host<T>(&self, work: impl FnOnce() -> T) -> T {
        self.host.store(true, Ordering::Relaxed);
        let done = work();
        self.host.store(false, Ordering::Relaxed);
        done
    }

    /// The error of the last refused statement, once.
    pub(super) fn take(&self) -> Option<GuestError> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The callback of SQLite.
    pub(super) fn authorize(&self, context: &AuthContext<'_>) -> Authorization {
        if self.host.load(Ordering::Relaxed) {
            return Authorization::Allow;
        }
        let refusal = match self.rule(context) {
            Ok(()) => return Authorization::Allow,
            Err(Refusal::NeedsWriting) => GuestError::Denied(self.denial.clone()),
            Err(Refusal::Never(why)) => GuestError::Invalid(why.to_owned()),
        };
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(refusal);
        Authorization::Deny
    }

    fn rule(&self, context: &AuthContext<'_>) -> Result<(), Refusal> {
        match context.action {
            AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Ok(()),
            AuthAction::Function { function_name } => {
                let outside = OUTSIDE.iter().any(|name| name.eq_ignore_ascii_case(function_name));
                if outside { Err(Refusal::Never("extensions are not for plugins")) } else { Ok(()) }
            }
            AuthAction::Insert { table_name } => self.change(table_name, context.accessor, true),
            AuthAction::Update { table_name, .. } | AuthAction::Delete { table_name } => {
                self.change(table_name, context.accessor, false)
            }
            AuthAction::Pragma { pragma_name, pragma_value } => self.pragma(pragma_name, pragma_value),
            AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => Err(Refusal::Never(
                "transactions are not for plugins: each call is one, `batch` and `transaction` do much in one",
            )),
            AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
                Err(Refusal::Never("other databases are not for plugins: no ATTACH, DETACH or VACUUM"))
            }
            AuthAction::CreateVtable { module_name, .. } if !module_name.eq_ignore_ascii_case("fts5") => {
                Err(Refusal::Never("of virtual tables only fts5 is for plugins"))
            }
            AuthAction::CreateTable { .. }
            | AuthAction::CreateIndex { .. }
            | AuthAction::CreateView { .. }
            | AuthAction::CreateTrigger { .. }
            | AuthAction::CreateVtable { .. }
            | AuthAction::AlterTable { .. }
            | AuthAction::DropTable { .. }
            | AuthAction::DropIndex { .. }
            | AuthAction::DropView { .. }
            | AuthAction::DropTrigger { .. }
            | AuthAction::DropVtable { .. }
            | AuthAction::Reindex { .. }
            | AuthAction::Analyze { .. } => self.form(),
            _ => Err(Refusal::Never("this kind of statement is not for plugins (temporary tables neither)")),
        }
    }

    fn change(&self, table: &str, by: Option<&str>, insert: bool) -> Result<(), Refusal> {
        let lent = match self.database {
            Database::Own | Database::Files => true,
            // Only the triggers of the catalog write to its tables; a plugin cannot create a trigger there.
            Database::Catalog => by.is_some() || INDEX.contains(&table) || (insert && table.starts_with("put_")),
        };
        match (lent, self.writable) {
            (_, false) => Err(Refusal::NeedsWriting),
            (false, true) => Err(Refusal::Never("the catalog is written to by INSERT into its views put_…, only")),
            (true, true) => Ok(()),
        }
    }

    /// Changing tables.
    fn form(&self) -> Result<(), Refusal> {
        match (self.database, self.writable) {
            (Database::Catalog, _) => Err(Refusal::Never("the tables of the catalog are Baton's to change")),
            (Database::Own | Database::Files, false) => Err(Refusal::NeedsWriting),
            (Database::Own | Database::Files, true) => Ok(()),
        }
    }

    fn pragma(&self, name: &str, value: Option<&str>) -> Result<(), Refusal> {
        let name = name.to_ascii_lowercase();
        match (name.as_str(), value) {
            (name, _) if TELLING.contains(&name) => Ok(()),
            ("user_version", None) => Ok(()),
            ("user_version", Some(_)) => self.form(),
            _ => Err(Refusal::Never(
                "of pragmas only table_info, table_list, index_list and user_version are for plugins",
            )),
        }
    }
}
