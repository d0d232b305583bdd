//! Files whose change makes a task; see `wit/watch.wit`. This module only collects and checks the plugin's calls. When
//! the task has settled with an outcome, the caller records them and watches the files.

mod host;

use std::collections::BTreeMap;

use baton_core::manifest::{Manifest, Trigger};

use crate::bindings::baton::plugin::watch as generated;
use crate::capabilities::files::MountGrant;
use crate::limits;

/// The complete set of files that a plugin watches under one key. An empty set deletes the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchUpdate {
    /// The plugin's key.
    pub key: String,
    /// The files by path, each once.
    pub files: Vec<WatchedFile>,
}

/// A file in the state that the plugin saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedFile {
    /// Its path in the plugin's file system.
    pub path: String,
    /// Its size in bytes and its modification time in nanoseconds since 1970; absent if the file did not exist.
    pub stamp: Option<(u64, u64)>,
}

/// The capability's state in one attempt.
pub(crate) struct Watch {
    /// True if the manifest has a `watched` trigger.
    declared: bool,
    mounts: Vec<String>,
    /// The number of files by key: the counts of earlier attempts, updated by the calls of this attempt.
    counts: BTreeMap<String, u64>,
    /// The number of files under all keys.
    total: u64,
    calls: BTreeMap<String, Vec<WatchedFile>>,
}

impl Watch {
    pub(crate) fn new(manifest: &Manifest, mounts: &[MountGrant], watched: &BTreeMap<String, u64>) -> Self {
        let declared = manifest.declares.triggers.iter().any(|trigger| matches!(trigger, Trigger::Watched { .. }));
        let mounts = mounts.iter().map(|mount| mount.guest.clone()).collect();
        let total = watched.values().sum();
        Self { declared, mounts, counts: watched.clone(), total, calls: BTreeMap::new() }
    }

    /// The calls of the attempt.
    pub(crate) fn into_updates(self) -> Vec<WatchUpdate> {
        self.calls.into_iter().map(|(key, files)| WatchUpdate { key, files }).collect()
    }

    fn set(&mut self, key: String, files: Vec<generated::Seen>) -> Result<(), generated::Error> {
        let invalid = |text: String| Err(generated::Error::Invalid(text));
        if !self.declared {
            return invalid("the manifest has no trigger of the kind `watched`".to_owned());
        }
        if key.is_empty() || key.len() > 200 {
            return invalid("a key must have 1 to 200 bytes".to_owned());
        }
        if let Some(bad) = files.iter().find(|file| !self.is_below_a_mount(&file.path)) {
            let path = baton_core::file_name::cut(&bad.path, 200);
            return invalid(format!("`{path}` is not a plain path below a granted folder"));
        }
        let files: BTreeMap<_, _> = files.into_iter().map(|file| (file.path, file.stamp)).collect();
        self.total = self.room_for(&key, files.len()).map_err(generated::Error::TooMany)?;
        self.counts.insert(key.clone(), files.len() as u64);
        self.calls.insert(key, files.into_iter().map(|(path, stamp)| WatchedFile { path, stamp }).collect());
        Ok(())
    }

    /// The number of files under all keys after this call.
    fn room_for(&self, key: &str, files: usize) -> Result<u64, String> {
        if files > limits::WATCHED_OF_A_KEY {
            return Err(format!("{files} files under one key; at most {}", limits::WATCHED_OF_A_KEY));
        }
        if !self.calls.contains_key(key) && self.calls.len() >= limits::WATCH_KEYS {
            return Err(format!("more than {} keys in one task", limits::WATCH_KEYS));
        }
        let before = self.counts.get(key).copied().unwrap_or_default();
        let all = self.total.saturating_sub(before).saturating_add(files as u64);
        if files > 0 && all > limits::WATCHED as u64 {
            return Err(format!("{all} files under all keys together; at most {}", limits::WATCHED));
        }
        Ok(all)
    }

