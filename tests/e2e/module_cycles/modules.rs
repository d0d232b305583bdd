//! Reads the modules of a crate from its sources, with their imports and the paths in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::tokens::{Token, tokens};

/// One name that a `use` imports.
pub(super) struct Import {
    /// `None` for `*`.
    pub(super) name: Option<String>,
    pub(super) path: Vec<String>,
    /// True if it is a re-export.
    pub(super) is_shared: bool,
    pub(super) line: usize,
}

/// A path in the code, such as `super::limits::MOST`.
pub(super) struct Mention {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
}

#[derive(Default)]
pub(super) struct Module {
    pub(super) parent: Option<usize>,
    pub(super) file: PathBuf,
    pub(super) children: BTreeMap<String, usize>,
    /// Names that are defined here.
    pub(super) items: BTreeSet<String>,
    pub(super) imports: Vec<Import>,
    pub(super) mentions: Vec<Mention>,
    /// All words outside of imports.
    pub(super) words: BTreeSet<String>,
}

/// All modules of a crate. The first one is its root.
pub(super) struct Modules(pub(super) Vec<Module>);

impl Modules {
    /// # Errors
    /// When a file cannot be read; the message names it.
    pub(super) fn load(root: &Path) -> Result<Self, String> {
        let mut modules = Self(Vec::new());
        modules.file(root, None, root.parent().unwrap_or(root))?;
        Ok(modules)
    }

    /// Reads a file whose child modules are in `folder`.
    fn file(&mut self, file: &Path, parent: Option<usize>, folder: &Path) -> Result<usize, String> {
        let source = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let tokens = tokens(&source);
        self.module(&tokens, file, parent, folder)
    }

    fn module(&mut self, tokens: &[Token], file: &Path, parent: Option<usize>, folder: &Path) -> Result<usize, String> {
        let number = self.0.len();
        self.0.push(Module { parent, file: file.to_owned(), ..Module::default() });
        let mut reader = Reader { tokens, at: 0, depth: 0, module: Module::default(), path: None, nested: Vec::new() };
        reader.read();
        let Reader { module: read, nested, .. } = reader;
        let mut children = BTreeMap::new();
        for ModItem { name, path, body } in nested {
            let below = folder.join(&name);
            let child = match body {
                Some(body) => self.module(body, file, Some(number), &below)?,
                None => {
                    let usual = [folder.join(format!("{name}.rs")), below.join("mod.rs")];
                    let named = path.map(|path| file.with_file_name(path));
                    let found = named.or_else(|| usual.into_iter().find(|path| path.exists()));
                    let found = found.ok_or_else(|| format!("{}: no file for `mod {name}`", file.display()))?;
                    self.file(&found, Some(number), &below)?
                }
            };
            // If two modules exclude each other by `#[cfg(…)]`, the first one has the name.
            children.entry(name).or_insert(child);
        }
        if let Some(module) = self.0.get_mut(number) {
            *module = Module { parent, file: file.to_owned(), children, ..read };
        }
        Ok(number)
    }
}

/// A `mod` with its tokens or in a file.
struct ModItem<'a> {
    name: String,
    path: Option<String>,
    body: Option<&'a [Token]>,
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    /// The number of open braces. Names within braces are not items of the module.
    depth: usize,
    module: Module,
    /// The last `#[path = "…"]`.
    path: Option<String>,
    nested: Vec<ModItem<'a>>,
}

impl<'a> Reader<'a> {
    /// The text of the token at an offset from the present one.
    fn text(&self, offset: isize) -> &'a str {
        let at = self.at.checked_add_signed(offset);
        at.and_then(|at| self.tokens.get(at)).map_or("", |token| token.text.as_str())
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |token| token.line)
    }

    fn is_word(&self, offset: isize) -> bool {
        let at = self.at.checked_add_signed(offset);
        at.and_then(|at| self.tokens.get(at)).is_some_and(Token::is_word)
    }

    fn read(&mut self) {
        while self.at < self.tokens.len() {
            match self.text(0) {
                "{" => self.depth += 1,
                "}" => self.depth = self.depth.saturating_sub(1),
                "path" if self.text(-1) == "[" && self.text(1) == "=" => {
                    self.path = self.text(2).strip_prefix('"').map(str::to_owned);
                }
                "mod" if self.depth == 0 && self.is_word(1) => {
                    self.nest();
                    continue;
                }
                "use" if self.text(1) != "<" => {
                    self.import();
                    continue;
                }
                "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" if self.depth == 0 => {
                    let name = self.text(if self.text(1) == "mut" { 2 } else { 1 }).to_owned();
                    self.module.items.insert(name);
                }
                _ if self.is_word(0) && self.text(-1) != "::" && self.text(-1) != "." => {
                    self.mention();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn nest(&mut self) {
        let (name, path) = (self.text(1).to_owned(), self.path.take());
        let opens = self.text(2) == "{";
        self.at += 3;
        let start = self.at;
        let mut open = usize::from(opens);
        while open > 0 && self.at < self.tokens.len() {
            match self.text(0) {
                "{" => open += 1,
                "}" => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
        let body = self.tokens.get(start..self.at.saturating_sub(1).max(start)).filter(|_| opens);
        self.nested.push(ModItem { name, path, body });
    }

    /// A `use` and all its names.
    fn import(&mut self) {
        // `pub use` or `pub(crate) use`, which has a parenthesis before `use`.
        let is_shared = matches!(self.text(-1), "pub" | ")");
        self.at += 1;
        self.tree(&[], is_shared);
        self.at += 1;
    }

    /// Reads a part of a `use` up to the sign that ends it.
    fn tree(&mut self, before: &[String], is_shared: bool) {
        let mut path = before.to_vec();
        let mut name = None;
        let line = self.line();
        loop {
            match self.text(0) {
                "::" => {}
                "{" => {
                    self.at += 1;
                    while !matches!(self.text(0), "}" | "") {
                        let start = self.at;
                        self.tree(&path, is_shared);
                        self.at += usize::from(self.text(0) == "," || self.at == start);
                    }
                    self.at += 1;
                    return;
                }
                "*" => {
                    self.at += 1;
                    self.module.imports.push(Import { name: None, path, is_shared, line });
                    return;
                }
                "as" => {
                    name = Some(self.text(1).to_owned());
                    self.at += 1;
                }
                "self" if !path.is_empty() => {}
                _ if self.is_word(0) => path.push(self.text(0).to_owned()),
                _ => break,
            }
            self.at += 1;
        }
        if let Some(name) = name.or_else(|| path.last().cloned()) {
            self.module.imports.push(Import { name: Some(name), path, is_shared, line });
        }
    }

    /// Reads a word or a path.
    fn mention(&mut self) {
        let line = self.line();
        let is_visibility = self.text(-1) == "in" && self.text(-2) == "(" && self.text(-3) == "pub";
        let mut path = vec![self.text(0).to_owned()];
        self.module.words.extend(path.first().cloned());
        self.at += 1;
        while self.text(0) == "::" && self.is_word(1) {
            path.push(self.text(1).to_owned());
            self.at += 2;
        }
        if path.len() > 1 && !is_visibility {
            self.module.mentions.push(Mention { path, line });
        }
    }
}
