//! Checks the size and depth of a package's parts. The binary is read once from start to end, without validating or compiling
//! it, and without allocations whose size the binary determines.
//!
//! The time and memory of a validator and a compiler depend on the parts of a component, not on its size in bytes: a package
//! of half a megabyte can cost hours and gigabytes, and deeply nested types overflow the stack. So this check is the first
//! step for a package without approval.
//!
//! | what | limit | Rust | JavaScript | Python |
//! |---|---|---|---|---|
//! | functions | 200,000 | 2,926 | 12,584 | 13,562 |
//! | types | 200,000 | 314 | 140 | 1,624 |
//! | component types | 10,000 | 216 | – | 504 |
//! | nesting of component types | 50 | 2 | – | 2 |
//! | parameters and results of a function type | 100 | 20 | 18 | 19 |
//! | instances | 2,000 | 29 | – | 76 |
//! | data and element segments | 100,000 | 4 | 6,715 | 2,078 |
//! | parts (modules, components) | 1,000 | 4 | – | 16 |
//! | branch targets of all `br_table` | 1,000,000 | 12,635 | 48,096 | 46,567 |
//! | bytes of a function | 2 MiB | 86,732 | 171,628 | 426,843 |
//! | locals of a function | 20,000 | 150 | 118 | 271 |
//! | nesting of blocks in a function | 10,000 | 91 | 456 | 781 |
//!
//! The columns are measurements of the largest bundled plugin, the module with JavaScript's engine (a component that contains
//! this module has a few more of each), and the template in Python.

use std::fmt;

use wasmparser::{
    BinaryReader, BinaryReaderError, ComponentImport, ComponentType, CompositeInnerType, CoreType, FunctionBody,
    InstanceTypeDeclaration, ModuleTypeDeclaration, Operator, OperatorsReader, Parser, Payload, RecGroup,
};

const FUNCTIONS: u64 = 200_000;
const TYPES: u64 = 200_000;

/// Validators follow the references between component types by recursion, so this bounds their stack.
const COMPONENT_TYPES: u64 = 10_000;

/// `wasmparser` reads nested component types by recursion.
const TYPE_NESTING: u64 = 50;

/// The maximum number of parameters and results of a function type. A validator processes each of them at each call and each
/// branch target. With these limits, the slowest component of 64 MiB took 5 s.
const VALUES: u64 = 100;
const BRANCH_TARGETS: u64 = 1_000_000;
const INSTANCES: u64 = 2_000;
const SEGMENTS: u64 = 100_000;
const PARTS: u64 = 1_000;
const BODY_BYTES: u64 = 2 << 20;
const LOCALS: u64 = 20_000;
const BLOCKS: u64 = 10_000;

/// A part of a package that is larger than any plugin needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// The part of the file, for messages.
    place: String,
    /// The number that was found before the check stopped.
    found: u64,
    /// The name of the counted parts.
    what: &'static str,
    limit: u64,
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, found, what, limit } = self;
        write!(
            f,
            "{place} has at least {found} {what}, more than the limit of {limit}; the plugin's author must make it \
             smaller"
        )
    }
}

impl std::error::Error for OutOfBounds {}

/// The error of the check.
#[derive(Debug, thiserror::Error)]
pub(super) enum WalkError {
    #[error(transparent)]
    OutOfBounds(#[from] OutOfBounds),
    #[error(transparent)]
    Broken(#[from] BinaryReaderError),
}

type WalkResult<T = ()> = Result<T, WalkError>;

/// Checks a component.
pub(super) fn check(component: &[u8]) -> WalkResult {
    let mut counts = Counts::default();
    for payload in Parser::new(0).parse_all(component) {
        counts.payload(payload?, component)?;
    }
    Ok(())
}

/// The counts of the package so far.
#[derive(Default)]
struct Counts {
    functions: u64,
    types: u64,
    component_types: u64,
    instances: u64,
    segments: u64,
    parts: u64,
    modules: u64,
    branch_targets: u64,
    /// Functions with a body in the current module.
    bodies: u64,
}

impl Counts {
    fn payload(&mut self, payload: Payload<'_>, component: &[u8]) -> WalkResult {
        if let Payload::ModuleSection { .. } = payload {
            (self.modules, self.bodies) = (self.modules + 1, 0);
        }
        self.section(&payload)?;
        match payload {
            Payload::TypeSection(section) => {
                self.count_types(section.count().into())?;
                for group in section {
                    self.group(&group?)?;
                }
            }
            Payload::CoreTypeSection(section) => {
                self.count_types(section.count().into())?;
                for core in section {
                    self.core_type(&core?)?;
                }
            }
            Payload::ComponentTypeSection(section) => {
                let bytes = component.get(section.range()).unwrap_or_default();
                self.component_types(BinaryReader::new(bytes, section.range().start))?;
            }
            Payload::CodeSectionEntry(body) => {
                self.body(&body)?;
                self.bodies += 1;
            }
            _ => {}
        }
        Ok(())
    }

    /// Counts the items of a section by the number at its start. Types are counted one by one.
    fn section(&mut self, payload: &Payload<'_>) -> WalkResult {
        let (sum, more, limit, what) = match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                (&mut self.parts, 1, PARTS, "modules and components")
            }
            Payload::FunctionSection(section) => (&mut self.functions, section.count(), FUNCTIONS, "functions"),
            Payload::ComponentCanonicalSection(section) => {
                (&mut self.functions, section.count(), FUNCTIONS, "functions")
            }
            Payload::InstanceSection(section) => (&mut self.instances, section.count(), INSTANCES, "instances"),
            Payload::ComponentInstanceSection(section) => {
                (&mut self.instances, section.count(), INSTANCES, "instances")
            }
            Payload::DataSection(section) => {
                (&mut self.segments, section.count(), SEGMENTS, "data and element segments")
            }
            Payload::ElementSection(section) => {
                (&mut self.segments, section.count(), SEGMENTS, "data and element segments")
            }
            _ => return Ok(()),
        };
        add(sum, more.into(), limit, what, component_name)
    }

