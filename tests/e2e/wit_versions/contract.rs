//! The WIT contract in a flat form: one line for each type, function and item of the world, without comments, in the order of the
//! binary format where that matters. Two contracts can be compared line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use wit_parser::{
    Function, Handle, InterfaceId, PackageId, Resolve, SourceMap, Type, TypeDefKind, TypeId, TypeOwner, WorldItem,
    WorldKey,
};

/// The flat form.
#[derive(Debug)]
pub(super) struct Contract {
    pub(super) version: String,
    /// The name and shape of each item.
    pub(super) items: BTreeMap<String, String>,
    /// The interfaces that a plugin exports. Every plugin must implement all functions of these interfaces, including new ones.
    exported: BTreeSet<String>,
}

/// A difference of one item.
#[derive(Debug)]
pub(super) enum Difference {
    /// The item is new and optional.
    Added(String),
    /// The item is new and required, so plugins that were built before lack it.
    Demanded(String),
    Changed {
        item: String,
        before: String,
        after: String,
    },
    Gone(String),
}

impl Difference {
    /// True if a component that was built before is incompatible.
    pub(super) fn is_breaking(&self) -> bool {
        !matches!(self, Self::Added(_))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(item) => write!(f, "added: {item}"),
            Self::Demanded(item) => write!(f, "demanded of every plugin: {item}"),
            Self::Changed { item, before, after } => write!(f, "changed: {item}\n    from {before}\n    to   {after}"),
            Self::Gone(item) => write!(f, "gone: {item}"),
        }
    }
}

impl Contract {
    /// Reads the contract from the WIT files in a folder.
    pub(super) fn of_folder(folder: &Path) -> Self {
        let mut sources = SourceMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "wit") {
                sources.push_str(&path.display().to_string(), fs::read_to_string(&path).unwrap());
            }
        }
        Self::of_sources(sources)
    }

    /// Reads the contract from a WIT text.
    pub(super) fn of_text(text: &str) -> Self {
        let mut sources = SourceMap::new();
        sources.push_str("contract.wit", text);
        Self::of_sources(sources)
    }

    fn of_sources(sources: SourceMap) -> Self {
        let parsed = sources.parse().unwrap_or_else(|(_, error)| panic!("{error}"));
        let mut resolve = Resolve::default();
        let package = resolve.push_group(parsed).unwrap();
        Self::of(&resolve, package)
    }

    fn of(resolve: &Resolve, package: PackageId) -> Self {
        let Some(package) = resolve.packages.get(package) else { panic!("the package is in what was parsed") };
        let version = package.name.version.as_ref().unwrap().to_string();
        let mut items = BTreeMap::new();
        for interface in package.interfaces.values() {
            add_interface(resolve, *interface, &mut items);
        }
        for world in package.worlds.values().map(|world| &resolve.worlds[*world]) {
            for (word, listed) in [("import", &world.imports), ("export", &world.exports)] {
                for (key, item) in listed {
                    let (name, shape) = world_item(resolve, key, item);
                    items.insert(format!("world {} {word} {name}", world.name), shape);
                }
            }
        }
        Self { exported: exported(&items), version, items }
    }

    /// Reads the output of [`Contract::to_lines`].
    pub(super) fn from_lines(version: &str, lines: &str) -> Self {
        let pairs = lines.lines().map(|line| line.split_once(": ").expect("`item: shape`"));
        let items: BTreeMap<_, _> = pairs.map(|(item, shape)| (item.to_owned(), shape.to_owned())).collect();
        Self { version: version.to_owned(), exported: exported(&items), items }
    }

    /// One line per item, sorted.
    pub(super) fn to_lines(&self) -> String {
        self.items.iter().map(|(item, shape)| format!("{item}: {shape}\n")).collect()
    }

    /// The differences between this contract and `after`.
    pub(super) fn differences(&self, after: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (item, before) in &self.items {
            match after.items.get(item) {
                None => differences.push(Difference::Gone(item.clone())),
                Some(after) if after != before => {
                    let (before, after) = (before.clone(), after.clone());
                    differences.push(Difference::Changed { item: item.clone(), before, after });
                }
                Some(_) => {}
            }
        }
        for (item, shape) in after.items.iter().filter(|(item, _)| !self.items.contains_key(*item)) {
            let interface = item.split('.').next().unwrap_or_default();
            let duty = shape.starts_with("func") && after.exported.contains(interface) || item.contains(" export ");
            let item = item.clone();
            differences.push(if duty { Difference::Demanded(item) } else { Difference::Added(item) });
        }
        differences
    }
}

