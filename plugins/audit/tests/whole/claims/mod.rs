//! Claims of reports, plans and RETURNs; and bounds.
//!
//! `invented` checks the documents of `tests/corpus/claims` and runs everywhere. `errors` and `golden` check every golden number and
//! every known error of real documents in `../shared`, where this machine has them. The files that documents name are made in a
//! temporary folder from the list of the tree, and commits in a real repository (`setup`).

mod bounds;
mod errors;
mod golden;
mod invented;
mod returns;
mod setup;
