//! What a handoff's file name says, and the names that Baton gives.
//!
//! The canonical form is `{YYYYMMDDTHHMMSSZ}__{TYPE}__{Title-With-Hyphens}__{tail}.{json|md}`; real folders add leading
//! move times, suffixes such as `__SUPERSEDED`, and names inside names. The name is a hint for people and for files that
//! say less than their name does: it never decides what is a duplicate, because its tokens collide.

use jiff::Timestamp;

/// A file name of 255 bytes is the most that common file systems take.
pub const MAX_NAME_BYTES: usize = 255;

/// What could be read from a name. Every part may be absent; nothing is invented.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileName {
    /// The last time stamp before the title: when the handoff was made.
    pub made_at: Option<Timestamp>,
    /// `HANDOFF`, `RETURN`, `VALIDATION`, …: the last one where names are nested.
    pub kind: Option<String>,
    /// The title, hyphens as spaces.
    pub title: Option<String>,
    /// What stands behind the title: an agent or a task token.
    pub tail: Option<String>,
    /// `SUPERSEDED`, `STALE`, `BLOCKED_…`, `RETRY3`, …
    pub decorations: Vec<String>,
}

/// Reads a file name. Total: an unknown form gives its stem as the title.
#[must_use]
pub fn parse(name: &str) -> FileName {
    let stem = name.rsplit_once('.').map_or(name, |(stem, ending)| if ending.len() <= 4 { stem } else { name });
    let mut parts: Vec<&str> = stem.split("__").filter(|part| !part.is_empty()).collect();
    let mut read = FileName::default();
    while let Some(last) = parts.last().filter(|part| parts.len() > 1 && is_decoration(part)) {
        read.decorations.insert(0, (*last).to_owned());
        parts.pop();
    }
    let (mut head, mut rest) = (parts.as_slice(), Vec::new());
    while let Some((first, others)) = head.split_first() {
        if let Some(time) = time_stamp(first) {
            read.made_at = Some(time);
        } else if is_kind(first) && !others.is_empty() {
            read.kind = Some((*first).to_owned());
        } else if first.bytes().all(|b| b.is_ascii_digit()) && first.len() == 8 && rest.is_empty() {
            // A date alone: too coarse for a time, and no title.
        } else {
            rest.push(*first);
        }
        head = others;
    }
    if rest.len() > 1 {
        read.tail = rest.pop().map(str::to_owned);
    }
    read.title = (!rest.is_empty()).then(|| words(&strip_time(&rest.join(" "))));
    read
}

/// The name of a handoff that Baton writes. `unique` keeps two of the same second apart.
#[must_use]
pub fn canonical(made_at: Timestamp, kind: &str, title: &str, tail: &str, unique: &str) -> String {
    let time = made_at.strftime("%Y%m%dT%H%M%SZ");
    let (title, tail) = (slug(title, 50), slug(tail, 40));
    format!("{time}__{kind}__{title}__{unique}__{tail}.json")
}

/// `text` as one part of a name: letters, digits, `.` and `-`, at most `longest` bytes, never empty, never hidden.
#[must_use]
pub fn slug(text: &str, longest: usize) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        let c = if c.is_alphanumeric() || c == '.' { c } else { '-' };
        if c == '-' && (slug.is_empty() || slug.ends_with('-')) {
            continue;
        }
        if slug.len() + c.len_utf8() > longest {
            break;
        }
        slug.push(c);
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() { "untitled".to_owned() } else { slug.to_owned() }
}

/// `name` with `insert` before its ending, cut so that the whole fits [`MAX_NAME_BYTES`].
#[must_use]
pub fn with_insert(name: &str, insert: &str) -> String {
    let (stem, ending) = match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= 16 => name.split_at(dot),
        _ => (name, ""),
    };
    let room = MAX_NAME_BYTES.saturating_sub(insert.len() + ending.len());
    format!("{}{insert}{ending}", cut(stem, room))
}

