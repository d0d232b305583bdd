//! Opens the databases of a workspace's state without Baton: to damage them, or to check what Baton wrote.

use rusqlite::types::FromSql;
use rusqlite::{Connection, Params};

use crate::Workspace;

impl Workspace {
    /// Opens a database of the state: `ledger.db`, `catalog.db` or `plugins/NAME.db`.
    ///
    /// # Panics
    /// When it is missing.
    #[must_use]
    pub fn database(&self, name: &str) -> Connection {
        let file = self.state_folder().join(name);
        assert!(file.is_file(), "{} is missing", file.display());
        Connection::open(file).expect("the database opens")
    }

    /// The first column of the rows that a query of the database `name` returns.
    ///
    /// # Panics
    /// When the query fails.
    #[must_use]
    pub fn column<T: FromSql>(&self, name: &str, sql: &str, params: impl Params) -> Vec<T> {
        let database = self.database(name);
        let mut query = database.prepare(sql).expect("the query is valid");
        let rows = query.query_map(params, |row| row.get(0)).expect("the query runs");
        rows.collect::<Result<_, _>>().expect("the column has this type")
    }
}
