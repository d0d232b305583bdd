//! `baton plugin grant`, `revoke` and `grants`: what a plugin may do.

use anyhow::bail;
use baton_core::grants::{GrantSet, GrantedSecret, Recipients, specs};
use serde_json::{Value, json};

use super::grant_rows::{self, GrantRow};
use super::{Plugins, budget, requests};
use crate::exit::Code;
use crate::output::{self, Table, one_line};

/// Grant a plugin what it asks for
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Grant {
    /// The plugin
    name: String,
    /// The grants: files:ro=NAME, files:rw=NAME=PATH, host=NAME=ADDRESS, http=METHOD:HOST/PATH*, secret=NAME, sql=own:rw,
    /// sql=catalog:ro, sql=files:ro, git=NAME, fingerprint=files, fingerprint=library, handoffs=AGENT,AGENT,
    /// handoffs=any, ledger, returns, locks, triggers, hard-links
    #[arg(value_name = "GRANT", required_unless_present = "all")]
    words: Vec<String>,
    /// Grant everything that the plugin asks for
    #[arg(long, conflicts_with = "words")]
    all: bool,
}

/// Take grants away from a plugin
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Revoke {
    /// The plugin
    name: String,
    /// The grants to take away, as `baton plugin grants` prints them [default: all]
    #[arg(value_name = "GRANT")]
    words: Vec<String>,
}

/// Show what a plugin asks for and what it was granted
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Show {
    /// The plugin
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Grant {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let words = if self.all { plugins.all_of(&self.name)? } else { self.words };
        output::print(&format!("{}\n", add_grants(plugins, &self.name, &words)?));
        Ok(Code::Good)
    }
}

/// Adds the grants. Returns a sentence that lists all grants of the plugin.
///
/// # Errors
/// When a grant is invalid, Baton does not allow grants of its folder, or it names an agent that does not exist.
pub(super) fn add_grants(plugins: &Plugins, name: &str, words: &[String]) -> anyhow::Result<String> {
    check_recipients(plugins, words)?;
    let entry = plugins.grant(name, words)?;
    plugins.record_change(&entry, "granted", words.join(" "))?;
    Ok(format!("{} may: {}", entry.name, Plugins::may(&entry)))
}

/// Handoffs can be granted only to existing agents. Otherwise a misspelled name would allow an agent that is created
/// later.
fn check_recipients(plugins: &Plugins, words: &[String]) -> anyhow::Result<()> {
    for agents in words.iter().filter_map(|word| word.strip_prefix("handoffs=")) {
        let Ok(recipients) = Recipients::parse(agents) else { continue };
        let roster = plugins.workspace.roster()?;
        if let Some(unknown) = recipients.names().iter().find(|name| roster.resolve(name).is_none()) {
            bail!("`handoffs={agents}` is not granted: {}", roster.unknown_agent(unknown));
        }
    }
    Ok(())
}

impl Revoke {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let entry = plugins.registry.revoke(&self.name, &self.words)?;
        let what = if self.words.is_empty() { "everything".to_owned() } else { self.words.join(" ") };
        plugins.record_change(&entry, "revoked", what)?;
        output::print(&format!("{} may: {}\n", entry.name, Plugins::may(&entry)));
        Ok(Code::Good)
    }
}

impl Show {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let declares = plugins.registry.declares(&self.name)?;
        let asked = declares.capabilities.grants();
        let lock = plugins.registry.read()?;
        let mut rules = plugins.workspace.config.rules(&plugins.workspace.base);
        let budget = rules.budgets.remove(&self.name).unwrap_or_default();
        let used = budget::used(&plugins.workspace, &self.name)?;
        let grants = lock.get(&self.name).map(|entry| entry.grants.clone()).unwrap_or_default();
        let granted = grants.specs();
        if self.json {
            output::json(&json!({
                "schema": 1, "name": self.name, "asks": specs(&asked), "granted": granted, "secrets": secrets(&grants),
                "declares": requests::as_json(&declares), "budget": budget::as_json(&budget, used.as_ref()),
            }));
            return Ok(Code::Good);
        }
        let mut table = Table::new(&["GRANT", "ASKED", "GRANTED"]);
        for GrantRow { spec, asked, given } in grant_rows::rows(&declares.capabilities, &grants) {
            table.row([spec, if asked.is_some() { "yes" } else { "no" }.to_owned(), given.as_str().to_owned()]);
        }
        let granted_for = grants.secrets.iter();
        let granted_for =
            granted_for.map(|secret| format!("  secret={}: {}\n", one_line(&secret.name), secret.destinations()));
        let granted_for: String = granted_for.collect();
        let granted_for = if granted_for.is_empty() { granted_for } else { format!("\nis granted\n{granted_for}") };
        output::print(&format!("{}{granted_for}\n{}", table.lines(|_, _, cell| cell), requests::all(&declares)));
        output::print(&budget::as_text(&budget, used.as_ref()));
        Ok(Code::Good)
    }
}

fn secrets(grants: &GrantSet) -> Vec<Value> {
    let secret =
        |secret: &GrantedSecret| json!({ "name": secret.name, "hosts": secret.hosts, "header": secret.header });
    grants.secrets.iter().map(secret).collect()
}
