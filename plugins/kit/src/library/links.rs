//! Web addresses where a person can hear or buy a track. Baton opens none of them.

use baton_track_match::Id;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::CatalogTrack;

/// The pages of tracks: a service, and the part of the address before the id. `SoundCloud` has no page for the
/// number of a track.
const PAGES: [(&str, &str); 5] = [
    ("spotify", "https://open.spotify.com/track/"),
    ("beatport", "https://www.beatport.com/track/-/"),
    ("apple-music", "https://music.apple.com/song/"),
    ("tidal", "https://tidal.com/track/"),
    ("deezer", "https://www.deezer.com/track/"),
];

/// Shops that sell files: a name, and the address before the words of a search.
const SHOPS: [(&str, &str); 2] =
    [("Bandcamp", "https://bandcamp.com/search?item_type=t&q="), ("Beatport", "https://www.beatport.com/search?q=")];

const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// An address with the name of the service or shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The service or shop.
    pub name: &'static str,
    /// The address.
    pub url: String,
}

/// The pages of a track at the services that have it.
#[must_use]
pub fn pages(track: &CatalogTrack) -> Vec<Link> {
    track.ids.iter().filter_map(page).collect()
}

fn page(id: &Id) -> Option<Link> {
    let (name, address) = PAGES.into_iter().find(|(name, _)| *name == id.service)?;
    // The id of a local file is an address and gets no page.
    let is_id = !id.id.is_empty() && id.id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| Link { name, url: format!("{address}{}", id.id) })
}

/// The addresses of searches for a track in the shops. Empty if the title is unknown.
#[must_use]
pub fn shop_links(track: &CatalogTrack) -> Vec<Link> {
    let words = format!("{} {}", track.artist.as_deref().unwrap_or_default(), track.title);
    let words = utf8_percent_encode(words.trim(), QUERY).to_string();
    let link = |(name, address): (&'static str, &str)| Link { name, url: format!("{address}{words}") };
    if track.title.trim().is_empty() { Vec::new() } else { SHOPS.into_iter().map(link).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_from_ids_and_shop_searches_from_the_title_and_artists() {
        let ids = [("beatport", "12"), ("soundcloud", "13"), ("spotify", "spotify:local:A:B:C:1"), ("tidal", "../x")];
        let track = CatalogTrack {
            title: "Dîner & Co".to_owned(),
            artist: Some("A/B".to_owned()),
            ids: ids.map(|(service, id)| Id::new(service, id)).into(),
            ..CatalogTrack::default()
        };
        assert_eq!(pages(&track), [Link { name: "beatport", url: "https://www.beatport.com/track/-/12".to_owned() }]);
        let shop_links = shop_links(&track);
        assert_eq!(shop_links[0].url, "https://bandcamp.com/search?item_type=t&q=A%2FB%20D%C3%AEner%20%26%20Co");
    }
}
