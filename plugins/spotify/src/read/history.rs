//! The history of plays, in two forms. The short form is part of the account data: it has names, and end times to the
//! minute. The long form must be requested from Spotify: it has ids, and end times to the second.
//!
//! The long form also has IP addresses, user agents, countries, platforms and the user's name. [`PlayRecord`] has no field for them, so they
//! are skipped and never stored.

use baton_plugin_kit::{Findings, time};
use baton_plugin_sdk::Severity;
use serde::Deserialize;

use super::find_exports::FoundFile;
use super::json::list;
use super::lenient_fields::{Text, WholeNumber};
use crate::model::Play;
use crate::uri::Uri;

/// A record of the short or the long form. No field name has different meanings in the two forms.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PlayRecord {
    #[serde(alias = "endTime")]
    ts: Text,
    #[serde(alias = "msPlayed")]
    ms_played: WholeNumber,
    #[serde(alias = "trackName")]
    master_metadata_track_name: Text,
    #[serde(alias = "artistName")]
    master_metadata_album_artist_name: Text,
    master_metadata_album_album_name: Text,
    spotify_track_uri: Text,
}

/// Reads the plays. Episodes and chapters are left out and counted.
pub(super) fn read(found: &FoundFile, findings: &mut Findings) -> Result<Vec<Play>, String> {
    let (mut plays, mut odd, mut spoken) = (Vec::new(), 0_usize, 0_usize);
    list(found, &mut |record: Option<PlayRecord>| match record.map(play) {
        Some(RecordContent::Play(play)) => plays.push(play),
        Some(RecordContent::NoMusic) => spoken += 1,
        Some(RecordContent::WithoutTime) | None => odd += 1,
    })?;
    if odd > 0 {
        let title = format!("{}: {odd} rows have no time, and were left out", found.shown);
        findings.add("play", &found.shown, Severity::Low, title, "");
    }
    if spoken > 0 {
        let title = format!("{}: {spoken} rows are episodes, audiobooks or empty, and were left out", found.shown);
        findings.add("no-music", &found.shown, Severity::Info, title, "");
    }
    Ok(plays)
}

enum RecordContent {
    Play(Play),
    NoMusic,
    WithoutTime,
}

fn play(record: PlayRecord) -> RecordContent {
    let Some(ended_at) = record.ts.some().and_then(|text| time::parse(&text)) else {
        return RecordContent::WithoutTime;
    };
    let (title, artist) =
        (record.master_metadata_track_name.or_empty(), record.master_metadata_album_artist_name.or_empty());
    let uri = record.spotify_track_uri.some().and_then(|uri| Uri::parse(&uri)).filter(Uri::is_music);
    if uri.is_none() && title.is_empty() {
        return RecordContent::NoMusic;
    }
    let ms_played = record.ms_played.0.unwrap_or(0).max(0);
    let album = record.master_metadata_album_album_name.some();
    RecordContent::Play(Play { ended_at, ms_played, uri, title, artist, album })
}
