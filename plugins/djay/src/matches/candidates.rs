//! The tracks of the catalog that a service other than djay knows.

use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Value;
use baton_track_match::{Id, Track as Names};

/// A track of the catalog.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The name of a service that has the track.
    pub service: String,
    /// The id of the track at this service.
    pub id: String,
    /// All ids, the title, artists, album, length and ISRC of the track.
    pub names: Names,
}

/// Maximum number of candidates. `tests/memory.rs` checks that they fit into the memory of the plugin.
pub const MOST: usize = 50_000;

/// Selects the tracks with facts from a source other than djay.
const ROWS: &str = "SELECT t.id, e.service, e.external_id, t.title, t.artists, t.album, t.duration_ms, t.isrc \
    FROM tracks AS t JOIN external_ids AS e ON e.kind = 'track' AND e.item = t.id \
    WHERE EXISTS (SELECT 1 FROM external_ids AS o WHERE o.kind = 'track' AND o.item = t.id AND o.service <> 'djay' \
        AND (?1 IS NULL OR o.service = ?1)) \
    AND EXISTS (SELECT 1 FROM facts AS f JOIN sources AS s ON s.id = f.source WHERE f.track = t.id AND s.name <> 'djay') \
    ORDER BY t.id, e.service, e.external_id";

/// The services of the catalog's tracks.
const SERVICES: &str =
    "SELECT DISTINCT service FROM external_ids WHERE kind = 'track' AND service <> 'djay' ORDER BY service LIMIT 50";

/// Reads the candidates. If `service` is given, reads only the tracks of this service, and [`Candidate::id`] is the id at this
/// service.
///
/// # Errors
/// As `wit/sql.wit`; `permanent` if there are more than 50,000 tracks, or if the catalog has no track of the service.
pub fn candidates(catalog: &dyn Tables, service: Option<&str>) -> Result<Vec<Candidate>, Error> {
    if let Some(service) = service {
        check(catalog, service)?;
    }
    let mut list: Vec<Candidate> = Vec::new();
    let mut last = None;
    for row in catalog.rows(ROWS, &[service.into()])? {
        let row = row?;
        let [Value::Integer(track), Value::Text(name), Value::Text(id), rest @ ..] = row.as_slice() else { continue };
        if last != Some(*track) {
            if list.len() == MOST {
                return Err(Error::Permanent(format!(
                    "the catalog has more than {MOST} tracks of other services; name one with the argument `service`"
                )));
            }
            last = Some(*track);
            list.push(Candidate { service: name.clone(), id: id.clone(), names: names(rest) });
        }
        let Some(candidate) = list.last_mut() else { continue };
        let has_usable_id = match service {
            Some(service) => candidate.service == service,
            // Ids of djay and of Apple's local library are not ids of a service.
            None => candidate.service != "djay" && candidate.service != "apple",
        };
        if !has_usable_id {
            (candidate.service, candidate.id) = (name.clone(), id.clone());
        }
        candidate.names.ids.push(Id::new(name, id));
    }
    Ok(list)
}

/// Whether the catalog has tracks of a service.
fn check(catalog: &dyn Tables, service: &str) -> Result<(), Error> {
    let there = "SELECT 1 FROM external_ids WHERE kind = 'track' AND service <> 'djay' AND service = ?1 LIMIT 1";
    if !catalog.query(there, &[service.into()])?.rows.is_empty() {
        return Ok(());
    }
    let known = catalog.query(SERVICES, &[])?;
    let known: Vec<_> = known.rows.iter().filter_map(|row| row.first()?.as_text()).collect();
    let has = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(Error::Permanent(format!(
        "the argument `service`: no tracks of `{service}` to match with; services with tracks: {has}"
    )))
}

fn names(row: &[Value]) -> Names {
    let text = |place: usize| row.get(place).and_then(Value::as_text);
    let artists = text(1).and_then(|list| serde_json::from_str::<Vec<String>>(list).ok()).unwrap_or_default();
    Names {
        title: text(0).unwrap_or_default().to_owned(),
        artists,
        album: text(2).map(str::to_owned),
        duration_ms: row.get(3).and_then(Value::as_integer).and_then(|length| u64::try_from(length).ok()),
        isrc: text(4).map(str::to_owned),
        ..Names::default()
    }
}
