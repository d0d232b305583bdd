//! `baton library sources`: lists the sources, or forgets one.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use anyhow::bail;
use baton_catalog::library::Source;
use baton_core::path_text;
use baton_library::scan::forget;
use serde_json::{Value, json};

use super::super::WorkspaceOptions;
use super::open::open;
use super::wait::wait_for_lock;
use crate::exit::Code;
use crate::output::{self, Table};

/// List the sources of the library, or forget one
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Forget this source with its items and their fingerprints; its files stay as they are
    #[arg(long, value_name = "FOLDER", conflicts_with = "json")]
    forget: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let Some(catalog) = open(options, self.json, || as_json(&[]))? else {
            return Ok(Code::Good);
        };
        if let Some(folder) = self.forget {
            // The path of a deleted source cannot be resolved; it is used as written.
            let folder = folder.canonicalize().or_else(|_| std::path::absolute(&folder))?;
            let catalog = options.need()?.state.catalog();
            if !wait_for_lock(&AtomicBool::new(false), || forget(&catalog, &folder))? {
                bail!("{} is not a source; `baton library sources` lists the sources", folder.display());
            }
            output::note(&format!("removed the source {} and its fingerprints; its files stay", folder.display()));
            return Ok(Code::Good);
        }
        let sources = catalog.library_sources()?;
        if self.json {
            output::json(&as_json(&sources));
        } else {
            output::print(&as_text(&sources));
        }
        Ok(Code::Good)
    }
}

fn as_json(sources: &[Source]) -> Value {
    json!({ "schema": 1, "sources": sources.iter().map(source_json).collect::<Vec<_>>() })
}

fn source_json(source: &Source) -> Value {
    json!({
        "path": path_text::to_text(&source.path),
        "kind": source.kind.as_str(),
        "listed_at": source.listed_at.map(|at| at.to_string()),
        "failed_at": source.failed_at.map(|at| at.to_string()),
        "failure": source.failure,
    })
}

fn as_text(sources: &[Source]) -> String {
    let mut table = Table::new(&["SOURCE", "KIND", "LISTED", "UNREACHABLE"]);
    for source in sources {
        table.row([
            source.path.display().to_string(),
            source.kind.as_str().to_owned(),
            source.listed_at.map_or_else(|| "never".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string()),
            source.failure.clone().unwrap_or_default(),
        ]);
    }
    table.lines(|_, _, cell| cell)
}
