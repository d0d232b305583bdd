//! Commands that coding agents run as hooks: the JSON on their standard input, and the lines that their models read.

use std::io::{IsTerminal as _, Read as _};

use serde_json::Value;

use crate::output::one_line;

/// The longest input of a hook in bytes.
const INPUT_BYTES: u64 = 1 << 20;

/// The maximum length of an untrusted text in a line, in characters.
const TEXT_CHARACTERS: usize = 80;

/// The input of the hook that runs this process; `null` if there is none.
pub(super) fn input() -> anyhow::Result<Value> {
    let mut text = String::new();
    if !std::io::stdin().is_terminal() {
        std::io::stdin().take(INPUT_BYTES).read_to_string(&mut text)?;
    }
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// An untrusted text as one quoted, shortened line. Quotes in the text are escaped.
pub(super) fn quoted(text: &str) -> String {
    let short: String = one_line(text).chars().take(TEXT_CHARACTERS).collect();
    Value::String(short).to_string()
}
