//! Bundled plugins that got actions of another bundled plugin, and how to update a workspace of an older version.

use baton_core::grants::Grant;
use baton_core::shell::words;
use baton_plugin_sql::split_tables;

use super::{Lock, PluginEntry, Source, State};

/// A plugin that now has actions of another plugin.
struct PluginSplit {
    plugin: &'static str,
    from: &'static str,
    actions: [&'static str; 4],
    /// The prefix of its tables in the database of `from`.
    tables: &'static str,
    /// The folders that `from` does not use any more.
    folders: [&'static str; 2],
}

const SPLITS: [PluginSplit; 1] = [PluginSplit {
    plugin: "music-files",
    from: "spotify",
    actions: ["apply", "organise", "undo", "wanted"],
    tables: "organise_",
    folders: ["music", "organised"],
}];

/// The steps for the operator, because actions moved to another plugin.
pub(crate) struct SplitNotice {
    pub(crate) what: String,
    /// The words of the commands after `baton`, in order.
    pub(crate) commands: Vec<String>,
}

/// Copies the tables of the plugin from the database of the plugin that had its actions before. Baton calls this function
/// before the plugin's first attempt.
pub(super) fn copy_tables(state: &State, entry: &PluginEntry) -> anyhow::Result<()> {
    for split in SPLITS.iter().filter(|split| split.plugin == entry.name && entry.source == Source::Shipped) {
        split_tables(&state.plugin_database(split.from), &state.plugin_database(split.plugin), split.tables)?;
    }
    Ok(())
}

/// Returns a notice for each bundled plugin with a grant of a folder that now only another plugin uses.
pub(crate) fn notices(lock: &Lock) -> Vec<SplitNotice> {
    SPLITS.iter().filter_map(|split| split.notice(lock)).collect()
}

/// The bundled plugin that now has this action of another plugin.
pub(crate) fn new_plugin(from: &str, action: &str) -> Option<&'static str> {
    SPLITS.iter().find(|split| split.from == from && split.actions.contains(&action)).map(|split| split.plugin)
}

impl PluginSplit {
    fn notice(&self, lock: &Lock) -> Option<SplitNotice> {
        let Self { plugin, from, folders, .. } = self;
        let old = lock.get(from).filter(|entry| entry.source == Source::Shipped)?;
        let unused = old.grants.files.iter().filter(|grant| folders.contains(&grant.folder.as_str()));
        let unused: Vec<String> = unused.map(|grant| Grant::Files(grant.clone()).to_string()).collect();
        if unused.is_empty() {
            return None;
        }
        let new = lock.get(plugin);
        let granted = new.map(|entry| entry.grants.specs()).unwrap_or_default();
        let missing: Vec<_> = unused.iter().filter(|word| !granted.contains(word)).collect();
        let install = new.is_none().then(|| format!("plugin install shipped:{plugin}"));
        let grant = (!missing.is_empty()).then(|| format!("plugin grant {plugin} {}", words(&missing)));
        let revoke = format!("plugin revoke {from} {}", words(&unused));
        Some(SplitNotice {
            what: format!(
                "the plugin `{from}` does not use the grants {} any more: the actions that use them are in the plugin `{plugin}`",
                unused.join(" ")
            ),
            commands: install.into_iter().chain(grant).chain([revoke]).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use baton_core::grants::{GrantedFolder, Mode};

    use super::*;

    fn entry(name: &str, source: Source, folders: &[&str]) -> PluginEntry {
        let grant = |folder: &&str| GrantedFolder {
            folder: (*folder).to_owned(),
            mode: Mode::Rw,
            path: Some(format!("/m/{folder} 1").into()),
        };
        let mut entry = PluginEntry::new(name, source, String::new());
        entry.grants.files = folders.iter().map(grant).collect();
        entry
    }

    fn commands(plugins: Vec<PluginEntry>) -> Vec<String> {
        let mut lock = Lock::default();
        lock.plugins.extend(plugins);
        notices(&lock).into_iter().flat_map(|notice| notice.commands).collect()
    }

    #[test]
    fn grants_that_another_plugin_needs_now_are_a_notice_until_they_are_revoked() {
        let old = || entry("spotify", Source::Shipped, &["spotify", "music", "organised"]);
        let revoke = "plugin revoke spotify 'files:rw=music=/m/music 1' 'files:rw=organised=/m/organised 1'";
        assert_eq!(
            commands(vec![old()]),
            [
                "plugin install shipped:music-files",
                "plugin grant music-files 'files:rw=music=/m/music 1' 'files:rw=organised=/m/organised 1'",
                revoke
            ]
        );
        let new = |folders: &[&str]| entry("music-files", Source::Shipped, folders);
        assert_eq!(
            commands(vec![old(), new(&["music"])]),
            ["plugin grant music-files 'files:rw=organised=/m/organised 1'", revoke]
        );
        assert_eq!(commands(vec![old(), new(&["music", "organised"])]), [revoke]);
        assert!(commands(vec![entry("spotify", Source::Shipped, &["spotify", "exports"])]).is_empty());
        assert!(commands(vec![entry("spotify", Source::File("x.wasm".into()), &["music"])]).is_empty());
    }

    #[test]
    fn the_moved_actions_are_those_that_both_plugins_declare() {
        let actions = |manifest: &str| -> Vec<String> {
            let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
            manifest["actions"].as_object().unwrap().keys().cloned().collect()
        };
        let old = actions(include_str!("../../../../plugins/spotify/manifest.json"));
        let new = actions(include_str!("../../../../plugins/music-files/manifest.json"));
        let mut both: Vec<_> = old.into_iter().filter(|action| new.contains(action)).collect();
        both.sort();
        let [split] = SPLITS;
        assert_eq!(both, split.actions);
    }
}
