//! `baton why plugin NAME`: installation, approval and grants of a plugin, and each change of them.

use baton_ledger::event::{self, RecordedEvent};
use baton_ledger::supervision;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::{event_json, events_table};
use crate::cli::plugin::grant_rows::{GrantRow, rows};
use crate::cli::plugin::list;
use crate::cli::task_view::{self, held_text};
use crate::exit::Code;
use crate::output::{self, Table, one_line};
use crate::workspace::{PluginEntry, Workspace, short};

/// Shows the plugin `name`.
pub(super) fn show(workspace: &Workspace, name: &str, as_json: bool) -> anyhow::Result<Code> {
    let registry = workspace.registry();
    let lock = registry.read()?;
    let entry = lock.get(name);
    let reader = task_view::reader(workspace)?;
    let events = reader.as_ref().map(|reader| event::of_task(reader, &format!("plugin {name}"))).transpose()?;
    let events = events.unwrap_or_default();
    let declares = registry.declares(name);
    if entry.is_none() && events.is_empty() {
        declares?;
        return Ok(Code::Good);
    }
    let asked = declares.map(|declares| declares.capabilities).unwrap_or_default();
    let grants = entry.map(|entry| rows(&asked, &entry.grants)).unwrap_or_default();
    if as_json {
        let grant = |row: &GrantRow| {
            let asked = row.asked.as_ref().map(ToString::to_string);
            json!({ "grant": row.spec, "asked": asked, "granted": row.given.as_str() })
        };
        output::json(&json!({
            "schema": 1,
            "plugin": entry.map(list::as_json),
            "grants": grants.iter().map(grant).collect::<Vec<_>>(),
            "events": events.iter().map(event_json).collect::<Vec<Value>>(),
        }));
        return Ok(Code::Good);
    }
    output::print(&as_text(name, entry, &grants, &events));
    if let Some(reader) = &reader {
        let held = supervision::quarantined_plugins(reader, Timestamp::now())?;
        held.iter().filter(|held| held.agent == name).for_each(|held| output::note(&held_text(held)));
        let reached = task_view::budgets_reached(workspace, reader, Timestamp::now())?;
        reached.iter().filter(|reached| reached.plugin == name).for_each(|reached| output::note(&reached.text()));
    }
    Ok(Code::Good)
}

fn as_text(name: &str, entry: Option<&PluginEntry>, grants: &[GrantRow], events: &[RecordedEvent]) -> String {
    let mut text = match entry {
        Some(entry) => installed(entry),
        None => format!("plugin {}  not installed any more\n", one_line(name)),
    };
    if !grants.is_empty() {
        let mut table = Table::new(&["GRANT", "ASKED", "GRANTED"]);
        for GrantRow { spec, asked, given } in grants {
            let asked = if asked.is_some() { "yes" } else { "no" };
            table.row([spec.clone(), asked.to_owned(), given.as_str().to_owned()]);
        }
        text.push_str(&format!("\n{}", table.lines(|_, _, cell| cell)));
    }
    if events.is_empty() {
        text.push_str("\nthe ledger has no event of this plugin\n");
    } else {
        text.push_str(&format!("\n{}", events_table(events)));
    }
    text
}

fn installed(entry: &PluginEntry) -> String {
    let PluginEntry { name, version, digest, key, source, .. } = entry;
    let version = if version.is_empty() { String::new() } else { format!(" {}", one_line(version)) };
    let key =
        key.as_deref().map_or_else(|| "not by a trusted key".to_owned(), |key| format!("by the key {}", one_line(key)));
    let mut text = format!(
        "plugin {name}{version}  {}\nsource     {}\ndigest     {digest}\nsignature  {key}\n",
        list::state(entry),
        one_line(&source.to_string()),
    );
    let waiting = entry.pending.as_ref().map(|pending| (&pending.version, &pending.digest));
    let waiting = waiting.or_else(|| entry.needs_approval.then_some((&entry.version, &entry.digest)));
    if let Some((version, digest)) = waiting {
        let (version, short) = (one_line(version), short(digest));
        text.push_str(&format!("approval   {version} waits: baton plugin approve {name}@{short}\n"));
    }
    if entry.disabled {
        text.push_str(&format!("enable     baton plugin enable {name}\n"));
    }
    text
}
