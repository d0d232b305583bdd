//! Invented names of tracks, people and playlists, with parts that are hard to read: versions, guests, quotes, other alphabets.

use super::random::Random;

const FIRST: [&str; 40] = [
    "Amber", "Silent", "Broken", "Golden", "Paper", "Velvet", "Northern", "Hollow", "Electric", "Winter", "Crystal",
    "Hidden", "Burning", "Lunar", "Copper", "Distant", "Second", "Quiet", "Neon", "Salt", "Marble", "Crooked", "Early",
    "Liquid", "Midnight", "Open", "Parallel", "Rising", "Scarlet", "Tidal", "Ultra", "Violet", "Wild", "Yellow",
    "Zero", "Ocean", "Iron", "Little", "Glass", "Long",
];
const SECOND: [&str; 40] = [
    "Harbour", "Signal", "Garden", "Mirror", "Engine", "Letters", "Horizon", "Machine", "River", "Station", "Shadow",
    "Circle", "Window", "Summer", "Bridge", "Avenue", "Fields", "Motion", "Echoes", "Lights", "Pattern", "Republic",
    "Society", "Orchard", "Lantern", "Voyage", "Theory", "Weather", "Compass", "Island", "Monday", "Dust", "Rooms",
    "Ladder", "Memory", "Arrow", "Tower", "Kingdom", "Season", "Delta",
];
const ENDINGS: [&str; 12] = [
    "",
    "",
    "",
    "",
    " (Original Mix)",
    " (Extended Mix)",
    " (Radio Edit)",
    " (Dub)",
    " (Live)",
    ", Pt. 2",
    " (2014 Remaster)",
    " (Club Mix)",
];
const ARTISTS: [&str; 24] = [
    "Marla Quint",
    "The Tin Foxes",
    "Kasper Holt",
    "DJ Umbra",
    "Ines & Odo",
    "Björk Ahlén",
    "Låtar",
    "Nadia Verne",
    "Octave Nine",
    "Pilot Fern",
    "Rue Cassis",
    "Sable Court",
    "Тихий Дом",
    "青い灯",
    "Toma, Reyes & Co.",
    "\"Uncle\" Ray",
    "Vanta",
    "Wren Isley",
    "Xylo",
    "Yara Bloom",
    "Zen Arcadia",
    "A. Brandt",
    "Cass O’Neil",
    "Moth & Rust",
];

pub(super) fn title(random: &mut Random, number: usize) -> String {
    let words = format!("{} {}", random.of(&FIRST), random.of(&SECOND));
    let ending = match random.below(20) {
        0 => format!(" ({} Remix)", random.of(&ARTISTS)),
        1 => format!(" (feat. {})", random.of(&ARTISTS)),
        _ => random.of(&ENDINGS).to_owned(),
    };
    // The words alone give far fewer titles than there are tracks.
    if number.is_multiple_of(5) { format!("{words}{ending}") } else { format!("{words} {}{ending}", roman(number / 5)) }
}

/// A number as letters, because the matching treats digits and Roman numerals as the number of a part.
fn roman(number: usize) -> String {
    let letters: Vec<_> = "bcdfghklmnprstvz".chars().collect();
    let vowels: Vec<_> = "aeiou".chars().collect();
    let (mut rest, mut word) = (number, String::new());
    loop {
        word.extend(letters.get(rest % 16));
        word.extend(vowels.get(rest / 16 % 5));
        rest /= 80;
        if rest == 0 {
            return word;
        }
    }
}

pub(super) fn artist(random: &mut Random) -> String {
    match random.below(10) {
        0..=5 => random.of(&ARTISTS).to_owned(),
        6..=8 => format!("{} {}", random.of(&FIRST), random.of(&ARTISTS)),
        _ => format!("{} & {}", random.of(&ARTISTS), random.of(&SECOND)),
    }
}

pub(super) fn playlist(random: &mut Random, number: usize) -> String {
    match number {
        0 => "Warm-up, \"early\"; <slow>".to_owned(),
        1 => "../../escape\u{7}".to_owned(),
        _ => format!("{} {} {number}", random.of(&FIRST), random.of(&SECOND)),
    }
}
