//! Finds the file that a path of a plan means.
//!
//! It tries, in this order: the path itself; for a name without its folder, the folders that the plan names and the files
//! with that name; the same name elsewhere, or with another ending. A name that every project has many times (`__init__.py`,
//! `client.py`) counts as moved only with its folder, because the plan probably means another file with this name.

use crate::index::{EntryKind, FoundEntry, Index, last_name};
use crate::lists::list;
use crate::plan::{Kind, is_third_party};

/// Names that many folders contain, so the name alone does not identify a file.
pub(crate) const GENERIC: &[&str] = list!(
    ".env .env.example .gitignore .gitkeep CHANGELOG.md Cargo.toml Dockerfile LICENSE Makefile README README.md \
    __init__.py __main__.py api.py app.py base.py build.rs cli.py client.py config.json config.py config.yaml \
    config.yml conftest.py constants.py errors.py exceptions.py go.mod handler.py helpers.py index.html index.js \
    index.md index.ts index.tsx lib.rs logging.py main.go main.js main.py main.rs main.ts mod.rs models.py \
    package.json pyproject.toml requirements.txt schema.py server.py settings.py setup.py test.py types.py types.ts \
    utils.js utils.py utils.ts"
);

/// Extensions of source files that imports name without the extension: `src/till` for `src/till.py`.
const MODULES: &[&str] =
    list!("c cc cpp cs dart ex go h java js jsx kt lua mjs php py rb rs scala svelte swift ts tsx vue");

/// The resolved path, or the reason why it cannot be checked.
pub(super) type Lookup = Result<ResolvedPath, &'static str>;

/// The result of resolving a path.
#[derive(Debug)]
pub(crate) enum ResolvedPath {
    /// It exists. There is a remark if the look-up had to guess.
    There(FoundEntry, Option<String>),
    /// It does not exist, but something with the same name exists elsewhere.
    Elsewhere(FoundEntry, Option<String>),
    /// A common name without a folder. Other files have this name, and it is not certain whether the plan means one of them.
    Unclear(String),
    /// It does not exist. There may be a remark about entries of the same name.
    Nowhere(Option<String>),
}

/// What a plan states about a path, beside its name.
#[derive(Clone, Copy)]
pub(crate) struct PathContext<'a> {
    /// The path starts at the root.
    pub(crate) anchored: bool,
    pub(crate) kind: Kind,
    /// The folders that the plan names, sorted.
    pub(crate) folders: &'a [String],
    /// True if a drawn tree contains the path. The first row of a tree is often the repository's name, regardless of the
    /// name of the audited folder.
    pub(crate) drawn: bool,
}

#[must_use]
pub(crate) fn resolve(index: &Index, path: &str, context: PathContext<'_>) -> ResolvedPath {
    let PathContext { anchored, kind, folders, drawn } = context;
    if let Some(found) = index.find(path) {
        return ResolvedPath::There(found, None);
    }
    if let Some(found) = without_own_name(index, path, drawn, folders) {
        let remark = format!("the plan begins with the audited folder's own name; found as {}", found.path);
        return ResolvedPath::There(found, Some(remark));
    }
    if let Some(found) = below_other_root(index, path).filter(|_| anchored) {
        let remark = format!("the plan writes the path of another machine; found as {}", found.path);
        return ResolvedPath::There(found, Some(remark));
    }
    if let Some(found) = without_capital(path).filter(|_| !anchored).and_then(|path| only_file_named(index, &path)) {
        let remark = format!("the plan writes the name with a capital; found as {}", found.path);
        return ResolvedPath::There(found, Some(remark));
    }
    let module = || {
        MODULES
            .iter()
            .filter(|_| kind == Kind::Either && path.contains('/'))
            .find_map(|ending| index.find(&format!("{path}.{ending}")))
    };
    if let Some(found) = with_ending(index, path).or_else(module) {
        let remark = format!("the plan leaves out the ending; found as {}", found.path);
        return ResolvedPath::There(found, Some(remark));
    }
    let name = last_name(path);
    let bundle = || kind == Kind::Either && name.contains('.') && index.named(name, EntryKind::File).next().is_none();
    let wanted = if kind == Kind::Folder || bundle() { EntryKind::Folder } else { EntryKind::File };
    let same: Vec<&str> =
        index.named(name, wanted).filter(|found| is_third_party(path) || !is_third_party(found)).collect();
    let named: Vec<&str> = if anchored { Vec::new() } else { in_folders(&same, path, folders) };
    if let [first, others @ ..] = named.as_slice() {
        let remark = format!("found below a folder that the plan names: {first}{}", and_more(others));
        return there(index, first, Some(remark));
    }
    if let Some(deeper) = only_deeper(path, &same).filter(|_| !anchored) {
        return there(index, deeper, Some(format!("found deeper than the plan says: {deeper}")));
    }
    let is_bare = !path.contains('/') && !anchored;
    if same.is_empty() {
        let other = with_other_ending(index, path, is_bare && wanted == EntryKind::File);
        let spelled = || with_other_spelling(index, path, name).filter(|_| wanted == EntryKind::File);
        return other.or_else(spelled).unwrap_or(ResolvedPath::Nowhere(None));
    }
    let is_only = matches!(same.as_slice(), [_]);
    if GENERIC.contains(&name) || wanted == EntryKind::Folder && !(is_bare && is_only) {
        let remark = elsewhere(&same);
        return if is_bare { ResolvedPath::Unclear(remark) } else { ResolvedPath::Nowhere(Some(remark)) };
    }
    if is_bare {
        return by_name(index, &same);
    }
    moved(index, path, &same)
}

