//! A Google Drive account in addition to the folder `drive`. The folder is the working copy: before an action, files that
//! changed in the account are downloaded into the folder; after the action, the CSVs and manifests of the folder are
//! uploaded. So an action has the same effect on the account as on the folder.
//!
//! **Duplicates.** Drive accepts several folders of one name, so a search alone does not prevent a second creation. An id is
//! requested first (`generateIds`), stored in the plugin's own database, and used for the creation: a repeated request gets
//! the answer 409 and has no second effect. Two workspaces do not share a database. If both create a folder, each of them
//! chooses the same folder to keep (the oldest, then the lowest id). It moves the files of the other folders into this
//! folder, and moves the other folders to the trash when they are empty. Nothing is deleted.
//!
//! | file | what |
//! |---|---|
//! | `api.rs` | requests with repetitions, rate limits, quotas |
//! | `files.rs` | the endpoints of Drive v3 |
//! | `upload.rs` | uploads, in one request or resumable |
//! | `store.rs` | requested ids, the known content of the account, the state of the last sync |
//! | `index.rs` | keeps the known content up to date: changes feed, or a complete list |
//! | `folders.rs` | the one folder of a database |
//! | `transfer.rs` | downloads and uploads the files of one database |
//! | `sheets.rs`, `sheet_cells.rs`, `sheet_csv.rs` | reads Google Sheets as CSV files |
//! | `state.rs` | the account during a task |
//! | `session.rs` | one task with the account |

mod api;
mod files;
mod folders;
mod index;
mod session;
mod sheet_cells;
mod sheet_csv;
mod sheets;
mod state;
mod store;
mod transfer;
mod upload;

pub use api::{Networks, drive_web, sheets_web};
pub use session::AccountSession;
pub use state::AccountPlace;
