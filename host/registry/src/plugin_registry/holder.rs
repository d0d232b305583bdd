//! Decides which plugin holds a name, and whether a package with that name comes from another source.

use baton_core::Digest;
use baton_sandbox::read_manifest;

use super::PluginRegistry;
use super::model::{Holder, RegistryError};
use crate::lock::{Lock, PluginEntry, Revision, Source};
use crate::package::Package;

impl PluginRegistry {
    /// The holder of the name, if the package comes from another source.
    pub(super) fn holder(
        &self,
        lock: &Lock,
        package: &Package,
        new: &Revision,
    ) -> Result<Option<Holder>, RegistryError> {
        let name = package.manifest.name.as_str();
        if let Some(broken) = lock.broken.iter().find(|broken| broken.name == name) {
            return Err(broken.into());
        }
        match lock.namesake(name) {
            Some(entry) if entry.name != name => Err(RegistryError::Refused(format!(
                "the name `{name}` is too similar to that of the plugin `{}`; its author has to choose another",
                entry.name
            ))),
            Some(entry) if !entry.needs_approval => Ok(holder(entry, new)),
            _ => Ok(self.carried_as(name, new)),
        }
    }

    /// The plugin inside the program that has this name, when `new` is not it.
    pub(super) fn carried_as(&self, name: &str, new: &Revision) -> Option<Holder> {
        let (_, component) = self.carried.iter().find(|(carried, _)| *carried == name)?;
        let version = read_manifest(component).map(|manifest| manifest.version).unwrap_or_default();
        let digest = format!("sha256:{}", Digest::of(component));
        let other = new.source != Source::Shipped && new.digest != digest;
        other.then_some(Holder { source: Source::Shipped, version, digest, key: None })
    }
}

/// The holder of the name that `new` wants, if `new` comes from another source. A revision without approval holds no name. Two revisions come
/// from the same source if both are from the program, both are signed by one key, or both are unsigned and from one place.
pub(super) fn holder(entry: &PluginEntry, new: &Revision) -> Option<Holder> {
    let same = match (&entry.source, &entry.key) {
        (Source::Shipped, _) => new.source == Source::Shipped,
        (_, Some(key)) => new.key.as_ref() == Some(key),
        (_, None) => new.key.is_none() && is_one_place(&entry.source, &new.source),
    };
    let held = !entry.needs_approval && entry.digest != new.digest && !same;
    held.then(|| Holder {
        source: entry.source.clone(),
        version: entry.version.clone(),
        digest: entry.digest.clone(),
        key: entry.key.clone(),
    })
}

/// Both packages come from the same file, address, or repository of a registry.
fn is_one_place(one: &Source, other: &Source) -> bool {
    let repository = |reference: &str| {
        let plain = reference.split('@').next().unwrap_or_default();
        let tag = plain.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'));
        tag.map_or(plain, |(place, _)| place).to_owned()
    };
    match (one, other) {
        (Source::Oci(one), Source::Oci(other)) => repository(one) == repository(other),
        _ => one == other,
    }
}

/// The refusal to give a held name to another package.
pub(super) fn is_held(name: &str, digest: &str, holder: &Holder) -> RegistryError {
    RegistryError::Refused(format!(
        "the name `{name}` belongs to {holder}; to let this package take its place: \
         baton plugin approve {name}@{digest} --replace {name}"
    ))
}

/// The revision that an entry has now.
pub(super) fn revision_of(entry: &PluginEntry) -> Revision {
    let PluginEntry { source, version, digest, key, grants, .. } = entry.clone();
    Revision { source, version, digest, key, grants }
}

#[cfg(test)]
mod tests {
    use baton_core::grants::GrantSet;

    use super::*;

    #[test]
    fn a_tag_names_the_same_place_and_another_repository_does_not() {
        let oci = |reference: &str| Source::Oci(reference.to_owned());
        assert!(is_one_place(&oci("oci://h:5000/a/x:1"), &oci("oci://h:5000/a/x:2@sha256:00")));
        assert!(is_one_place(&oci("oci://h:5000/a/x"), &oci("oci://h:5000/a/x:2")));
        assert!(!is_one_place(&oci("oci://h:5000/a/x:1"), &oci("oci://h:5000/b/x:1")));
        assert!(!is_one_place(&oci("oci://h:5000/x"), &oci("oci://h:5001/x")));
        assert!(!is_one_place(&Source::File("a.wasm".into()), &Source::File("b.wasm".into())));
    }

    #[test]
    fn a_name_is_held_by_whoever_was_allowed_to_have_it() {
        let revision = |source: Source, key: Option<&str>| Revision {
            source,
            version: String::new(),
            digest: "new".to_owned(),
            key: key.map(str::to_owned),
            grants: GrantSet::default(),
        };
        let file = |name: &str| Source::File(name.into());
        let entry = |source: Source, key: Option<&str>| PluginEntry {
            key: key.map(str::to_owned),
            ..PluginEntry::new("x", source, "old".to_owned())
        };
        for (entry, new, held) in [
            (entry(Source::Shipped, None), revision(Source::Shipped, None), false),
            (entry(Source::Shipped, None), revision(file("x"), Some("K")), true),
            (entry(file("x"), Some("K")), revision(file("y"), Some("K")), false),
            (entry(file("x"), Some("K")), revision(file("x"), Some("L")), true),
            (entry(file("x"), Some("K")), revision(file("x"), None), true),
            (entry(file("x"), None), revision(file("x"), None), false),
            (entry(file("x"), None), revision(file("y"), None), true),
            (entry(file("x"), None), revision(Source::Shipped, None), true),
            (PluginEntry { needs_approval: true, ..entry(file("x"), None) }, revision(file("y"), None), false),
        ] {
            assert_eq!(holder(&entry, &new).is_some(), held, "{entry:?} {new:?}");
        }
    }
}
