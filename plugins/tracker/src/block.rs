//! Baton's block in the text of an issue: the marker with the gap's id, the description, and an end line. Text that
//! people write above and below the block is kept.
//!
//! The marker also has a hash of the description and of the title, so that a change of the gap is recognised even if
//! the tracker reformats the text, and a title that a person changed is kept. The time of the audit protects the block
//! against older reports.

use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The characters that a marker must encode. `-` is one of them, because two hyphens could end an HTML comment.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b':').remove(b'/').remove(b'.').remove(b'_');

/// How the marker line and the end line are written in an issue, so that the tracker hides or shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// An HTML comment, `<!-- … -->`: GitHub does not show it.
    Comment,
    /// Inline code, because Linear does not keep HTML comments.
    Code,
    /// Plain text, because at Notion the marker has a separate property.
    Plain,
}

impl Style {
    const fn signs(self) -> [&'static str; 2] {
        match self {
            Self::Comment => ["<!-- ", " -->"],
            Self::Code => ["`", "`"],
            Self::Plain => ["", ""],
        }
    }
}

/// The data in the marker of an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The gap's id.
    pub gap: String,
    /// The argument `source` of the task that filed the issue.
    pub source: String,
    /// The time of the audit that the block describes, in milliseconds since 1970 UTC; 0 if the marker does not have the
    /// time.
    pub at: i64,
    /// The hash of the title that Baton gave.
    pub title: String,
    /// The hash of the description.
    pub text: String,
}

/// The origin of a block.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The gap's id.
    pub gap: &'a str,
    /// The argument `source`.
    pub source: &'a str,
    /// When the audit ran, in milliseconds since 1970 UTC.
    pub at: i64,
}

/// The block for a description.
#[must_use]
pub fn write(style: Style, origin: Origin<'_>, title: &str, text: &str) -> String {
    let [open, close] = style.signs();
    let (id, source, at) = (utf8_percent_encode(origin.gap, ENCODED), origin.source, origin.at);
    let (title, hash) = (hash(title), hash(text));
    format!(
        "{open}baton:gap={id} source={source} at={at} title={title} text={hash}{close}\n\n{text}\n\n{open}baton:end{close}"
    )
}

/// The marker in the text of an issue.
#[must_use]
pub fn read(style: Style, body: &str) -> Option<Marker> {
    let (_, marker) = find(style, body)?;
    Some(marker)
}

/// The text of an issue, in which `block` replaces Baton's block.
#[must_use]
pub fn replace(style: Style, body: &str, block: &str) -> String {
    let Some((range, _)) = find(style, body) else {
        return if body.trim().is_empty() { block.to_owned() } else { format!("{body}\n\n{block}") };
    };
    let before = body.get(..range.start).unwrap_or_default();
    let after = body.get(range.end..).unwrap_or_default();
    format!("{before}{block}{after}")
}

/// FNV-1a with 64 bits, in hexadecimal digits. It detects changes, but does not protect against forgery.
#[must_use]
pub fn hash(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// The block and its marker. If the end line is missing, the block is only the line of the marker.
fn find(style: Style, body: &str) -> Option<(Range<usize>, Marker)> {
    let [open, close] = style.signs();
    let mut block: Option<(Range<usize>, Marker)> = None;
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let content = line.trim();
        let end = at + line.trim_end().len();
        match &mut block {
            None => block = marker(content, open, close).map(|marker| (at..end, marker)),
            Some((range, _)) if content == format!("{open}baton:end{close}") => {
                range.end = end;
                break;
            }
            Some(_) => {}
        }
        at += line.len();
    }
    block
}

fn marker(line: &str, open: &str, close: &str) -> Option<Marker> {
    let words = line.strip_prefix(open)?.strip_suffix(close)?.trim();
    let words = words.strip_prefix("baton:")?;
    let value = |name: &str| {
        let mut found = words.split(' ').filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.next().map(str::to_owned)
    };
    let gap = value("gap")?;
    let gap = percent_decode_str(&gap).decode_utf8().ok()?.into_owned();
    let at = value("at").and_then(|at| at.parse().ok()).unwrap_or_default();
    Some(Marker { gap, source: value("source")?, at, title: value("title")?, text: value("text")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: &str = "audit:plans/a--> b`.md:x é.py:missing";
    const ORIGIN: Origin<'static> = Origin { gap: GAP, source: "audit", at: 1_768_731_300_000 };

    #[test]
    fn a_written_block_is_parsed_to_the_same_values() {
        for style in [Style::Comment, Style::Code, Style::Plain] {
            let block = write(style, ORIGIN, "Title", "Text\n\n- more");
            assert_eq!(block.matches("--").count(), if style == Style::Comment { 4 } else { 0 }, "{block}");
            let expected = Marker {
                gap: GAP.to_owned(),
                source: "audit".to_owned(),
                at: ORIGIN.at,
                title: hash("Title"),
                text: hash("Text\n\n- more"),
            };
            for body in [block.clone(), format!("Mine.\r\n\r\n{}\r\n\r\nMore.", block.replace('\n', "\r\n"))] {
                assert_eq!(read(style, &body), Some(expected.clone()));
            }
            // A quotation is not a marker.
            assert_eq!(read(style, &format!("> {block}")), None);
        }
        assert_eq!(read(Style::Comment, "<!-- baton:gap= -->\n<!-- baton:end -->"), None);
    }

    #[test]
    fn text_around_the_block_is_kept() {
        let style = Style::Comment;
        let (old, new) = (write(style, ORIGIN, "t", "old"), write(style, ORIGIN, "t", "new"));
        let around = |block: &str| format!("Above.\r\n{block}\r\n\r\nBelow: <!-- baton:end -->\n");
        assert_eq!(replace(style, &around(&old), &new), around(&new));
        // The end line was deleted, so everything below the marker is kept.
        let cut = old.replace("<!-- baton:end -->", "Mine.");
        assert_eq!(replace(style, &cut, &new), format!("{new}\n\nold\n\nMine."));
        assert_eq!(replace(style, "", &new), new);
    }
}
