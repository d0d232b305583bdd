//! Recognises file names.
//!
//! A word is a file only if it has an extension or a name from the lists in `endings`, and no character that paths do not
//! have. Missing a file is better than reading a sentence, a class, a URL, a version or a property as one. This module does
//! not read a disk.

use super::endings::{
    BUNDLES, DOMAINS, ENDINGS, HIDDEN, LONG_ENDINGS, MIME, NOT_FILES, OBJECTS, PROGRAM_FOLDERS, PROPERTIES, SERVED,
    TOP_FOLDERS, WHOLE,
};
use crate::limits;
use crate::plan::{Kind, Place, is_third_party};

/// A word that is a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// The path without quotes and line numbers; a folder without its trailing slash.
    pub path: String,
    /// File, folder, or (in trees) either.
    pub kind: Kind,
}

/// A file: a path whose last part has a known extension or a known name. `x.py:12` and `x.py#L3` are `x.py`.
#[must_use]
pub(crate) fn file(word: &str) -> Option<Name> {
    if let Some(slashed) = slashed(word) {
        return file(&slashed);
    }
    let word = without_position(trimmed(word));
    if let Some(mentioned) = mentioned(word) {
        return file(&mentioned);
    }
    let path = path_text(word)?;
    let last = path.rsplit('/').next()?;
    if path.ends_with('/') || !is_file_name(last, !path.contains('/')) {
        return None;
    }
    let bundle = last.rsplit_once('.').is_some_and(|(_, ending)| BUNDLES.contains(&ending));
    Some(Name { path: path.to_owned(), kind: if bundle { Kind::Either } else { Kind::File } })
}

/// The path of a document as coding agents mention it (`@docs/plan.md`, `docs/@plan.md`), without the `@`.
fn mentioned(word: &str) -> Option<String> {
    let (before, bare) = word.split_once('@').filter(|(before, _)| before.is_empty() || before.ends_with('/'))?;
    let is_document = bare.ends_with(".md") || bare.ends_with(".mdc");
    (is_document && !bare.contains('@')).then(|| format!("{before}{bare}"))
}

/// The files of `Till.h/.m` and `Till.h/m`: one name with two extensions.
#[must_use]
pub(super) fn pair(word: &str) -> Option<[Name; 2]> {
    let (first, second) = trimmed(word).rsplit_once('/')?;
    let second = second.strip_prefix('.').unwrap_or(second);
    let (stem, ending) = first.rsplit_once('.')?;
    let is_ending = |word: &str| ENDINGS.contains(&word) && word.len() <= 4;
    if stem.is_empty() || !is_ending(ending) || !is_ending(second) || ending == second {
        return None;
    }
    Some([file(first)?, file(&format!("{stem}.{second}"))?])
}

/// Maximum number of files of one path with braces.
const BRACES: usize = 32;

/// The files of `src/{till,drawer}.rs`: one for each name in the braces.
#[must_use]
pub(super) fn braces(word: &str) -> Option<Vec<Name>> {
    let (head, rest) = trimmed(word).split_once('{')?;
    let (inside, tail) = rest.split_once('}').filter(|(inside, tail)| inside.contains(',') && !tail.contains('{'))?;
    inside.split(',').take(BRACES).map(|name| file(&format!("{head}{}{tail}", name.trim()))).collect()
}

/// A path whose folders or name contain spaces: `Till Room/Sources/Open Till.swift`, `Till Room/Sources/`. If the first
/// folder contains spaces, each of its words must begin with a capital letter, a digit, `-` or `&`; else the text may be a
/// command.
#[must_use]
pub(super) fn spaced(code: &str) -> Option<Name> {
    let path = trimmed(code);
    let fits = path.contains(' ') && path.contains('/') && path.len() <= limits::PATH_BYTES && !is_placeholder(path);
    let plain = |sign: char| sign.is_alphanumeric() || matches!(sign, ' ' | '/' | '_' | '-' | '.' | '+' | '@' | '&');
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let (last, folders) = parts.split_last()?;
    let words = |part: &str| part.split(' ').map(str::to_owned).collect::<Vec<_>>();
    // Two file names with a space between them are two paths.
    let is_one =
        |part: &&str| words(part).split_last().is_some_and(|(_, first)| first.iter().all(|word| file(word).is_none()));
    let is_named = |part: &&str| {
        words(part).iter().all(|word| {
            word.starts_with(|sign: char| sign.is_uppercase() || sign.is_ascii_digit() || "-&".contains(sign))
        })
    };
    let named = parts.first().is_some_and(|first| !first.contains(' ') || is_named(first));
    let fits = fits && path.chars().all(plain) && parts.iter().all(|part| part.trim() == *part && !part.is_empty());
    if !(fits && named && parts.iter().all(is_one)) {
        return None;
    }
    if path.ends_with('/') {
        return Some(Name { path: path.trim_end_matches('/').to_owned(), kind: Kind::Folder });
    }
    let is_file = !folders.is_empty() && is_file_name(&last.replace(' ', "_"), false);
    is_file.then(|| Name { path: path.to_owned(), kind: Kind::File })
}

