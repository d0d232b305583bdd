//! Compares the promises of a plan with the existing files.
//!
//! `resolve` finds the file that a path means, `content` inspects a text, `facts` reads files and caches the results,
//! `judge` decides the status with its `evidence`, `commits` adds the last commit of a file, `unrequested` lists files
//! that no plan requested. Nothing here writes to the audited tree.

mod before;
mod commits;
pub(crate) mod content;
mod evidence;
mod facts;
mod ignored;
mod judge;
pub(crate) mod resolve;
mod roots;
mod status;
mod unrequested;

pub use before::{PreviousVerdict, PreviousVerdicts};
pub use commits::Commits;
pub use content::Stub;
pub use evidence::{CommitLine, Symbol, Verdict, short};
pub(crate) use facts::hex;
pub use facts::{Fact, FactStore, Facts, SymbolLookup};
pub use ignored::IgnoredNames;
pub use judge::{Judge, JudgedPlan};
pub use status::{Counts, Status};
pub use unrequested::{
    Enumerations, Folders, PlanUnrequestedFiles, RequestedEntries, SearchedFolder, UnrequestedFiles, unrequested,
};
