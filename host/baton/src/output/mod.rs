//! All output goes through this module: results to stdout, everything else to stderr. Colours are used only on a terminal.
//! If a reader closes the pipe (`| head`), this is not an error.

mod findings;
pub(crate) mod log;
mod plugin_output;
mod screen;
mod table;

use std::io::{self, IsTerminal, Write};

use baton_core::text;
use serde_json::Value;

pub(crate) use baton_core::text::{lines, one_line};
pub(crate) use findings::findings;
pub(crate) use plugin_output::plugin_output;
pub(crate) use screen::{Screen, columns, is_closed, line};
pub(crate) use table::{Table, shorten, width};

/// Truncates a list to `limit` rows. The caller requested `limit + 1` rows. Returns whether the list was longer than `limit`.
pub(crate) fn cut_to<T>(rows: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}

/// Prints a text to stdout. Its line breaks and colours are Baton's; the caller passes untrusted parts through [`one_line`].
pub(crate) fn print(text: &str) {
    drop(io::stdout().lock().write_all(harmless(text).as_bytes()));
}

/// Prints the bytes of a report to stdout: unchanged into a file or another program, escaped on a terminal.
pub(crate) fn report(bytes: &[u8]) {
    if io::stdout().is_terminal() {
        print(&String::from_utf8_lossy(bytes));
    } else {
        drop(io::stdout().lock().write_all(bytes));
    }
}

pub(crate) fn json(value: &Value) {
    drop(io::stdout().lock().write_all(text::json(&format!("{value:#}\n")).as_bytes()));
}

/// Prints a remark to stderr.
pub(crate) fn note(text: &str) {
    drop(writeln!(io::stderr().lock(), "{}", harmless(text)));
}

/// Prints to stderr the next steps that a plugin suggests, one line each, marked as text of the plugin.
pub(crate) fn suggestions(plugin: &str, steps: &[String]) {
    for step in steps {
        note(&text::plugin_suggests(plugin, step));
    }
}

const COLOURS: [&str; 6] = ["0", "1;31", "31", "32", "33", "36"];

/// Escapes all control characters except line breaks, tabs and Baton's colours.
fn harmless(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let escaped = |part: &str| part.split('\t').map(lines).collect::<Vec<_>>().join("\t");
    let mut shown = escaped(parts.next().unwrap_or_default());
    for part in parts {
        match part.strip_prefix('[').and_then(|rest| rest.split_once('m')) {
            Some((colour, rest)) if COLOURS.contains(&colour) => {
                shown.push_str(&format!("\x1b[{colour}m{}", escaped(rest)));
            }
            _ => shown.push_str(&format!("\\u{{1b}}{}", escaped(part))),
        }
    }
    shown
}

/// Prints an error with its causes to stderr.
pub(crate) fn error(error: &anyhow::Error) {
    let head = if io::stderr().is_terminal() && !no_color() { "\x1b[1;31merror:\x1b[0m" } else { "error:" };
    // The text after a line break may be untrusted: indented, it does not look like a line of Baton.
    let shown = |error: &dyn std::fmt::Display| lines(&error.to_string()).trim_end().replace('\n', "\n    ");
    let mut last = shown(error);
    let mut text = format!("{head} {last}");
    for cause in error.chain().skip(1).map(|cause| shown(&cause)) {
        // A transparent wrapper repeats the text of its cause.
        if !last.contains(&cause) {
            text.push_str(&format!("\n  because {cause}"));
        }
        last = cause;
    }
    note(&text);
}

/// True if the user wants no colours (<https://no-color.org>).
pub(crate) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// `text` in the colour of the state, on a terminal.
pub(crate) fn paint(state: baton_core::State, text: &str) -> String {
    use baton_core::State;
    let colour = match state {
        State::Succeeded => 32,
        State::Disputed | State::Failed | State::Dead | State::Rejected => 31,
        State::NeedsGrant | State::NeedsHuman | State::NeedsApproval => 33,
        State::Running | State::Queued | State::Waiting => 36,
        State::Captured | State::Delivered | State::Cancelled | State::Duplicate => return text.to_owned(),
    };
    in_colour(colour, text)
}

/// `text` in this colour, on a terminal.
pub(crate) fn in_colour(colour: u8, text: &str) -> String {
    if !io::stdout().is_terminal() || no_color() {
        return text.to_owned();
    }
    format!("\x1b[{colour}m{text}\x1b[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_only_line_breaks_and_colours_of_baton() {
        assert_eq!(harmless("a\n\x1b[31mred\x1b[0m\tb"), "a\n\x1b[31mred\x1b[0m\tb");
        assert_eq!(harmless("\x1b]0;t\x07\x1b[8mx\x1b[2J\u{202e}"), "\\u{1b}]0;t\\u{7}\\u{1b}[8mx\\u{1b}[2J\\u{202e}");
    }
}
