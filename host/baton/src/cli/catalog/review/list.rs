//! Lists uncertain matches as a table or JSON.

use baton_catalog::{Catalog, KnownTrack, ReviewQuestion, ReviewSubject};
use baton_track_match::Track;
use serde_json::{Value, json};

use super::super::open::length;
use super::reference::Reference;
use crate::exit::Code;
use crate::output::{self, Table, shorten};

/// The options of the list.
#[derive(Debug, clap::Args)]
pub(super) struct ListOptions {
    /// How many matches to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl ListOptions {
    /// The result for an empty catalog.
    pub(super) fn nothing(&self) -> Code {
        if self.json {
            output::json(&json!({ "schema": 1, "total": 0, "questions": [] }));
        }
        Code::Findings
    }

    pub(super) fn run(self, catalog: &Catalog) -> anyhow::Result<Code> {
        let unsure = catalog.review_questions()?;
        let shown: Vec<_> = unsure.iter().take(self.limit).collect();
        if self.json {
            let questions: Vec<Value> = shown.iter().map(|one| as_json(one)).collect();
            output::json(&json!({ "schema": 1, "total": unsure.len(), "questions": questions }));
            return Ok(Code::Good);
        }
        if unsure.is_empty() {
            output::note("there are no uncertain matches");
            return Ok(Code::Good);
        }
        output::print(&as_text(&shown));
        if shown.len() < unsure.len() {
            output::note(&format!("{} more: baton catalog review -n {}", unsure.len() - shown.len(), unsure.len()));
        }
        output::note("baton catalog review accept REF… (both are the same), or reject REF… (they differ)");
        Ok(Code::Good)
    }
}

fn as_json(unsure: &ReviewQuestion) -> Value {
    let track = |KnownTrack { id, names }: &KnownTrack| json!({ "track": id, "title": names.title, "artists": names.artists, "album": names.album, "duration_ms": names.duration_ms });
    let what = match &unsure.what {
        ReviewSubject::Track(one) => track(one),
        ReviewSubject::File { id, path, names } => {
            json!({ "file": id, "path": path, "title": names.title, "artists": names.artists, "duration_ms": names.duration_ms })
        }
    };
    json!({
        "ref": Reference::of(&unsure.what, unsure.track.id).to_string(),
        "what": what,
        "may_be": track(&unsure.track),
        "score": unsure.score,
        "reasons": unsure.reasons,
        "why": why(unsure),
    })
}

fn as_text(shown: &[&ReviewQuestion]) -> String {
    let mut table = Table::new(&["REF", "THIS", "LENGTH", "MAY BE", "LENGTH", "WHY"]);
    let long = |track: &Track| length(track.duration_ms.and_then(|ms| i64::try_from(ms).ok()));
    for unsure in shown {
        let (named, one) = match &unsure.what {
            ReviewSubject::Track(one) => (called(&one.names), &one.names),
            ReviewSubject::File { path, names, .. } => (path.clone(), names),
        };
        table.row([
            Reference::of(&unsure.what, unsure.track.id).to_string(),
            shorten(&named, 50),
            long(one),
            shorten(&called(&unsure.track.names), 50),
            long(&unsure.track.names),
            shorten(&why(unsure), 100),
        ]);
    }
    table.lines(|_, _, cell| cell)
}

fn why(unsure: &ReviewQuestion) -> String {
    unsure.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn called(track: &Track) -> String {
    if track.artists.is_empty() {
        track.title.clone()
    } else {
        format!("{} - {}", track.artists.join(", "), track.title)
    }
}
