//! Selects the track of djay that supplies the values of a catalog track. For each field of a track, the catalog keeps only one
//! value of each source. If several tracks of djay supplied values for one catalog track, the values would change in every run.

use std::collections::{BTreeMap, HashMap};

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::sql::Value;
use baton_plugin_sdk::{Error, Severity};

use crate::library::Track;

const IDS: &str = "SELECT service, external_id, item FROM external_ids WHERE kind = 'track' ORDER BY item";

/// Finds groups of tracks that share an id of a service or are one track in the catalog. The first track of a group supplies
/// the values. The result has, for each other track, the id of this first track.
///
/// # Errors
/// As `wit/sql.wit`.
pub(crate) fn replaced_tracks<'a>(
    tracks: &[&'a Track],
    catalog: &dyn Tables,
    findings: &mut Findings,
) -> Result<BTreeMap<&'a str, &'a str>, Error> {
    let mut groups = Groups((0..tracks.len()).collect());
    let mut names: HashMap<(&str, &str), usize> = HashMap::new();
    for (place, track) in tracks.iter().enumerate() {
        let ids = track.sources.iter().filter_map(|source| Some((source.service.as_str(), source.track_id()?)));
        for name in std::iter::once(("djay", track.id.as_str())).chain(ids) {
            groups.join(*names.entry(name).or_insert(place), place);
        }
    }
    let mut items = HashMap::new();
    for row in catalog.rows(IDS, &[])? {
        let row = row?;
        let [Value::Text(service), Value::Text(id), Value::Integer(item)] = row.as_slice() else { continue };
        if let Some(place) = names.get(&(service.as_str(), id.as_str())) {
            groups.join(*items.entry(*item).or_insert(*place), *place);
        }
    }
    let mut replaced = BTreeMap::new();
    let mut others: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (place, track) in tracks.iter().enumerate() {
        let first = groups.first(place);
        if let Some(supplier) = tracks.get(first).filter(|_| first != place) {
            replaced.insert(track.id.as_str(), supplier.id.as_str());
            others.entry(&supplier.id).or_default().push(&track.id);
        }
    }
    for (supplier, others) in others {
        let title = format!(
            "{} tracks of djay are one track in the catalog; its title, tempo and key are those of {supplier}",
            others.len() + 1
        );
        findings.add("shared", supplier, Severity::Low, title, others.join(", "));
    }
    Ok(replaced)
}

/// Groups of indexes (a union-find): each index refers to an earlier index of its group, or to itself.
struct Groups(Vec<usize>);

impl Groups {
    fn first(&self, mut place: usize) -> usize {
        while let Some(before) = self.0.get(place).copied().filter(|before| *before != place) {
            place = before;
        }
        place
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        if let Some(place) = self.0.get_mut(one.max(other)) {
            *place = one.min(other);
        }
    }
}
