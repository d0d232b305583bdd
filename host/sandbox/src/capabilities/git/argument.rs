//! Checks the revisions and paths that a plugin names. Baton refuses all other texts before it runs `git`.

use super::generated::Error;

const REVISION: usize = 200;

const PATH: usize = 4096;

/// Checks that a revision can only mean a commit: it is not an option, a range, a file in a commit, or a search.
pub(super) fn revision(text: &str) -> Result<&str, Error> {
    let plain = |c: char| c.is_alphanumeric() || "/._-~^@+".contains(c);
    let sound = !text.is_empty()
        && text.chars().count() <= REVISION
        && text.chars().all(plain)
        && !text.starts_with('-')
        && !text.contains("..");
    if sound { Ok(text) } else { Err(Error::Invalid(format!("`{}` is not the name of a commit", shown(text)))) }
}

/// Checks a path below the folder, in the form that `git` uses.
pub(super) fn path(text: &str) -> Result<&str, Error> {
    let sound = text.len() <= PATH
        && !text.chars().any(char::is_control)
        && text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if sound {
        return Ok(text);
    }
    Err(Error::Invalid(format!(
        "`{}` is not a path below the granted folder; write names separated by `/`, without `.` and `..`",
        shown(text)
    )))
}

fn shown(text: &str) -> String {
    text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_commits_are_revisions() {
        for text in ["HEAD", "main", "v1.0^", "feature/größe~3", "a1b2c3d", "@", "HEAD^2~1", "a+b"] {
            assert_eq!(revision(text), Ok(text));
        }
    }

    #[test]
    fn options_ranges_files_and_searches_are_not_revisions() {
        for text in [
            "",
            "-n1",
            "--output=/tmp/x",
            "a..b",
            "HEAD:secret",
            ":/fix",
            "a b",
            "a\nb",
            "HEAD@{1}",
            "a\0b",
            "^{/x}",
            "*",
        ] {
            assert!(matches!(revision(text), Err(Error::Invalid(_))), "{text:?}");
        }
        assert!(revision(&"a".repeat(201)).is_err());
    }

    #[test]
    fn paths_stay_below_the_folder() {
        for text in ["a", "a/b c.md", "-x", ":(top)x", "ü/…"] {
            assert_eq!(path(text), Ok(text));
        }
        for text in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/", "a\nb", "a\0b"] {
            assert!(matches!(path(text), Err(Error::Invalid(_))), "{text:?}");
        }
    }
}