/// A file recognised by its form alone, with any extension: with a folder (`man/till.1`) or, if `bare`, without one.
#[must_use]
pub(super) fn likely_file(word: &str, bare: bool) -> Option<Name> {
    if let Some(slashed) = slashed(word) {
        return likely_file(&slashed, bare);
    }
    let path = path_text(without_position(trimmed(word)))?;
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, ending) = last.rsplit_once('.')?;
    // `src/.tillrules`: with a folder before it, a hidden file may have any name.
    if stem.is_empty() && !parent.is_empty() && ending.len() > 4 && !ENDINGS.contains(&ending) {
        return Some(Name { path: path.to_owned(), kind: Kind::File });
    }
    let letters = stem.strip_prefix('v').unwrap_or(stem).chars().any(char::is_alphabetic) && !stem.ends_with('.');
    // `maker/model-4.1` is a version, not a manual page.
    let manual = !parent.is_empty()
        && !stem.ends_with(|sign: char| sign.is_ascii_digit())
        && ending.len() == 1
        && ending.chars().all(|sign| ('1'..='9').contains(&sign));
    let word_like = ending.starts_with(|sign: char| sign.is_ascii_lowercase())
        && (2..=12).contains(&ending.len())
        && ending.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
    let mime = path.split('/').next().is_some_and(|first| MIME.contains(&first));
    // `file` rejects names with a known extension that are not files: `Node.js`, `console.log`.
    let known = parent.is_empty() && (ENDINGS.contains(&ending) || OBJECTS.contains(&stem));
    // `till.drawer.open` is a module or a setting.
    let dotted = parent.is_empty()
        && stem.contains('.')
        && path.chars().all(|sign| sign.is_ascii_lowercase() || "._".contains(sign));
    let fits = !known && !dotted && letters && (manual || word_like) && (bare || !parent.is_empty()) && !mime;
    fits.then(|| Name { path: path.to_owned(), kind: Kind::File })
}

/// A word that is a file only if a plan creates it: a path outside the audited folder, a program in a folder for
/// programs.
#[must_use]
pub(super) fn weak(word: &str) -> Option<Name> {
    outside_path(word).or_else(|| {
        let path = path_text(trimmed(word))?;
        let (parent, last) = path.rsplit_once('/')?;
        let folder = parent.rsplit('/').next().unwrap_or_default();
        let plain = !last.is_empty() && !last.contains('.') && last.chars().all(|sign| !sign.is_uppercase());
        let programs = PROGRAM_FOLDERS.contains(&folder) && plain && !is_third_party(path);
        programs.then(|| Name { path: path.to_owned(), kind: Kind::File })
    })
}

/// True for a path in lower case that begins with a folder of a project and has a short extension that is not a domain.
pub(super) fn is_plain_project_file(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let plain = !path.contains(char::is_uppercase) && ending.len() <= 4 && ending.chars().all(char::is_alphanumeric);
    // A `.exe` file is a product of a build, and `.git` ends the address of a repository.
    plain && is_rooted(path) && !is_third_party(path) && !DOMAINS.contains(&ending) && !matches!(ending, "exe" | "git")
}

