//! A table of the words in version names and their meanings.
//!
//! The lists contain the words of stores, DJ programs and tag editors. A phrase has priority over its words: "radio mix" is a
//! radio edit, "mix" alone is not.

use super::version::Kind;

/// Titles of parts that occur in many works.
pub(super) const COMMON_TITLES: [&str; 12] = [
    "closing",
    "end credits",
    "end title",
    "end titles",
    "epilogue",
    "finale",
    "main theme",
    "main title",
    "main titles",
    "opening",
    "overture",
    "prologue",
];

/// The meaning of a word or phrase in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A version.
    Version(Kind),
    /// The same recording as the bare title: "Original Mix", "Official Video", "Bonus Track".
    Plain,
    /// A remaster: the same recording.
    Remaster,
    /// "Mix": a remix if a name is given, otherwise without meaning.
    Mix,
    /// "Version": a version if a name is given, otherwise without meaning.
    Form,
    /// Connects names with a version word: "by", "at", "from".
    Filler,
    /// Anything else: a name, a place.
    Word,
}

use Kind::{
    Acappella, Acoustic, Alternate, Bootleg, Clean, Cover, Demo, Dub, Edit, EightD, Extended, Instrumental, Karaoke,
    Live, Mixed, Mono, Passage, RadioEdit, Remix, Rerecorded, Rework, Session, Single, SingleMix, Slowed, SpedUp, Vip,
};
use Meaning::{Filler, Form, Mix, Plain, Remaster, Version};

/// Phrases of several words, the longest first.
const PHRASES: [(&[&str], Meaning); 75] = [
    (&["original", "motion", "picture", "soundtrack"], Plain),
    (&["made", "famous", "by"], Version(Karaoke)),
    (&["as", "performed", "by"], Version(Karaoke)),
    (&["originally", "performed", "by"], Version(Karaoke)),
    (&["in", "the", "style", "of"], Version(Karaoke)),
    (&["official", "music", "video"], Plain),
    (&["official", "lyric", "video"], Plain),
    (&["official", "lyrics", "video"], Plain),
    (&["chopped", "and", "screwed"], Version(Slowed)),
    (&["slowed", "and", "reverb"], Version(Slowed)),
    (&["slowed", "reverb"], Version(Slowed)),
    (&["slowed", "down"], Version(Slowed)),
    (&["sped", "up"], Version(SpedUp)),
    (&["speed", "up"], Version(SpedUp)),
    (&["radio", "edit"], Version(RadioEdit)),
    (&["radio", "version"], Version(RadioEdit)),
    (&["radio", "mix"], Version(RadioEdit)),
    (&["radio", "cut"], Version(RadioEdit)),
    (&["single", "edit"], Version(RadioEdit)),
    (&["7", "inch"], Version(RadioEdit)),
    (&["12", "inch"], Version(Extended)),
    (&["12", "mix"], Version(Extended)),
    (&["12", "version"], Version(Extended)),
    (&["long", "version"], Version(Extended)),
    (&["short", "version"], Version(Edit)),
    (&["re", "edit"], Version(Edit)),
    (&["re", "work"], Version(Rework)),
    (&["re", "imagined"], Version(Rework)),
    (&["re", "mix"], Version(Remix)),
    (&["re", "recorded"], Version(Rerecorded)),
    (&["re", "recording"], Version(Rerecorded)),
    (&["re", "master"], Remaster),
    (&["re", "mastered"], Remaster),
    (&["digital", "remaster"], Remaster),
    (&["digitally", "remastered"], Remaster),
    (&["mash", "up"], Version(Bootleg)),
    (&["a", "cappella"], Version(Acappella)),
    (&["a", "capella"], Version(Acappella)),
    (&["vocals", "only"], Version(Acappella)),
    (&["backing", "track"], Version(Karaoke)),
    (&["sing", "along"], Version(Karaoke)),
    (&["tribute", "to"], Version(Cover)),
    (&["8d", "audio"], Version(EightD)),
    (&["8", "d"], Version(EightD)),
    (&["dj", "mix"], Version(Mixed)),
    (&["continuous", "mix"], Version(Mixed)),
    (&["live", "lounge"], Version(Session)),
    (&["in", "concert"], Version(Live)),
    (&["single", "version"], Version(Single)),
    (&["single", "mix"], Version(SingleMix)),
    (&["stripped", "down"], Version(Acoustic)),
    (&["early", "version"], Version(Alternate)),
    (&["original", "mix"], Plain),
    (&["original", "version"], Plain),
    (&["original", "recording"], Plain),
    (&["original", "soundtrack"], Plain),
    (&["album", "version"], Plain),
    (&["album", "mix"], Plain),
    (&["lp", "version"], Plain),
    (&["main", "mix"], Plain),
    (&["main", "version"], Plain),
    (&["full", "version"], Plain),
    (&["full", "length"], Plain),
    (&["official", "video"], Plain),
    (&["official", "audio"], Plain),
    (&["official", "visualizer"], Plain),
    (&["official", "visualiser"], Plain),
    (&["lyric", "video"], Plain),
    (&["lyrics", "video"], Plain),
    (&["music", "video"], Plain),
    (&["bonus", "track"], Plain),
    (&["deluxe", "edition"], Plain),
    (&["free", "download"], Plain),
    (&["free", "dl"], Plain),
    (&["hi", "res"], Plain),
];