/// The longest prefix of `text` of at most `bytes` bytes that ends between two characters.
#[must_use]
pub fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Whether the name is not for reading: hidden, or a temporary name of an editor, a downloader or a sync client.
#[must_use]
pub fn is_ignored(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let endings = [".tmp", ".temp", ".part", ".partial", ".crdownload", ".swp", ".swx", ".download", ".bak", "~"];
    lower.starts_with('.')
        || lower.starts_with("~$")
        || endings.iter().any(|ending| lower.ends_with(ending))
        || lower.ends_with(".reason.json")
        || matches!(lower.as_str(), "thumbs.db" | "desktop.ini" | "icon\r")
}

fn is_decoration(part: &str) -> bool {
    let exact = ["SUPERSEDED", "STALE", "PROCESSED", "MAXRETRY"];
    let starts = ["ALREADY_FIXED_", "BLOCKED_"];
    let retry = part.strip_prefix("RETRY").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    exact.contains(&part) || starts.iter().any(|start| part.starts_with(start)) || retry
}

fn is_kind(part: &str) -> bool {
    let kind = part.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'-'));
    kind && part.len() >= 4 && !is_decoration(part)
}

fn time_stamp(part: &str) -> Option<Timestamp> {
    let digits = part.strip_suffix('Z').unwrap_or(part);
    let shaped = digits.len() == 15 && digits.as_bytes().get(8) == Some(&b'T');
    let zoned = shaped.then(|| format!("{digits}Z"))?;
    jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", &zoned)
        .and_then(|broken| broken.to_datetime())
        .and_then(|civil| civil.to_zoned(jiff::tz::TimeZone::UTC))
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// Older names have one underscore between time and title.
fn strip_time(text: &str) -> String {
    match text.split_once('_') {
        Some((time, rest)) if time_stamp(time).is_some() => rest.to_owned(),
        _ => text.to_owned(),
    }
}

fn words(text: &str) -> String {
    text.split(['-', ' ', '_']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_the_canonical_form() {
        let read = parse("20260115T215923Z__HANDOFF__Webhook-Review__Claude-MM1.json");
        assert_eq!(read.made_at.unwrap().to_string(), "2026-01-15T21:59:23Z");
        assert_eq!(read.kind.as_deref(), Some("HANDOFF"));
        assert_eq!(read.title.as_deref(), Some("Webhook Review"));
        assert_eq!(read.tail.as_deref(), Some("Claude-MM1"));
    }

    #[test]
    fn reads_nested_and_decorated_names() {
        let read =
            parse("20260110T055642__20260110T115625Z__HANDOFF__20260110T071052Z__HANDOFF__Plan-X__2e4e__STALE.json");
        assert_eq!(read.decorations, ["STALE"]);
        assert_eq!((read.title.as_deref(), read.tail.as_deref()), (Some("Plan X"), Some("2e4e")));
        assert_eq!(read.made_at.unwrap().to_string(), "2026-01-10T07:10:52Z");
    }

    #[test]
    fn reads_the_old_single_underscore() {
        assert_eq!(parse("20251217T195713Z_notion-access.json").title.as_deref(), Some("notion access"));
    }

    #[test]
    fn inserts_keep_the_ending_and_the_limit() {
        assert_eq!(with_insert("a.json", "-2"), "a-2.json");
        let long = format!("{}.json", "é".repeat(125));
        let named = with_insert(&long, ".reason");
        assert!(named.len() <= MAX_NAME_BYTES && named.ends_with(".reason.json"));
    }

    proptest! {
        #[test]
        fn any_name_is_read_without_a_panic(name in ".{0,120}") {
            let _ = parse(&name);
            prop_assert!(with_insert(&name, "-2").len() <= MAX_NAME_BYTES);
            let slug = slug(&name, 50);
            prop_assert!(!slug.is_empty() && slug.len() <= 50 && !slug.contains('/') && !slug.starts_with('.'));
        }
    }
}
