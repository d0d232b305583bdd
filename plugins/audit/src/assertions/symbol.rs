//! Names of code that ticked lines say to be there.
//!
//! A name is there when a file of code defines it, or at least uses it: what a language calls a definition differs. Only
//! what a line says to have made, and no file of code knows, is false.

use std::collections::BTreeMap;

use super::claim::{Assertion, AssertionKind, Kind, Outcome, SymbolSays};
use crate::index::Index;
use crate::limits;
use crate::reader;
use crate::remark::NoteSeverity;
use crate::verify::content;

/// The names of a document.
pub(super) fn read(markdown: &str, claims: &mut Vec<Assertion>) {
    claims.extend(reader::claimed_symbols(markdown).into_iter().map(|claim| {
        let says = SymbolSays { name: claim.name, sure: claim.sure, meant: claim.meant };
        Assertion::new(claim.line, Kind::Symbol, &claim.words, AssertionKind::Symbol(says))
    }));
}

/// Where the names of a run are.
#[derive(Default)]
pub(super) struct Symbols {
    places: BTreeMap<String, Option<String>>,
    /// The names that are only used, and by which file.
    used: BTreeMap<String, String>,
    /// Whether every file of code was read to its end, and there is one.
    whole: bool,
}

impl Symbols {
    /// Looks for names in the files of code; each is read once.
    pub(super) fn find<'a>(names: impl Iterator<Item = &'a str>, index: &Index) -> Self {
        let mut symbols =
            Self { places: names.map(|name| (name.to_owned(), None)).collect(), used: BTreeMap::new(), whole: true };
        if symbols.places.is_empty() {
            return symbols;
        }
        let (mut bytes, mut files) = (0, 0);
        for path in index.files().filter(|path| content::is_code(path.rsplit('/').next().unwrap_or(path))) {
            let open: Vec<String> =
                symbols.places.iter().filter(|(_, place)| place.is_none()).map(|(name, _)| name.clone()).collect();
            if open.is_empty() {
                break;
            }
            let Some(found) = index.find(path) else {
                symbols.whole = false;
                continue;
            };
            bytes += found.bytes.unwrap_or_default();
            if bytes > limits::SYMBOL_BYTES {
                symbols.whole = false;
                break;
            }
            let Ok(text) = index.read(&found) else {
                symbols.whole = false;
                continue;
            };
            symbols.whole &= text.whole;
            files += 1;
            let lines = content::definitions(&text.text, &open);
            for (name, line) in open.iter().zip(lines) {
                if let Some(line) = line {
                    symbols.places.insert(name.clone(), Some(format!("{path}:{line} defines it")));
                } else if !symbols.used.contains_key(name) && content::has_word(&text.text, name) {
                    symbols.used.insert(name.clone(), path.to_owned());
                }
            }
        }
        symbols.whole &= files > 0;
        symbols
    }

    /// What was found of a name; nothing where the plan does not say that it is there.
    pub(super) fn judge(&self, says: &SymbolSays) -> Option<Outcome> {
        match self.places.get(&says.name) {
            Some(Some(place)) => Some(Outcome::holds(place.clone())),
            _ if !says.sure && !says.meant => None,
            _ if !says.sure => {
                Some(Outcome::unknown(format!("no file of code defines {}; it may have been renamed", says.name)))
            }
            _ if self.used.contains_key(&says.name) => {
                let user = self.used.get(&says.name).map_or("", String::as_str);
                Some(Outcome::unknown(format!("{user} names it, and no definition of it was found")))
            }
            _ if !self.whole => Some(Outcome::unknown("not all files of code could be read")),
            _ => Some(Outcome::fails(NoteSeverity::High, format!("no file of code has the name {}", says.name))),
        }
    }
}
