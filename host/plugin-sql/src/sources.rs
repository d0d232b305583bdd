//! Ensures that a plugin writes to the catalog only under its own name. Each row of the views `put_…` names its source, so
//! each connection of a plugin has temporary triggers that check this name. Only the host can create such triggers.
//!
//! The source is `NAME`, or `NAME/PART` for a part of the plugin (plugin names have no slash). The operator ranks sources
//! (`[catalog.ranks]` in `baton.toml`); a plugin may only rank a part of itself, only once, and not higher than 0. Among
//! sources of the same rank the newest value is used, so a value must not have a date in the future.

use baton_core::manifest::is_name;
use rusqlite::Connection;

/// The latest accepted `said_at`, in milliseconds from now: the clocks of two machines may differ by a day.
const AHEAD: i64 = 86_400_000;

/// The lowest rank that a plugin may give to a part of itself.
const LOWEST: i64 = -100;

/// Restricts the connection: it can write to the catalog only as the source `plugin`.
pub(super) fn restrict_source(connection: &Connection, plugin: &str) -> rusqlite::Result<()> {
    // The name becomes part of the SQL text.
    let plugin = if is_name(plugin) { plugin } else { "" };
    let mut statement = connection
        .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'view' AND name GLOB 'put_*' ORDER BY name")?;
    let views = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let triggers = views
        .iter()
        .map(|view| if view == "put_source" { rank_trigger(plugin) } else { source_triggers(view, plugin) });
    connection.execute_batch(&triggers.collect::<String>())
}

fn source_triggers(view: &str, plugin: &str) -> String {
    format!(
        "CREATE TEMP TRIGGER {view}_source INSTEAD OF INSERT ON main.{view}
        WHEN NOT coalesce(new.source = '{plugin}' OR new.source GLOB '{plugin}/?*', 0) BEGIN
            SELECT raise(ABORT, '{view}: a plugin must write in its own name: the source must be {plugin} or {plugin}/PART');
        END;
        CREATE TEMP TRIGGER {view}_said_at INSTEAD OF INSERT ON main.{view}
        WHEN new.said_at > unixepoch() * 1000 + {AHEAD} BEGIN
            SELECT raise(ABORT, '{view}: said_at is more than a day in the future');
        END;\n"
    )
}

fn rank_trigger(plugin: &str) -> String {
    format!(
        "CREATE TEMP TRIGGER put_source_rank INSTEAD OF INSERT ON main.put_source
        WHEN NOT coalesce(new.name GLOB '{plugin}/?*' AND new.rank BETWEEN {LOWEST} AND 0
            AND NOT EXISTS (SELECT 1 FROM sources AS s WHERE s.name = new.name AND s.rank <> new.rank), 0) BEGIN
            SELECT raise(ABORT, 'put_source: the operator ranks sources in [catalog.ranks] of baton.toml; a plugin may only set, once, a lower rank ({LOWEST} to 0) for a part of itself ({plugin}/PART)');
        END;\n"
    )
}
