//! The tracks in a decision.

use anyhow::bail;
use baton_catalog::{Catalog, Decisions, FoundTracks};
use jiff::Timestamp;

use crate::output::{self, shorten};

pub(super) fn merge(
    catalog: &Catalog,
    decisions: &mut Decisions,
    removed: i64,
    into: i64,
    now: Timestamp,
) -> anyhow::Result<()> {
    if removed == into {
        bail!("track {removed} and track {into} are already the same track");
    }
    let (first, second) = (name_of(catalog, removed)?, name_of(catalog, into)?);
    decisions.merge(removed, into, now)?;
    output::note(&format!("track {removed} ({first}) is now part of track {into} ({second})"));
    Ok(())
}

/// The id of the track that `reference` names: an id of the catalog, an external id, or an ISRC.
pub(super) fn find_track(catalog: &Catalog, reference: &str) -> anyhow::Result<i64> {
    match catalog.find(reference)? {
        FoundTracks::One(id) => Ok(id),
        FoundTracks::Nothing => bail!("there is no track `{reference}`; `baton catalog search WORD` finds one"),
        FoundTracks::Several(ids) => {
            let ids: Vec<_> = ids.iter().take(10).map(i64::to_string).collect();
            bail!("`{reference}` matches several tracks; give the number of one: {}", ids.join(", "))
        }
    }
}

/// Artists and title of a track.
pub(super) fn name_of(catalog: &Catalog, track: i64) -> anyhow::Result<String> {
    Ok(catalog.name_of(track)?.map_or_else(|| "without a name".to_owned(), |name| shorten(&name, 80)))
}