fn exported(items: &BTreeMap<String, String>) -> BTreeSet<String> {
    items.keys().filter_map(|item| item.split_once(" export ")).map(|(_, name)| name.to_owned()).collect()
}

fn add_interface(resolve: &Resolve, interface: InterfaceId, items: &mut BTreeMap<String, String>) {
    let name = interface_name(resolve, interface);
    let interface = &resolve.interfaces[interface];
    for (item, id) in &interface.types {
        items.insert(format!("{name}.{item}"), kind(resolve, &resolve.types[*id].kind));
    }
    for (item, function) in &interface.functions {
        items.insert(format!("{name}.{item}"), signature(resolve, function));
    }
}

fn interface_name(resolve: &Resolve, interface: InterfaceId) -> String {
    resolve.interfaces[interface].name.clone().unwrap_or_else(|| "unnamed".to_owned())
}

fn world_item(resolve: &Resolve, key: &WorldKey, item: &WorldItem) -> (String, String) {
    let name = match key {
        WorldKey::Name(name) => name.clone(),
        WorldKey::Interface(id) => interface_name(resolve, *id),
    };
    let shape = match item {
        WorldItem::Interface { .. } => "interface".to_owned(),
        WorldItem::Function(function) => signature(resolve, function),
        WorldItem::Type { id, .. } => kind(resolve, &resolve.types[*id].kind),
    };
    (name, shape)
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let params = function.params.iter().map(|param| format!("{}: {}", param.name, shape(resolve, &param.ty)));
    let params = params.collect::<Vec<_>>().join(", ");
    let result = function.result.as_ref().map(|result| format!(" -> {}", shape(resolve, result))).unwrap_or_default();
    format!("func({params}){result}")
}

/// The text of a type where it is used: its name if it has one.
fn shape(resolve: &Resolve, one: &Type) -> String {
    match one {
        Type::Id(id) => named(resolve, *id),
        simple => format!("{simple:?}").to_lowercase(),
    }
}

fn named(resolve: &Resolve, id: TypeId) -> String {
    let found = &resolve.types[id];
    match (&found.name, found.owner) {
        (Some(name), TypeOwner::Interface(owner)) => format!("{}.{name}", interface_name(resolve, owner)),
        (Some(name), _) => name.clone(),
        (None, _) => kind(resolve, &found.kind),
    }
}

/// The text of a type where it is defined.
fn kind(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let one = |one: &Type| shape(resolve, one);
    let maybe = |one: &Option<Type>| one.as_ref().map_or_else(|| "_".to_owned(), |one| shape(resolve, one));
    let list = |parts: Vec<String>| parts.join(", ");
    match kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|field| format!("{}: {}", field.name, one(&field.ty)));
            format!("record {{ {} }}", list(fields.collect()))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| match &case.ty {
                Some(inner) => format!("{}({})", case.name, one(inner)),
                None => case.name.clone(),
            });
            format!("variant {{ {} }}", list(cases.collect()))
        }
        TypeDefKind::Enum(cases) => {
            format!("enum {{ {} }}", list(cases.cases.iter().map(|case| case.name.clone()).collect()))
        }
        TypeDefKind::Flags(flags) => {
            format!("flags {{ {} }}", list(flags.flags.iter().map(|flag| flag.name.clone()).collect()))
        }
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", list(tuple.types.iter().map(one).collect())),
        TypeDefKind::Option(inner) => format!("option<{}>", one(inner)),
        TypeDefKind::List(inner) => format!("list<{}>", one(inner)),
        TypeDefKind::Map(key, value) => format!("map<{}, {}>", one(key), one(value)),
        TypeDefKind::FixedLengthList(inner, length) => format!("list<{}, {length}>", one(inner)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", maybe(&result.ok), maybe(&result.err)),
        TypeDefKind::Future(inner) => format!("future<{}>", maybe(inner)),
        TypeDefKind::Stream(inner) => format!("stream<{}>", maybe(inner)),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", named(resolve, *id)),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", named(resolve, *id)),
        TypeDefKind::Type(inner) => format!("= {}", one(inner)),
        TypeDefKind::Resource => "resource".to_owned(),
        TypeDefKind::Unknown => panic!("a type that was not resolved"),
    }
}
