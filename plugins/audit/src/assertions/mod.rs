//! Claims in plans, reports and RETURN handoffs: numbers, files, lines, commits and states, each held against itself, the
//! tree, the repository and the other documents of the run.
//!
//! `text` takes a document apart, `number` and `words` read its numbers and names. One file reads each kind of claim:
//! `ratio`, `total`, `parts`, `count`, `gate`, `commit`, `file`, `line`, `quantity` and `states`, `sample`, `status`; `document` asks
//! all of them, `handoff` reads the JSON of a RETURN. `check` judges with `lookup` and `disagree`; `rows` is what a report
//! shows. A sentence that merely holds numbers is no claim: rather a claim missed than one made up. Nothing here knows what
//! a document ought to say, and no line of an audited file is ever repeated.

mod check;
mod claim;
mod commit;
mod count;
mod disagree;
mod document;
mod file;
mod gate;
mod handoff;
mod line;
mod lookup;
mod number;
mod parts;
mod quantity;
mod ratio;
mod rows;
mod sample;
mod states;
mod status;
mod symbol;
mod text;
mod total;
mod words;

pub use check::check;
pub use claim::{Assertion, CheckedDocument, Kind, Verdict};
pub use document::read;
pub use handoff::read_return;
pub use rows::{AssertionReport, AssertionRow, Tally};
