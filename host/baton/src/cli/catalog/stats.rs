//! `baton catalog stats`: the numbers of tracks, ids and files in the catalog.

use baton_catalog::{NamedCount, Stats};
use serde_json::{Map, Value, json};

use super::WorkspaceOptions;
use super::open::open;
use crate::exit::Code;
use crate::output::{self, Table};

/// Count the rows of the catalog
///
/// Exit 1: the catalog is empty.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let Some(catalog) = open(options)? else {
            if self.json {
                output::json(&as_json(&Stats::default()));
            }
            return Ok(Code::Findings);
        };
        let stats = catalog.stats()?;
        if self.json {
            output::json(&as_json(&stats));
        } else {
            output::print(&as_text(&stats));
        }
        Ok(Code::Good)
    }
}

fn as_json(stats: &Stats) -> Value {
    let object = |named: &[NamedCount]| -> Map<String, Value> {
        named.iter().map(|named| (named.name.replace(' ', "_"), named.count.into())).collect()
    };
    json!({
        "schema": 1,
        "counts": object(&stats.counts),
        "tracks_with": object(&stats.known),
        "track_ids": object(&stats.services),
        "facts": object(&stats.sources),
    })
}

fn as_text(stats: &Stats) -> String {
    let tracks = stats.counts.first().map_or(0, |named| named.count);
    let percent = |count: u64| (count * 100).checked_div(tracks).map_or_else(String::new, |part| format!("{part} %"));
    let mut counts = Table::new(&["WHAT", "COUNT"]);
    for named in &stats.counts {
        counts.row([named.name.clone(), named.count.to_string()]);
    }
    let mut known = Table::new(&["TRACKS WITH", "COUNT", ""]);
    for named in &stats.known {
        known.row([named.name.clone(), named.count.to_string(), percent(named.count)]);
    }
    let mut text = format!("{}\n{}", counts.lines(|_, _, cell| cell), known.lines(|_, _, cell| cell));
    for (head, rows) in [("IDS OF TRACKS", &stats.services), ("FACTS BY SOURCE", &stats.sources)] {
        if rows.is_empty() {
            continue;
        }
        let mut table = Table::new(&[head, "COUNT"]);
        for named in rows {
            table.row([named.name.clone(), named.count.to_string()]);
        }
        text.push_str(&format!("\n{}", table.lines(|_, _, cell| cell)));
    }
    text
}
