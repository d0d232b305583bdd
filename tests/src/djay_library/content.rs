//! The content of the generated library, which a reader has to find.

use super::random::Random;
use super::{LibrarySpec, Style, pool};

/// The content of a generated library.
#[derive(Clone, Debug)]
pub struct LibraryContent {
    /// The tracks.
    pub tracks: Vec<Track>,
    /// The sessions, by their beginning.
    pub sessions: Vec<Session>,
    /// The plays, by their time.
    pub plays: Vec<Play>,
    /// The playlists.
    pub playlists: Vec<Playlist>,
}

/// A track.
#[derive(Clone, Debug)]
pub struct Track {
    /// 32 hexadecimal digits.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its artist; `None` if the track is untagged. For some tracks, the artist is equal to the title.
    pub artist: Option<String>,
    /// Its length in seconds.
    pub seconds: f64,
    /// Its ISRC.
    pub isrc: Option<String>,
    /// Its tempo.
    pub bpm: Option<f64>,
    /// The number that djay uses for the musical key.
    pub key_index: Option<i64>,
    /// The locations of its audio.
    pub sources: Vec<Source>,
    /// djay's play count, which only some tracks have.
    pub play_count: Option<i64>,
    /// The tempo that the user set; 0 where the user removed it.
    pub manual_bpm: Option<f64>,
    /// The tempo that the user set, as the analysis stores it.
    pub analysed_manual_bpm: Option<f64>,
}

impl Track {
    /// The tempo that djay uses.
    #[must_use]
    pub fn tempo(&self) -> Option<f64> {
        match (self.manual_bpm, self.analysed_manual_bpm) {
            (Some(bpm), _) | (_, Some(bpm)) if bpm != 0.0 => Some(bpm),
            _ => self.bpm,
        }
    }
}

/// The location of a track.
#[derive(Clone, Debug)]
pub struct Source {
    /// `local`, `apple`, `beatport`, `soundcloud`, `spotify`.
    pub service: &'static str,
    /// Its id at the service; empty for a file.
    pub id: String,
    /// The address as djay writes it.
    pub uri: String,
    /// The file's path.
    pub path: Option<String>,
}

/// A session.
#[derive(Clone, Debug)]
pub struct Session {
    /// A UUID.
    pub id: String,
    /// The name of the device.
    pub device_name: String,
    /// The kind of the device.
    pub device_type: String,
    /// The time when the session began, in seconds since 2001.
    pub started: f64,
    /// The time when the session ended, in seconds since 2001.
    pub ended: f64,
}

/// A play.
#[derive(Clone, Debug)]
pub struct Play {
    /// A UUID.
    pub id: String,
    /// The index of its session.
    pub session: usize,
    /// The index of its track.
    pub track: usize,
    /// The deck.
    pub deck: i64,
    /// The time when the play began, in seconds since 2001.
    pub started: f64,
    /// The place from which the track was played.
    pub origin: &'static str,
}

/// A playlist.
#[derive(Clone, Debug)]
pub struct Playlist {
    /// A UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The indexes of its tracks, in order.
    pub tracks: Vec<usize>,
}

/// The playlist that is written in the form of older versions of djay.
pub(super) const OLD_LIST: usize = 1;

/// The longest session of a large library has more plays than this number.
const LONG: usize = 260;

const YEAR_2024: f64 = 725_846_400.0;

pub(super) fn make(wanted: &LibrarySpec) -> LibraryContent {
    let mut random = Random::new(wanted.seed);
    let mut tracks: Vec<_> = (0..wanted.tracks()).map(|number| track(&mut random, wanted, number)).collect();
    let sessions = sessions(&mut random, wanted);
    let plays = plays(&mut random, wanted, &sessions);
    for play in &plays {
        if let Some(track) = tracks.get_mut(play.track) {
            *track.play_count.get_or_insert(0) += 1;
        }
    }
    let playlists = (0..wanted.playlists).map(|number| playlist(&mut random, wanted, number)).collect();
    LibraryContent { tracks, sessions, plays, playlists }
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn quarter(random: &mut Random, from: usize, quarters: usize) -> f64 {
    from as f64 + random.below(quarters) as f64 / 4.0
}

fn track(random: &mut Random, wanted: &LibrarySpec, number: usize) -> Track {
    let title = pool::title(random, number);
    let artist = match number % 100 {
        7 => Some(title.clone()),
        13 | 29 | 31 => None,
        _ => Some(pool::artist(random)),
    };
    let seconds = quarter(random, 120, 1_600);
    let isrc = random.percent(30).then(|| format!("QZ{:03}{:07}", random.below(900) + 100, number + 1));
    let analysed = number % 41 != 5;
    let bpm = analysed.then(|| quarter(random, 70, 440));
    let key_index = (analysed && number % 17 != 3).then(|| i64::try_from(random.below(24)).unwrap_or(0));
    let manual_bpm = match number % 97 {
        11 => Some(quarter(random, 90, 200)),
        53 => Some(0.0),
        _ => None,
    };
    let analysed_manual_bpm = (number % 97 == 71 && analysed).then_some(101.5);
    let id = random.hex();
    let sources = sources(random, wanted, number, (&title, artist.as_deref()));
    Track {
        id,
        title,
        artist,
        seconds,
        isrc,
        bpm,
        key_index,
        sources,
        play_count: None,
        manual_bpm,
        analysed_manual_bpm,
    }
}

fn sources(random: &mut Random, wanted: &LibrarySpec, number: usize, name: (&str, Option<&str>)) -> Vec<Source> {
    let streamed = |service: &'static str, between: &str, id: String| Source {
        service,
        uri: format!("{service}:{between}:{id}"),
        id,
        path: None,
    };
    let beatport = wanted.local;
    let soundcloud = beatport + wanted.beatport;
    let spotify = soundcloud + wanted.soundcloud;
    if number < beatport {
        return local(random, wanted.style, number, name);
    }
    let numbered = |random: &mut Random| (random.below(90_000_000) + 1_000_000).to_string();
    if number < soundcloud {
        let first = streamed("beatport", "track", numbered(random));
        // Some tracks are at two services.
        let second = number.is_multiple_of(20).then(|| streamed("soundcloud", "tracks", numbered(random)));
        std::iter::once(first).chain(second).collect()
    } else if number < spotify {
        vec![streamed("soundcloud", "tracks", numbered(random))]
    } else {
        let letters: Vec<char> = ('0'..='9').chain('a'..='z').chain('A'..='Z').collect();
        let id = (0..22).filter_map(|_| letters.get(random.below(62))).collect();
        vec![streamed("spotify", "track", id)]
    }
}

