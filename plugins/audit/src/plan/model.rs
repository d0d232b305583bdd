//! The data of a plan: sightings, and the deliverables and references built from them.

use super::{Place, SizeAssertion};

/// The kind of entry that a name in a plan means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A leaf of a tree whose name may be that of a file or of a folder.
    Either,
}

/// The form in which a plan names a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A row of a fenced tree or of a fenced list of paths.
    Tree,
    /// A cell of a table.
    Table,
    /// A heading that is a file name.
    Heading,
    /// A list item.
    Bullet,
    /// A sentence that begins with "Create" or the like.
    Step,
    /// A Markdown link.
    Link,
    /// `Path: x`, `**Location:** x`, `| File | x |`.
    Field,
    /// Anywhere in prose.
    Prose,
}

impl Form {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Table => "table",
            Self::Heading => "heading",
            Self::Bullet => "bullet",
            Self::Step => "step",
            Self::Link => "link",
            Self::Field => "field",
            Self::Prose => "prose",
        }
    }
}

/// Whether the plan promises the file or only mentions it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Promised: it counts in the completion.
    Deliverable,
    /// Mentioned: looked up and reported, never counted.
    Reference,
}

/// The action that a plan wants for a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The file is created or must exist.
    #[default]
    Make,
    /// The file exists and is changed.
    Change,
    /// The plan removes something and names the file beside it, as in "Remove the old list (`x`)". Either the file is
    /// deleted, or only a part of it.
    ChangeOrDelete,
    /// The file is deleted.
    Delete,
}

/// One place where a plan names a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The path after interpretation: the rows of a tree are joined.
    pub path: String,
    /// File or folder.
    pub kind: Kind,
    /// The form in which it is written.
    pub form: Form,
    /// Promised or only mentioned.
    pub role: Role,
    /// The wanted action.
    pub purpose: Purpose,
    /// The line, from 1.
    pub line: usize,
    /// Component or section, if any.
    pub component: Option<String>,
    /// Classes and functions that the plan wants in the file.
    pub symbols: Vec<String>,
    /// The stated number of lines.
    pub lines: Option<SizeAssertion>,
    /// The stated size in bytes.
    pub bytes: Option<SizeAssertion>,
    /// The state that the plan gives, verbatim.
    pub status: Option<String>,
}

impl Sighting {
    /// A sighting with only a name and a place.
    #[must_use]
    pub fn new(path: impl Into<String>, kind: Kind, form: Form, role: Role, line: usize) -> Self {
        Self {
            path: path.into(),
            kind,
            form,
            role,
            purpose: Purpose::Make,
            line,
            component: None,
            symbols: Vec::new(),
            lines: None,
            bytes: None,
            status: None,
        }
    }
}

/// Symbols of a code fence that names its file. Used only if the plan promises that file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolHint {
    /// The file's path as written.
    pub path: String,
    /// The classes and functions that the fence defines.
    pub symbols: Vec<String>,
}

/// A place where a plan names a deliverable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The line, from 1.
    pub line: usize,
    /// The form in which it is written.
    pub form: Form,
    /// Promised or only mentioned.
    pub role: Role,
}

/// A file or folder that a plan promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliverable {
    /// The path that the plan means; relative to the audited root if it is inside.
    pub path: String,
    /// Inside or outside the audited root.
    pub place: Place,
    /// File or folder.
    pub kind: Kind,
    /// The wanted action.
    pub purpose: Purpose,
    /// Component or section.
    pub component: Option<String>,
    /// Wanted classes and functions, in the order of the plan.
    pub symbols: Vec<String>,
    /// The stated number of lines.
    pub lines: Option<SizeAssertion>,
    /// The stated size in bytes.
    pub bytes: Option<SizeAssertion>,
    /// The state that the plan gives.
    pub status: Option<String>,
    /// The line that reports it as done; `None` if no line does.
    pub done_at: Option<usize>,
    /// The places that name it, in the order of the lines; at least one, at most [`crate::limits::MENTIONS`].
    pub mentions: Vec<Mention>,
}

impl Deliverable {
    /// The first line that promises it.
    #[must_use]
    pub fn line(&self) -> usize {
        self.mentions.iter().find(|mention| mention.role == Role::Deliverable).map_or(1, |mention| mention.line)
    }

    /// True if a drawn tree contains it.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        self.mentions.iter().any(|mention| mention.form == Form::Tree)
    }
}

/// A file that a plan mentions without promising it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The path that the plan means.
    pub path: String,
    /// Inside or outside the audited root.
    pub place: Place,
    /// The line of the first mention, from 1.
    pub line: usize,
    /// The form of the first mention.
    pub form: Form,
}

impl Plan {
    /// Adds the folder that contains the plan: names without a folder may be in it.
    pub fn add_folder(&mut self, folder: Option<String>) {
        let Some(folder) = folder.filter(|folder| !folder.is_empty()) else { return };
        if let Err(at) = self.folders.binary_search(&folder) {
            self.folders.insert(at, folder);
        }
    }

    /// Looks up the absolute paths below `checkout`, the folder of this repository on another machine, in the tree.
    pub(crate) fn move_places(&mut self, checkout: &str) {
        let deliverables = self.deliverables.iter_mut().map(|item| (&item.path, &mut item.place));
        let references = self.references.iter_mut().map(|reference| (&reference.path, &mut reference.place));
        for (path, place) in deliverables.chain(references) {
            let rest = path.strip_prefix(checkout).filter(|rest| rest.starts_with('/'));
            if let Some(inside @ Place::Inside { .. }) = rest.map(Place::of) {
                *place = inside;
            }
        }
    }
}

/// The content of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The first heading.
    pub title: Option<String>,
    /// The bold lines below the title: `Date`, `Status`, `Last Audit` and so on, as written.
    pub header: Vec<(String, String)>,
    /// Promised files, in the order of the lines.
    pub deliverables: Vec<Deliverable>,
    /// Mentioned files, in the order of the lines.
    pub references: Vec<Reference>,
    /// Folders that the plan names, relative to the root.
    pub folders: Vec<String>,
    /// Folders whose files are all listed in the plan, relative to the root, sorted.
    pub enumerated: Vec<String>,
    /// Number of names left out because there are too many.
    pub left_out: usize,
}
