//! The rules for names of plugins. The name is also the name of the plugin's agent and inbox, a key of `baton.lock`, part
//! of file names in the state folder, and a word of commands. All these uses rely on the rules.

use std::fmt;

use crate::agents;
use crate::text::one_line;

/// The maximum length of a name, in bytes.
pub const MAX_BYTES: usize = 64;

/// Words that cannot be a plugin's name, in addition to the names that are reserved for agents: `shipped:NAME` is a
/// source, `plugin NAME` is a task id in the ledger.
const RESERVED: [&str; 3] = ["shipped", "plugin", "plugins"];

/// Why a plugin cannot have a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It breaks the rule for names.
    Form(String),
    /// It is a reserved word.
    Reserved(String),
    /// It is a spelling of a known agent.
    Agent(String),
}

/// Checks the name of a plugin: 1 to 64 lower-case letters, digits and single hyphens, beginning with a letter, and not
/// reserved.
///
/// # Errors
/// The rule that the name breaks.
pub fn check(name: &str) -> Result<(), NameError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let form = name.len() <= MAX_BYTES
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(allowed)
        && !name.ends_with('-')
        && !name.contains("--");
    if !form {
        return Err(NameError::Form(name.to_owned()));
    }
    if agents::is_reserved(name) || RESERVED.contains(&agents::fold(name).as_str()) {
        return Err(NameError::Reserved(name.to_owned()));
    }
    if agents::is_known(name) {
        return Err(NameError::Agent(name.to_owned()));
    }
    Ok(())
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Form(name) | Self::Reserved(name) | Self::Agent(name)) = self;
        let shown: String = name.chars().take(MAX_BYTES).collect();
        write!(f, "`{}` cannot be the name of a plugin: ", one_line(&shown))?;
        f.write_str(match self {
            Self::Form(_) => {
                "a name has 1 to 64 lower-case letters, digits and single hyphens, and begins with a letter"
            }
            Self::Reserved(_) => "this word is reserved; choose another name",
            Self::Agent(_) => "it is a spelling of a known agent; choose another name",
        })
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_another_meaning_are_refused() {
        for name in [
            "all",
            "a-l-l",
            "all-agents",
            "any",
            "broadcast",
            "everyone",
            "baton",
            "operator",
            "examples",
            "unrouted",
            "shipped",
            "plugin",
        ] {
            assert!(matches!(check(name), Err(NameError::Reserved(_))), "{name}");
        }
        for name in ["claude-code", "codex-mm1-agent", "cursormm1"] {
            assert!(matches!(check(name), Err(NameError::Agent(_))), "{name}");
        }
    }

    #[test]
    fn names_that_are_not_a_word_are_refused() {
        let long = "x".repeat(65);
        for name in [
            "",
            "*",
            "_unrouted",
            "01-inbox",
            "9lives",
            "-x",
            "x-",
            "a--b",
            "A",
            "a_b",
            "a.b",
            "../x",
            "a b",
            "é",
            "a\n",
            "a\u{202e}",
            &long,
        ] {
            assert!(matches!(check(name), Err(NameError::Form(_))), "{name:?}");
            assert!(!check(name).unwrap_err().to_string().contains(['\n', '\u{202e}']));
        }
        for name in ["audit", "drive-sync", "x", "post", "mp3-to-flac2"] {
            assert_eq!(check(name), Ok(()));
        }
    }
}
