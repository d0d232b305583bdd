//! `baton catalog rank`: chooses which source wins for a field.

use anyhow::bail;
use baton_catalog::{Catalog, FieldRank, prepare, rank_field};
use serde_json::{Value, json};

use super::WorkspaceOptions;
use crate::exit::Code;
use crate::output::{self, Table};

/// Choose which source's value is used for a field, or show the current order of the sources
///
/// Without a choice, Baton uses the value of the source with the highest rank in [catalog.ranks] of baton.toml. If sources
/// have equal rank, Baton uses the value of djay for bpm and key, and the newest value for other fields.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: baton catalog rank bpm djay spotify")]
pub(in crate::cli) struct Args {
    /// The field: bpm, key, genre, title, …; without a field, the orders of all fields are shown
    field: Option<String>,
    /// The sources, from the highest rank to the lowest; all other sources rank below them
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Use the default order again
    #[arg(long, requires = "field", conflicts_with = "sources")]
    reset: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The fields with a column in the catalog.
const COLUMNS: [&str; 13] = [
    "title",
    "artists",
    "album",
    "album_artist",
    "duration_ms",
    "isrc",
    "bpm",
    "musical_key",
    "genre",
    "released",
    "label",
    "rating",
    "added_at",
];

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let path = workspace.state.catalog();
        prepare(&path)?;
        let Some(open) = Catalog::open(&path)? else {
            bail!("the catalog cannot be opened");
        };
        let field = self.field.as_deref().map(|field| known_field(&open, field)).transpose()?;
        if let Some(field) = field.as_deref().filter(|_| self.reset || !self.sources.is_empty()) {
            let plugins: Vec<_> = workspace.registry().read()?.plugins.into_iter().map(|entry| entry.name).collect();
            check_sources(&open, &plugins, &self.sources)?;
            rank_field(&path, field, &self.sources)?;
        }
        let mut ranks = open.field_ranks()?;
        ranks.retain(|rank| field.as_ref().is_none_or(|field| *field == rank.field));
        if self.json {
            let ranks: Vec<Value> = ranks.iter().map(as_json).collect();
            output::json(&json!({ "schema": 1, "fields": ranks }));
        } else if ranks.is_empty() {
            output::note(
                "no order was chosen: the highest rank in [catalog.ranks] decides; if ranks are equal, the newest value",
            );
        } else {
            output::print(&as_text(&ranks));
        }
        Ok(Code::Good)
    }
}

/// Checks the name of a field.
fn known_field(catalog: &Catalog, name: &str) -> anyhow::Result<String> {
    let name = if name == "key" { "musical_key" } else { name };
    let fields = catalog.fields()?;
    if COLUMNS.contains(&name) || fields.iter().any(|field| field == name) {
        return Ok(name.to_owned());
    }
    let others = fields.iter().map(String::as_str).filter(|field| !COLUMNS.contains(field));
    let known: Vec<&str> = COLUMNS.into_iter().chain(others).collect();
    bail!("there is no field `{}`; fields are {}", name.escape_debug(), known.join(", "))
}

/// A source is in the catalog, or is an installed plugin, which may fill the catalog later.
fn check_sources(catalog: &Catalog, plugins: &[String], names: &[String]) -> anyhow::Result<()> {
    let mut known = catalog.sources()?;
    known.extend(plugins.iter().cloned());
    known.sort();
    known.dedup();
    let whole = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
    match names.iter().find(|name| !known.contains(&whole(name))) {
        Some(name) => bail!("there is no source `{}`; sources are {}", name.escape_debug(), known.join(", ")),
        None => Ok(()),
    }
}

fn as_json(rank: &FieldRank) -> Value {
    json!({ "field": rank.field, "sources": rank.sources, "chosen": rank.chosen })
}

fn as_text(ranks: &[FieldRank]) -> String {
    let mut table = Table::new(&["FIELD", "SOURCES", ""]);
    for rank in ranks {
        let by = if rank.chosen { "chosen" } else { "default" };
        table.row([rank.field.clone(), format!("{}, then all others", rank.sources.join(", ")), by.to_owned()]);
    }
    table.lines(|_, _, cell| cell)
}
