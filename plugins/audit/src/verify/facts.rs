//! Facts about files' contents: digest, lines, definitions. Each file is read once and cached across audits.
//!
//! A fact is valid as long as the file's size and modification time are the same. A file that was changed less than two
//! seconds before the audit began may change again within the same timestamp, so its facts are used but not cached.

use std::collections::HashMap;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::content::{self, Stub};
use crate::index::{FoundEntry, Index};
use crate::limits;

/// A definition that was searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolLookup {
    /// The name.
    pub name: String,
    /// The line, from 1, that defines it; `None` if no line does.
    pub line: Option<u64>,
}

/// The facts about a file with one size and modification time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its size in bytes.
    pub bytes: u64,
    /// Modification time in nanoseconds since 1970.
    pub changed_ns: u64,
    /// SHA-256 of the whole file, in hexadecimal digits; `None` for a file that is too large.
    pub sha256: Option<String>,
    /// Its number of lines; `None` if it is not text or was not read completely.
    pub lines: Option<u64>,
    /// True if it contains only white space.
    pub blank: bool,
    /// True if its text was read completely.
    pub whole: bool,
    /// The reason why it is a stub, if it is one.
    pub stub: Option<Stub>,
    /// Every definition that was ever searched in it, by name.
    pub looked: Vec<SymbolLookup>,
}

impl Fact {
    /// The line of a definition; `None` if it was not searched yet.
    #[must_use]
    pub fn definition(&self, name: &str) -> Option<Option<u64>> {
        let at = self.looked.binary_search_by(|looked| looked.name.as_str().cmp(name)).ok()?;
        self.looked.get(at).map(|looked| looked.line)
    }

    fn is_of(&self, found: &FoundEntry) -> bool {
        Some(self.bytes) == found.bytes && Some(self.changed_ns) == found.changed_ns
    }
}

/// The facts of earlier audits.
pub trait FactStore {
    /// The known facts for these keys.
    fn facts(&self, keys: &[String]) -> Vec<(String, Fact)>;
}

struct KnownFact {
    /// `None` if neither an earlier audit nor this audit has read the file.
    fact: Option<Fact>,
    fresh: bool,
}

/// The facts of one run.
pub struct Facts<'a> {
    remembered: Option<&'a dyn FactStore>,
    /// Start of the run, in nanoseconds since 1970.
    now_ns: u64,
    known: HashMap<String, KnownFact>,
    digested: u64,
    reads: usize,
}

impl<'a> Facts<'a> {
    /// Starts with the cached facts only. `now_ns` is the start of the run, in nanoseconds since 1970.
    #[must_use]
    pub fn new(remembered: Option<&'a dyn FactStore>, now_ns: u64) -> Self {
        Self { remembered, now_ns, known: HashMap::new(), digested: 0, reads: 0 }
    }

    /// The key of a file: its root's name, `//` (which no path contains), and its path.
    #[must_use]
    pub fn key(index: &Index, found: &FoundEntry) -> String {
        let root = index.roots().get(found.root).map_or("", |root| root.shown.as_str());
        format!("{root}//{}", found.path)
    }

    /// Loads the facts of many files at once.
    pub fn prefetch(&mut self, keys: impl IntoIterator<Item = String>) {
        let Some(remembered) = self.remembered else { return };
        let mut wanted: Vec<String> = keys.into_iter().filter(|key| !self.known.contains_key(key)).collect();
        wanted.sort();
        wanted.dedup();
        if wanted.is_empty() {
            return;
        }
        for (key, fact) in remembered.facts(&wanted) {
            self.known.insert(key, KnownFact { fact: Some(fact), fresh: false });
        }
        for key in wanted {
            self.known.entry(key).or_insert(KnownFact { fact: None, fresh: false });
        }
    }

