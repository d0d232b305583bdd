//! A Google Drive account in addition to the folder `drive`. The folder is the working copy of the account. Before an action,
//! files that changed in the account are downloaded into the folder. After the action, the CSVs and manifests of the folder are
//! uploaded. So an action has the same effect on the account as on the folder.
//!
//! **Duplicates.** Drive accepts several folders of one name, so a search alone does not prevent a second creation. So Baton
//! first requests an id (`generateIds`), stores it in the plugin's own database, and uses it for the creation. A repeated
//! creation gets the answer 409 and has no effect. Two workspaces do not share this database, so both may create a folder. Then
//! both keep the same folder: the oldest, or among folders of the same age the folder with the lowest id. Each workspace moves
//! the files of the other folders into this folder, and moves the other folders to the trash when they are empty. Nothing is
//! deleted.
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