/// Resolves a path that begins with the name of the audited folder itself, as the paths of many trees do.
fn without_own_name(index: &Index, path: &str, drawn: bool, folders: &[String]) -> Option<FoundEntry> {
    if let Some(found) = drawn.then(|| without_long_root(index, path, folders)).flatten() {
        return Some(found);
    }
    let (first, rest) = path.split_once('/')?;
    let own = index.roots().iter().any(|root| root.shown.trim_end_matches('/').rsplit('/').next() == Some(first));
    let root_row = drawn && index.named(first, EntryKind::Folder).all(|folder| folder.contains('/'));
    let found = index.find(rest).filter(|_| (own || root_row) && index.find(first).is_none())?;
    // Many trees have a `README.md`, so a file in the first folder does not show that the folder is the root.
    (own || rest.contains('/') || found.kind == EntryKind::Folder || is_root_of(index, first, folders)).then_some(found)
}

/// Resolves a path below a tree's first row that has two names: finds `src/open.py` for `var/till/src/open.py`.
fn without_long_root(index: &Index, path: &str, folders: &[String]) -> Option<FoundEntry> {
    let (first, below) = path.split_once('/')?;
    let (second, rest) = below.split_once('/')?;
    let root = format!("{first}/{second}");
    let found = index.find(rest).filter(|_| index.find(first).is_none())?;
    is_root_of(index, &root, folders).then_some(found)
}

/// Maximum number of folders that are compared to decide whether a tree's first row is the root. Each path needs this
/// comparison.
const ROOT_FOLDERS: usize = 50;

/// True if the root contains most of the first folders that the plan names below `row`, and at least two. `folders` is
/// sorted.
fn is_root_of(index: &Index, row: &str, folders: &[String]) -> bool {
    let row = format!("{row}/");
    let from = folders.partition_point(|folder| *folder < row);
    let below = folders.iter().skip(from).map_while(|folder| folder.strip_prefix(&row)).take(ROOT_FOLDERS);
    let is_folder = |folder: &str| index.find(folder).is_some_and(|found| found.kind == EntryKind::Folder);
    let (found, other): (Vec<&str>, Vec<&str>) = below.partition(|folder| is_folder(folder));
    found.len() > 1 && found.len() > other.len()
}

/// Finds `src/till.py` for `/workspace/src/till.py`: the first folder is the root on another machine.
pub(crate) fn below_other_root(index: &Index, path: &str) -> Option<FoundEntry> {
    let (first, rest) = path.split_once('/')?;
    index.find(rest).filter(|_| rest.contains('/') && index.find(first).is_none())
}

/// Endings for the same kind of file.
const ALIKE: &[&[&str]] =
    &[&["cjs", "js", "jsx", "mjs", "mts", "ts", "tsx"], &["yaml", "yml"], &["htm", "html"], &["jpeg", "jpg"]];

/// The same name with another ending, in the same folder or, for a bare name, anywhere: `next.config.ts` for
/// `next.config.js`.
fn with_other_ending(index: &Index, path: &str, is_bare: bool) -> Option<ResolvedPath> {
    let found = path.rsplit_once('.').and_then(|(stem, ending)| {
        let endings = ALIKE.iter().find(|endings| endings.contains(&ending))?;
        let mut names = endings.iter().filter(|other| **other != ending).map(|other| format!("{stem}.{other}"));
        if is_bare {
            names.find_map(|name| only_file_named(index, &name))
        } else {
            names.find_map(|name| index.find(&name))
        }
    })?;
    let remark = format!("it has another ending: {}", found.path);
    Some(ResolvedPath::Elsewhere(found, Some(remark)))
}

