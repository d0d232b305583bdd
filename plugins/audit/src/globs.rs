//! Patterns of paths, in the syntax of the host's triggers: `*` and `?` stay in their folder, `**` does not, `[a-z]` and
//! `[!a]` are one sign, `{a,b}` is either, `\` takes the next sign as it is.
//!
//! A path is written relative to the root, with `/`. The host's own library compiles automata, which would be most of this
//! plugin and most of a short audit's time; here a pattern is held against a path directly, in at most the product of
//! their lengths. The tests hold both to the same answers, save that a `[!a]` here never stands for the `/`.

/// Patterns of one list.
const MOST: usize = 100;

const PATTERN_BYTES: usize = 500;

/// What the braces of one pattern may come to.
const ALTERNATIVES: usize = 64;

/// A list of patterns; a path matches when one of them does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Globs(Vec<Vec<Part>>);

/// A part of a pattern between two `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// `**`: any number of folders.
    Folders,
    /// One name.
    Name(Vec<Sign>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Sign {
    Is(char),
    Any,
    Many,
    OneOf { not: bool, ranges: Vec<(char, char)> },
}

impl Globs {
    /// Reads patterns.
    ///
    /// # Errors
    /// The first pattern that is none, with the reason; too many of them.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, String> {
        if patterns.len() > MOST {
            return Err(format!("{} patterns are too many: at most {MOST}", patterns.len()));
        }
        let mut all = Vec::new();
        for pattern in patterns.iter().map(AsRef::as_ref) {
            if pattern.len() > PATTERN_BYTES {
                return Err(format!("a pattern of {} bytes is too long: at most {PATTERN_BYTES}", pattern.len()));
            }
            let read = alternatives(pattern)
                .and_then(|plain| plain.iter().map(|one| parts(one)).collect::<Result<Vec<_>, _>>());
            all.extend(read.map_err(|reason| format!("`{pattern}` is no pattern: {reason}"))?);
        }
        Ok(Self(all))
    }

    /// The same for patterns of the audit's own, which are known to be right.
    #[must_use]
    pub fn own(patterns: &[&str]) -> Self {
        Self::new(patterns).unwrap_or_default()
    }

    /// Whether a path is meant.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.0.iter().any(|parts| fits(parts, path))
    }

    /// Whether a name has signs of a pattern.
    #[must_use]
    pub fn is_pattern(name: &str) -> bool {
        name.contains(['*', '?', '[', '{'])
    }
}

/// The pattern without braces: each of its alternatives.
fn alternatives(pattern: &str) -> Result<Vec<String>, String> {
    let mut waiting = vec![pattern.to_owned()];
    let mut plain = Vec::new();
    while let Some(next) = waiting.pop() {
        match brace(&next)? {
            None => plain.push(next),
            Some((before, choices, after)) => {
                waiting.extend(choices.iter().rev().map(|choice| format!("{before}{choice}{after}")));
            }
        }
        if waiting.len() + plain.len() > ALTERNATIVES {
            return Err(format!("its braces come to more than {ALTERNATIVES} patterns"));
        }
    }
    Ok(plain)
}

type Brace<'a> = (&'a str, Vec<&'a str>, &'a str);

/// What stands before the first brace, its choices, and what stands after it.
fn brace(pattern: &str) -> Result<Option<Brace<'_>>, String> {
    let (mut depth, mut start, mut choice) = (0_usize, 0, 0);
    let (mut choices, mut class, mut taken) = (Vec::new(), false, false);
    for (at, sign) in pattern.char_indices() {
        match sign {
            _ if taken => taken = false,
            '\\' => taken = true,
            ']' => class = false,
            _ if class => {}
            '[' => class = true,
            '{' if depth == 0 => (depth, start, choice) = (1, at, at + 1),
            '{' => depth += 1,
            ',' if depth == 1 => {
                choices.push(pattern.get(choice..at).unwrap_or_default());
                choice = at + 1;
            }
            '}' if depth == 1 => {
                choices.push(pattern.get(choice..at).unwrap_or_default());
                let after = pattern.get(at + 1..).unwrap_or_default();
                return Ok(Some((pattern.get(..start).unwrap_or_default(), choices, after)));
            }
            '}' => depth = depth.checked_sub(1).ok_or("a `}` without its `{`")?,
            _ => {}
        }
    }
    if depth > 0 { Err("a `{` without its `}`".into()) } else { Ok(None) }
}

fn parts(pattern: &str) -> Result<Vec<Part>, String> {
    let bare = pattern.strip_prefix("./").unwrap_or(pattern);
    let mut out = Vec::new();
    for part in bare.split('/') {
        out.push(if part == "**" { Part::Folders } else { Part::Name(name(part)?) });
    }
    // `a/**` is what lies below `a`, not `a` itself.
    if out.len() > 1 && out.last() == Some(&Part::Folders) {
        out.push(Part::Name(vec![Sign::Many]));
    }
    Ok(out)
}

fn name(part: &str) -> Result<Vec<Sign>, String> {
    let mut out = Vec::new();
    let mut signs = part.chars();
    while let Some(sign) = signs.next() {
        out.push(match sign {
            '*' if out.last() == Some(&Sign::Many) => continue,
            '*' => Sign::Many,
            '?' => Sign::Any,
            '[' => class(&mut signs)?,
            '\\' => Sign::Is(signs.next().ok_or("a `\\` at the end of a name")?),
            sign => Sign::Is(sign),
        });
    }
    Ok(out)
}

