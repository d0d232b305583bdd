//! Composes file names: canonical names and their parts, and names with insertions that stay within the length limit.

use jiff::Timestamp;

/// The maximum length of a file name on common file systems.
pub const MAX_NAME_BYTES: usize = 255;

/// The name of a handoff that Baton writes. `unique` distinguishes two files of the same second.
#[must_use]
pub fn canonical(made_at: Timestamp, kind: &str, title: &str, tail: &str, unique: &str) -> String {
    let time = made_at.strftime("%Y%m%dT%H%M%SZ");
    let (title, tail) = (slug(title, 50), slug(tail, 40));
    format!("{time}__{kind}__{title}__{unique}__{tail}.json")
}

/// The name of a file whose task failed at its last attempt, as in existing folders:
/// `20260103T052154__MAXRETRY__NAME__RETRY3__20260103.json`.
#[must_use]
pub fn dead_letter(name: &str, attempts: u32, moved_at: Timestamp) -> String {
    let front = moved_at.strftime("%Y%m%dT%H%M%S__MAXRETRY__");
    let back = format!("__RETRY{attempts}__{}", moved_at.strftime("%Y%m%d"));
    let front = front.to_string();
    let (stem, ending) = split_ending(name);
    let room = MAX_NAME_BYTES.saturating_sub(front.len() + back.len() + ending.len());
    format!("{front}{}{back}{ending}", cut(stem, room))
}

/// The name of a file that was not processed for too long.
#[must_use]
pub fn stale(name: &str) -> String {
    with_insert(name, "__STALE")
}

/// Converts `text` to one part of a name: letters, digits, `.` and `-`, at most `longest` bytes, never empty, never
/// hidden.
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

/// Inserts `insert` before the file extension, and cuts the name to at most [`MAX_NAME_BYTES`].
#[must_use]
pub fn with_insert(name: &str, insert: &str) -> String {
    let (stem, ending) = split_ending(name);
    let room = MAX_NAME_BYTES.saturating_sub(insert.len() + ending.len());
    format!("{}{insert}{ending}", cut(stem, room))
}

fn split_ending(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= 16 => name.split_at(dot),
        _ => (name, ""),
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::parse;
    use super::*;

    #[test]
    fn names_of_dead_letters_are_parsed() {
        let at: Timestamp = "2026-01-03T05:21:54Z".parse().unwrap();
        let name = "20260102T040211Z__HANDOFF__Webhook-Server__2b6e7361.json";
        let dead = dead_letter(name, 3, at);
        assert_eq!(
            dead,
            "20260103T052154__MAXRETRY__20260102T040211Z__HANDOFF__Webhook-Server__2b6e7361__RETRY3__20260103.json"
        );
        let read = parse(&dead);
        assert_eq!(
            (read.decorations, read.title.as_deref()),
            (vec!["MAXRETRY".to_owned(), "RETRY3".to_owned()], Some("Webhook Server"))
        );
        assert_eq!(parse(&stale(name)).decorations, ["STALE"]);
        assert!(dead_letter(&format!("{}.json", "é".repeat(125)), 12, at).len() <= MAX_NAME_BYTES);
    }

    #[test]
    fn inserts_keep_the_extension_and_the_limit() {
        assert_eq!(with_insert("a.json", "-2"), "a-2.json");
        let long = format!("{}.json", "é".repeat(125));
        let named = with_insert(&long, ".reason");
        assert!(named.len() <= MAX_NAME_BYTES && named.ends_with(".reason.json"));
    }

    proptest! {
        #[test]
        fn inserts_and_slugs_keep_their_limits(name in ".{0,120}") {
            prop_assert!(with_insert(&name, "-2").len() <= MAX_NAME_BYTES);
            let slug = slug(&name, 50);
            prop_assert!(!slug.is_empty() && slug.len() <= 50 && !slug.contains('/') && !slug.starts_with('.'));
        }

        #[test]
        fn a_composed_name_is_parsed_to_its_parts(
            second in 1_000_000_000_i64..4_000_000_000,
            kind in prop::sample::select(vec!["HANDOFF", "RETURN", "VALIDATION", "HUMAN-ACTION"]),
            title in "[A-Z][a-z]{2,8}( [a-z]{3,8}){1,4}",
            agent in prop::sample::select(vec!["audit", "Claude-MM1", "Cowork-Agent", "my-own-plugin"]),
            unique in "[0-9a-f]{7}x|[0-9a-f]{7}[a-f]|[0-9a-f]{15}[a-f]",
        ) {
            let made_at = Timestamp::from_second(second).unwrap();
            let read = parse(&canonical(made_at, kind, &title, agent, &unique));
            prop_assert_eq!((read.made_at, read.kind.as_deref()), (Some(made_at), Some(kind)));
            prop_assert_eq!(read.tail.as_deref(), (!read.title.as_deref().unwrap().ends_with("plugin")).then_some(agent));
            if !unique.ends_with('x') {
                prop_assert_eq!((read.title.as_deref(), read.agent.as_deref()), (Some(&*title), Some(agent)));
                prop_assert_eq!(read.token.as_deref(), Some(&*unique));
            }
        }
    }
}
