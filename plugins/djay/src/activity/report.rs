//! The activity as two tables and a page.

use baton_plugin_kit::csv_file::CsvWriter;
use baton_plugin_kit::markdown::cell;
use baton_plugin_kit::time;

use super::{Activity, Options, TrackPlays};

/// Maximum number of rows in the table of relations.
const MOST_ROWS: usize = 50_000;

fn when(millis: Option<i64>) -> String {
    millis.and_then(time::text).unwrap_or_default()
}

/// The table of the played tracks.
///
/// # Errors
/// Never: the file is written to memory.
pub fn csv_of_tracks(activity: &Activity) -> Result<Vec<u8>, String> {
    let mut table =
        CsvWriter::new(["track_id", "title", "artist", "plays", "sessions", "first_played", "last_played"])?;
    for track in &activity.tracks {
        let (plays, sessions) = (track.plays.to_string(), track.sessions.to_string());
        let (first, last) = (when(track.first), when(track.last));
        table.row([&track.id, &track.title, &track.artist, &plays, &sessions, &first, &last])?;
    }
    table.into_bytes()
}

/// The table of the 50,000 relations with the highest counts.
///
/// # Errors
/// Never: the file is written to memory.
pub fn csv_of_relations(activity: &Activity) -> Result<Vec<u8>, String> {
    let mut table =
        CsvWriter::new(["track_id", "title", "artist", "other_id", "other_title", "other_artist", "weight"])?;
    for relation in activity.relations.iter().take(MOST_ROWS) {
        let (Some(one), Some(other)) = (activity.tracks.get(relation.one), activity.tracks.get(relation.other)) else {
            continue;
        };
        let weight = relation.weight.to_string();
        table.row([&one.id, &one.title, &one.artist, &other.id, &other.title, &other.artist, &weight])?;
    }
    table.into_bytes()
}

/// A Markdown page with the first `top` rows of both tables.
#[must_use]
pub fn markdown(activity: &Activity, options: &Options) -> String {
    let range = match (when(options.since), when(options.until)) {
        (since, until) if since.is_empty() && until.is_empty() => "the whole history".to_owned(),
        (since, until) if until.is_empty() => format!("since {since}"),
        (since, until) if since.is_empty() => format!("before {until}"),
        (since, until) => format!("from {since} to {until}"),
    };
    let mut page = format!(
        "# djay activity\n\n{} plays of {} tracks in {} sessions, {range}.\n",
        activity.plays,
        activity.tracks.len(),
        activity.sessions
    );
    page.push_str("\n## Most played\n\n| Track | Plays | Sessions | First | Last |\n|---|---|---|---|---|\n");
    for track in activity.tracks.iter().take(options.top) {
        let (first, last) = (when(track.first), when(track.last));
        page.push_str(&format!("| {} | {} | {} | {first} | {last} |\n", name(track), track.plays, track.sessions));
    }
    page.push_str(&format!(
        "\n## Played together\n\nA pair of tracks counts 1 for each pair of plays in one session, and 2 more if these plays \
         are consecutive. Pairs with a count of {} or more: {}.\n\n\
         | Track | With | Weight |\n|---|---|---|\n",
        options.threshold,
        activity.relations.len()
    ));
    for relation in activity.relations.iter().take(options.top) {
        if let (Some(one), Some(other)) = (activity.tracks.get(relation.one), activity.tracks.get(relation.other)) {
            page.push_str(&format!("| {} | {} | {} |\n", name(one), name(other), relation.weight));
        }
    }
    page.push_str(&bounds(activity));
    page
}

/// The section of the page that explains which pairs are not counted or not in the table.
fn bounds(activity: &Activity) -> String {
    let mut lines = String::new();
    if activity.long_sessions > 0 {
        lines.push_str(&format!(
            "- {} sessions have more than 501 plays: two plays form a pair only if at most 499 plays are between them.\n",
            activity.long_sessions
        ));
    }
    if activity.left_out > 0 {
        lines.push_str(&format!(
            "- {} pairs of plays were not counted, because the table of pairs was full.\n",
            activity.left_out
        ));
    }
    if activity.relations.len() > MOST_ROWS {
        lines.push_str(&format!("- The table of pairs has the first {MOST_ROWS} of {}.\n", activity.relations.len()));
    }
    if lines.is_empty() { lines } else { format!("\n## Not counted\n\n{lines}") }
}

fn name(track: &TrackPlays) -> String {
    let title = if track.title.is_empty() { &track.id } else { &track.title };
    if track.artist.is_empty() { cell(title) } else { format!("{} – {}", cell(&track.artist), cell(title)) }
}