    fn count_types(&mut self, more: u64) -> WalkResult {
        add(&mut self.types, more, TYPES, "types", component_name)
    }

    fn group(&mut self, group: &RecGroup) -> WalkResult {
        self.count_types((group.types().len() as u64).saturating_sub(1))?;
        for one in group.types() {
            if let CompositeInnerType::Func(function) = &one.composite_type.inner {
                let values = function.params().len() + function.results().len();
                let place = || format!("a function type of the core module {}", self.modules);
                check_limit(values as u64, VALUES, "parameters and results", place)?;
            }
        }
        Ok(())
    }

    fn core_type(&mut self, core: &CoreType<'_>) -> WalkResult {
        match core {
            CoreType::Rec(group) => self.group(group),
            CoreType::Module(declarations) => {
                for declaration in declarations {
                    if let ModuleTypeDeclaration::Type(group) = declaration {
                        self.count_types(1)?;
                        self.group(group)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Reads the types of a section without recursion. For each component or instance type that is being read, `open` has the
    /// number of remaining declarations, and whether it may have imports.
    fn component_types(&mut self, mut reader: BinaryReader<'_>) -> WalkResult {
        for _ in 0..reader.read_var_u32()? {
            let mut open = Vec::new();
            self.component_type(&mut reader, &mut open)?;
            while let Some((left, imports)) = open.pop() {
                if left == 0 {
                    continue;
                }
                open.push((left - 1, imports));
                let start = reader.clone();
                match reader.read_u8()? {
                    0x01 => self.component_type(&mut reader, &mut open)?,
                    0x03 if imports => drop(reader.read::<ComponentImport<'_>>()?),
                    _ => {
                        reader = start;
                        if let InstanceTypeDeclaration::CoreType(core) = reader.read()? {
                            self.count_types(1)?;
                            self.core_type(&core)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads one type, or the header of a type that contains other types.
    fn component_type(&mut self, reader: &mut BinaryReader<'_>, open: &mut Vec<(u32, bool)>) -> WalkResult {
        self.count_types(1)?;
        add(&mut self.component_types, 1, COMPONENT_TYPES, "component types", component_name)?;
        let start = reader.clone();
        match reader.read_u8()? {
            head @ (0x41 | 0x42) => {
                open.push((reader.read_var_u32()?, head == 0x41));
                check_limit(open.len() as u64, TYPE_NESTING, "nested types", || "a component type".to_owned())
            }
            _ => {
                *reader = start;
                reader.read::<ComponentType<'_>>()?;
                Ok(())
            }
        }
    }

    fn body(&mut self, body: &FunctionBody<'_>) -> WalkResult {
        let (function, module) = (self.bodies, self.modules);
        let place = || format!("the function {function} of the core module {module}");
        check_limit(body.range().len() as u64, BODY_BYTES, "bytes", place)?;
        let (mut locals, mut reader) = (0, body.get_locals_reader()?);
        for _ in 0..reader.get_count() {
            let (count, _) = reader.read()?;
            add(&mut locals, count.into(), LOCALS, "locals", place)?;
        }
        let mut operators = OperatorsReader::new(reader.get_binary_reader());
        let mut nested = 0_u64;
        while !operators.eof() {
            match operators.read()? {
                Operator::Block { .. }
                | Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::Try { .. }
                | Operator::TryTable { .. } => add(&mut nested, 1, BLOCKS, "nested blocks", place)?,
                Operator::End | Operator::Delegate { .. } => nested = nested.saturating_sub(1),
                Operator::BrTable { targets } => {
                    let more = u64::from(targets.len()) + 1;
                    add(&mut self.branch_targets, more, BRANCH_TARGETS, "branch targets", component_name)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn component_name() -> String {
    "the component".to_owned()
}

fn add(sum: &mut u64, more: u64, limit: u64, what: &'static str, place: impl Fn() -> String) -> WalkResult {
    *sum = sum.saturating_add(more);
    check_limit(*sum, limit, what, place)
}

fn check_limit(found: u64, limit: u64, what: &'static str, place: impl Fn() -> String) -> WalkResult {
    if found > limit {
        return Err(OutOfBounds { place: place(), found, what, limit }.into());
    }
    Ok(())
}
