//! An invented library of any size: candidates with the names of a streaming service, and tracks to look up with the names of a DJ
//! program. A fifth of the tracks is not among the candidates, although most of their siblings (another mix, another part) are.
//!
//! The names are changed as stores and file formats are known to change names. The rules know these changes too, so
//! the measured quality only shows that the rules work at scale, with many similar titles and equal names.

use std::collections::HashSet;

use baton_track_match::Track;

use crate::random::Random;

/// A recording, under its plain names.
#[derive(Clone, Debug)]
struct Recording {
    title: String,
    /// For example "Extended Mix" or "Oto Remix"; empty for the plain recording.
    version: String,
    artists: Vec<String>,
    guest: Option<String>,
    album: String,
    length_ms: u64,
    isrc: String,
}

/// A track to look up.
#[derive(Clone, Debug)]
pub(crate) struct LookupQuery {
    pub(crate) track: Track,
    /// The index of the recording.
    pub(crate) recording: usize,
}

/// The whole library.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) candidates: Vec<Track>,
    /// The index of the recording of each candidate.
    pub(crate) recordings: Vec<usize>,
    pub(crate) wanted: Vec<LookupQuery>,
}

impl Library {
    /// Generates tracks to look up and candidates. The same seed gives the same library.
    pub(crate) fn invent(wanted: usize, candidates: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let names = Names::invent(&mut random);
        let mut all = Vec::new();
        let mut taken = HashSet::new();
        let mut library = Self { candidates: Vec::new(), recordings: Vec::new(), wanted: Vec::new() };
        while library.candidates.len() < candidates {
            for recording in work(&names, &mut taken, &mut random) {
                // A fifth is only in the DJ's library; a few are on two albums.
                let copies = if random.percent(20) { 0 } else { 1 + usize::from(random.percent(3)) };
                for copy in 0..copies.min(candidates - library.candidates.len()) {
                    library.candidates.push(streamed(&recording, copy, &mut random));
                    library.recordings.push(all.len());
                }
                all.push(recording);
            }
        }
        for _ in 0..wanted {
            let recording = random.below(all.len());
            let isrc = if random.percent(1) { &random.any(&all).isrc } else { &all[recording].isrc };
            let isrc = isrc.clone();
            library.wanted.push(LookupQuery { track: played(&all[recording], isrc, &mut random), recording });
        }
        library
    }
}

/// The invented words and names of people.
struct Names {
    words: Vec<String>,
    people: Vec<String>,
}

impl Names {
    fn invent(random: &mut Random) -> Self {
        let words = (0..3_000).map(|_| word(random)).collect();
        let people = (0..4_000).map(|at| person(at, random)).collect();
        Self { words, people }
    }
}

fn word(random: &mut Random) -> String {
    const STARTS: [&str; 24] = [
        "b", "br", "c", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pr", "r", "s", "st", "t",
        "tr", "v", "w",
    ];
    const VOWELS: [&str; 12] = ["a", "e", "i", "o", "u", "ai", "ea", "oo", "é", "ö", "y", "ou"];
    const ENDS: [&str; 12] = ["", "n", "r", "l", "st", "nd", "ck", "m", "sh", "t", "ve", "'s"];
    let syllables = 1 + random.below(3);
    let mut text: String =
        (0..syllables).map(|_| format!("{}{}", random.any::<&str>(&STARTS), random.common::<&str>(&VOWELS))).collect();
    text.push_str(random.common::<&str>(&ENDS));
    capital(&text)
}

