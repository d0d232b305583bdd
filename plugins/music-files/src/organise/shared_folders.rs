//! Playlists with different names that share one folder, because some file systems do not distinguish the names.

use std::collections::{BTreeMap, BTreeSet};

use baton_plugin_kit::library::CatalogPlaylist;
use baton_plugin_kit::{Findings, safe_name};
use baton_plugin_sdk::Severity;

use super::fold::fold;
use super::limits::NAME_BYTES;

/// The folder of a playlist, as a key for comparison.
pub(crate) fn folder_key(name: &str) -> String {
    fold(&safe_name(name, NAME_BYTES, "_"))
}

/// Adds a finding for each folder that several of these playlists share.
pub(crate) fn report<'a>(lists: impl Iterator<Item = &'a CatalogPlaylist>, findings: &mut Findings) {
    let mut folders: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for list in lists.filter(|list| !list.tracks.is_empty()) {
        folders.entry(folder_key(&list.name)).or_default().insert(&list.name);
    }
    for (folder, names) in folders.into_iter().filter(|(_, names)| names.len() > 1) {
        let shown = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let title = format!("{} playlists share one folder: {shown}", names.len());
        let fix = "A file system does not distinguish their names. To separate them, rename one, or write a rule with another `to` for it.";
        findings.add("organise-one-folder", &folder, Severity::Low, title, fix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playlists_that_share_a_folder_are_reported() {
        let list =
            |name: &str, tracks: &[i64]| CatalogPlaylist { name: name.into(), liked: false, tracks: tracks.to_vec() };
        let lists = [
            list("Late Night", &[1]),
            list("late night", &[2]),
            list("House", &[3]),
            list("House", &[4]),
            list("HOUSE", &[]),
        ];
        let mut findings = Findings::default();
        report(lists.iter(), &mut findings);
        let titles: Vec<_> = findings.into_list().into_iter().map(|finding| finding.title).collect();
        assert_eq!(titles, ["2 playlists share one folder: `Late Night`, `late night`"]);
    }
}