/// A path of three or more names without an extension: a file or a folder.
#[must_use]
pub(super) fn deep(word: &str) -> Option<Name> {
    let path = path_text(trimmed(word)).filter(|path| !path.starts_with('/') && path.matches('/').count() >= 2)?;
    let named = path.split('/').all(|part| part.chars().any(char::is_alphabetic));
    let named = named && !is_third_party(path);
    let path_in_root = path.trim_start_matches("./");
    // `first/second/third` is a list of words, not a path.
    let rooted = path_in_root.starts_with('.') || is_rooted(path_in_root);
    (named && rooted).then(|| Name { path: path.to_owned(), kind: Kind::Either })
}

/// A word or path without an extension, if the words around it call it a folder: `till`, `till/docs`.
#[must_use]
pub(super) fn bare_folder(word: &str) -> Option<Name> {
    let path = path_text(trimmed(word)).filter(|path| !path.starts_with(['/', '~']) && !path.ends_with('/'))?;
    let plain = path.split('/').all(|part| {
        part.chars().any(char::is_alphabetic) && !part.contains('@') && (!part.contains('.') || part.starts_with('.'))
    });
    plain.then(|| Name { path: path.to_owned(), kind: Kind::Folder })
}

/// True for a path of several names that begins with a folder at the top of many projects: `internal/till`.
pub(super) fn is_rooted(path: &str) -> bool {
    let first = path.split_once('/').map(|(first, _)| first.to_ascii_lowercase());
    first.is_some_and(|first| TOP_FOLDERS.contains(&first.as_str()))
}

/// A path outside the audited folder without an extension, as in a column of files: `/etc/cron.d/backup`, `~/.netrc`,
/// `../sibling/Tool`.
#[must_use]
pub(super) fn outside_path(word: &str) -> Option<Name> {
    let path = path_text(trimmed(word))?;
    let last = path.rsplit('/').next().filter(|last| last.chars().any(char::is_alphanumeric))?;
    let leads_out = match path.split_once('/') {
        // One name below `/` is a route or a top-level folder.
        Some(("", rest)) => rest.contains('/'),
        Some(("~" | "..", _)) => true,
        Some((home, _)) => home.starts_with('~') || path.contains("/../"),
        None => false,
    };
    let outside = leads_out && matches!(Place::of(path), Place::Outside(_));
    (outside && last != "..").then(|| Name { path: path.to_owned(), kind: Kind::File })
}

/// A folder: a path that ends with a slash.
#[must_use]
pub(crate) fn folder(word: &str) -> Option<Name> {
    if let Some(slashed) = slashed(word) {
        return folder(&slashed);
    }
    let path = path_text(trimmed(word))?;
    let bare = path.strip_suffix('/')?.trim_end_matches('/');
    if path == "/" || path == "~/" || path == "./" {
        return Some(Name { path: path.to_owned(), kind: Kind::Folder });
    }
    let has_letter = bare.chars().any(char::is_alphanumeric);
    has_letter.then(|| Name { path: bare.to_owned(), kind: Kind::Folder })
}

/// A row of a tree: a file, a folder, or one word that may be either.
#[must_use]
pub(crate) fn tree_entry(word: &str) -> Option<Name> {
    if let Some(name) = file(word).or_else(|| folder(word)).or_else(|| likely_file(word, true)) {
        return Some(name);
    }
    let path = path_text(word.trim_matches(['"', '\'', ',']))?;
    let plain = !path.ends_with('.') && path.chars().any(char::is_alphanumeric);
    plain.then(|| Name { path: path.to_owned(), kind: Kind::Either })
}

/// True if a word is a placeholder for any name: `<name>.json`, `*.py`, `report_YYYYMMDD.md`.
#[must_use]
pub(crate) fn is_placeholder(word: &str) -> bool {
    word.contains(['<', '>', '*', '{', '}', '$', '?'])
        || ["YYYY", "XXX", "HHMM", "_VERSION", "-VERSION"].iter().any(|mark| word.contains(mark))
}

/// True for a file that only exists while a program runs: a lock, a process number, a socket, an address of a server.
#[must_use]
pub(super) fn is_runtime(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = folder.rsplit('/').next().unwrap_or_default();
    // Locks of versions, such as `Cargo.lock`, are kept with the code.
    let passing = folder.starts_with('.') || matches!(folder, "run" | "tmp" | "cache" | "state");
    SERVED.contains(&path)
        || [".pid", ".sock"].iter().any(|end| name.ends_with(end))
        || passing && name.ends_with(".lock")
}