const SINGLES: [(&str, Meaning); 108] = [
    ("remix", Version(Remix)),
    ("rmx", Version(Remix)),
    ("remx", Version(Remix)),
    ("remixed", Version(Remix)),
    ("rework", Version(Rework)),
    ("reworked", Version(Rework)),
    ("refix", Version(Rework)),
    ("flip", Version(Rework)),
    ("reboot", Version(Rework)),
    ("reimagined", Version(Rework)),
    ("reinterpretation", Version(Rework)),
    ("edit", Version(Edit)),
    ("reedit", Version(Edit)),
    ("edited", Version(Edit)),
    ("extended", Version(Extended)),
    ("maxi", Version(Extended)),
    ("dub", Version(Dub)),
    ("live", Version(Live)),
    ("unplugged", Version(Live)),
    ("session", Version(Session)),
    ("sessions", Version(Session)),
    ("instrumental", Version(Instrumental)),
    ("instrumentals", Version(Instrumental)),
    ("inst", Version(Instrumental)),
    ("instr", Version(Instrumental)),
    ("ext", Version(Extended)),
    ("karaoke", Version(Karaoke)),
    ("playback", Version(Karaoke)),
    ("cover", Version(Cover)),
    ("covered", Version(Cover)),
    ("tribute", Version(Cover)),
    ("acappella", Version(Acappella)),
    ("acapella", Version(Acappella)),
    ("accapella", Version(Acappella)),
    ("acoustic", Version(Acoustic)),
    ("acoustical", Version(Acoustic)),
    ("akustik", Version(Acoustic)),
    ("stripped", Version(Acoustic)),
    ("demo", Version(Demo)),
    ("demos", Version(Demo)),
    ("vip", Version(Vip)),
    ("bootleg", Version(Bootleg)),
    ("mashup", Version(Bootleg)),
    ("nightcore", Version(SpedUp)),
    ("slowed", Version(Slowed)),
    ("8d", Version(EightD)),
    ("mono", Version(Mono)),
    ("alternate", Version(Alternate)),
    ("alternative", Version(Alternate)),
    ("outtake", Version(Alternate)),
    ("take", Version(Alternate)),
    ("rerecorded", Version(Rerecorded)),
    ("rerecording", Version(Rerecorded)),
    ("clean", Version(Clean)),
    ("censored", Version(Clean)),
    ("mixed", Version(Mixed)),
    ("reprise", Version(Passage)),
    ("interlude", Version(Passage)),
    ("skit", Version(Passage)),
    ("intro", Version(Passage)),
    ("outro", Version(Passage)),
    ("remaster", Remaster),
    ("remastered", Remaster),
    ("remasterizado", Remaster),
    ("remasterise", Remaster),
    ("mix", Mix),
    ("version", Form),
    ("versione", Form),
    ("edition", Form),
    ("original", Plain),
    ("orig", Plain),
    ("explicit", Plain),
    ("dirty", Plain),
    ("uncensored", Plain),
    ("stereo", Plain),
    ("official", Plain),
    ("oficial", Plain),
    ("officiel", Plain),
    ("officielle", Plain),
    ("offizielles", Plain),
    ("offizieller", Plain),
    ("ufficiale", Plain),
    ("clip", Plain),
    ("videoclip", Plain),
    ("letra", Plain),
    ("audio", Plain),
    ("video", Plain),
    ("lyrics", Plain),
    ("lyric", Plain),
    ("visualizer", Plain),
    ("visualiser", Plain),
    ("hd", Plain),
    ("hq", Plain),
    ("4k", Plain),
    ("bonus", Plain),
    ("deluxe", Plain),
    ("digital", Plain),
    ("ost", Plain),
    ("soundtrack", Plain),
    ("single", Plain),
    ("by", Filler),
    ("at", Filler),
    ("in", Filler),
    ("from", Filler),
    ("on", Filler),
    ("of", Filler),
    ("the", Filler),
    ("and", Filler),
];

