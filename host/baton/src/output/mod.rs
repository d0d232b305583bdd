//! Everything that is printed goes through here: stdout for results, stderr for everything else. Colours only on a
//! terminal; a reader that closes the pipe (`| head`) is no error.

mod findings;
pub(crate) mod log;
mod table;

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

pub(crate) use findings::findings;
pub(crate) use table::{Table, shorten};

/// Prints a text to stdout.
pub(crate) fn print(text: &str) {
    drop(io::stdout().lock().write_all(text.as_bytes()));
}

/// Untrusted text as it may be shown on a terminal: what moves the cursor, reverses or hides text becomes a space.
pub(crate) fn clean(text: &str) -> String {
    let hides =
        |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let harmful = |c: char| c != '\n' && (c.is_control() || hides(c));
    text.chars().map(|c| if harmful(c) { ' ' } else { c }).collect()
}

/// Prints a JSON value to stdout.
pub(crate) fn json(value: &Value) {
    print(&format!("{value:#}\n"));
}

/// Prints a remark to stderr.
pub(crate) fn note(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Prints an error with its causes to stderr.
pub(crate) fn error(error: &anyhow::Error) {
    let head = if io::stderr().is_terminal() && !no_color() { "\x1b[1;31merror:\x1b[0m" } else { "error:" };
    let mut last = clean(&error.to_string());
    let mut text = format!("{head} {last}");
    for cause in error.chain().skip(1).map(|cause| clean(&cause.to_string())) {
        // A transparent wrapper says the same again.
        if !last.contains(&cause) {
            text.push_str(&format!("\n  because {cause}"));
        }
        last = cause;
    }
    note(&text);
}

/// Whether the user wants no colours (<https://no-color.org>).
pub(crate) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// `text` in a colour that says how a state stands, on a terminal.
pub(crate) fn paint(state: baton_core::State, text: &str) -> String {
    use baton_core::State;
    let colour = match state {
        State::Succeeded => 32,
        State::Failed | State::Dead | State::Quarantined => 31,
        State::NeedsGrant | State::NeedsHuman | State::NeedsApproval => 33,
        State::Running | State::Queued | State::Waiting => 36,
        State::Captured | State::Delivered | State::Cancelled | State::Duplicate => return text.to_owned(),
    };
    in_colour(colour, text)
}

/// `text` in the colour of that number, on a terminal.
pub(crate) fn in_colour(colour: u8, text: &str) -> String {
    if !io::stdout().is_terminal() || no_color() {
        return text.to_owned();
    }
    format!("\x1b[{colour}m{text}\x1b[0m")
}
