//! What several of the first-party plugins need: tables as they are lent, CSV files of any make, the names in a folder and names
//! that every file system takes, musical keys, moments, texts inside Markdown, findings, and the place where exports go.
//!
//! It is no part of the contract and no plugin of others has to know it; what every plugin needs is in the SDK.

pub mod csv_file;
pub mod disk;
pub mod export;
mod findings;
pub mod folder;
pub mod host;
mod key;
pub mod markdown;
mod older;
mod safe_name;
pub mod time;

pub use findings::Findings;
pub use key::Key;
pub use older::is_older_name;
pub use safe_name::{safe_name, safe_path};
