//! The graph of a crate's modules: an edge for each use between files, and the cycles.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::modules::{Import, Module, Modules};

/// The maximum number of re-exports that are followed for one path.
const MOST_STEPS: usize = 40;

/// The first place where one file uses another: the line, and the path in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) line: usize,
    pub(super) path: String,
}

/// For each file, the files that it uses.
#[derive(Default)]
pub(super) struct Graph(pub(super) BTreeMap<PathBuf, BTreeMap<PathBuf, Use>>);

/// The target of a path.
enum Target {
    Module(usize),
    /// An item that is defined in a module.
    Item(usize),
}

impl Graph {
    pub(super) fn from_modules(modules: &Modules) -> Self {
        let mut graph = Self::default();
        for (number, module) in modules.0.iter().enumerate() {
            graph.0.entry(module.file.clone()).or_default();
            for import in &module.imports {
                let target = modules.resolve(number, &import.path, MOST_STEPS);
                let target = match target {
                    Some(Target::Item(target)) => target,
                    Some(Target::Module(target)) if import.name.is_none() => target,
                    _ => continue,
                };
                if !modules.is_passed_on(number, import, target) {
                    graph.edge(module, modules.get(target), import.line, &import.path);
                }
            }
            for mention in &module.mentions {
                if let Some(Target::Item(target)) = modules.resolve(number, &mention.path, MOST_STEPS) {
                    graph.edge(module, modules.get(target), mention.line, &mention.path);
                }
            }
        }
        graph
    }

    fn edge(&mut self, from: &Module, to: Option<&Module>, line: usize, path: &[String]) {
        let Some(to) = to.filter(|to| to.file != from.file) else { return };
        let uses = self.0.entry(from.file.clone()).or_default();
        let used = Use { line, path: path.join("::") };
        uses.entry(to.file.clone()).and_modify(|known| known.line = known.line.min(line)).or_insert(used);
    }

    /// The sets of files in which every file uses every other one, directly or through others. Each set is sorted.
    pub(super) fn cycles(&self) -> Vec<BTreeSet<&Path>> {
        let reach: BTreeMap<&Path, BTreeSet<&Path>> =
            self.0.keys().map(|file| (file.as_path(), self.reached_from(file))).collect();
        let mut cycles = BTreeSet::new();
        for (file, reached) in &reach {
            let back = |other: &&&Path| reach.get(**other).is_some_and(|reached| reached.contains(file));
            let cycle: BTreeSet<_> = reached.iter().filter(back).copied().collect();
            cycles.extend(Some(cycle).filter(|cycle| cycle.len() > 1));
        }
        cycles.into_iter().collect()
    }

    fn reached_from(&self, file: &Path) -> BTreeSet<&Path> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&Path> = self.uses(file).collect();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(self.uses(next));
            }
        }
        reached
    }

    fn uses(&self, file: &Path) -> impl Iterator<Item = &Path> {
        self.0.get(file).into_iter().flatten().map(|(used, _)| used.as_path())
    }

    /// The files of a shortest cycle within a set.
    pub(super) fn shortest<'a>(&'a self, cycle: &BTreeSet<&'a Path>) -> Vec<&'a Path> {
        let ways = cycle.iter().filter_map(|file| self.way_back(file, cycle));
        ways.min_by_key(Vec::len).unwrap_or_default()
    }

    fn way_back<'a>(&'a self, start: &'a Path, within: &BTreeSet<&'a Path>) -> Option<Vec<&'a Path>> {
        let mut before: BTreeMap<&Path, &Path> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(file) = open.pop_front() {
            for used in self.uses(file).filter(|used| within.contains(used)) {
                if used == start {
                    let mut way = vec![start, file];
                    while let Some(previous) = way.last().and_then(|last| before.get(last)) {
                        way.push(previous);
                    }
                    way.reverse();
                    return Some(way);
                }
                if !before.contains_key(used) {
                    before.insert(used, file);
                    open.push_back(used);
                }
            }
        }
        None
    }
}

