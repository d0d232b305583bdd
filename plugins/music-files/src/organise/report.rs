//! The reports of a plan: JSON (`schemas/organise-plan.schema.json`), CSV and Markdown.

use baton_plugin_kit::csv_file::CsvWriter;
use baton_plugin_kit::markdown::cell;
use baton_plugin_sdk::{Artifact, Error, Outcome, OutcomeKind};
use serde_json::json;

use super::args::ManyPlaylists;
use super::draft::{Draft, TrackCandidate, UnclearFile};
use super::journal::StoredPlan;
use super::limits::{SHOWN, SHOWN_CHARS};
use super::step::{Step, StepAction};
use super::walk::FoundFiles;

/// The outcome. It is `refused` if no file could be planned, and `partial` if files or folders could not be read or wait for
/// the next plan. Unclear files do not make the outcome `partial`.
pub(crate) fn outcome(draft: &Draft, walked: &FoundFiles, kept: Option<&StoredPlan>, has_tracks: bool) -> Outcome {
    let planned = draft.steps.len() + draft.there + draft.stays;
    let unread = walked.unread.len() + walked.unreadable.len() + draft.hidden.len();
    let text = summary(draft, walked, kept);
    let mut outcome = match OutcomeKind::from_counts(planned, unread + draft.later) {
        OutcomeKind::Done if planned == 0 => Outcome::refused(text),
        kind => Outcome::with_kind(kind, text),
    };
    if let Some(kept) = kept {
        outcome.next_steps.push(format!("check the plan, then: baton run music-files apply --arg plan={}", kept.id));
    }
    if unread > 0 {
        outcome.next_steps.push("make the folders in the findings readable, then plan again".to_owned());
    }
    if planned == 0 {
        outcome.next_steps.push(if walked.files.is_empty() {
            "grant the folder with the music: baton plugin grant music-files files:rw=music=FOLDER".to_owned()
        } else if has_tracks {
            "scan the folder, so that files are recognised by their sound and tags: baton library scan FOLDER"
                .to_owned()
        } else {
            "the catalog has no tracks; import them, then plan again: baton run spotify import".to_owned()
        });
    }
    outcome
}

/// A summary of one to three sentences.
fn summary(draft: &Draft, walked: &FoundFiles, kept: Option<&StoredPlan>) -> String {
    let (moves, copies) = counts(&draft.steps);
    let left: usize = walked.left.values().sum();
    let mut text = format!(
        "{} files: {moves} to move, {copies} copies to make, {} already in place, {} for a person to decide, {} excluded by a rule; \
         {left} other files are ignored.",
        walked.files.len(),
        draft.there,
        draft.unclear.len(),
        draft.stays
    );
    let hidden: usize = draft.hidden.values().map(|folder| folder.files).sum();
    if hidden > 0 {
        text.push_str(&format!(" {hidden} are not moved, because their folder cannot be read."));
    }
    match kept {
        Some(kept) => text.push_str(&format!(
            " Nothing was moved. The plan is {}: `baton run music-files apply --arg plan={}`.",
            kept.id, kept.id
        )),
        None => text.push_str(" There is nothing to do."),
    }
    if draft.later > 0 {
        text.push_str(&format!(" {} more files need another plan after this one is applied.", draft.later));
    }
    text
}

fn counts(steps: &[Step]) -> (usize, usize) {
    let moves = steps.iter().filter(|step| step.act == StepAction::Move).count();
    (moves, steps.len() - moves)
}

/// The three files of a plan.
///
/// # Errors
/// Never: the data can always be written as text.
pub(crate) fn artifacts(
    kept: &StoredPlan,
    draft: &Draft,
    several: ManyPlaylists,
    now: &str,
) -> Result<Vec<Artifact>, Error> {
    let file = |ending: &str, media_type: &str, bytes: Vec<u8>| Artifact {
        name: format!("organise_{}.{ending}", kept.id),
        media_type: media_type.to_owned(),
        bytes,
    };
    Ok(vec![
        file("json", "application/json", json(kept, draft, several, now)?),
        file("csv", "text/csv", csv(&draft.steps).map_err(Error::Permanent)?),
        file("md", "text/markdown", markdown(kept, draft).into_bytes()),
    ])
}

fn json(kept: &StoredPlan, draft: &Draft, several: ManyPlaylists, now: &str) -> Result<Vec<u8>, Error> {
    let (moves, copies) = counts(&draft.steps);
    let candidate = |found: &TrackCandidate| json!({ "track": cut(&found.track), "why": found.why });
    let one = |one: &UnclearFile| json!({ "path": one.path, "perhaps": one.candidates.iter().map(candidate).collect::<Vec<_>>() });
    let unclear: Vec<_> = draft.unclear.iter().take(SHOWN).map(one).collect();
    let plan = json!({
        "version": 1,
        "plan": kept.id,
        "digest": kept.digest,
        "name": kept.name,
        "made_at": now,
        "in_several": several,
        "counts": { "move": moves, "copy": copies, "there": draft.there, "unclear": draft.unclear.len(),
            "left_by_rule": draft.stays, "later": draft.later },
        "steps": draft.steps,
        "unclear": unclear,
    });
    serde_json::to_vec(&plan).map_err(|error| Error::Permanent(error.to_string()))
}

fn csv(steps: &[Step]) -> Result<Vec<u8>, String> {
    let mut sheet = CsvWriter::new(["step", "do", "from", "to", "size", "playlist", "track", "why"])?;
    for step in steps {
        let track = step.track.as_ref().map(|track| match &track.artist {
            Some(artist) => format!("{artist} - {}", track.title),
            None => track.title.clone(),
        });
        let cells = [
            step.step.to_string(),
            step.act.word().to_owned(),
            step.from.on_host(),
            step.to.on_host(),
            step.size.to_string(),
            step.playlist.clone().unwrap_or_default(),
            track.unwrap_or_default(),
            step.reason.clone(),
        ];
        sheet.row(cells)?;
    }
    sheet.into_bytes()
}

fn markdown(kept: &StoredPlan, draft: &Draft) -> String {
    let (moves, copies) = counts(&draft.steps);
    let mut text = format!(
        "# Plan {}{}\n\nNothing was moved yet. The plan moves {moves} files and makes {copies} copies; {} files are already in place.\n\n\
         - Apply it: `baton run music-files apply --arg plan={}`\n- All steps: `organise_{}.csv`\n\n| From | To | Why |\n|---|---|---|\n",
        kept.id,
        kept.name.as_deref().map(|name| format!(" ({})", cell(name))).unwrap_or_default(),
        draft.there,
        kept.id,
        kept.id
    );
    for step in draft.steps.iter().take(SHOWN) {
        let (from, to) = (cell(&step.from.path), cell(&step.to.path));
        text.push_str(&format!("| {from} | {to} | {} |\n", cell(&step.reason)));
    }
    if draft.steps.len() > SHOWN {
        text.push_str(&format!("\n… and {} more.\n", draft.steps.len() - SHOWN));
    }
    if !draft.unclear.is_empty() {
        text.push_str(
            "\n## For a person to decide\n\nThese files are not moved, because their tracks are not clear.\n\n",
        );
        text.push_str("| File | Candidates |\n|---|---|\n");
    }
    for unclear in draft.unclear.iter().take(SHOWN) {
        let candidates: Vec<_> = unclear.candidates.iter().map(|found| cell(&found.track)).collect();
        text.push_str(&format!("| {} | {} |\n", cell(&unclear.path), candidates.join("; ")));
    }
    text
}

/// The beginning of a text.
fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(SHOWN_CHARS).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
