//! Valid work with the catalog: a whole library at once.

use baton_plugin_sdk::sql::{self, Row};
use baton_plugin_sdk::{Error, Outcome, Task};

const TRACK: &str = "INSERT INTO put_track
    (source, said_at, service, id, title, artists, album, duration_ms, isrc, bpm, musical_key, genre, more)
    VALUES ('store', 1768730000000, 'djay', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'House', ?9)";

const SESSION: &str = "INSERT INTO put_session (source, said_at, service, id, device_name, started_at)
    VALUES ('store', 1768730000000, 'djay', ?1, 'Mac', ?2)";

const PLAY: &str =
    "INSERT INTO put_play (source, said_at, service, id, session, track_service, track, started_at, deck)
    VALUES ('store', 1768730000000, 'djay', ?1, ?2, 'djay', ?3, ?4, ?5)";

const FILE: &str = "INSERT INTO put_file (source, said_at, path, track_service, track, size, format)
    VALUES ('store/files', 1768730000000, ?1, 'djay', ?2, ?3, 'flac')";

/// Writes a library as a plugin of a DJ program does: tracks, sessions, plays, files.
pub(crate) fn fill(task: &Task) -> Result<Outcome, Error> {
    let tracks = task.args()?.get("tracks").and_then(serde_json::Value::as_i64).unwrap_or(100);
    let catalog = sql::catalog();
    catalog.batch(TRACK, (0..tracks).map(track))?;
    let sessions = tracks / 130 + 1;
    catalog.batch(SESSION, (0..sessions).map(|n| vec![format!("session-{n}").into(), at(n * 86_400).into()]))?;
    catalog.batch(PLAY, (0..tracks / 8).map(|n| play(n, sessions)))?;
    catalog
        .batch(FILE, (0..tracks).map(|n| vec![format!("/music/{n}.flac").into(), id(n).into(), (n * 1000).into()]))?;
    Ok(Outcome::new(format!("Said {tracks} tracks.")))
}

fn id(number: i64) -> String {
    format!("{number:032x}")
}

fn at(seconds: i64) -> i64 {
    1_700_000_000_000 + seconds * 1000
}

fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or_default()
}

fn track(n: i64) -> Row {
    let keys = ["Am", "C", "F#m", "Eb"];
    let key = usize::try_from(n % 4).ok().and_then(|place| keys.get(place)).copied();
    vec![
        id(n).into(),
        format!("Título {n} (Extended Mix)").into(),
        format!(r#"["Artist {}", "Guest, {}"]"#, n % 700, n % 90).into(),
        format!("Album {}", n % 2_000).into(),
        (180_000 + n).into(),
        (n % 3 == 0).then(|| format!("USABC{n:07}")).into(),
        (118.0 + f64::from(small(n % 20)) / 2.0).into(),
        key.into(),
        r#"{"energy": 0.5}"#.into(),
    ]
}

fn play(n: i64, sessions: i64) -> Row {
    let session = format!("session-{}", n % sessions);
    vec![format!("play-{n}").into(), session.into(), id(n * 3).into(), at(n * 240).into(), (n % 2 + 1).into()]
}

/// Returns the numbers of rows.
pub(crate) fn look() -> Result<Outcome, Error> {
    let count = sql::catalog().query("SELECT count(*) FROM tracks", &[])?.integer().unwrap_or_default();
    Ok(Outcome::new(format!("The catalog has {count} tracks.")))
}
