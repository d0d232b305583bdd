//! Decides which granted folders may be inside each other.
//!
//! A plugin that may write to a folder controls every path through it: it can replace a folder below it by a link. So if a
//! plugin may write to a folder, no folder inside it can be granted to any plugin, not even for reading.
//!
//! Two cases are safe and allowed between two plugins: a writable folder inside a folder that the other plugin only reads,
//! and the same folder for both plugins. In both cases no plugin may write to the folder around a granted folder, so no
//! plugin can replace that folder. If one plugin has two folders and may write to one of them, the two folders must not
//! overlap, because the plugin would see the same file under two paths with different rights.

use std::fmt;
use std::path::{Path, PathBuf};

use baton_core::shell::quoted;
use baton_sandbox::Identity;

/// A granted folder and the folders above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedFolder {
    /// The plugin that it is granted to.
    pub plugin: String,
    /// The grant spec.
    pub grant: String,
    /// The absolute path of the folder, without links.
    pub path: PathBuf,
    /// The identity of the folder.
    pub identity: Identity,
    /// The folders above it.
    pub above: Vec<Identity>,
    /// The plugin's access.
    pub access: Access,
}

/// A plugin's access to a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read files.
    Read,
    /// Read and write files.
    Write,
    /// Query its repository. The plugin gets no paths in it, so it may overlap folders that the plugin writes to.
    Repository,
}

impl PlacedFolder {
    /// Whether this folder is below `other`, by path or by identity.
    fn is_below(&self, other: &Self) -> bool {
        let by_path = self.path != other.path && self.path.starts_with(&other.path);
        by_path || self.above.contains(&other.identity)
    }

    fn is(&self, other: &Self) -> bool {
        self.path == other.path || self.identity == other.identity
    }
}

/// Two grants that exclude each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The refused grant. If two plugins have the folders, this is the grant of the inner folder.
    pub refused: PlacedFolder,
    /// The grant that excludes the refused grant. If two plugins have the folders, this is the grant of the outer folder.
    pub other: PlacedFolder,
}

/// The first grant of `plugin` that one of the other grants excludes.
#[must_use]
pub fn find(plugin: &str, grants: &[PlacedFolder]) -> Option<Overlap> {
    let own = grants.iter().enumerate().filter(|(_, placed)| placed.plugin == plugin);
    let mut pairs = own.flat_map(|(number, placed)| {
        let others = grants.iter().enumerate().filter(move |(other, _)| *other != number);
        others.map(move |(_, other)| (placed, other))
    });
    let (refused, other) = pairs.find(|(placed, other)| !is_allowed(placed, other))?;
    Some(Overlap { refused: refused.clone(), other: other.clone() })
}

