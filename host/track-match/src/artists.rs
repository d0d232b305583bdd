//! Reads the names of a credit: "A, B & C feat. D".
//!
//! A sign such as "&" can join two names or be part of one name, so no rule is always right. Known names with such signs
//! (`WHOLE`) are not split. "X & the Ys" is not split either. A wrong split does not prevent a match: both credits are split
//! in the same way, and `credit.rs` also compares whole credits.

use super::limits::MAX_NAMES;
use super::name::{self, normalise};
use super::words::FEATURING;

/// Folded names of acts that contain a comma or an "and". Other names are split at a comma and at an "and".
const WHOLE: [&str; 15] = [
    "10000 maniacs",
    "above and beyond",
    "blood sweat and tears",
    "chase and status",
    "earth wind and fire",
    "echo and the bunnymen",
    "florence and the machine",
    "hootie and the blowfish",
    "iron and wine",
    "kool and the gang",
    "me myself and i",
    "mumford and sons",
    "of monsters and men",
    "portugal the man",
    "years and years",
];

/// The sign between a name and the name before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    First,
    Comma,
    And,
    /// "x", "vs", "/", ";": rarely part of a name.
    Firm,
    Guest,
}

/// One credited name as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CreditedName {
    pub(super) name: String,
    pub(super) guest: bool,
}

/// The names of a credit as written, in order: main artists, then guests.
///
/// ```
/// use baton_track_match::artists;
/// assert_eq!(artists("Ida Lund & Mara Voss feat. Iron & Wine"), ["Ida Lund", "Mara Voss", "Iron & Wine"]);
/// assert_eq!(artists("Earth, Wind & Fire"), ["Earth, Wind & Fire"]);
/// ```
#[must_use]
pub fn artists(credit: &str) -> Vec<String> {
    let mut names = split_credit(credit);
    names.sort_by_key(|credited| credited.guest);
    names.into_iter().map(|credited| credited.name).collect()
}

pub(super) fn split_credit(credit: &str) -> Vec<CreditedName> {
    let parts = parts(credit);
    let mut names = Vec::new();
    let mut guest = false;
    let mut at = 0;
    while let Some((join, _)) = parts.get(at) {
        guest |= *join == Separator::Guest;
        let end = whole_name_end(&parts, at);
        names.push(CreditedName { name: join_names(parts.get(at..end).unwrap_or_default()), guest });
        at = end;
    }
    names.truncate(MAX_NAMES);
    names
}

/// The end of the longest name that begins at this part.
fn whole_name_end(parts: &[(Separator, String)], at: usize) -> usize {
    let mut best = at + 1;
    let mut text = String::new();
    for (end, (join, part)) in parts.iter().enumerate().skip(at).take(4) {
        match join {
            Separator::And if end > at => text.push_str(" and "),
            Separator::Comma if end > at => text.push(' '),
            _ if end > at => break,
            _ => {}
        }
        text.push_str(part);
        if end > at {
            let folded = normalise(&text);
            let sorted = *join == Separator::Comma && is_article(&normalise(part));
            let belongs = end == best && (sorted || (*join == Separator::And && is_band(part)));
            if WHOLE.contains(&folded.as_str()) || belongs {
                best = end + 1;
            }
        }
    }
    best
}

/// Articles that a sorted name has at its end: "Laternen, Die".
pub(super) fn is_article(word: &str) -> bool {
    matches!(word, "the" | "der" | "die" | "das" | "les" | "los" | "las")
}

/// True if a part belongs to the name before it: "& the Wailers", "& his orchestra", "& Sons".
fn is_band(part: &str) -> bool {
    let folded = normalise(part);
    let first = folded.split(' ').next().unwrap_or_default();
    let several = folded.contains(' ');
    (several && matches!(first, "the" | "his" | "her" | "los" | "las" | "die" | "les"))
        || matches!(folded.as_str(), "sons" | "co" | "friends" | "company" | "orchestra")
}

fn join_names(parts: &[(Separator, String)]) -> String {
    let mut out = String::new();
    for (at, (join, part)) in parts.iter().enumerate() {
        match (at, join) {
            (0, _) => {}
            (_, Separator::Comma) => out.push_str(", "),
            _ => out.push_str(" & "),
        }
        out.push_str(part);
    }
    out
}

