//! Traceability: do matrices, lists and documents speak of what is there, and is what is there spoken of?
//!
//! `documents` reads each document once; `matrix` judges its tables, `links` its references, `document_ids` its first line;
//! `alignment_yml` reads lists of requirements; `orphans` counts files without references; `trace` puts them together and
//! gives a verdict, `blocks` shows it. If there are none of them, the report says so and nothing is required.

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