/// True if `placed` may be granted while `other` is granted. The reverse (`other` is inside `placed`) is checked when
/// [`find`] is called for the plugin that has `other`.
fn is_allowed(placed: &PlacedFolder, other: &PlacedFolder) -> bool {
    let writes = [placed.access, other.access].contains(&Access::Write);
    let files = ![placed.access, other.access].contains(&Access::Repository);
    if placed.plugin == other.plugin && files {
        let overlap = placed.is(other) || placed.is_below(other) || other.is_below(placed);
        return !(overlap && writes);
    }
    placed.is(other) || !(other.access == Access::Write && placed.is_below(other))
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (refused, other) = (&self.refused, &self.other);
        let (inner, outer) = (shown(&refused.path), shown(&other.path));
        if refused.plugin == other.plugin && refused.access != Access::Repository {
            return write!(
                f,
                "{inner} (`{}`) and {outer} (`{}`) overlap, and the plugin may write to one of them; grant folders \
                 that do not contain each other, or revoke one of the grants: baton plugin revoke {} {}",
                refused.grant,
                other.grant,
                other.plugin,
                quoted(&other.grant)
            );
        }
        write!(
            f,
            "{inner} (`{}`) is inside {outer}, to which the plugin `{}` may write (`{}`), so that plugin could replace it by a \
             link to another folder; grant a folder beside it, or revoke that grant: baton plugin revoke {} {}",
            refused.grant,
            other.plugin,
            other.grant,
            other.plugin,
            quoted(&other.grant)
        )
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    use super::*;

    fn identity(path: &Path) -> Identity {
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        Identity::new(1, hasher.finish())
    }

    fn placed(plugin: &str, path: &str, writable: bool) -> PlacedFolder {
        let access = if writable { Access::Write } else { Access::Read };
        let path = PathBuf::from(path);
        let above = path.ancestors().skip(1).map(identity).collect();
        let grant = format!("files:{}={}", if writable { "rw" } else { "ro" }, path.display());
        PlacedFolder { plugin: plugin.to_owned(), grant, identity: identity(&path), above, access, path }
    }

    fn refused(plugin: &str, grants: &[PlacedFolder]) -> Option<(String, String)> {
        let found = find(plugin, grants)?;
        Some((shown(&found.refused.path), shown(&found.other.path)))
    }

    #[test]
    fn no_folder_inside_a_writable_one_can_be_granted() {
        for inner_writable in [false, true] {
            for plugin in ["a", "b"] {
                let grants = [placed("a", "/x/data", true), placed(plugin, "/x/data/deep/inner", inner_writable)];
                let expected = ("/x/data/deep/inner".to_owned(), "/x/data".to_owned());
                if plugin == "b" {
                    assert_eq!(refused("b", &grants), Some(expected), "{inner_writable}");
                    assert_eq!(refused("a", &grants), None, "the inner folder is refused");
                } else {
                    assert!(refused("a", &grants).is_some(), "{inner_writable}");
                }
            }
        }
    }

    #[test]
    fn two_plugins_may_share_a_folder_or_nest_it_in_a_read_only_one() {
        for (outer, inner) in [(false, true), (false, false)] {
            let grants = [placed("a", "/x", outer), placed("b", "/x/data", inner)];
            assert_eq!((refused("a", &grants), refused("b", &grants)), (None, None));
        }
        let same = [placed("a", "/x", true), placed("b", "/x", true)];
        assert_eq!((refused("a", &same), refused("b", &same)), (None, None));
    }

    #[test]
    fn folders_of_one_plugin_do_not_overlap_a_writable_one() {
        for (first, second) in [("/x", "/x"), ("/x", "/x/y"), ("/x/y", "/x")] {
            for (a, b) in [(true, false), (false, true), (true, true)] {
                let grants = [placed("a", first, a), placed("a", second, b)];
                assert!(refused("a", &grants).is_some(), "{first} {second} {a} {b}");
            }
            let only_read = [placed("a", first, false), placed("a", second, false)];
            assert_eq!(refused("a", &only_read), None);
        }
        assert_eq!(refused("a", &[placed("a", "/x", true), placed("a", "/xy", true)]), None);
    }

    #[test]
    fn a_repository_may_contain_a_writable_folder_but_not_be_inside_one() {
        let repository = |path: &str| PlacedFolder { access: Access::Repository, ..placed("a", path, false) };
        assert_eq!(refused("a", &[repository("/x"), placed("a", "/x/plans", true)]), None);
        assert_eq!(refused("a", &[repository("/x"), placed("a", "/x", true)]), None);
        assert!(refused("a", &[repository("/x/y"), placed("a", "/x", true)]).is_some());
    }

    #[test]
    fn a_folder_is_also_recognised_by_its_identity() {
        let outer = placed("a", "/x/data", true);
        // The same folder under another path, as with a bind mount.
        let mut inner = placed("b", "/mnt/inner", false);
        inner.above.push(outer.identity);
        assert!(refused("b", &[outer, inner]).is_some());
    }

    #[test]
    fn allowed_folders_are_never_inside_writable_ones() {
        // Pseudo-random numbers (xorshift).
        let mut number = 0x9e37_79b9_7f4a_7c15_u64;
        let mut below = |end: u64| {
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
            number % end
        };
        let (mut allowed, mut refusals) = (0, 0);
        for _ in 0..20_000 {
            let mut grants = Vec::new();
            for _ in 0..2 + below(4) {
                let parts = (0..=below(4)).map(|_| ["a", "b", "ab"][usize::try_from(below(3)).unwrap()]);
                let path = format!("/{}", parts.collect::<Vec<_>>().join("/"));
                grants.push(placed(["p", "q"][usize::try_from(below(2)).unwrap()], &path, below(2) == 0));
            }
            for plugin in ["p", "q"] {
                if find(plugin, &grants).is_some() {
                    refusals += 1;
                    continue;
                }
                allowed += 1;
                for own in grants.iter().filter(|own| own.plugin == plugin) {
                    let mut outer = grants.iter().filter(|outer| outer.access == Access::Write);
                    assert!(outer.all(|outer| own.path == outer.path || !own.path.starts_with(&outer.path)));
                }
            }
        }
        assert!(allowed > 1_000 && refusals > 1_000, "{allowed} {refusals}");
    }

    #[test]
    fn the_message_names_both_folders_and_the_command() {
        let grants = [placed("a", "/x/data", true), placed("b", "/x/data/inner", false)];
        let said = find("b", &grants).unwrap().to_string();
        for words in [
            "/x/data/inner (`files:ro=/x/data/inner`) is inside /x/data",
            "`a`",
            "baton plugin revoke a files:rw=/x/data",
        ] {
            assert!(said.contains(words), "{said}");
        }
    }
}
