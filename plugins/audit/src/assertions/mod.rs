//! Assertions in plans, reports and RETURN handoffs, each compared with the tree, the repository or its own numbers.
//!
//! `text` splits a document into passages and tables, `number` and `words` read numbers and names. Each kind of assertion
//! has a file that reads it: `ratio`, `total`, `count`, `commit`, `file`, `line` and `symbol`. `document` calls all of them;
//! `handoff` reads the JSON of a RETURN. `check` decides the verdicts with `lookup`; `rows` builds the rows of the report. A
//! sentence that merely contains numbers is not an assertion: missing an assertion is better than inventing one. No line of
//! an audited file is ever repeated.

mod assertion;
mod check;
mod commit;
mod count;
mod document;
mod file;
mod handoff;
mod line;
mod lookup;
mod number;
mod ratio;
mod rows;
mod symbol;
mod text;
mod total;
mod words;

pub use assertion::{Assertion, CheckedDocument, Kind, Verdict};
pub use check::check;
pub use document::read;
pub use handoff::read_return;
pub use rows::{AssertionReport, AssertionRow, Tally};