    fn is_below_a_mount(&self, path: &str) -> bool {
        let below = |mount: &String| path.strip_prefix(mount.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let plain = |rest: &str| rest.split('/').all(|part| !matches!(part, "" | "." | ".."));
        path.len() <= limits::WATCHED_PATH_BYTES
            && !path.contains('\0')
            && self.mounts.iter().filter_map(below).any(plain)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::capabilities::files::folder::Folder;

    fn manifest(triggers: &str) -> Manifest {
        let text = format!(
            r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},
                "triggers":[{triggers}]}}}}"#
        );
        Manifest::parse(text.as_bytes()).unwrap()
    }

    fn watch(watched: &[(&str, u64)]) -> Watch {
        let mount = |guest: &str| MountGrant {
            name: "plans".to_owned(),
            host: "/w/plans".into(),
            folder: Folder::open(Path::new("/")).unwrap(),
            guest: guest.to_owned(),
            shown_as: "plans".to_owned(),
            writable: false,
        };
        let watched = watched.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect();
        let manifest = manifest(r#"{"kind":"watched","action":"a"}"#);
        Watch::new(&manifest, &[mount("/plans/0"), mount("/plans/1")], &watched)
    }

    fn seen(path: &str) -> generated::Seen {
        generated::Seen { path: path.to_owned(), stamp: Some((1, 2)) }
    }

    #[test]
    fn the_last_call_for_a_key_replaces_earlier_ones_and_a_path_is_stored_once() {
        let mut watch = watch(&[]);
        watch.set("k".to_owned(), vec![seen("/plans/0/a")]).unwrap();
        watch.set("k".to_owned(), vec![seen("/plans/1/b"), seen("/plans/0/a/b c"), seen("/plans/1/b")]).unwrap();
        let said = watch.into_updates();
        let paths: Vec<_> = said[0].files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!((said.len(), paths), (1, vec!["/plans/0/a/b c", "/plans/1/b"]));
    }

    #[test]
    fn errors_when_a_path_is_not_plain_or_not_below_a_mount() {
        for path in [
            "/plans/0",
            "/plans/0/",
            "/plans/00/a",
            "/plans/0/../a",
            "/plans/0/./a",
            "/plans/0//a",
            "/etc/passwd",
            "",
            "a",
        ] {
            let refused = watch(&[]).set("k".to_owned(), vec![seen("/plans/0/good"), seen(path)]);
            assert!(matches!(refused, Err(generated::Error::Invalid(_))), "{path}");
        }
    }

    #[test]
    fn errors_without_a_trigger_in_the_manifest_and_with_an_invalid_key() {
        let mut none = Watch::new(&manifest(""), &[], &BTreeMap::new());
        assert!(matches!(none.set("k".to_owned(), Vec::new()), Err(generated::Error::Invalid(_))));
        for key in [String::new(), "k".repeat(201)] {
            assert!(matches!(watch(&[]).set(key, Vec::new()), Err(generated::Error::Invalid(_))));
        }
    }

    #[test]
    fn errors_over_the_limits_and_keeps_earlier_calls() {
        let many = |count: usize| (0..count).map(|n| seen(&format!("/plans/0/{n}"))).collect::<Vec<_>>();
        let mut watch = watch(&[("old", 190_000)]);
        watch.set("k".to_owned(), many(10_000)).unwrap();
        for (key, count) in [("k", 10_001), ("k", 20_001), ("l", 1)] {
            let refused = watch.set(key.to_owned(), many(count));
            assert!(matches!(refused, Err(generated::Error::TooMany(_))), "{key} {count}");
        }
        watch.set("old".to_owned(), Vec::new()).unwrap();
        watch.set("l".to_owned(), many(20_000)).unwrap();
        let said: Vec<_> = watch.into_updates().into_iter().map(|said| (said.key, said.files.len())).collect();
        assert_eq!(said, [("k".to_owned(), 10_000), ("l".to_owned(), 20_000), ("old".to_owned(), 0)]);
    }

    #[test]
    fn ten_thousand_documents_can_be_watched_in_one_task_and_forgotten_in_another() {
        let keys = |watch: &mut Watch, files: &dyn Fn(usize) -> Vec<generated::Seen>, keys: usize| {
            (0..keys).try_for_each(|key| watch.set(key.to_string(), files(key)))
        };
        let ten = |key: usize| (0..10).map(|file| seen(&format!("/plans/0/{key}/{file}"))).collect();
        let mut first = watch(&[]);
        keys(&mut first, &ten, 10_000).unwrap();
        let said = first.into_updates();
        assert_eq!((said.len(), said.iter().map(|said| said.files.len()).sum::<usize>()), (10_000, 100_000));
        let mut second = watch(&[]);
        keys(&mut second, &|_| Vec::new(), 20_000).unwrap();
        let refused = second.set("one more".to_owned(), Vec::new());
        assert!(matches!(refused, Err(generated::Error::TooMany(text)) if text.contains("20000 keys")));
    }
}
