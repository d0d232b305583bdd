//! Traceability: do matrices, lists and documents speak of what is there, and is what is there spoken of?
//!
//! `documents` reads each document once; `matrix` judges its tables, `links` its references, `document_ids` its first line;
//! `alignment_yml` reads lists of requirements; `orphans` counts who is named by nobody; `trace` puts them together and
//! gives a verdict, `blocks` shows it. Where there is nothing of the kind, that is said and nothing is asked for.

mod alignment_yml;
mod blocks;
mod document_ids;
mod documents;
mod links;
mod lookup;
mod matrix;
mod orphans;
mod trace;

pub use alignment_yml::{AlignmentRow, LinkedTarget};
pub use blocks::blocks;
pub use document_ids::{DocumentIds, IdFault};
pub use links::BrokenRow;
pub use lookup::ReferenceState;
pub use matrix::{CodeReference, MatrixRow, MatrixStatement, RowVerdict};
pub use orphans::{Coverage, Orphans};
pub use trace::{Traceability, Verdict, trace};