fn person(at: usize, random: &mut Random) -> String {
    match at % 7 {
        0 => format!("The {} {}", word(random), word(random)),
        1 => format!("{} & {}", word(random), word(random)),
        2 => format!("DJ {}{}", word(random), word(random).to_lowercase()),
        _ => format!("{} {}", word(random), word(random)),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A work with its versions: half of all works have one, the others up to six, some of them of equal length.
fn work(names: &Names, taken: &mut HashSet<(String, String)>, random: &mut Random) -> Vec<Recording> {
    let plain = loop {
        let plain = plain(names, random);
        let key = |text: &str| baton_track_match::normalise(text);
        if taken.insert((key(&plain.artists[0]), key(&plain.title))) {
            break plain;
        }
    };
    let mut all = vec![plain.clone()];
    if random.percent(50) {
        return all;
    }
    for _ in 0..=random.below(5) {
        let remixer = random.any(&names.people);
        let version = match random.below(10) {
            0 | 1 => "Extended Mix".to_owned(),
            2 => "Radio Edit".to_owned(),
            3 => "Instrumental".to_owned(),
            4 => "Live".to_owned(),
            5 => "Dub".to_owned(),
            6 => "Acoustic Version".to_owned(),
            7 => format!("{remixer} Dub"),
            _ => format!("{remixer} Remix"),
        };
        let equal = random.percent(30) || version == "Instrumental";
        let length_ms = if equal { plain.length_ms } else { 100_000 + random.below(380_000) as u64 };
        if all.iter().all(|other| other.version != version) {
            all.push(Recording { version, length_ms, isrc: isrc(random), ..plain.clone() });
        }
    }
    all
}

fn plain(names: &Names, random: &mut Random) -> Recording {
    let words = 1 + random.below(4);
    let mut title = (0..words).map(|_| random.common(&names.words).as_str()).collect::<Vec<_>>().join(" ");
    if random.percent(6) {
        title = format!("{title}, Pt. {}", 1 + random.below(3));
    }
    let artists = (0..=random.below(8) / 6).map(|_| random.common(&names.people).clone()).collect();
    let guest = random.percent(15).then(|| random.common(&names.people).clone());
    let album = format!("{} {}", random.any(&names.words), random.any(&names.words));
    let length_ms = 120_000 + random.below(300_000) as u64;
    Recording { title, version: String::new(), artists, guest, album, length_ms, isrc: isrc(random) }
}

fn isrc(random: &mut Random) -> String {
    format!("QZABC{:07}", 1 + random.below(9_999_999))
}

/// The track as a streaming service writes it: the version after a dash, the artists as a list.
fn streamed(recording: &Recording, copy: usize, random: &mut Random) -> Track {
    let mut title = recording.title.clone();
    let mut artists = recording.artists.clone();
    match &recording.guest {
        Some(guest) if random.percent(50) => title = format!("{title} (feat. {guest})"),
        Some(guest) => artists.push(guest.clone()),
        None => {}
    }
    if !recording.version.is_empty() {
        title = format!("{title} - {}", recording.version);
    } else if random.percent(4) {
        title = format!("{title} - 2011 Remaster");
    }
    let album = if copy == 0 { recording.album.clone() } else { format!("{} Hits", recording.album) };
    let isrc = random.percent(70).then(|| recording.isrc.clone());
    let duration_ms = Some(recording.length_ms + random.below(700) as u64);
    Track { title, artists, album: Some(album), isrc, duration_ms, ..Track::default() }
}

/// The track as a DJ program writes it: the version in brackets, the artists in one field, and the usual changes of names.
fn played(recording: &Recording, isrc: String, random: &mut Random) -> Track {
    let mut title = recording.title.clone();
    if random.percent(4) {
        title = slip(&title, random);
    }
    let mut artists = recording.artists.join(random.any::<&str>(&[" & ", ", ", " x ", "; "]));
    match &recording.guest {
        Some(guest) if random.percent(40) => title = format!("{title} (feat. {guest})"),
        Some(guest) if random.percent(60) => artists = format!("{artists} ft. {guest}"),
        _ => {}
    }
    if !recording.version.is_empty() {
        title = format!("{title} ({})", recording.version);
    } else if random.percent(45) {
        title = format!("{title} (Original Mix)");
    }
    if random.percent(2) {
        title = format!("{artists} - {title}");
    }
    let mut fields = [title, artists];
    for field in &mut fields {
        *field = spelt(field, random);
    }
    let [title, artists] = fields;
    let album = random.percent(40).then(|| recording.album.clone());
    let isrc = random.percent(25).then_some(isrc);
    Track { title, artists: vec![artists], album, isrc, duration_ms: length(recording, random), ..Track::default() }
}

/// The length that the DJ program states: mostly the recording's length in whole seconds, rounded down or up; sometimes the
/// length of another release; sometimes none.
fn length(recording: &Recording, random: &mut Random) -> Option<u64> {
    let seconds = match random.below(100) {
        0..5 => return None,
        5..10 => recording.length_ms / 1_000 + 3 + random.below(4) as u64,
        _ => recording.length_ms / 1_000 + random.below(2) as u64,
    };
    Some(seconds * 1_000)
}

/// Swaps two letters within a long word.
fn slip(title: &str, random: &mut Random) -> String {
    let mut chars: Vec<char> = title.chars().collect();
    let long = |at: usize| chars[at..at + 5].iter().all(char::is_ascii_lowercase);
    let places: Vec<usize> = (0..chars.len().saturating_sub(5)).filter(|at| long(*at)).collect();
    if !places.is_empty() {
        let at = *random.any(&places);
        chars.swap(at + 1, at + 2);
    }
    chars.into_iter().collect()
}

fn spelt(text: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    if random.percent(50) {
        text = text.replace('\'', "’");
    }
    if random.percent(40) {
        text = text.replace('é', "e").replace('ö', "o");
    }
    match random.below(20) {
        0 => text.to_uppercase(),
        1 => text.to_lowercase(),
        2 => text.replace(" & ", " and "),
        _ => text,
    }
}
