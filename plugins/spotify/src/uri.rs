//! Spotify's names of items: `spotify:track:ID`, an address of its web site, a bare id, and `spotify:local:…` for local files, which have
//! no id.

/// The length of the longest URI in bytes. A URI of a local file has artist, album and title, percent-encoded.
const MOST_BYTES: usize = 2_000;

/// The number of characters of an id.
const ID_LENGTH: usize = 22;

/// The item that a row of an export names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Uri {
    /// A track, by its id of 22 characters.
    Track(String),
    /// A local file: the whole URI, because it has no id.
    Local(String),
    /// An episode, a chapter of an audiobook or another item that is not music: the whole URI.
    Other(String),
}

impl Uri {
    /// Reads a URI, an address of `open.spotify.com`, or the bare id of a track.
    ///
    /// ```
    /// use spotify::uri::Uri;
    /// let track = Some(Uri::Track("4uLU6hMCjMI75M1A2tKUQC".to_owned()));
    /// assert_eq!(Uri::parse("spotify:track:4uLU6hMCjMI75M1A2tKUQC"), track);
    /// assert_eq!(Uri::parse("https://open.spotify.com/intl-de/track/4uLU6hMCjMI75M1A2tKUQC?si=1"), track);
    /// assert_eq!(Uri::parse("4uLU6hMCjMI75M1A2tKUQC"), track);
    /// assert_eq!(Uri::parse("4uLU6hMCjMI75M1A2tKUQ"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > MOST_BYTES || text.contains(char::is_control) {
            return None;
        }
        if is_id(text) {
            return Some(Self::Track(text.to_owned()));
        }
        match text.strip_prefix("spotify:") {
            Some(rest) => parse_parts(&mut rest.split(':'), text),
            None => parse_address(text),
        }
    }

    /// Its id in the catalog, below the service `spotify`; [`Uri::parse`] reads it.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Track(id) | Self::Local(id) | Self::Other(id) => id,
        }
    }

    /// The URI.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Track(id) => format!("spotify:track:{id}"),
            Self::Local(uri) | Self::Other(uri) => uri.clone(),
        }
    }

    /// Its web page, if it has one.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        if let Self::Track(id) = self { Some(format!("https://open.spotify.com/track/{id}")) } else { None }
    }

    /// True if it is music: the catalog has no other items.
    #[must_use]
    pub fn is_music(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn parse_parts<'a>(parts: &mut impl Iterator<Item = &'a str>, whole: &str) -> Option<Uri> {
    let (kind, id) = (parts.next()?, parts.next()?);
    match kind {
        "track" => (is_id(id) && parts.next().is_none()).then(|| Uri::Track(id.to_owned())),
        "local" => Some(Uri::Local(whole.to_owned())),
        "" => None,
        _ => (!id.is_empty()).then(|| Uri::Other(whole.to_owned())),
    }
}

fn parse_address(text: &str) -> Option<Uri> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let path = rest.strip_prefix("open.spotify.com/")?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.split('/').filter(|part| !part.is_empty() && !part.starts_with("intl-"));
    let (kind, id) = (parts.next()?, parts.next()?);
    is_id(id).then(|| match kind {
        "track" => Uri::Track(id.to_owned()),
        other => Uri::Other(format!("spotify:{other}:{id}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_files_and_episodes_keep_their_whole_uri() {
        let local = "spotify:local:Ida+Lund:Caf%C3%A9:Night+Bus:221";
        assert_eq!(Uri::parse(local), Some(Uri::Local(local.to_owned())));
        let bare = "spotify:local:::untitled:0";
        assert_eq!(Uri::parse(bare).map(|uri| uri.text()).as_deref(), Some(bare));
        let episode = Uri::parse("https://open.spotify.com/episode/4uLU6hMCjMI75M1A2tKUQC").unwrap();
        assert_eq!((episode.text().as_str(), episode.is_music()), ("spotify:episode:4uLU6hMCjMI75M1A2tKUQC", false));
        assert_eq!(Uri::parse(episode.id()), Some(episode));
    }

    #[test]
    fn other_texts_are_not_uris() {
        let long = format!("spotify:local:{}", "a".repeat(MOST_BYTES));
        for none in ["", "spotify:", "spotify:track:", "spotify:track:short", "spotify::x", "a\nb", "track", &long] {
            assert_eq!(Uri::parse(none), None, "{none:?}");
        }
    }
}
