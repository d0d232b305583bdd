//! What is known of the place where a line stands.

/// What the headings and labels above a line say about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum SectionKind {
    /// Nothing.
    #[default]
    Plain,
    /// Files are promised here.
    Promising,
    /// Nothing is promised here.
    Excluded,
}

/// What is known of the place where a line stands.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that may be known of a place, whatever the others are"
)]
pub(super) struct LineContext {
    /// What stands above it.
    pub(super) ground: SectionKind,
    /// The item above it, or the heading, makes something; `Path:` then names what.
    pub(super) making: bool,
    /// It names a thing by its first words: a checkbox item, a heading.
    pub(super) entry: bool,
    /// Whatever follows the file that opens it says what it is for: a checkbox item, a todo.
    pub(super) told: bool,
    /// It is a list of files: whatever is marked as code there and looks like a file is one.
    pub(super) listing: bool,
    /// It tells by what success is measured: "`x` exists" is a promise there.
    pub(super) measured: bool,
}
