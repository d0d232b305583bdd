//! An item as the search for duplicates uses it: names, length and format.

use std::path::PathBuf;

use baton_catalog::library::{Entry, ItemState};

/// An item that may have duplicates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its id in the catalog.
    pub id: i64,
    /// The id of its source.
    pub source: i64,
    /// Its file.
    pub path: PathBuf,
    /// Its name in its source.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The title of its tags.
    pub title: Option<String>,
    /// The artist of its tags.
    pub artist: Option<String>,
    /// The album of its tags.
    pub album: Option<String>,
    /// The ISRC of its tags.
    pub isrc: Option<String>,
    /// How long it plays, in milliseconds.
    pub duration_ms: Option<u64>,
    /// The name of its codec; `None` if the file could not be read.
    pub codec: Option<String>,
    /// The sample rate, in Hz.
    pub rate_hz: Option<u32>,
    /// Whether its codec is lossless.
    pub lossless: Lossless,
    /// Its average bitrate, in bits per second.
    pub bitrate: Option<u32>,
    /// The SHA-256 of its audio packets.
    pub audio_sha256: Option<[u8; 32]>,
    /// The SHA-256 of the file.
    pub file_sha256: Option<[u8; 32]>,
    /// True if it has a fingerprint.
    pub has_fingerprint: bool,
    /// The damage that was found, as text.
    pub damage: Option<String>,
    /// True if the whole file was decoded to find damage. If not, `damage` covers only the part that was decoded.
    pub damage_checked: bool,
}

/// Whether a codec keeps every sample exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lossless {
    /// Lossless, with this many bits a sample.
    Bits(u16),
    /// Lossy or unknown.
    No,
}

impl From<Entry> for Item {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            source: entry.source,
            path: entry.path,
            name: entry.name,
            size: entry.size,
            title: entry.title,
            artist: entry.artist,
            album: entry.album,
            isrc: entry.isrc,
            duration_ms: entry.duration_ms,
            codec: entry.codec,
            rate_hz: entry.rate_hz,
            lossless: entry.bits.map_or(Lossless::No, Lossless::Bits),
            bitrate: entry.bitrate,
            audio_sha256: entry.audio_sha256,
            file_sha256: entry.file_sha256,
            has_fingerprint: entry.state == ItemState::Fingerprinted,
            damage: entry.damage,
            damage_checked: entry.damage_checked,
        }
    }
}

impl Item {
    /// Its approximate size in memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let texts = [&self.title, &self.artist, &self.album, &self.isrc, &self.codec, &self.damage];
        let texts = texts.into_iter().flatten().chain([&self.name]).map(String::len).sum::<usize>();
        size_of::<Self>() + self.path.as_os_str().len() + texts
    }

    /// The title of its tags, else its name.
    #[must_use]
    pub fn title_or_name(&self) -> &str {
        self.title.as_deref().filter(|title| !title.trim().is_empty()).unwrap_or(&self.name)
    }

    /// Its format as text: `flac 16 bit 44.1 kHz`, `mp3 128 kbit/s`.
    #[must_use]
    pub fn format(&self) -> String {
        let codec = self.codec.as_deref().unwrap_or("?");
        let rate = self.rate_hz.map_or_else(String::new, |hz| format!(" {}.{} kHz", hz / 1_000, hz % 1_000 / 100));
        match (self.lossless, self.bitrate) {
            (Lossless::Bits(bits), _) => format!("{codec} {bits} bit{rate}"),
            (Lossless::No, Some(bitrate)) => format!("{codec} {} kbit/s", kbit(bitrate)),
            (Lossless::No, None) => codec.to_owned(),
        }
    }
}

/// Converts bits a second to rounded kbit/s.
pub(super) const fn kbit(bitrate: u32) -> u32 {
    bitrate.saturating_add(500) / 1_000
}

#[cfg(test)]
impl Item {
    /// A test item: MP3 with 192 kbit/s.
    pub(super) fn test(id: i64, name: &str, seconds: u64) -> Self {
        Self {
            id,
            source: 1,
            path: format!("/music/{id}/{name}.mp3").into(),
            name: name.to_owned(),
            size: seconds * 24_000,
            title: None,
            artist: None,
            album: None,
            isrc: None,
            duration_ms: Some(seconds * 1_000),
            codec: Some("mp3".to_owned()),
            rate_hz: Some(44_100),
            lossless: Lossless::No,
            bitrate: Some(192_000),
            audio_sha256: None,
            file_sha256: None,
            has_fingerprint: true,
            damage: None,
            damage_checked: false,
        }
    }
}
