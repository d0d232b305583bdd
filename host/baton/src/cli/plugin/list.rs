//! `baton plugin list`: lists the installed plugins.

use baton_core::text::one_line;
use serde_json::{Value, json};

use super::Plugins;
use crate::exit::Code;
use crate::output::{self, Table};
use crate::workspace::{LOCK_FILE, PluginEntry, short};

/// Show the plugins of the workspace
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let lock = plugins.registry.read()?;
        if self.json {
            let all: Vec<Value> = lock.plugins.iter().map(as_json).collect();
            let broken = lock.broken.iter().map(|entry| json!({ "name": entry.name, "reason": entry.reason }));
            output::json(&json!({ "schema": 1, "plugins": all, "broken": broken.collect::<Vec<_>>() }));
            return Ok(Code::Good);
        }
        let mut table = Table::new(&["PLUGIN", "VERSION", "DIGEST", "STATE", "KEY", "GRANTS", "SOURCE"]);
        for entry in &lock.plugins {
            table.row(row(entry));
        }
        output::print(&table.lines(|_, _, cell| cell));
        for broken in &lock.broken {
            let (name, reason) = (one_line(&broken.name), &broken.reason);
            output::print(&format!("\nthe entry of `{name}` in {LOCK_FILE} cannot be used: {reason}\n"));
        }
        for entry in &lock.plugins {
            if let Some(pending) = &entry.pending {
                let (name, version, short) = (&entry.name, output::one_line(&pending.version), short(&pending.digest));
                output::print(&format!("\n{name} {version} waits for approval: baton plugin approve {name}@{short}\n"));
            }
        }
        Ok(Code::Good)
    }
}

/// The state of a plugin in one word.
pub(in crate::cli) fn state(entry: &PluginEntry) -> &'static str {
    match (entry.disabled, entry.needs_approval, &entry.pending) {
        (true, ..) => "disabled",
        (_, true, _) => "needs_approval",
        (.., Some(_)) => "enabled, update waits",
        _ => "enabled",
    }
}

fn row(entry: &PluginEntry) -> [String; 7] {
    let grants = entry.grants.specs();
    [
        entry.name.clone(),
        output::one_line(&entry.version),
        short(&entry.digest).to_owned(),
        state(entry).to_owned(),
        entry.key.clone().unwrap_or_else(|| "-".to_owned()),
        if grants.is_empty() { "-".to_owned() } else { grants.join(" ") },
        output::one_line(&entry.source.to_string()),
    ]
}

pub(in crate::cli) fn as_json(entry: &PluginEntry) -> Value {
    json!({
        "name": entry.name, "version": entry.version, "digest": entry.digest, "state": state(entry), "key": entry.key,
        "grants": entry.grants.specs(), "source": entry.source.to_string(),
        "pending": entry.pending.as_ref().map(|p| json!({ "version": p.version, "digest": p.digest, "key": p.key })),
        "previous": entry.previous.iter().map(|p| json!({ "version": p.version, "digest": p.digest })).collect::<Vec<_>>(),
    })
}
