//! Identifiers that ticked lines state to exist.
//!
//! An identifier exists if a source file defines or uses it. A use is enough, because each language has other forms of
//! definitions. An assertion is false only if the line states that the identifier was made and no source file contains it.

use std::collections::{HashMap, HashSet};

use super::assertion::{Assertion, Condition, IdentifierStatement, Kind, Outcome};
use crate::index::{Index, last_name};
use crate::limits;
use crate::lists::list;
use crate::reader::{self, SymbolKind};
use crate::remark::NoteSeverity;
use crate::verify::content;

/// Reads the identifiers of a document.
pub(super) fn read(markdown: &str, assertions: &mut Vec<Assertion>) {
    assertions.extend(reader::symbol_statements(markdown).into_iter().map(|assertion| {
        let stated = IdentifierStatement {
            name: assertion.name,
            sure: assertion.sure,
            meant: assertion.meant,
            used: assertion.used,
            kind: assertion.kind,
        };
        Assertion::new(assertion.line, Kind::Symbol, &assertion.words, Condition::Symbol(stated))
    }));
}

/// Where the identifiers of a run were found.
#[derive(Default)]
pub(super) struct Symbols {
    places: HashMap<String, String>,
    /// Identifiers that are used but not defined, with the file that uses them.
    used: HashMap<String, String>,
    /// Packages, with the manifest that names them.
    packages: HashMap<String, String>,
    /// True if there is at least one source file, and all source files were read to their end.
    whole: bool,
}

impl Symbols {
    /// Searches the source files for the identifiers; each file is read once.
    pub(super) fn find<'a>(names: impl Iterator<Item = &'a str>, index: &Index) -> Self {
        let mut symbols = Self { whole: true, ..Self::default() };
        let mut open: HashSet<&str> = names.collect();
        if open.is_empty() {
            return symbols;
        }
        let (mut bytes, mut files) = (0, 0);
        let (code, others): (Vec<&str>, Vec<&str>) =
            index.files().filter(|path| !index.is_apart(path)).partition(|path| content::is_code(last_name(path)));
        // Settings files and scripts without an extension are searched last. They may define a name, but the search also
        // counts as complete if one of them cannot be read.
        let others = others.into_iter().filter(|path| content::may_define(last_name(path)));
        for (path, is_code) in code.into_iter().map(|path| (path, true)).chain(others.map(|path| (path, false))) {
            if open.is_empty() {
                break;
            }
            let found = index
                .find(path)
                .filter(|found| is_code || found.bytes.is_some_and(|bytes| bytes <= limits::SETTINGS_BYTES));
            let Some(found) = found else {
                symbols.whole &= !is_code;
                continue;
            };
            bytes += found.bytes.unwrap_or_default();
            if bytes > limits::SYMBOL_BYTES {
                symbols.whole &= !is_code;
                break;
            }
            let Ok(text) = index.read(&found) else {
                symbols.whole &= !is_code;
                continue;
            };
            symbols.whole &= text.whole || !is_code;
            files += usize::from(is_code);
            for (name, line) in content::occurrences(&text.text, &open) {
                match line {
                    Some(line) => {
                        open.remove(name);
                        symbols.places.insert(name.to_owned(), format!("{path}:{line} defines it"));
                    }
                    None if symbols.used.contains_key(name) => {}
                    None => {
                        symbols.used.insert(name.to_owned(), path.to_owned());
                    }
                }
            }
        }
        symbols.whole &= files > 0;
        symbols
    }

    /// The outcome for an identifier; `None` if the plan does not state that it exists.
    pub(super) fn judge(&self, stated: &IdentifierStatement) -> Option<Outcome> {
        match stated.kind {
            SymbolKind::Removed => return Some(self.removal(&stated.name)),
            SymbolKind::Package => return Some(self.package(&stated.name)),
            SymbolKind::Code => {}
        }
        if let Some(place) = self.places.get(&stated.name) {
            return Some(Outcome::holds(place.clone()));
        }
        // A name of one part, such as `count`, occurs in any code.
        let distinct = stated.name.contains('_') || stated.name.chars().skip(1).any(char::is_uppercase);
        match self.used.get(&stated.name) {
            Some(user) if stated.sure => {
                Some(Outcome::unknown(format!("{user} names it, but no definition was found")))
            }
            Some(user) if distinct && stated.used => Some(Outcome::holds(format!("{user} uses it"))),
            _ if !stated.sure && !stated.meant => None,
            _ if !stated.sure => {
                Some(Outcome::unknown(format!("no code file defines {}; it may have been renamed", stated.name)))
            }
            _ if !self.whole => Some(Outcome::unknown("some code files could not be read")),
            _ => Some(Outcome::fails(NoteSeverity::High, format!("no code file has the name {}", stated.name))),
        }
    }

    /// Searches the manifests of the tree for packages.
    pub(super) fn find_packages<'a>(&mut self, names: impl Iterator<Item = &'a str>, index: &Index) {
        let names: Vec<&str> = names.collect();
        if names.is_empty() {
            return;
        }
        for path in index.files().filter(|path| is_manifest(path)).take(limits::MANIFESTS) {
            let Some(text) = index.find(path).and_then(|found| index.read(&found).ok()) else { continue };
            for name in names.iter().filter(|name| content::has_word(&text.text, name)) {
                self.packages.entry((*name).to_owned()).or_insert_with(|| path.to_owned());
            }
        }
    }

    /// The outcome for a package. If no manifest names the package, the outcome is unverifiable: another package may have
    /// replaced it.
    fn package(&self, name: &str) -> Outcome {
        match self.packages.get(name) {
            Some(manifest) => Outcome::holds(format!("{manifest} names it")),
            None => Outcome::unknown(format!("no manifest of the tree names {name}; it may have been replaced")),
        }
    }

    /// The outcome for an identifier that was removed. If the code still contains the name, the outcome is unverifiable,
    /// because the name may belong to another identifier.
    fn removal(&self, name: &str) -> Outcome {
        match (self.places.get(name), self.used.get(name)) {
            (Some(place), _) => Outcome::unknown(format!("{place}; that may be another identifier with this name")),
            (_, Some(user)) => {
                Outcome::unknown(format!("{user} names it; that may be another identifier with this name"))
            }
            _ if !self.whole => Outcome::unknown("some code files could not be read"),
            _ => Outcome::holds(format!("no code file has the name {name}")),
        }
    }
}

/// True for a file in which a project lists the packages that it depends on.
fn is_manifest(path: &str) -> bool {
    const NAMES: &[&str] = list!(
        "Cargo.toml Gemfile Package.swift Pipfile build.gradle build.gradle.kts composer.json deno.json go.mod mix.exs \
        package.json pom.xml pubspec.yaml pyproject.toml setup.cfg setup.py"
    );
    let name = last_name(path);
    let requirements = name.starts_with("requirements") && name.ends_with(".txt");
    NAMES.contains(&name) || requirements || name.ends_with(".csproj")
}