/// True for the name of a plan of get-shit-done, which its roadmap lists: `01-02-PLAN.md`.
pub(super) fn is_plan_of_phase(path: &str) -> bool {
    let numbers = path.strip_suffix("-PLAN.md").unwrap_or_default();
    numbers.contains('-') && numbers.chars().all(|sign| sign.is_ascii_digit() || matches!(sign, '-' | '.'))
}

/// Replaces the separators of Windows (`Source\Dsp\Lfo.h`) by slashes.
fn slashed(word: &str) -> Option<String> {
    let word = word.trim();
    let path = word.strip_prefix(".\\").unwrap_or(word);
    let parts = || path.trim_end_matches('\\').split('\\');
    let plain = path.trim_end_matches('\\').contains('\\')
        && !path.contains(['/', ':'])
        && parts().all(|part| !part.is_empty());
    plain.then(|| path.replace('\\', "/"))
}

fn trimmed(word: &str) -> &str {
    const QUOTES: [char; 7] = ['"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}'];
    word.trim().trim_end_matches([',', ';', ':', '.']).trim_matches(QUOTES)
}

/// Removes `:41-44`, `:12:3`, `:open_till()`, `#L10` and other fragments.
fn without_position(word: &str) -> &str {
    let word = word.split_once('#').map_or(word, |(path, _)| path);
    let is_place = |rest: &str| rest.chars().all(|sign| sign.is_ascii_digit() || matches!(sign, '-' | ':' | ','));
    let is_call = |rest: &str| {
        rest.strip_suffix("()")
            .is_some_and(|name| name.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '.' | ':')))
    };
    match word.split_once(':') {
        Some((path, rest)) if is_place(rest) || is_call(rest) => path,
        _ => word,
    }
}

/// The word itself, if all its characters may be in a path and it is not a URL.
fn path_text(word: &str) -> Option<&str> {
    let fits = !word.is_empty() && word.len() <= limits::PATH_BYTES && !is_placeholder(word);
    let plain = word.split('/').map(without_brackets).all(|part| {
        part.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.' | '+' | '@' | '~'))
    });
    let spaced = word.contains(char::is_whitespace);
    // `~/x`, and Unity's `Samples~/x`.
    let tilde =
        word.match_indices('~').all(|(at, _)| at == 0 || word.get(at + 1..).is_some_and(|rest| rest.starts_with('/')));
    (fits && plain && tilde && !spaced && !word.starts_with('@') && !word.starts_with("//") && !is_host(word))
        .then_some(word)
}

/// A part of a path without the brackets of a group or a route parameter: `(tabs)`, `[id].tsx`, `[[...slug]]`.
fn without_brackets(part: &str) -> &str {
    let inside = |open: &str, close: char| {
        let (inner, rest) = part.strip_prefix(open)?.split_once(close)?;
        let rest = rest.trim_start_matches(close);
        (rest.is_empty() || rest.starts_with('.')).then_some(inner)
    };
    inside("[[", ']').or_else(|| inside("[", ']')).or_else(|| inside("(", ')')).unwrap_or(part)
}

fn is_host(word: &str) -> bool {
    let Some((first, rest)) = word.split_once('/') else { return false };
    let domain = first.rsplit_once('.').is_some_and(|(name, last)| !name.is_empty() && DOMAINS.contains(&last));
    domain && !rest.is_empty() || first.starts_with("www.")
}

fn is_file_name(last: &str, bare: bool) -> bool {
    if WHOLE.contains(&last) || (last.starts_with(".env.") && last.len() > 5) {
        return true;
    }
    if let Some(hidden) = last.strip_prefix('.').filter(|hidden| !hidden.contains('.')) {
        return HIDDEN.iter().any(|end| hidden.len() > end.len() && hidden.ends_with(end));
    }
    let Some((stem, ending)) = last.rsplit_once('.') else { return false };
    let lower = ending.to_ascii_lowercase();
    let listed = [ENDINGS, LONG_ENDINGS, BUNDLES].iter().any(|list| list.contains(&lower.as_str()));
    let known = listed && stem.chars().any(char::is_alphanumeric) && !stem.ends_with('.');
    // `till.Service` is a class.
    let titled = ending.starts_with(char::is_uppercase) && ending.chars().skip(2).any(char::is_lowercase);
    known && !(bare && (titled || is_property(last, stem, &lower)))
}

