//! Finds the sender of an unreadable file, so that Baton can report the fault to the sender.

use super::dialect::FROM;

/// Texts that only RETURNs contain. Faults of RETURNs are not reported to a sender.
const ANSWERS: [&str; 4] = ["\"executing_agent\"", "\"original_handoff\"", "\"RETURN\"", "\"RETURN_HANDOFF\""];

/// The maximum length of a sender. A longer text is not the name of an agent.
const LONGEST: usize = 100;

/// The sender in the bytes of a broken request. The file is untrusted: use the sender only if it is a known agent.
#[must_use]
pub fn sender_in(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    if ANSWERS.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    FROM.iter()
        .map(|key| format!("\"{key}\""))
        .find_map(|key| text.match_indices(&key).find_map(|(at, _)| value(text.get(at + key.len()..)?)))
}

/// The text value of a key; `rest` is the text after the key.
fn value(rest: &str) -> Option<String> {
    let quoted = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let (name, _) = quoted.split_once('"')?;
    let name = name.trim();
    let plain = !name.is_empty() && name.len() <= LONGEST && !name.contains(|c: char| c == '\\' || c.is_control());
    plain.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_is_found_in_an_unreadable_file() {
        for (text, sender) in [
            ("{\"source_agent\": \"Claude-MM1\", nope", Some("Claude-MM1")),
            ("{\"from\" :\n\"Codex\", \"a\": \"\\ud8", Some("Codex")),
            ("{\"source_agent\": 7, \"created_by\": \"Codex\"", Some("Codex")),
            ("{\"source_agent\": \"Cla", None),
            ("{\"type\": \"RETURN\", \"source_agent\": \"Codex\", nope", None),
            ("{\"source_agent\": \"a\\nb\"", None),
            ("source_agent: Codex", None),
            ("", None),
        ] {
            assert_eq!(sender_in(text.as_bytes()).as_deref(), sender, "{text}");
        }
        assert_eq!(sender_in(b"\xff{\"source_agent\":\"A\"}").as_deref(), Some("A"));
    }
}