    /// The facts about a file, including these definitions. The file is read only if one of the facts is not known yet.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(&mut self, index: &Index, found: &FoundEntry, wanted: &[String]) -> io::Result<&Fact> {
        let key = Self::key(index, found);
        if !self.known.contains_key(&key) {
            self.prefetch([key.clone()]);
        }
        let known = self.known.entry(key).or_insert(KnownFact { fact: None, fresh: false });
        let before = known.fact.take().filter(|fact| fact.is_of(found));
        let fact = match before {
            Some(fact) if wanted.iter().all(|name| fact.definition(name).is_some()) => fact,
            before => {
                let looked = before.map(|fact| fact.looked).unwrap_or_default();
                // The definitions that other plans wanted are searched again, up to a limit, so that they stay known.
                let others = looked.into_iter().map(|looked| looked.name).take(limits::DEFINITIONS_PER_FILE);
                let mut names: Vec<String> = wanted.iter().cloned().chain(others).collect();
                names.sort();
                names.dedup();
                known.fresh = true;
                self.reads += 1;
                examine(index, found, names, &mut self.digested)?
            }
        };
        Ok(known.fact.insert(fact))
    }

    /// Number of files that were read.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.reads
    }

    /// The new facts of this run that may be cached, by key.
    #[must_use]
    pub fn learned(&self) -> Vec<(&str, &Fact)> {
        let settled = |fact: &Fact| fact.changed_ns.saturating_add(limits::RACY_NS) <= self.now_ns;
        let fresh = self.known.iter().filter(|(_, known)| known.fresh);
        let mut learned: Vec<(&str, &Fact)> = fresh
            .filter_map(|(key, known)| Some((key.as_str(), known.fact.as_ref()?)))
            .filter(|(_, fact)| settled(fact))
            .collect();
        learned.sort_unstable_by_key(|(key, _)| *key);
        learned
    }

    /// The names of the roots whose files this run used, sorted.
    #[must_use]
    pub fn roots(&self) -> Vec<&str> {
        let mut roots: Vec<&str> = self.known.keys().filter_map(|key| Some(key.split_once("//")?.0)).collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// True if this run has the facts of the file with this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.known.get(key).is_some_and(|known| known.fact.is_some())
    }

    /// Number of files with facts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.values().filter(|known| known.fact.is_some()).count()
    }

    /// True if there are no facts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads a file: its beginning as text, and all of it for the digest.
fn examine(index: &Index, found: &FoundEntry, names: Vec<String>, digested: &mut u64) -> io::Result<Fact> {
    let (bytes, changed_ns) = (found.bytes.unwrap_or_default(), found.changed_ns.unwrap_or_default());
    if bytes == 0 {
        return Ok(nothing(changed_ns));
    }
    let mut file = index.open(found)?;
    let mut head = Vec::with_capacity(usize::try_from(bytes.min(limits::CONTENT_BYTES)).unwrap_or_default() + 1);
    (&mut file).take(limits::CONTENT_BYTES).read_to_end(&mut head)?;
    let within = bytes <= limits::DIGEST_BYTES && digested.saturating_add(bytes) <= limits::DIGESTED_BYTES;
    let (sha256, total) = if within { digest(&head, &mut file)? } else { (None, bytes) };
    *digested = digested.saturating_add(if within { total } else { 0 });
    let whole = total <= head.len() as u64;
    let text = String::from_utf8_lossy(&head);
    let lines = content::definitions(&text, &names);
    let small = total <= limits::STUB_BYTES;
    Ok(Fact {
        bytes,
        changed_ns,
        sha256,
        lines: (whole && matches!(text, std::borrow::Cow::Borrowed(_))).then(|| content::line_count(&text)),
        blank: whole && text.trim().is_empty(),
        whole,
        stub: if small { content::stub(&found.path, &text) } else { None },
        looked: names.into_iter().zip(lines).map(|(name, line)| SymbolLookup { name, line }).collect(),
    })
}

/// The facts of an empty file, which need not be opened.
fn nothing(changed_ns: u64) -> Fact {
    Fact {
        bytes: 0,
        changed_ns,
        sha256: Some(hex(&Sha256::digest([]))),
        lines: Some(0),
        blank: true,
        whole: true,
        stub: None,
        looked: Vec::new(),
    }
}

/// SHA-256 of the bytes read so far and of the rest of the file, and their total number. There is no digest if the file grew
/// beyond the limit in the meantime.
fn digest(head: &[u8], file: &mut impl Read) -> io::Result<(Option<String>, u64)> {
    let mut hasher = Sha256::new();
    hasher.update(head);
    let mut total = head.len() as u64;
    if total >= limits::CONTENT_BYTES {
        let mut piece = vec![0; 1 << 16];
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                break;
            }
            if total > limits::DIGEST_BYTES {
                return Ok((None, total));
            }
            hasher.update(piece.get(..read).unwrap_or_default());
            total += read as u64;
        }
    }
    Ok((Some(hex(&hasher.finalize())), total))
}

/// Bytes as hexadecimal digits.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map_or('0', char::from);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
