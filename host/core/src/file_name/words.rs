//! Recognises the parts of a name: kinds, decorations, tokens, agents, words.

use crate::agents;

/// The usual kinds. Others are recognised by their shape and position.
const KINDS: [&str; 20] = [
    "AGENT_WORK_VALIDATION",
    "AUDIT_FINDINGS",
    "BLOCKER",
    "BROADCAST",
    "CODE_REVIEW",
    "COMPLETION",
    "CRITICAL",
    "ESCALATION",
    "EXECUTION",
    "HANDOFF",
    "HUMAN-ACTION",
    "INFO",
    "ISSUE-RESOLUTION",
    "RETURN",
    "RETURN_HANDOFF",
    "REVIEW",
    "TRIG",
    "VALIDATION",
    "VALIDATION-COMPLETE",
    "VALIDATION-REQUEST",
];

/// Prefixes of agents' names that the table does not have: other models or machines of a known family.
const FAMILIES: [&str; 6] = ["chatgpt", "claude", "codex", "cursor", "notion-ai", "notion-dataops"];

pub(super) fn is_known_kind(part: &str) -> bool {
    KINDS.contains(&part)
}

/// Capitals, digits, `_` and `-`: the shape of a kind.
pub(super) fn is_kind_shaped(part: &str) -> bool {
    let shaped = part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
    shaped
        && (4..=40).contains(&part.len())
        && part.starts_with(|c: char| c.is_ascii_uppercase())
        && !is_decoration(part)
}

pub(super) fn is_decoration(part: &str) -> bool {
    let exact = ["SUPERSEDED", "STALE", "PROCESSED", "MAXRETRY", "ALREADY_FIXED", "BLOCKED"];
    let starts = ["ALREADY_FIXED_", "BLOCKED_"];
    exact.contains(&part) || starts.iter().any(|start| part.starts_with(start)) || is_retry(part)
}

/// `RETRY3`.
pub(super) fn is_retry(part: &str) -> bool {
    part.strip_prefix("RETRY").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// 8 or 16 hexadecimal digits, or a whole id of 32, with or without its hyphens. A date is not a token.
pub(super) fn is_token(part: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    match part.len() {
        8 => hex(part) && super::stamp::read(part).is_none(),
        16 | 32 => hex(part),
        36 => part.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && part.split('-').all(hex),
        _ => false,
    }
}

/// A known agent, one of a known family, or a name that ends with "agent".
pub(super) fn is_agent_like(part: &str) -> bool {
    if agents::is_known(part) {
        return true;
    }
    let lower = part.to_ascii_lowercase();
    let lower = lower.trim_end_matches("-gd").trim_end_matches("-trigger");
    let family = FAMILIES.iter().any(|family| {
        lower.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', ' ']))
    });
    count(part) <= 5 && (family || lower.ends_with("-agent") || lower.ends_with("_agent"))
}

/// The words of a part, one space between them.
pub(super) fn join(text: &str) -> String {
    split(text).collect::<Vec<_>>().join(" ")
}

pub(super) fn count(text: &str) -> usize {
    split(text).count()
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(['-', ' ', '_']).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_hexadecimal_of_certain_lengths_and_not_dates() {
        for token in ["0a1b2c3d", "0a1b2c3d4e5f6071", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "12345678"] {
            assert!(is_token(token), "{token}");
        }
        for other in ["20260103", "0a1b2c3", "0a1b2c3g", "1008516783", "0a1b2c3d-4e5f-6071-8293a4b5c6d7e8f9-", ""] {
            assert!(!is_token(other), "{other}");
        }
    }

    #[test]
    fn agents_are_distinguished_from_words_and_titles() {
        for agent in ["Claude-Code", "claude-code", "CursorMM1", "Claude-Opus", "Cowork-Agent", "Codex-MM1-gd", "Codex"]
        {
            assert!(is_agent_like(agent), "{agent}");
        }
        for other in ["WORKFLOW", "audit", "AgentWorkflows", "Cursorless", "Cursor-Plans-Integration-Of-Phase-One", ""]
        {
            assert!(!is_agent_like(other), "{other}");
        }
    }

    #[test]
    fn kinds_have_hyphens_and_digits_and_are_not_decorations() {
        for kind in ["HUMAN-ACTION", "PHASE2_REVIEW", "TRIG"] {
            assert!(is_kind_shaped(kind), "{kind}");
        }
        for other in ["STALE", "BLOCKED_DNS", "RETRY3", "2FA-LOST", "Review", "OK", ""] {
            assert!(!is_kind_shaped(other), "{other}");
        }
    }
}
