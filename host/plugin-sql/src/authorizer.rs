//! Decides what a plugin's statement may do. SQLite calls the authorizer while it compiles a statement, before any part of it
//! runs.
//!
//! Deny by default: an action that is not listed here is refused.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use baton_core::grants::Database;

use super::{Access, GuestError};

/// Pragmas that only read. FTS5 uses `data_version`; `ALTER TABLE … ADD COLUMN` uses `quick_check` on a STRICT table.
const READ_ONLY_PRAGMAS: [&str; 7] =
    ["data_version", "table_info", "table_xinfo", "table_list", "index_list", "index_info", "quick_check"];

/// Functions with effects outside of the database. Extensions and the tokenizer registry are also disabled.
const FORBIDDEN_FUNCTIONS: [&str; 2] = ["load_extension", "fts3_tokenizer"];

/// Tables of FTS5 for the catalog's index. SQLite refuses to change them with plain statements ("defensive").
const FTS_TABLES: [&str; 5] = ["search_data", "search_idx", "search_content", "search_docsize", "search_config"];

/// Decides which statements of one connection are allowed.
#[derive(Clone)]
pub(super) struct Authorizer {
    database: Database,
    writable: bool,
    denial: String,
    /// Set while the host runs a statement (`BEGIN`, `COMMIT`).
    host: Arc<AtomicBool>,
    /// Why the current statement was refused.
    refusal: Arc<Mutex<Option<GuestError>>>,
}

#[derive(Clone, Copy)]
enum Refusal {
    NeedsWriting,
    Forbidden(&'static str),
}

impl Authorizer {
    pub(super) fn new(access: &Access) -> Self {
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

    /// Returns and clears the error of the last refused statement.
    pub(super) fn take_refusal(&self) -> Option<GuestError> {
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
            Err(Refusal::Forbidden(why)) => GuestError::Invalid(why.to_owned()),
        };
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(refusal);
        Authorization::Deny
    }

    fn rule(&self, context: &AuthContext<'_>) -> Result<(), Refusal> {
        match context.action {
            AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Ok(()),
            AuthAction::Function { function_name } => {
                let outside = FORBIDDEN_FUNCTIONS.iter().any(|name| name.eq_ignore_ascii_case(function_name));
                if outside { Err(Refusal::Forbidden("plugins cannot load extensions")) } else { Ok(()) }
            }
            AuthAction::Insert { table_name } => self.change(table_name, context.accessor, true),
            AuthAction::Update { table_name, .. } | AuthAction::Delete { table_name } => {
                self.change(table_name, context.accessor, false)
            }
            AuthAction::Pragma { pragma_name, pragma_value } => self.pragma(pragma_name, pragma_value),
            AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => Err(Refusal::Forbidden(
                "plugins cannot control transactions: each call is one transaction; `batch` and `transaction` run several statements in one",
            )),
            AuthAction::Attach { .. } | AuthAction::Detach { .. } => Err(Refusal::Forbidden(
                "plugins cannot open other databases: ATTACH, DETACH and VACUUM are not allowed",
            )),
            AuthAction::CreateVtable { module_name, .. } if !module_name.eq_ignore_ascii_case("fts5") => {
                Err(Refusal::Forbidden("plugins can only create virtual tables of the module fts5"))
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
            | AuthAction::Analyze { .. } => self.schema_change(),
            _ => Err(Refusal::Forbidden("plugins cannot run this kind of statement, nor create temporary tables")),
        }
    }

    fn change(&self, table: &str, by: Option<&str>, insert: bool) -> Result<(), Refusal> {
        let is_granted = match self.database {
            Database::Own | Database::Files => true,
            // Only the triggers of the catalog write to its tables; a plugin cannot create a trigger there.
            Database::Catalog => by.is_some() || FTS_TABLES.contains(&table) || (insert && table.starts_with("put_")),
        };
        match (is_granted, self.writable) {
            (_, false) => Err(Refusal::NeedsWriting),
            (false, true) => {
                Err(Refusal::Forbidden("plugins can write to the catalog only by INSERT into its views put_…"))
            }
            (true, true) => Ok(()),
        }
    }

    /// The rule for changes of the schema.
    fn schema_change(&self) -> Result<(), Refusal> {
        match (self.database, self.writable) {
            (Database::Catalog, _) => Err(Refusal::Forbidden("plugins cannot change the tables of the catalog")),
            (Database::Own | Database::Files, false) => Err(Refusal::NeedsWriting),
            (Database::Own | Database::Files, true) => Ok(()),
        }
    }

    fn pragma(&self, name: &str, value: Option<&str>) -> Result<(), Refusal> {
        let name = name.to_ascii_lowercase();
        match (name.as_str(), value) {
            (name, _) if READ_ONLY_PRAGMAS.contains(&name) => Ok(()),
            ("user_version", None) => Ok(()),
            ("user_version", Some(_)) => self.schema_change(),
            _ => Err(Refusal::Forbidden(
                "plugins can only use the pragmas table_info, table_list, index_list and user_version",
            )),
        }
    }
}
