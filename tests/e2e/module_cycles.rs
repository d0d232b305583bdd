//! Modules of a crate must not use each other in a cycle, so that each can be read and moved with its dependencies.
//!
//! A module is a file; an inline module is part of its file. A module uses another when it imports or names an item that the
//! other one *defines*. Re-exports are followed to the definition, so a `mod.rs` that only re-exports is used by nobody. A
//! parent that re-exports an item of its child (`pub use child::Name`) does not use the child, unless other code of the
//! parent uses the name. A child and a parent that use each other's items are in a cycle. Test code is ignored. Paths in
//! strings (`#[serde(with = "…")]`) and names from macros are not detected.

mod graph;
mod modules;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use baton_tests::repository;

use graph::Graph;
use modules::Modules;

/// The root files of all crates with a `src` folder.
fn roots() -> Vec<PathBuf> {
    let folders = ["host", "plugins", "tests/plugins"].map(|folder| fs::read_dir(repository().join(folder)).unwrap());
    let crates = folders
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .chain(["tests", "tests/judges"].map(|folder| repository().join(folder)));
    let mut roots: Vec<_> = crates
        .flat_map(|folder| ["src/lib.rs", "src/main.rs"].map(|root| folder.join(root)))
        .filter(|root| root.exists())
        .collect();
    roots.sort();
    roots
}

fn graph(root: &Path) -> Graph {
    Graph::from_modules(&Modules::load(root).unwrap())
}

/// A path relative to the repository.
fn shown(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap_or(path).display().to_string()
}

/// Describes a cycle: the number of files, and a shortest path around it.
fn describe(graph: &Graph, cycle: &BTreeSet<&Path>) -> String {
    let mut text = format!("{} modules use each other; the shortest way around:\n", cycle.len());
    let way = graph.shortest(cycle);
    for (from, to) in way.iter().zip(way.iter().skip(1)) {
        if let Some(used) = graph.0.get(*from).and_then(|uses| uses.get(*to)) {
            let _ = writeln!(text, "  {}:{} uses {} ({})", shown(from), used.line, shown(to), used.path);
        }
    }
    text
}

#[test]
fn no_module_is_in_a_cycle() {
    let (mut text, mut seen) = (String::new(), 0);
    for root in roots() {
        let graph = graph(&root);
        seen += graph.0.len();
        for cycle in graph.cycles() {
            text += &describe(&graph, &cycle);
        }
    }
    assert!(seen > 800, "only {seen} modules were read");
    assert!(text.is_empty(), "{text}");
}

/// The cycles of a crate with these files.
fn cycles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let graph = graph(&folder.path().join("lib.rs"));
    let names = |cycle: BTreeSet<&Path>| {
        let name = |path: &Path| path.strip_prefix(folder.path()).unwrap().display().to_string();
        cycle.into_iter().map(name).collect()
    };
    graph.cycles().into_iter().map(names).collect()
}

#[test]
fn imports_and_paths_in_the_code_make_cycles() {
    let root = ("lib.rs", "mod a;\nmod b;\nmod c;\n");
    let far = ("c.rs", "use crate::a::{A, self};\n");
    let found = cycles_of(&[
        root,
        ("a.rs", "pub struct A;\nfn f() { super::b::g(); }\n"),
        ("b.rs", "use crate::a::A;\npub fn g() {}\n"),
        far,
    ]);
    assert_eq!(found, [["a.rs", "b.rs"]]);
    let found = cycles_of(&[
        root,
        ("a.rs", "use super::b;\npub struct A;\nfn f() { b::g() }\n"),
        ("b.rs", "use super::*;\npub fn g(_: a::A) {}\n"),
        far,
    ]);
    assert_eq!(found, [["a.rs", "b.rs"]]);
}

#[test]
fn a_re_exported_name_belongs_to_the_module_that_defines_it() {
    let root = ("lib.rs", "mod a;\nmod b;\npub use a::A;\npub use b::*;\n");
    let one = cycles_of(&[root, ("a.rs", "pub struct A;\n"), ("b.rs", "use crate::A;\npub fn g() {}\n")]);
    assert!(one.is_empty(), "{one:?}");
    let both =
        cycles_of(&[root, ("a.rs", "use crate::g;\npub struct A;\n"), ("b.rs", "use crate::A;\npub fn g() {}\n")]);
    assert_eq!(both, [["a.rs", "b.rs"]]);
}

#[test]
fn a_child_and_a_parent_that_use_each_other_are_a_cycle() {
    let root = ("lib.rs", "mod a;\n");
    let child = ("a/child.rs", "use super::LIMIT;\npub struct Child;\n");
    let passes_on =
        cycles_of(&[root, ("a/mod.rs", "mod child;\npub use child::Child;\npub const LIMIT: u8 = 1;\n"), child]);
    assert!(passes_on.is_empty(), "{passes_on:?}");
    let parent = "mod child;\npub use child::Child;\npub const LIMIT: u8 = 1;\nfn f(_: Child) {}\n";
    assert_eq!(cycles_of(&[root, ("a/mod.rs", parent), child]), [["a/child.rs", "a/mod.rs"]]);
}

#[test]
fn comments_strings_and_tests_make_no_cycles() {
    let root = ("lib.rs", "mod a;\nmod b;\n");
    let quiet = "// crate::b::g()\n/* /* crate::b::g() */ crate::b::g() */\nconst A: &str = \"crate::b::g()\";\n\
                 const B: &str = r#\"\" crate::b::g()\"#;\nconst C: char = '\"';\nfn f<'a>(_: &'a str, _: char) { f(\"\", '\\''); }\n\
                 #[cfg(test)]\nmod tests {\n    use crate::b::g;\n}\n#[cfg(test)]\nuse crate::b::{g};\npub struct A;\n";
    let user = ("b.rs", "use crate::a::A;\npub fn g() {}\n");
    let found = cycles_of(&[root, ("a.rs", quiet), user]);
    assert!(found.is_empty(), "{found:?}");
    let loud = format!("{quiet}fn h() {{ crate::b::g() }}\n");
    assert_eq!(cycles_of(&[root, ("a.rs", &loud), user]), [["a.rs", "b.rs"]]);
}
