//! Statements that need much time, temporary space or memory in a single instruction. The host must end each of them.

use baton_plugin_sdk::sql::{self, Error as SqlError};
use baton_plugin_sdk::{Error, Outcome, Task};

/// One row with eight calls; each compares half a million positions with half a million bytes.
const INSTR: &str = "WITH v (a, b) AS (SELECT hex(zeroblob(500000)), hex(zeroblob(250000)))
    SELECT instr(a, b || '1') + instr(a, b || '2') + instr(a, b || '3') + instr(a, b || '4')
         + instr(a, b || '5') + instr(a, b || '6') + instr(a, b || '7') + instr(a, b || '8') FROM v";

/// Sorts about ten GB, in rows of 200 KB.
const SORT: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000)
    SELECT length(b) FROM (SELECT (50000 - i) || hex(zeroblob(100000)) AS b FROM n) ORDER BY b LIMIT 1 OFFSET 49998";

/// Stores about ten GB in a temporary table.
const DISTINCT: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000000)
    SELECT count(*) FROM (SELECT DISTINCT randomblob(1000) FROM n)";

/// Collects the texts of ten thousand rows in one value.
const GROUPS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000)
    SELECT length(json_group_array(hex(zeroblob(400000)))) , length(group_concat(hex(zeroblob(500000)), '')) FROM n";

/// Makes half a million replacements in each of many rows.
const REPLACE: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000)
    SELECT sum(length(replace(hex(zeroblob(400000)), '00', i || 'x'))) FROM n";

/// Runs the statement that the arguments name, and reports how the host ended it.
pub(crate) fn ask(task: &Task) -> Result<Outcome, Error> {
    let args = task.args()?;
    let statement = match args.get("statement").and_then(serde_json::Value::as_str) {
        Some("instr") => INSTR,
        Some("sort") => SORT,
        Some("distinct") => DISTINCT,
        Some("groups") => GROUPS,
        _ => REPLACE,
    };
    let ended = match sql::own().query(statement, &[]) {
        Err(SqlError::Timeout(text)) => format!("timeout: {text}"),
        Err(SqlError::TooLarge(text)) => format!("too large: {text}"),
        other => format!("OPEN: {other:?}"),
    };
    let after = sql::own().query("SELECT 1", &[]).is_ok();
    Ok(Outcome::new(format!("Ended by {ended}; the next one: {after}.")))
}

/// Runs a statement that needs a minute for one row, until the host ends it.
pub(crate) fn one_row() -> Result<Outcome, Error> {
    loop {
        match sql::own().query(INSTR, &[]) {
            Err(SqlError::Timeout(_)) => {}
            other => return Err(Error::Permanent(format!("it ended otherwise: {other:?}"))),
        }
    }
}

/// Writes while a cursor prevents a checkpoint of the write-ahead log.
pub(crate) fn fill_the_log() -> Result<Outcome, Error> {
    let own = sql::own();
    own.execute("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, bytes BLOB)", &[])?;
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20)
                INSERT OR REPLACE INTO log SELECT i, randomblob(1000000) FROM n";
    own.execute(fill, &[])?;
    let mut open = own.rows("SELECT bytes FROM log", &[])?;
    drop(open.next());
    for round in 0..100 {
        if let Err(error) = own.execute(fill, &[]) {
            drop(open);
            let after = own.execute(fill, &[]).is_ok();
            return Ok(Outcome::new(format!("Refused in round {round}: {error:?}; after the cursor: {after}.")));
        }
    }
    Err(Error::Permanent("OPEN: 2 GB were written into the log".to_owned()))
}
