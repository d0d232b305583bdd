//! Matches tracks without an id with Spotify's tracks in the catalog, and joins the certain matches. The whole
//! catalog is compared, so the order of imports makes no difference.

use std::collections::HashMap;

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::sql::{Row, Value};
use baton_plugin_sdk::{Error, Severity};
use baton_track_match::Matcher;

use super::model::HostServices;
use super::rows::source;
use super::track_key::BY_NAME;
use crate::catalog::{self, MOST_ENTRIES};
use crate::model::{SERVICE_NAMES, TRACKS};

const PUT_SAME: &str =
    "INSERT INTO put_same (source, service, id, other_service, other_id) VALUES (?1, ?2, ?3, ?4, ?5)";

/// The tracks of exports without ids that are not matched with a track of Spotify: their number, and their id.
const UNKNOWN: &str = "SELECT n.item, n.external_id FROM external_ids AS n WHERE n.kind = 'track' AND n.service = ?1 \
    AND NOT EXISTS (SELECT 1 FROM external_ids AS s WHERE s.kind = 'track' AND s.item = n.item AND s.service = ?2)";

/// The number of tracks of both services, and the highest track number of the catalog, as one text. If the text is the same
/// as after the last comparison, there are no new tracks.
const COMPARABLE: &str = "SELECT (SELECT count(*) FROM external_ids WHERE kind = 'track' AND service = ?1) || ' ' || \
    (SELECT count(*) FROM external_ids WHERE kind = 'track' AND service = ?2) || ' ' || \
    (SELECT coalesce(max(id), 0) FROM tracks)";

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS compared (only INTEGER PRIMARY KEY CHECK (only = 1), tracks TEXT NOT NULL) STRICT";

/// Joins the tracks, if this import wrote tracks, or if the tracks of the catalog have changed since the last comparison.
pub(super) fn join(services: &HostServices<'_>, is_new: bool, findings: &mut Findings) -> Result<(), Error> {
    let comparable = || -> Result<String, Error> {
        let found = services.catalog.query(COMPARABLE, &[BY_NAME.into(), TRACKS.into()])?;
        Ok(found.text().unwrap_or_default().to_owned())
    };
    services.own.execute(TABLE, &[])?;
    let last = services.own.query("SELECT tracks FROM compared", &[])?;
    if !is_new && last.text() == Some(comparable()?.as_str()) {
        return Ok(());
    }
    compare(services.catalog, findings)?;
    let put = "INSERT OR REPLACE INTO compared VALUES (1, ?1)";
    services.own.execute(put, &[comparable()?.into()])?;
    Ok(())
}

fn compare(catalog: &dyn Writable, findings: &mut Findings) -> Result<(), Error> {
    let mut unknown = HashMap::new();
    for row in catalog.rows(UNKNOWN, &[BY_NAME.into(), TRACKS.into()])? {
        let row = row?;
        let id = row.get(1).and_then(Value::as_text).map(str::to_owned);
        unknown.extend(row.first().and_then(Value::as_integer).zip(id));
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let tracks = match catalog::tracks(catalog) {
        Ok(tracks) => tracks,
        Err(Error::Permanent(_)) => {
            let title =
                format!("tracks without an id were not compared with Spotify's: there are more than {MOST_ENTRIES}");
            findings.add("not-compared", "catalog", Severity::Info, title, "");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let (named, known): (Vec<_>, Vec<_>) = tracks.into_iter().partition(|(number, _)| unknown.contains_key(number));
    let known: Vec<_> =
        known.into_iter().filter_map(|(_, entry)| Some((entry.uri.as_ref()?.id().to_owned(), entry.track()))).collect();
    let matcher = Matcher::new(known.iter().map(|(_, track)| track));
    let mut rows = named.iter().filter_map(|(number, entry)| -> Option<Row> {
        let (spotify, _) = known.get(matcher.find(&entry.track()).accepted()?)?;
        let id = unknown.get(number)?.as_str();
        Some(vec![source(SERVICE_NAMES).into(), BY_NAME.into(), id.into(), TRACKS.into(), spotify.as_str().into()])
    });
    catalog.batch(PUT_SAME, &mut rows)?;
    Ok(())
}