/// The only file with the same name in another spelling: `SoundMapper.ts` for `sound-mapper.ts`. Names of one word, and those
/// that every project has, are too common.
fn with_other_spelling(index: &Index, path: &str, name: &str) -> Option<ResolvedPath> {
    let stem = name.split('.').next().unwrap_or_default().trim_matches('_');
    let is_joint = |(one, two): (char, char)| matches!(two, '-' | '_') || one.is_lowercase() && two.is_uppercase();
    stem.chars().zip(stem.chars().skip(1)).find(|pair| is_joint(*pair)).filter(|_| !GENERIC.contains(&name))?;
    let numbers = |name: &str| -> Vec<String> {
        let parts = name.split(|sign: char| !sign.is_ascii_digit());
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    // Both names must have the same numbers: `notes-1-12.md` is not `notes-11-2.md`.
    let fits = |found: &&str| is_third_party(path) || !is_third_party(found);
    let mut same = index.spelled(name).filter(fits).filter(|found| numbers(last_name(found)) == numbers(name));
    let found = index.find(same.next().filter(|_| same.next().is_none())?)?;
    let remark = format!("it is spelled differently: {}", found.path);
    Some(ResolvedPath::Elsewhere(found, Some(remark)))
}

/// Finds `README.md` for `README`.
#[must_use]
pub(crate) fn with_ending(index: &Index, path: &str) -> Option<FoundEntry> {
    const OPEN: &[&str] = &["AUTHORS", "CHANGELOG", "CONTRIBUTING", "LICENSE", "README", "SECURITY"];
    let name = path.rsplit('/').next().filter(|name| OPEN.contains(name))?;
    let small = path.strip_suffix(name).map(|folder| format!("{folder}{}", name.to_lowercase()));
    let names = std::iter::once(path.to_owned()).chain(small);
    names
        .flat_map(|name| ["md", "rst", "txt", "adoc"].map(|ending| format!("{name}.{ending}")))
        .find_map(|path| index.find(&path))
}

/// A name without a folder and without the capital letter that begins a sentence.
fn without_capital(path: &str) -> Option<String> {
    let first = path.chars().next().filter(|first| first.is_uppercase() && !path.contains('/'))?;
    let rest = path.get(first.len_utf8()..).filter(|rest| !rest.contains(char::is_uppercase))?;
    Some(first.to_lowercase().chain(rest.chars()).collect())
}

/// The only file with a name.
fn only_file_named(index: &Index, name: &str) -> Option<FoundEntry> {
    let mut same = index.named(name, EntryKind::File);
    let only = same.next().filter(|_| same.next().is_none())?;
    index.find(only)
}

/// The candidates whose path is one of `folders` followed by `path`.
fn in_folders<'a>(same: &[&'a str], path: &str, folders: &[String]) -> Vec<&'a str> {
    let tail = format!("/{path}");
    let below = |candidate: &&&str| {
        let folder = candidate.strip_suffix(tail.as_str());
        folder.is_some_and(|folder| folders.binary_search_by(|known| known.as_str().cmp(folder)).is_ok())
    };
    same.iter().filter(below).copied().collect()
}

/// A name without a folder: the only file with that name, or the first of several.
fn by_name(index: &Index, same: &[&str]) -> ResolvedPath {
    match same {
        [only] => there(index, only, Some(format!("the plan gives no folder; found as {only}"))),
        [first, others @ ..] => there(
            index,
            first,
            Some(format!("ambiguous: the plan gives no folder; found as {first}{}", and_more(others))),
        ),
        [] => ResolvedPath::Nowhere(None),
    }
}

/// The only candidate that ends with `path` and has more parent folders. A candidate in a test folder is used only if there
/// is no other one, because tests often repeat the folders of the code.
fn only_deeper<'a>(path: &str, same: &[&'a str]) -> Option<&'a str> {
    let tail = format!("/{path}");
    let is_test = |path: &str| path.split('/').any(|part| matches!(part, "test" | "tests" | "spec" | "__tests__"));
    let deeper = same.iter().copied().filter(|candidate| path.contains('/') && candidate.ends_with(&tail));
    let (tests, code): (Vec<&str>, Vec<&str>) = deeper.partition(|candidate| is_test(candidate) && !is_test(path));
    match (code.as_slice(), tests.as_slice()) {
        ([only], _) | ([], [only]) => Some(only),
        _ => None,
    }
}

/// Resolves a missing path: to a deeper path that ends with it, or to the same name in another folder.
fn moved(index: &Index, path: &str, same: &[&str]) -> ResolvedPath {
    let tail = format!("/{path}");
    let deeper: Vec<&str> = same.iter().filter(|candidate| candidate.ends_with(&tail)).copied().collect();
    let parent = |path: &str| path.rsplit('/').nth(1).unwrap_or_default().to_owned();
    let alike: Vec<&str> = same.iter().filter(|candidate| parent(candidate) == parent(path)).copied().collect();
    let chosen: &[&str] = match (deeper.as_slice(), alike.as_slice(), same) {
        ([], [], [_]) => same,
        ([], [], _) => return ResolvedPath::Nowhere(Some(elsewhere(same))),
        ([], alike, _) => alike,
        (deeper, _, _) => deeper,
    };
    let Some((first, others)) = chosen.split_first() else { return ResolvedPath::Nowhere(None) };
    match index.find(first) {
        Some(found) => ResolvedPath::Elsewhere(found, Some(format!("the same name is at {first}{}", and_more(others)))),
        None => ResolvedPath::Nowhere(None),
    }
}

fn there(index: &Index, path: &str, remark: Option<String>) -> ResolvedPath {
    index.find(path).map_or(ResolvedPath::Nowhere(None), |found| ResolvedPath::There(found, remark))
}

fn elsewhere(same: &[&str]) -> String {
    let (first, others) = same.split_first().unwrap_or((&"", &[]));
    format!("the same name is at {first}{}, but the name is too common to be a match", and_more(others))
}

fn and_more(others: &[&str]) -> String {
    match others {
        [] => String::new(),
        [one] => format!(" and {one}"),
        [one, rest @ ..] => format!(", {one} and {} more", rest.len()),
    }
}