impl Modules {
    fn get(&self, number: usize) -> Option<&Module> {
        self.0.get(number)
    }

    /// True if an import is only a re-export of an item of a child module (`pub use child::Name`) and the name is not used here.
    fn is_passed_on(&self, number: usize, import: &Import, target: usize) -> bool {
        let is_used = || {
            let names = import.name.as_ref().zip(self.get(number));
            names.is_some_and(|(name, module)| module.words.contains(name))
        };
        import.is_shared && self.is_below(target, number) && !is_used()
    }

    fn is_below(&self, mut number: usize, above: usize) -> bool {
        while let Some(parent) = self.get(number).and_then(|module| module.parent) {
            if parent == above {
                return true;
            }
            number = parent;
        }
        false
    }

    /// The target of a path in a module; `None` when it is outside of the crate.
    fn resolve(&self, at: usize, path: &[String], steps: usize) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(0, rest, steps),
            "self" => self.walk(at, rest, steps),
            "super" => self.walk(self.get(at)?.parent?, rest, steps),
            "Self" => None,
            name => {
                let module = self.get(at)?;
                if module.children.contains_key(name) || module.items.contains(name) {
                    return self.walk(at, path, steps);
                }
                self.imported(at, name, rest, steps)
            }
        }
    }

    /// The target of a path that begins in a module.
    fn walk(&self, at: usize, path: &[String], steps: usize) -> Option<Target> {
        let Some((name, rest)) = path.split_first() else { return Some(Target::Module(at)) };
        let module = self.get(at)?;
        if name == "super" {
            return self.walk(module.parent?, rest, steps);
        }
        if name == "self" {
            return self.walk(at, rest, steps);
        }
        // A function and a module may have the same name. At the end of a path, the function is meant.
        let is_last = rest.is_empty();
        if is_last && module.items.contains(name) {
            return Some(Target::Item(at));
        }
        let imported = || self.imported(at, name, rest, steps);
        match module.children.get(name) {
            Some(child) if is_last => self.named(at, name, rest, steps).or(Some(Target::Module(*child))),
            Some(child) => self.walk(*child, rest, steps),
            None if module.items.contains(name) => Some(Target::Item(at)),
            None => imported(),
        }
    }

    /// The target of a name that a module imports by its name or with `*`.
    fn imported(&self, at: usize, name: &str, rest: &[String], steps: usize) -> Option<Target> {
        self.named(at, name, rest, steps).or_else(|| self.with_all(at, name, rest, steps))
    }

    fn named(&self, at: usize, name: &str, rest: &[String], steps: usize) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let is_it = |import: &&Import| {
            let of_itself = import.path.len() == 1 && import.path.first().is_some_and(|first| first == name);
            import.name.as_deref() == Some(name) && !of_itself
        };
        self.get(at)?.imports.iter().filter(is_it).find_map(|import| match self.resolve(at, &import.path, steps)? {
            Target::Module(module) => self.walk(module, rest, steps),
            item @ Target::Item(_) => Some(item),
        })
    }

    /// The target of a name that a module imports with `*`. Imports from other crates are not followed.
    fn with_all(&self, at: usize, name: &str, rest: &[String], steps: usize) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let module = self.get(at)?;
        let is_near = |import: &&Import| {
            let first = import.path.first().map_or("", String::as_str);
            matches!(first, "crate" | "self" | "super") || module.children.contains_key(first)
        };
        let has = |module: &Module| {
            let passes_on = |import: &Import| import.is_shared && import.name.as_deref() == Some(name);
            module.items.contains(name) || module.children.contains_key(name) || module.imports.iter().any(passes_on)
        };
        module.imports.iter().filter(|import| import.name.is_none()).filter(is_near).find_map(|import| {
            let Some(Target::Module(from)) = self.resolve(at, &import.path, steps) else { return None };
            let path: Vec<_> = std::iter::once(name.to_owned()).chain(rest.iter().cloned()).collect();
            self.get(from).filter(|from| has(from)).and_then(|_| self.walk(from, &path, steps))
        })
    }
}
