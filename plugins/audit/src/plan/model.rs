//! The data of a plan: the sightings, and the deliverables and references made from them.

use super::{Place, SizeAssertion};

/// The meaning of a name in a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A leaf of a tree whose name does not tell.
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
    /// Anywhere in running text.
    Prose,
}

impl Form {
    /// The form's name in reports.
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

/// Whether the plan promises the file or merely speaks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Promised: it counts in the completion.
    Deliverable,
    /// Spoken of: looked up and reported, never counted.
    Reference,
}

/// What a plan wants of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// It is made, or said to be there.
    #[default]
    Make,
    /// It is there and is changed.
    Change,
    /// It is deleted.
    Delete,
}

/// One place where a plan names a file, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The path as it is understood: a tree's rows are joined.
    pub path: String,
    /// File or folder.
    pub kind: Kind,
    /// The form.
    pub form: Form,
    /// Promised or spoken of.
    pub role: Role,
    /// What is promised of it.
    pub purpose: Purpose,
    /// The line, from 1.
    pub line: usize,
    /// Component or section, where there is one.
    pub component: Option<String>,
    /// Classes and functions that the plan wants in the file.
    pub symbols: Vec<String>,
    /// Claimed number of lines.
    pub lines: Option<SizeAssertion>,
    /// Claimed size in bytes.
    pub bytes: Option<SizeAssertion>,
    /// What the plan says of its state, in its own words.
    pub status: Option<String>,
}

impl Sighting {
    /// A sighting with nothing but a name and a place.
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

/// Symbols of a code fence that is tied to a file by name. Taken over only when the plan promises that file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolHint {
    /// The file's path as written.
    pub path: String,
    /// The classes and functions that the fence defines.
    pub symbols: Vec<String>,
}

/// Where a plan names a deliverable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The line, from 1.
    pub line: usize,
    /// The form.
    pub form: Form,
    /// Whether it promises the file or merely speaks of it.
    pub role: Role,
}

/// A file or folder that a plan promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliverable {
    /// The path as the plan means it; relative to the audited root where it points inside.
    pub path: String,
    /// Where it points.
    pub place: Place,
    /// File or folder.
    pub kind: Kind,
    /// What the plan wants of it.
    pub purpose: Purpose,
    /// Component or section.
    pub component: Option<String>,
    /// Wanted classes and functions, in the order of the plan.
    pub symbols: Vec<String>,
    /// Claimed number of lines.
    pub lines: Option<SizeAssertion>,
    /// Claimed size in bytes.
    pub bytes: Option<SizeAssertion>,
    /// What the plan says of its state.
    pub status: Option<String>,
    /// The line that calls it done; absent where none does.
    pub done_at: Option<usize>,
    /// Where it is named, in the order of the lines; at least one, at most [`crate::limits::MENTIONS`].
    pub mentions: Vec<Mention>,
}

impl Deliverable {
    /// The line that promises it first.
    #[must_use]
    pub fn line(&self) -> usize {
        self.mentions.iter().find(|mention| mention.role == Role::Deliverable).map_or(1, |mention| mention.line)
    }

    /// Whether a drawn tree shows it.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        self.mentions.iter().any(|mention| mention.form == Form::Tree)
    }
}

/// A file that a plan speaks of without promising it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The path as the plan means it.
    pub path: String,
    /// Where it points.
    pub place: Place,
    /// The line of the first mention, from 1.
    pub line: usize,
    /// The form of the first mention.
    pub form: Form,
}

impl Plan {
    /// Adds the folder of the plan: names without a folder may be in it.
    pub fn lies_in(&mut self, folder: Option<String>) {
        let Some(folder) = folder.filter(|folder| !folder.is_empty()) else { return };
        if let Err(at) = self.folders.binary_search(&folder) {
            self.folders.insert(at, folder);
        }
    }
}

/// What a plan says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The first heading.
    pub title: Option<String>,
    /// The bold lines below the title: `Date`, `Status`, `Last Audit` and so on, as written.
    pub header: Vec<(String, String)>,
    /// What it promises, in the order of the lines.
    pub deliverables: Vec<Deliverable>,
    /// What it speaks of, in the order of the lines.
    pub references: Vec<Reference>,
    /// Folders that it names, relative to the root.
    pub folders: Vec<String>,
    /// Folders of which it lists every file, relative to the root, sorted.
    pub enumerated: Vec<String>,
    /// Names that were left out because there were too many.
    pub left_out: usize,
}
