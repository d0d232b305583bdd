//! Classifies a written path: inside or outside the audited folder. Outside paths are never looked up.
//!
//! Only the text decides. A leading `/` means "from the audited root", because plans write `/docs/x.md` for that. It means
//! the root of the machine only if the first folder is one that every machine has.

use crate::lists::list;

/// The place of a written path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Below the audited root: normal, relative, without `.`, `..` and trailing slash. Empty for the root.
    Inside {
        /// The path.
        path: String,
        /// True if the text says that it starts at the root (`/x`, `./x`).
        anchored: bool,
    },
    /// Anywhere else, with the reason.
    Outside(&'static str),
}

const PARENT: &str = "the path leaves the granted folder";
const HOME: &str = "it is in a home folder, outside the granted folder";
const MACHINE: &str = "it is an absolute path outside the granted folder";

/// Top-level folders of Unix and macOS machines that a project does not have at its root.
const MACHINE_FOLDERS: &[&str] = list!(
    "Applications Library Network System Users Volumes bin boot dev etc home lib64 mnt opt private proc root run sbin \
    srv sys tmp usr"
);

/// Folders that machines have below `/var`; other names below `/var` belong to a project.
const MACHINE_VAR: &[&str] = &["cache", "db", "folders", "lib", "lock", "log", "mail", "run", "spool", "tmp", "www"];

impl Place {
    /// Classifies a written path.
    #[must_use]
    pub fn of(written: &str) -> Self {
        if written.starts_with('~') {
            return Self::Outside(HOME);
        }
        if is_drive(written) {
            return Self::Outside(MACHINE);
        }
        let parts: Vec<&str> = written.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return Self::Outside(PARENT);
        }
        let absolute = written.starts_with('/');
        if absolute && is_machine(&parts) {
            return Self::Outside(MACHINE);
        }
        let anchored = absolute || written == "." || written.starts_with("./");
        Self::Inside { path: parts.join("/"), anchored }
    }
}

/// True for a path in a folder of third-party code.
pub(crate) fn is_third_party(path: &str) -> bool {
    const FOLDERS: &[&str] = list!("Pods node_modules third-party third_party vendor vendored");
    path.split('/').any(|part| FOLDERS.contains(&part))
}

/// `C:\x` or `C:/x`.
fn is_drive(written: &str) -> bool {
    let mut signs = written.chars();
    signs.next().is_some_and(|sign| sign.is_ascii_alphabetic())
        && signs.next() == Some(':')
        && matches!(signs.next(), Some('\\' | '/'))
}

fn is_machine(parts: &[&str]) -> bool {
    match parts {
        ["var", second, ..] => MACHINE_VAR.contains(second),
        [first, ..] => MACHINE_FOLDERS.contains(first),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(path: &str, anchored: bool) -> Place {
        Place::Inside { path: path.to_owned(), anchored }
    }

    #[test]
    fn a_leading_slash_starts_at_the_audited_root() {
        assert_eq!(Place::of("/docs//a.md"), inside("docs/a.md", true));
        assert_eq!(Place::of("./a.md"), inside("a.md", true));
        assert_eq!(Place::of("docs/"), inside("docs", false));
        assert_eq!(Place::of("/var/volumes.json"), inside("var/volumes.json", true));
    }

    #[test]
    fn machine_home_and_parent_paths_are_outside() {
        for path in [
            "/etc/passwd",
            "/Users/someone/x.md",
            "/Volumes/disk/a.wav",
            "/var/log/x.log",
            "~/x.json",
            "C:\\x\\y.py",
            "d:/x.py",
        ] {
            assert!(matches!(Place::of(path), Place::Outside(_)), "{path}");
        }
        assert_eq!(Place::of("a/../../b.py"), Place::Outside(PARENT));
    }
}