fn local(random: &mut Random, style: Style, number: usize, (title, artist): (&str, Option<&str>)) -> Vec<Source> {
    if style == Style::Mac && number.is_multiple_of(2) {
        let id = random.next();
        // djay writes the same number signed and unsigned.
        let uri = if number.is_multiple_of(4) {
            format!("com.apple.iTunes:{}", id.cast_signed())
        } else {
            format!("com.apple.iTunes:{id}")
        };
        return vec![Source { service: "apple", id: id.to_string(), uri, path: None }];
    }
    let plain = |text: &str| text.replace(['/', '\\', ':'], "_");
    let (folder, file) = (plain(artist.unwrap_or("Unknown")), format!("{} {number}.mp3", plain(title)));
    let (uri, path) = match style {
        Style::Mac => {
            let path = format!("/Users/dj/Music/{folder}/{file}");
            (format!("file://{}", percent(&path, b"/")), path)
        }
        Style::Windows => {
            let path = format!("D:\\Music\\{folder}\\{file}");
            (format!("file:///{}", percent(&path, b":")), path)
        }
    };
    vec![Source { service: "local", id: String::new(), uri, path: Some(path) }]
}

/// Percent-encodes all bytes except letters, digits, `-._~()'!` and those in `kept`.
fn percent(path: &str, kept: &[u8]) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~()'!".contains(&byte) || kept.contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn sessions(random: &mut Random, wanted: &LibrarySpec) -> Vec<Session> {
    let [first, second] = match wanted.style {
        Style::Mac => [("Studio Mac", "mac"), ("Booth iPad", "ipad")],
        Style::Windows => [("DESK-PC", "windows"), ("LAPTOP", "windows")],
    };
    let session = |number: usize| {
        let started = YEAR_2024 + number as f64 * 432_000.0 + quarter(random, 0, 80_000);
        let (name, kind) = if number.is_multiple_of(2) { first } else { second };
        Session {
            id: random.uuid(),
            device_name: name.to_owned(),
            device_type: kind.to_owned(),
            started,
            ended: started + 3_600.0,
        }
    };
    (0..wanted.sessions).map(session).collect()
}

/// The plays, in order. They use at most a third of the tracks, and some sessions are much longer than others.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn plays(random: &mut Random, wanted: &LibrarySpec, sessions: &[Session]) -> Vec<Play> {
    if sessions.is_empty() || wanted.tracks() == 0 {
        return Vec::new();
    }
    let crate_of = (wanted.tracks() / 3).clamp(1, 673);
    let step = (wanted.tracks() / crate_of).max(1);
    let mut of_session: Vec<usize> = vec![0; sessions.len()];
    for number in 0..wanted.plays {
        let session = if number < sessions.len() {
            number
        } else if wanted.plays > 1_000 && number < sessions.len() + LONG {
            // One session has more plays than one byte can count.
            0
        } else {
            random.below(sessions.len()).min(random.below(sessions.len()))
        };
        if let Some(count) = of_session.get_mut(session) {
            *count += 1;
        }
    }
    let mut plays = Vec::new();
    for (session, count) in of_session.into_iter().enumerate() {
        let begun = sessions.get(session).map_or(0.0, |session| session.started);
        for number in 0..count {
            let track = random.below(crate_of) * step;
            let origin = if track < wanted.local { random.of(&["explorer", "music"]) } else { "beatport" };
            let origin =
                ["explorer", "music", "beatport"].into_iter().find(|known| *known == origin).unwrap_or_default();
            plays.push(Play {
                id: random.uuid(),
                session,
                track,
                deck: i64::try_from(number % 4).unwrap_or(0) + 1,
                started: begun + number as f64 * 187.5 + 0.25,
                origin,
            });
        }
    }
    plays
}

fn playlist(random: &mut Random, wanted: &LibrarySpec, number: usize) -> Playlist {
    // Playlist 0 is longer than several pages of the view.
    let length = if number == 0 { 130 } else { random.below(60) };
    let mut tracks: Vec<usize> = match wanted.tracks() {
        0 => Vec::new(),
        all => (0..length.min(all * 2)).map(|_| random.below(all)).collect(),
    };
    if number == OLD_LIST {
        // Older versions of djay write rows of tracks, and each track is in one list only, once.
        tracks.sort_unstable();
        tracks.dedup();
    }
    Playlist { id: random.uuid(), name: pool::playlist(random, number), tracks }
}
