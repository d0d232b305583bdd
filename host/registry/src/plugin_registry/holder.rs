//! Decides which plugin owns a name, and whether a package with that name comes from another source.

use baton_core::Digest;
use baton_sandbox::read_manifest;

use super::PluginRegistry;
use super::model::{Holder, RegistryError};
use crate::lock::{Lock, PluginEntry, Revision, Source};
use crate::package::Package;

impl PluginRegistry {
    /// The owner of the name. `None` if no plugin owns the name, or if the package comes from the same source as the owner.
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
                "the name `{name}` is too similar to the name of the plugin `{}`; the author has to choose another name",
                entry.name
            ))),
            Some(entry) if !entry.needs_approval => Ok(holder(entry, new)),
            _ => Ok(self.bundled_owner(name, new)),
        }
    }

    /// The bundled plugin with this name, if `new` is not that plugin.
    pub(super) fn bundled_owner(&self, name: &str, new: &Revision) -> Option<Holder> {
        let (_, component) = self.bundled.iter().find(|(bundled, _)| *bundled == name)?;
        let version = read_manifest(component).map(|manifest| manifest.version).unwrap_or_default();
        let digest = format!("sha256:{}", Digest::of(component));
        let other = new.source != Source::Shipped && new.digest != digest;
        other.then_some(Holder { source: Source::Shipped, version, digest, key: None })
    }
}

/// The owner of the name. `None` if no plugin owns the name, or if `new` comes from the same source as the owner. A
/// revision without approval owns no name. Two revisions come from the same source if both are bundled, both are signed
/// with the same key, or both are unsigned and from the same place.
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

/// Whether both packages come from the same file, address, or repository of a registry.
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

/// The error for a package whose name belongs to another plugin.
pub(super) fn name_taken(name: &str, digest: &str, holder: &Holder) -> RegistryError {
    RegistryError::Refused(format!(
        "the name `{name}` belongs to {holder}; to replace it by this package: \
        baton plugin approve {name}@{digest} --replace {name}"
    ))
}

/// The current revision of an entry.
pub(super) fn revision_of(entry: &PluginEntry) -> Revision {
    let PluginEntry { source, version, digest, key, grants, .. } = entry.clone();
    Revision { source, version, digest, key, grants }
}

#[cfg(test)]
mod tests {
    use baton_core::grants::GrantSet;

    use super::*;

    #[test]
    fn tags_of_one_repository_are_one_place() {
        let oci = |reference: &str| Source::Oci(reference.to_owned());
        assert!(is_one_place(&oci("oci://h:5000/a/x:1"), &oci("oci://h:5000/a/x:2@sha256:00")));
        assert!(is_one_place(&oci("oci://h:5000/a/x"), &oci("oci://h:5000/a/x:2")));
        assert!(!is_one_place(&oci("oci://h:5000/a/x:1"), &oci("oci://h:5000/b/x:1")));
        assert!(!is_one_place(&oci("oci://h:5000/x"), &oci("oci://h:5001/x")));
        assert!(!is_one_place(&Source::File("a.wasm".into()), &Source::File("b.wasm".into())));
    }

    #[test]
    fn an_approved_plugin_owns_its_name() {
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