/// The rest of `[a-z]`; a `]` that comes first is one of its signs.
fn class(signs: &mut std::str::Chars<'_>) -> Result<Sign, String> {
    let text = signs.as_str();
    let not = text.starts_with(['!', '^']);
    let inner = text.get(usize::from(not)..).unwrap_or_default();
    let end = inner.char_indices().skip(1).find(|(_, sign)| *sign == ']').map(|(at, _)| at);
    let end = end.ok_or("a `[` without its `]`")?;
    *signs = inner.get(end + 1..).unwrap_or_default().chars();
    let inside: Vec<char> = inner.get(..end).unwrap_or_default().chars().collect();
    let mut ranges = Vec::new();
    let mut rest = inside.as_slice();
    while let [first, after @ ..] = rest {
        let (last, after) = match after {
            ['-', last, after @ ..] => (last, after),
            after => (first, after),
        };
        if first > last {
            return Err(format!("the range {first}-{last} is empty"));
        }
        ranges.push((*first, *last));
        rest = after;
    }
    Ok(Sign::OneOf { not, ranges })
}

/// Whether a path fits, part by part. A `**` first takes nothing, and one part more each time that the rest does not fit.
fn fits(parts: &[Part], path: &str) -> bool {
    // Nearly every path is told apart by its last name alone.
    if let (Some(Part::Name(signs)), Some(last)) = (parts.last(), path.rsplit('/').next())
        && !fits_name(signs, last)
    {
        return false;
    }
    let (mut parts, mut names) = (parts, Some(path));
    let mut again: Option<(&[Part], Option<&str>)> = None;
    loop {
        let (here, below) = match names {
            Some(names) => names.split_once('/').map_or((Some(names), None), |(here, below)| (Some(here), Some(below))),
            None => (None, None),
        };
        match (parts, here) {
            ([Part::Folders, after @ ..], _) => {
                again = Some((after, names));
                parts = after;
                continue;
            }
            ([], None) => return true,
            ([Part::Name(signs), after @ ..], Some(here)) if fits_name(signs, here) => {
                (parts, names) = (after, below);
                continue;
            }
            _ => {}
        }
        let Some((after, Some(skipped))) = again else { return false };
        let next = skipped.split_once('/').map(|(_, below)| below);
        (parts, names, again) = (after, next, Some((after, next)));
    }
}

/// The same for one name and its `*`.
fn fits_name(signs: &[Sign], name: &str) -> bool {
    let (mut signs, mut rest) = (signs, name.chars());
    let mut again: Option<(&[Sign], std::str::Chars<'_>)> = None;
    loop {
        let mut ahead = rest.clone();
        match (signs, ahead.next()) {
            ([Sign::Many, after @ ..], _) => {
                again = Some((after, rest.clone()));
                signs = after;
                continue;
            }
            ([], None) => return true,
            ([sign, after @ ..], Some(found)) if sign.is(found) => {
                (signs, rest) = (after, ahead);
                continue;
            }
            _ => {}
        }
        let Some((after, mut skipped)) = again else { return false };
        if skipped.next().is_none() {
            return false;
        }
        (signs, rest, again) = (after, skipped.clone(), Some((after, skipped)));
    }
}

impl Sign {
    fn is(&self, found: char) -> bool {
        match self {
            Self::Is(sign) => *sign == found,
            Self::Any => true,
            Self::Many => false,
            Self::OneOf { not, ranges } => ranges.iter().any(|(first, last)| (*first..=*last).contains(&found)) != *not,
        }
    }
}

#[cfg(test)]
mod tests {
    use globset::GlobBuilder;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_stay_in_their_folder() {
        let globs = Globs::new(&["logs/*.jsonl", "./**/*PLAN*.md", "a/**", "x/**/y"]).unwrap();
        for path in ["logs/a.jsonl", "A_PLAN.md", "x/y/PLAN_b.md", "a/b", "a/b/c", "x/y", "x/1/2/y"] {
            assert!(globs.matches(path), "{path}");
        }
        for path in ["logs/a/b.jsonl", "plan.md", "a", "x/y/z", "b/a/b", ""] {
            assert!(!globs.matches(path), "{path}");
        }
        assert!(!Globs::default().matches("a"));
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        assert!(Globs::new(&["a["]).unwrap_err().contains("`a[` is no pattern"));
        for wrong in ["a{b", "a}b", "[z-a]", "a\\", "[]", "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"] {
            assert!(Globs::new(&[wrong]).is_err(), "{wrong}");
        }
        assert!(Globs::new(&["x".repeat(501)]).is_err() && Globs::new(&["a"; 101]).is_err());
    }

    #[test]
    fn hostile_patterns_cost_little() {
        let globs = Globs::new(&["*a".repeat(200) + "b", "**/a/".repeat(90) + "b"]).unwrap();
        assert!(!globs.matches(&"a".repeat(4_000)) && !globs.matches(&"a/".repeat(2_000)));
    }

    proptest! {
        #[test]
        fn the_same_answers_as_the_hosts_triggers(
            pattern in r"(\*\*/)?([ab]|\*|\?|\[ab\]|\[a-b\]|\{a,b\}|\{a/b,ab\}){1,4}(/(\*\*|[ab*?]{1,3})){0,3}",
            path in "[abc]{1,3}(/[abc]{1,3}){0,3}",
        ) {
            let theirs = GlobBuilder::new(&pattern).literal_separator(true).build().unwrap().compile_matcher();
            let ours = Globs::new(std::slice::from_ref(&pattern)).unwrap();
            prop_assert_eq!(ours.matches(&path), theirs.is_match(&path), "{} {}", pattern, path);
        }
    }
}