fn is_property(last: &str, stem: &str, ending: &str) -> bool {
    let stem = stem.to_ascii_lowercase();
    NOT_FILES.contains(&last.to_ascii_lowercase().as_str())
        || (OBJECTS.contains(&stem.as_str()) && PROPERTIES.contains(&ending))
        || (stem.chars().count() == 1 && ending.len() == 1)
        || version_like(&stem)
}

/// `1.2.c`, `v2.r`: numbers that seem to have an extension.
fn version_like(stem: &str) -> bool {
    let digits = stem.strip_prefix('v').unwrap_or(stem);
    digits.contains('.') && digits.chars().all(|sign| sign.is_ascii_digit() || sign == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_ending_or_name() {
        for (word, path) in [
            ("matcher.py", "matcher.py"),
            ("a/b-c/d_e.test.ts", "a/b-c/d_e.test.ts"),
            ("x.py:41-44", "x.py"),
            ("x.md#part", "x.md"),
            ("/var/index.json", "/var/index.json"),
            ("\"quoted.toml\",", "quoted.toml"),
            (".env.example", ".env.example"),
            ("deploy/Dockerfile", "deploy/Dockerfile"),
            ("~/x/y.db", "~/x/y.db"),
            ("merge-2.py", "merge-2.py"),
        ] {
            assert_eq!(file(word).map(|name| name.path).as_deref(), Some(path), "{word}");
        }
    }

    #[test]
    fn other_words_are_no_files() {
        for word in [
            "DuplicateMatcher",
            "get_page()",
            "https://example.org/a.html",
            "example.com/a.html",
            "www.a.so/b.md",
            "/sync-session",
            "POST /api/x.json",
            "27ce7361-6c27-80fb-b40e-fefdd47d6640",
            "--mode single",
            "rich_text",
            "TRACKS_DB_ID",
            "v1.2.3",
            "2.4",
            "1.2.c",
            "Node.js",
            "console.log",
            "response.json",
            "self.queue",
            "*.py",
            "<name>.json",
            "report_YYYYMMDD.md",
            "{id}.json",
            "$HOME/x.sh",
            ".py",
            ".json",
            "...",
            "and/or",
            "a b.py",
            "uuid\\x00\\x08",
            "origin/main",
            "text/markdown",
            "a(b).py",
            "someone@host.com",
            "//x.py",
            "",
            ".",
            "/",
            "Created `x.py`",
            "x.py, y.py",
            "spotify:track:1",
            "key=value.json",
            "np.c",
            "a.c",
        ] {
            assert_eq!(file(word), None, "{word}");
        }
    }

    #[test]
    fn paths_that_lead_out_need_no_ending() {
        for word in ["/etc/passwd", "/etc/cron.d/till", "~/.netrc", "~/till", "../Tool", "a/../../b", "../../x/Y"] {
            assert_eq!(outside_path(word).map(|name| name.path).as_deref(), Some(word));
        }
        for word in [
            "/api/v2/items",
            "/health",
            "/etc",
            "~",
            "..",
            "../",
            "../..",
            "2025/11/21",
            "and/or",
            "a/b",
            "/etc/x y",
            "//etc/x",
        ] {
            assert_eq!(outside_path(word), None, "{word}");
        }
    }

    #[test]
    fn two_extensions_are_two_files() {
        for word in ["src/Till.h/.m", "src/Till.h/m"] {
            let paths = pair(word).map(|names| names.map(|name| name.path));
            assert_eq!(paths, Some(["src/Till.h".to_owned(), "src/Till.m".to_owned()]));
        }
        for word in ["src/till", "src/v1.c/till", "till.h/till.m", "and/or", "till.html/index"] {
            assert_eq!(pair(word), None, "{word}");
        }
        assert_eq!(file("till.Service"), None);
        assert_eq!(likely_file("src/.tillrules", false).map(|name| name.path).as_deref(), Some("src/.tillrules"));
        assert_eq!(likely_file(".tillrules", false), None);
    }

    #[test]
    fn folders_end_with_a_slash() {
        assert_eq!(folder("src/core/").map(|name| name.path).as_deref(), Some("src/core"));
        assert_eq!(folder("src/core"), None);
        assert_eq!(folder("https://x/"), None);
    }
}
