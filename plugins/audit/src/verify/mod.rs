//! Compares the promises of a plan with the existing files.
//!
//! `resolve` finds the file that a path means, `content` tells what a text says, `facts` reads and remembers files,
//! `judge` gives the status with its `evidence`, `commits` adds who touched a file last, `unrequested` lists what nobody
//! asked for. Nothing is ever written or made to look done.

mod before;
mod commits;
pub(crate) mod content;
mod evidence;
mod facts;
mod judge;
pub(crate) mod resolve;
mod status;
mod unrequested;

pub use before::{PreviousVerdict, PreviousVerdicts};
pub use commits::Commits;
pub use content::Stub;
pub use evidence::{CommitLine, Symbol, Verdict, short};
pub(crate) use facts::hex;
pub use facts::{Fact, FactStore, Facts, SymbolLookup};
pub use judge::{Judge, JudgedPlan};
pub use status::{Counts, Status};
pub use unrequested::{
    Enumerations, Folders, LookedInto, PlanUnrequested, RequestedEntries, UnrequestedFiles, unrequested,
};
