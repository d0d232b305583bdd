//! Checks the inboxes in `baton.toml` (`[agents.X] inbox`). An inbox must not be one of Baton's own folders, and must
//! belong to only one agent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Config, State};

/// Why a configured inbox is not allowed, and the fix. `None` if all inboxes are allowed.
pub(crate) fn wrong(config: &Config, base: &Path, state: &State) -> Option<String> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut known = BTreeMap::<PathBuf, String>::new();
    for (agent, settings) in config.rules(base).settings {
        for inbox in settings.inboxes {
            let (shown, inbox) = (inbox.display().to_string(), real(&inbox));
            let own = [Some(state.folder()), Some(state.code()), state.of_all_workspaces()].into_iter().flatten();
            if let Some(own) = own.into_iter().find(|own| inbox.starts_with(own) || own.starts_with(&inbox)) {
                return Some(format!(
                    "[agents.{agent}] inbox = {shown:?} contains the state folder {} or is inside it; name another folder",
                    own.display()
                ));
            }
            match known.insert(inbox, agent.clone()) {
                Some(other) if other != agent => {
                    return Some(format!(
                        "[agents.{agent}] and [agents.{other}] have the same inbox, {shown:?}; give each its own, or make one \
                         name an alias of the other: aliases = [\"{agent}\"] in [agents.{other}]"
                    ));
                }
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_is_not_in_the_state_folder_and_belongs_to_one_agent() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        let state = State::of(&base, Some(&base.join("state/of"))).unwrap();
        let wrong = |agents: &str| wrong(&Config::parse(agents).unwrap(), &base, &state);
        for inbox in ["state", "state/of", "state/of/plugins", "."] {
            let error = wrong(&format!("[agents.a]\ninbox = {inbox:?}\n")).unwrap();
            assert!(error.contains("the state folder"), "{error}");
        }
        assert!(wrong("[agents.a]\ninbox = \"x\"\n[agents.b]\ninbox = \"x\"\n").unwrap().contains("the same inbox"));
        assert_eq!(wrong("[agents.a]\ninbox = \"x\"\n[agents.b]\ninbox = \"y\"\n"), None);
    }
}
