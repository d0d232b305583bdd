//! The A2A 1.0 server: agents of other systems send requests to the agents and plugins of the workspace over HTTP.
//!
//! | file | what |
//! |---|---|
//! | `artifact` | the result of a request |
//! | `card` | the agent cards: what can be sent to whom |
//! | `rpc` | the envelope of JSON-RPC, and the errors |
//! | `server` | the methods |
//! | `message` | converts a message to a request, which is sent by the same function as for the MCP tool `send` |
//! | `task_json` | a request as an A2A task |
//! | `task_state` | the table of states |
//! | `unique` | sends only one of several messages with the same id |
//! | `stream` | server-sent events |
//!
//! A caller has the token of an agent of the workspace. The caller sends in the name of this agent, and can only see and
//! cancel requests that this agent sent. The agents of the workspace share one endpoint: the `tenant` in the card of an
//! agent names the recipient, as the specification defines it. Baton does not offer push notifications, extensions and file
//! parts. It never fetches an address that a message contains.

mod artifact;
mod card;
mod message;
mod rpc;
mod server;
mod stream;
mod task_json;
mod task_state;
mod unique;

pub use card::CARD_PATH;
pub(crate) use card::serves;
pub(crate) use server::A2aServer;