/// The meaning of the first word or phrase of `words`, and its number of words.
pub(super) fn meaning(words: &[String]) -> (Meaning, usize) {
    let starts = |phrase: &[&str]| words.len() >= phrase.len() && phrase.iter().zip(words).all(|(a, b)| a == b);
    if let Some((phrase, meaning)) = PHRASES.iter().find(|(phrase, _)| starts(phrase)) {
        return (*meaning, phrase.len());
    }
    let single = words.first().and_then(|word| SINGLES.iter().find(|(single, _)| single == word));
    (single.map_or(Meaning::Word, |(_, meaning)| *meaning), 1)
}

/// Kinds whose words can begin a segment, before names: "Live at …", "Cover of …", "Demo …".
pub(super) const OPENING: [Kind; 5] = [Live, Cover, Karaoke, Demo, Session];

/// Words that follow "live" if "live" describes the recording, as in "live at" and "live session". In "live and let die",
/// "live" describes no recording.
pub(super) const AFTER_LIVE: [&str; 13] = [
    "at",
    "in",
    "from",
    "on",
    "version",
    "acoustic",
    "session",
    "recording",
    "performance",
    "studio",
    "edit",
    "mix",
    "und",
];

/// Words before "live" that show that "live" is a verb: "the way we live".
pub(super) const BEFORE_VERB: [&str; 13] =
    ["we", "you", "to", "i", "they", "people", "us", "who", "can", "must", "let", "long", "ill"];

/// Words before guests, in a title or a credit.
pub(super) const FEATURING: [&str; 5] = ["feat", "ft", "featuring", "w", "fts"];

/// Words before the number of a part.
pub(super) const PART: [&str; 16] = [
    "part", "pt", "parts", "pts", "vol", "volume", "chapter", "ch", "act", "movement", "mvt", "episode", "ep", "scene",
    "teil", "parte",
];

/// Names that mean "several" or "unknown".
pub(super) const NOBODY: [&str; 15] = [
    "various artists",
    "various",
    "va",
    "v a",
    "various artist",
    "verschiedene",
    "verschiedene interpreten",
    "artistes varies",
    "artisti vari",
    "varios artistas",
    "unknown artist",
    "unknown",
    "n a",
    "none",
    "no artist",
];

pub(super) const NO_ALBUM: [&str; 7] =
    ["unknown album", "unknown", "untitled album", "no album", "unbekanntes album", "n a", "none"];

/// Arrangements that a bracket may name alone: "(Piano)" is "(Piano Version)".
pub(super) const ARRANGED: [&str; 18] = [
    "orchestral",
    "orchestra",
    "orchestrated",
    "symphonic",
    "piano",
    "guitar",
    "strings",
    "choir",
    "choral",
    "lullaby",
    "lofi",
    "revisited",
    "redux",
    "christmas",
    "spanish",
    "english",
    "french",
    "german",
];

/// Endings that name a version without a bracket or dash.
pub(super) const ENDINGS: [&[&str]; 29] = [
    &["original", "mix"],
    &["extended", "mix"],
    &["extended", "version"],
    &["extended", "remix"],
    &["extended", "dub"],
    &["radio", "edit"],
    &["radio", "version"],
    &["radio", "mix"],
    &["club", "mix"],
    &["dub", "mix"],
    &["vip", "mix"],
    &["acoustic", "version"],
    &["album", "version"],
    &["live", "version"],
    &["karaoke", "version"],
    &["instrumental", "version"],
    &["instrumental", "mix"],
    &["single", "version"],
    &["demo", "version"],
    &["sped", "up"],
    &["slowed", "and", "reverb"],
    &["remix"],
    &["official", "music", "video"],
    &["official", "lyric", "video"],
    &["official", "video"],
    &["official", "audio"],
    &["lyric", "video"],
    &["hq"],
    &["hd"],
];
