//! From a plan's text to what it promises.
//!
//! `blocks` flattens the Markdown; `scan` walks the blocks with the headings and labels above them in mind and asks one
//! small reader for each form: `tree`, `table`, `sentence` (items, steps, links, prose; `hits` and `plain` cut the line) and
//! `symbols`. `seen` lists check boxes and words that look like paths. `names` with `endings`, and `words`, decide what is a file
//! and what is a promise. Nothing here reads a disk, and every reader is linear in its text.

pub(crate) mod blocks;
pub(crate) mod claims;
mod context;
mod endings;
mod hit;
mod hits;
pub(crate) mod inline;
pub(crate) mod names;
mod plain;
mod scan;
mod seen;
mod sentence;
mod symbols;
mod table;
mod todos;
mod tree;
mod words;

pub use scan::plan;
pub use seen::{DocumentWords, SeenPath, seen};
