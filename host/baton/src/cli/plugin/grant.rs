//! `baton plugin grant`, `revoke` and `grants`: what a plugin may do.

use std::collections::BTreeSet;

use serde_json::json;

use super::Plugins;
use crate::exit::Code;
use crate::output::{self, Table};

/// Let a plugin do what it asks for
#[derive(Debug, clap::Args)]
pub(super) struct Grant {
    /// The plugin
    name: String,
    /// What: files:ro=NAME, files:rw=NAME=PATH, http=METHOD:HOST/PATH*, secret=NAME, sql=own, sql=catalog:ro, sql=files:ro, git=NAME, fingerprint=files, fingerprint=library, handoffs, ledger, returns, claims
    #[arg(required_unless_present = "all")]
    words: Vec<String>,
    /// All that it asks for
    #[arg(long, conflicts_with = "words")]
    all: bool,
}

/// Take grants away from a plugin
#[derive(Debug, clap::Args)]
pub(super) struct Revoke {
    /// The plugin
    name: String,
    /// What, in the words of `baton plugin grants`; all when none is given
    words: Vec<String>,
}

/// Show what a plugin asks for and what it was granted
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// The plugin
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Grant {
    /// # Errors
    /// When there is no such plugin, it does not ask for it, or a folder cannot be granted.
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let words = if self.all { plugins.all_of(&self.name)? } else { self.words };
        let entry = plugins.grant(&self.name, &words)?;
        plugins.done_to(&entry, "granted", words.join(" "))?;
        output::print(&format!("{} may: {}\n", entry.name, Plugins::may(&entry)));
        Ok(Code::Good)
    }
}

impl Revoke {
    /// # Errors
    /// When there is no such plugin, or it was not granted that.
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let entry = plugins.register.revoke(&self.name, &self.words)?;
        let what = if self.words.is_empty() { "everything".to_owned() } else { self.words.join(" ") };
        plugins.done_to(&entry, "revoked", what)?;
        output::print(&format!("{} may: {}\n", entry.name, Plugins::may(&entry)));
        Ok(Code::Good)
    }
}

impl Show {
    /// # Errors
    /// When there is no such plugin, or its package is not here.
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let asked = plugins.register.asked(&self.name)?;
        let lock = plugins.register.read()?;
        let granted = lock.get(&self.name).map(|entry| entry.grants.words()).unwrap_or_default();
        let words: BTreeSet<String> = asked.as_grants().into_iter().chain(granted.iter().cloned()).collect();
        if self.json {
            output::json(&json!({ "schema": 1, "name": self.name, "asks": asked.as_grants(), "granted": granted }));
            return Ok(Code::Good);
        }
        let mut table = Table::new(&["GRANT", "ASKED", "GRANTED"]);
        let mark = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        for word in words {
            table.row([word.clone(), mark(asked.as_grants().contains(&word)), mark(granted.contains(&word))]);
        }
        output::print(&table.lines(|_, _, cell| cell));
        Ok(Code::Good)
    }
}
