//! Reads exports: finds their files and parses them. It writes nothing and does not depend on the catalog.
//!
//! | file | what |
//! |---|---|
//! | `find_exports.rs` | the files below a folder that are exports, by their names |
//! | `column.rs`, `dialect.rs`, `localised.rs` | the columns of a CSV file, from its header |
//! | `rows.rs`, `credit.rs` | its rows, and the artists in them |
//! | `json.rs`, `lenient_fields.rs` | JSON of any length, element by element; fields of any type |
//! | `library.rs`, `playlists.rs`, `history.rs` | the three kinds of files of the privacy export |

mod bounds;
mod column;
mod content;
mod credit;
mod dialect;
mod find_exports;
mod history;
mod json;
mod lenient_fields;
mod library;
mod localised;
mod playlists;
mod rows;

pub use bounds::MOST_ROWS;
pub use column::Column;
pub use content::{Content, Csv, holds_playlists, is_mapped, read, read_csv};
pub use dialect::{Columns, Dialect, Mapping};
pub use find_exports::{Folder, FoundFile, Kind, find};
pub(crate) use playlists::html;
