//! Explains to a person why an attempt failed.

use baton_core::file_name::cut;
use baton_core::grants::{Grant, grant_it_with};
use baton_core::log_gap;
use baton_core::text::{PLUGIN_SAYS, plugin_says};
use baton_sandbox::AttemptError;

/// The maximum number of bytes of a plugin's log that the reason of its crash quotes.
const CRASH_MESSAGE_BYTES: usize = 500;

/// The reason of a failure. `missing` are the grants that the plugin declares and does not have. `log` is the output of the
/// attempt. After a crash, the reason quotes the end of `log`, because the message of a trap contains little information.
pub(super) fn explain(failure: &AttemptError, plugin: &str, missing: &[Grant], log: &str) -> String {
    match failure {
        AttemptError::Limit { .. } => {
            format!("{failure}; reduce its input, or ask the author of the plugin `{plugin}`")
        }
        AttemptError::Trap(_) => {
            let said = crash_message(log).map(|message| format!("; {}", plugin_says(&message))).unwrap_or_default();
            format!("{failure}; this is a fault of the plugin `{plugin}`, not of the handoff{said}")
        }
        // The plugin's text may look like a command, so the host adds its own text and does not replace it.
        AttemptError::NeedsGrant(text)
            if !missing.is_empty() && (text.starts_with(PLUGIN_SAYS) || !text.contains("`baton ")) =>
        {
            format!("{}; {text}", grant_it_with(plugin, missing))
        }
        AttemptError::NeedsHuman(text) => {
            format!("{text} (`baton answer` gives the answer, `baton cancel` ends the task)")
        }
        other => other.to_string(),
    }
}

/// The message of a panic with its source position, or else the last line of the log; `None` if the log is empty.
fn crash_message(log: &str) -> Option<String> {
    let lines = log.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("note: "));
    let lines: Vec<&str> = lines.filter(|line| log_gap::bytes_of(line).is_none()).collect();
    let panic = lines.iter().rposition(|line| line.contains("panicked at "));
    let words = match panic.and_then(|at| lines.get(at..)) {
        Some([place, message, ..]) => format!("{place} {message}"),
        Some([place]) => (*place).to_owned(),
        _ => (*lines.last()?).to_owned(),
    };
    Some(cut(&words, CRASH_MESSAGE_BYTES).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_panic_with_its_place_else_the_last_line() {
        let rust = "begins\n\nthread '<unnamed>' panicked at src/lib.rs:3:5:\nno such plan\nnote: run with `RUST_BACKTRACE=1`\n";
        let python = "Traceback (most recent call last):\n  File \"app.py\", line 3\nValueError: no such plan\n";
        for (log, words) in [
            (rust, Some("thread '<unnamed>' panicked at src/lib.rs:3:5: no such plan")),
            (python, Some("ValueError: no such plan")),
            ("panicked at a:1:1:\n", Some("panicked at a:1:1:")),
            ("line\n… 12 bytes left out …\n", Some("line")),
            (" \n", None),
        ] {
            assert_eq!(crash_message(log).as_deref(), words, "{log}");
        }
    }
}
