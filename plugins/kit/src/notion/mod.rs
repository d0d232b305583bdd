//! Notion's API for the plugins that use it: requests, all rows of a query, and properties.

mod api;
mod query;
mod schema;

pub use api::{Api, RATE, Refusal, VERSION, WriteResult, host_web};
pub use query::{data_source, rows};
pub use schema::{Property, decoded, plain_text, properties, rich_text, text, uuid};
