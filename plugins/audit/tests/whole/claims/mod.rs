//! Claims of the real reports and plans: every golden number and every error that is known to be in them; claims of
//! RETURNs; and bounds.
//!
//! The documents are read where they lie; the files that they speak of are made in a temporary folder from the list of
//! the tree, and commits in a real repository (`setup`). Where the documents are absent the tests say so and pass; under
//! `CI=true` they fail.

mod bounds;
mod errors;
mod golden;
mod returns;
mod setup;
