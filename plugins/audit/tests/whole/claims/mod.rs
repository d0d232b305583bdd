//! Assertions of reports, plans and RETURNs, and limits. `invented` checks the documents of `tests/corpus/claims`.

mod bounds;
mod invented;
mod returns;
mod setup;
