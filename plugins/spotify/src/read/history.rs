//! The history of plays: the short form of the account data (names, the end to the minute) and the long form, which has to be requested
//! (ids, the end to the second).
//!
//! The long form also has IP addresses, user agents, countries, platforms and the user's name. [`PlayRecord`] has no field for them, so they
//! are skipped and never stored.

use baton_plugin_kit::{Findings, time};
use baton_plugin_sdk::Severity;
use serde::Deserialize;

use super::found::FoundFile;
use super::json::list;
use super::loose::{Text, Whole};
use crate::model::Play;
use crate::uri::Uri;

/// A record of either form: no field name has two meanings.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PlayRecord {
    #[serde(alias = "endTime")]
    ts: Text,
    #[serde(alias = "msPlayed")]
    ms_played: Whole,
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
    list(found, &mut |played: Option<PlayRecord>| match played.map(play) {
        Some(Read::Play(play)) => plays.push(play),
        Some(Read::Spoken) => spoken += 1,
        Some(Read::Odd) | None => odd += 1,
    })?;
    if odd > 0 {
        let title = format!("{}: {odd} rows have no time, and were left out", found.shown);
        findings.add("play", &found.shown, Severity::Low, title, "");
    }
    if spoken > 0 {
        let title = format!("{}: {spoken} rows are of episodes, audiobooks or nothing, and were left out", found.shown);
        findings.add("no-music", &found.shown, Severity::Info, title, "");
    }
    Ok(plays)
}

enum Read {
    Play(Play),
    Spoken,
    Odd,
}

fn play(played: PlayRecord) -> Read {
    let Some(ended_at) = played.ts.some().and_then(|text| time::parse(&text)) else {
        return Read::Odd;
    };
    let (title, artist) =
        (played.master_metadata_track_name.or_empty(), played.master_metadata_album_artist_name.or_empty());
    let uri = played.spotify_track_uri.some().and_then(|uri| Uri::parse(&uri)).filter(Uri::is_music);
    if uri.is_none() && title.is_empty() {
        return Read::Spoken;
    }
    let ms_played = played.ms_played.0.unwrap_or(0).max(0);
    let album = played.master_metadata_album_album_name.some();
    Read::Play(Play { ended_at, ms_played, uri, title, artist, album })
}
