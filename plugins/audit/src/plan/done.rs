//! Decides whether a plan reports the work of a row as done.
//!
//! Done means: a ticked box, a green tick, or a word such as DONE at the beginning. A qualification (a part, a percentage,
//! "not", "to be") cancels it, because only a clear statement can be reported as false.

use crate::lists::list;

const DONE: &[&str] =
    &["complete", "completed", "created", "delivered", "done", "exists", "finished", "implemented", "shipped"];

/// Words that cancel the statement anywhere in the text.
const NOT: &[&str] = list!(
    "almost awaiting be blocked deferred draft except failed incomplete missing mostly needs no not partial partially \
    partly pending planned progress remaining should todo unfinished until when will wip"
);

/// Signs that mean "done" at the beginning.
const TICKS: [char; 4] = ['\u{2705}', '\u{2611}', '\u{2713}', '\u{2714}'];

/// Signs that mean "not done".
const CROSSES: [char; 6] = ['\u{274c}', '\u{23f3}', '\u{26a0}', '\u{1f7e1}', '\u{1f534}', '\u{2610}'];

/// True if this state means that the work is done.
#[must_use]
pub fn reports_done(state: &str) -> bool {
    let state = state.trim().trim_start_matches(['*', '_', '`', '(']);
    if state.contains(CROSSES) {
        return false;
    }
    let lower = state.to_lowercase();
    if lower.starts_with("[x]") {
        return true;
    }
    let words = || lower.split(|sign: char| !(sign.is_alphanumeric() || sign == '%')).filter(|word| !word.is_empty());
    let percent = |word: &str| word.strip_suffix('%').is_some_and(|number| number != "100");
    let share = lower.split_whitespace().any(|word| {
        word.trim_matches(['(', ')', ',', ';'])
            .split_once('/')
            .is_some_and(|(part, whole)| part != whole && part.parse::<u64>().is_ok() && whole.parse::<u64>().is_ok())
    });
    if share || words().any(|word| NOT.contains(&word) || percent(word)) {
        return false;
    }
    state.starts_with(TICKS) || words().take(2).any(|word| DONE.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_words_and_ticks_mean_done() {
        for state in [
            "[x]",
            "[X]",
            "\u{2705}",
            "\u{2705} COMPLETE",
            "DONE",
            "**Done**",
            "done (2026-01-08)",
            "completed",
            "100% complete",
            "(CREATED)",
            "\u{2714} 14/14",
        ] {
            assert!(reports_done(state), "{state}");
        }
    }

    #[test]
    fn unclear_words_do_not_mean_done() {
        for state in [
            "",
            "[ ]",
            "in_progress",
            "pending",
            "NOT DONE",
            "To be created",
            "Partially complete",
            "90% complete",
            "\u{2705} 10/14",
            "\u{26a0}\u{fe0f} Done",
            "\u{2705} planned",
            "incomplete",
            "NEW - Maker",
            "NOT STARTED",
        ] {
            assert!(!reports_done(state), "{state}");
        }
    }
}
