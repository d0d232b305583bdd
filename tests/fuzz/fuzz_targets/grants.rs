//! Any grants of any plugins, one in each line (`PLUGIN GRANT`): parsing ends and never panics, a parsed grant is written in the
//! same form, and no allowed grant is below a folder that a plugin may write to.
#![no_main]

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Component, Path, PathBuf};

use baton_core::grants::{Grant, GrantSet, Mode};
use baton_core::manifest::Capabilities;
use baton_registry::overlap::{self, Access, PlacedFolder};
use baton_sandbox::Identity;
use libfuzzer_sys::fuzz_target;

const ASKED: &str = r#"{"files":[{"folder":"plans","mode":"rw","reason":""},{"folder":"music","mode":"ro","reason":""}],
    "hosts":[{"name":"wiki","reason":""}],
    "http":[{"rule":"GET:a.b/v1/*","reason":""},{"rule":"GET:{wiki}/*","reason":""}],"secrets":[{"name":"s","hosts":["a.b"],"reason":""}],
    "sql":[{"database":"catalog","mode":"rw","reason":""}],"git":[{"folder":"plans","reason":""}],"handoffs":{"reason":""}}"#;

fn identity(path: &Path) -> Identity {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    Identity::new(1, hasher.finish())
}

/// The folder of this path.
fn place(plugin: &str, path: &Path, access: Access) -> PlacedFolder {
    let plain: PathBuf = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    let path = Path::new("/").join(plain);
    let above = path.ancestors().skip(1).map(identity).collect();
    PlacedFolder { plugin: plugin.to_owned(), grant: String::new(), identity: identity(&path), above, path, access }
}

fuzz_target!(|text: &str| {
    let asked: Capabilities = serde_json::from_str(ASKED).unwrap();
    let mut placed = Vec::new();
    for line in text.lines().take(40) {
        let (plugin, grant) = line.split_once(' ').unwrap_or(("", line));
        let Ok(parsed) = Grant::parse(grant, &asked) else { continue };
        let mut granted = GrantSet::default();
        granted.add(parsed.clone());
        assert_eq!(granted.specs().first().map(|spec| Grant::parse(spec, &asked)), Some(Ok(parsed.clone())));
        if let Grant::Files(folder) = parsed {
            let access = if folder.mode == Mode::Rw { Access::Write } else { Access::Read };
            placed.push(place(plugin, folder.path.as_deref().unwrap_or(Path::new(&folder.folder)), access));
        }
    }
    for one in &placed {
        if let Some(found) = overlap::find(&one.plugin, &placed) {
            let _ = found.to_string();
            continue;
        }
        for own in placed.iter().filter(|own| own.plugin == one.plugin) {
            let mut writable = placed.iter().filter(|other| other.access == Access::Write);
            assert!(writable.all(|outer| own.path == outer.path || !own.path.starts_with(&outer.path)));
        }
    }
});
