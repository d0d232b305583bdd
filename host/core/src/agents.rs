//! Agents and the spellings of their names.
//!
//! The same agent is written `Claude-MM1`, `Claude-MM1-Agent`, `Claude MM1 Agent` or `ClaudeMM1-Agent-Trigger`. Baton
//! resolves a spelling with an explicit table. It never guesses, because rules that insert hyphens and cut endings
//! would merge different agents. Two spellings are compared without case, spaces, `-` and `_`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::text::is_unprintable;

/// The agents in the built-in alias table. Each of them also has spellings with the endings below.
const KNOWN: [&str; 12] = [
    "Claude-MM1",
    "Claude-MM2",
    "Claude-Code",
    "Cursor-MM1",
    "Cursor-MM2",
    "Codex-MM1",
    "ChatGPT-Code-Review",
    "ChatGPT-Strategic",
    "ChatGPT-Personal-Assistant",
    "Notion-AI-Data-Operations",
    "Notion-AI-Research",
    "Notion-DataOps",
];

/// Endings of agents' names in existing folders.
const ENDINGS: [&str; 6] = ["-Agent", "-Trigger", "-Agent-Trigger", "-Agent-Agent-Trigger", "-gd", "-Agent-gd"];

/// The spellings of all agents.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    /// Folded spelling → canonical name.
    table: BTreeMap<String, String>,
}

impl Aliases {
    /// The built-in table.
    #[must_use]
    pub fn shipped() -> Self {
        let mut aliases = Self::default();
        for name in KNOWN {
            aliases.add(name, name);
            for ending in ENDINGS {
                aliases.add(&format!("{name}{ending}"), name);
            }
        }
        aliases
    }

    /// Adds a spelling. It replaces an earlier meaning of the same spelling.
    pub fn add(&mut self, alias: &str, canonical: &str) {
        self.table.insert(fold(alias), canonical.to_owned());
    }

    /// The canonical name of `spelling`, or `None` when the table does not have it.
    #[must_use]
    pub fn canonical(&self, spelling: &str) -> Option<&str> {
        self.table.get(&fold(spelling)).map(String::as_str)
    }

    /// True if both spellings mean the same agent.
    #[must_use]
    pub fn same(&self, a: &str, b: &str) -> bool {
        fold(self.canonical(a).unwrap_or(a)) == fold(self.canonical(b).unwrap_or(b))
    }

    /// Finds the name in `names` that `spelling` means: the identical name, otherwise a name of the same agent.
    #[must_use]
    pub fn resolve<'a>(&self, spelling: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> Option<&'a str> {
        let exact = names.clone().into_iter().find(|name| *name == spelling);
        exact.or_else(|| names.into_iter().find(|name| self.same(name, spelling)))
    }
}

/// The agents of the built-in table.
pub fn known() -> impl Iterator<Item = &'static str> + Clone {
    KNOWN.into_iter()
}

/// True if the built-in table has the spelling.
pub(crate) fn is_known(spelling: &str) -> bool {
    static SHIPPED: LazyLock<Aliases> = LazyLock::new(Aliases::shipped);
    SHIPPED.canonical(spelling).is_some()
}

/// A spelling in lower case, without spaces, hyphens and underscores. `Claude MM1` and `claude-mm1` have the same result.
#[must_use]
pub fn fold(spelling: &str) -> String {
    spelling.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// Names that mean "all agents", folded.
const EVERYBODY: [&str; 5] = ["*", "all", "allagents", "broadcast", "everyone"];

/// Reserved names, folded: the actors `baton` and `operator` of the ledger, the word `any` of grants, and the names of the
/// folders beside the agents' folders.
const RESERVED: [&str; 8] = ["any", "baton", "operator", "examples", "unrouted", "01inbox", "02processed", "03failed"];

/// True if a name means all agents.
#[must_use]
pub fn is_everybody(name: &str) -> bool {
    EVERYBODY.contains(&fold(name).as_str())
}

/// True if a name, in any spelling, is reserved, so that no agent and no plugin can have it.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    is_everybody(name) || RESERVED.contains(&fold(name).as_str())
}

/// True if `name` is allowed for an agent and its folder: one path component, visible, printable, and not
/// [reserved](is_reserved).
#[must_use]
pub fn is_name(name: &str) -> bool {
    let reserved = is_reserved(name);
    let printable = name.chars().all(|c| !is_unprintable(c) && !matches!(c, '/' | '\\'));
    !name.is_empty()
        && name.len() <= 100
        && !name.starts_with(['.', '_'])
        && name.trim() == name
        && printable
        && !reserved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_known_spelling_resolves_to_its_agent() {
        let aliases = Aliases::shipped();
        for spelling in ["Cursor-MM1", "Cursor-MM1-Agent", "Cursor-MM1-Agent-Trigger", "CursorMM1", "Cursor MM1 Agent"]
        {
            assert_eq!(aliases.canonical(spelling), Some("Cursor-MM1"), "{spelling}");
        }
        assert_eq!(
            aliases.canonical("Notion-AI-Data-Operations-Agent-Agent-Trigger"),
            Some("Notion-AI-Data-Operations")
        );
    }

    #[test]
    fn agents_of_two_machines_are_not_the_same() {
        assert!(!Aliases::shipped().same("Claude-MM1", "Claude-MM2"));
        assert!(!Aliases::shipped().same("Claude", "Claude-MM1"));
    }

    #[test]
    fn resolves_to_the_folder_that_exists() {
        let aliases = Aliases::shipped();
        assert_eq!(aliases.resolve("Claude Code Agent", ["audit", "Claude-Code-Agent"]), Some("Claude-Code-Agent"));
        assert_eq!(aliases.resolve("nobody", ["audit"]), None);
    }

    #[test]
    fn a_name_is_never_a_path() {
        for name in ["", ".", "..", "a/b", "a\\b", ".hidden", "_archive", " a", "01_inbox", "a\n", "a\u{202e}"] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(is_name("Claude-MM1"));
    }

    #[test]
    fn a_reserved_name_is_not_allowed_for_an_agent() {
        for name in ["all", "ALL", "All-Agents", "*", "baton", "Operator", "examples", "any"] {
            assert!(!is_name(name) && is_reserved(name), "{name}");
        }
        assert!(is_everybody("All Agents") && !is_everybody("operator"));
    }
}