/// Splits a credit at every sign that may join names.
fn parts(credit: &str) -> Vec<(Separator, String)> {
    let spaced = space_out(credit);
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut parts: Vec<(Separator, String)> = Vec::new();
    let mut join = Separator::First;
    let mut text: Vec<&str> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let last = at + 1 == tokens.len();
        match join_kind(token, text.is_empty(), last) {
            Some(next) => {
                flush(&mut parts, join, &mut text);
                join = next;
            }
            None => {
                // A conductor before an orchestra: "Someone: Some Orchestra".
                let name = token.strip_suffix(':').filter(|name| !name.is_empty() && !last);
                text.push(name.unwrap_or(token));
                if name.is_some() {
                    flush(&mut parts, join, &mut text);
                    join = Separator::Firm;
                }
            }
        }
        if parts.len() > MAX_NAMES * 2 {
            break;
        }
    }
    flush(&mut parts, join, &mut text);
    parts
}

fn flush(parts: &mut Vec<(Separator, String)>, join: Separator, text: &mut Vec<&str>) {
    let name = text.join(" ");
    text.clear();
    let name = name.trim().trim_start_matches('(');
    let name = if name.contains('(') { name } else { name.trim_end_matches(')') };
    if !name.is_empty() {
        parts.push((
            if parts.is_empty() && join != Separator::Guest { Separator::First } else { join },
            name.to_owned(),
        ));
    }
}

/// Whether a token joins the names before and after it.
fn join_kind(token: &str, first: bool, last: bool) -> Option<Separator> {
    let word = name::fold(token);
    let bare = word.trim_start_matches('(').trim_end_matches(['.', ':']);
    if bare == "," {
        return Some(Separator::Comma);
    }
    if matches!(bare, ";" | "|" | "/" | "//") {
        return Some(Separator::Firm);
    }
    if last {
        return None;
    }
    if FEATURING.contains(&bare) && bare != "w" || matches!(bare, "with" | "w/") && !first {
        return Some(Separator::Guest);
    }
    match bare {
        _ if first => None,
        "&" | "and" | "+" | "und" | "n" => Some(Separator::And),
        "x" | "vs" | "versus" | "presents" | "pres" | "meets" => Some(Separator::Firm),
        _ => None,
    }
}

/// Adds spaces, so that commas and semicolons become separate tokens. A comma between digits is part of a number.
fn space_out(credit: &str) -> String {
    let chars: Vec<char> = credit.chars().take(super::limits::MAX_CHARS).collect();
    let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let mut out = String::with_capacity(credit.len().min(chars.len() * 4) + 8);
    for (at, &c) in chars.iter().enumerate() {
        match c {
            ',' if digit(at.checked_sub(1)) && digit(Some(at + 1)) => {}
            ',' | '，' | '、' => out.push_str(" , "),
            ';' | '；' | '|' | '\0' => out.push_str(" ; "),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_separators_are_not_split() {
        for whole in [
            "Earth, Wind & Fire",
            "AC/DC",
            "Portugal. The Man",
            "Florence + The Machine",
            "Blood, Sweat & Tears",
            "Ray Quill & The Ashes",
            "Quill X",
            "X Quill",
            "Mumford and Sons",
            "Quill and his Orchestra",
            "Alt-J",
            "Me First",
            "10,000 Maniacs",
        ] {
            assert_eq!(artists(whole).len(), 1, "{whole}: {:?}", artists(whole));
        }
    }

    #[test]
    fn credits_are_split_into_names() {
        for (credit, names) in [
            ("Ida Lund, Mara Voss", &["Ida Lund", "Mara Voss"][..]),
            ("Ida Lund,Mara Voss", &["Ida Lund", "Mara Voss"]),
            ("Ida Lund;Mara Voss", &["Ida Lund", "Mara Voss"]),
            ("Ida Lund x Mara Voss", &["Ida Lund", "Mara Voss"]),
            ("Ida Lund vs. Mara Voss", &["Ida Lund", "Mara Voss"]),
            ("Ida Lund and Mara Voss ft. Oto", &["Ida Lund", "Mara Voss", "Oto"]),
            ("Ida Lund (feat. Oto & Mara Voss)", &["Ida Lund", "Oto", "Mara Voss"]),
            ("Ida Lund & Earth, Wind & Fire", &["Ida Lund", "Earth, Wind & Fire"]),
            ("Iron & Wine, Ida Lund", &["Iron & Wine", "Ida Lund"]),
            ("", &[]),
            (" & ", &["&"]),
        ] {
            assert_eq!(artists(credit), names, "{credit}");
        }
    }
}
