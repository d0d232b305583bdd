//! The operations of an external agent on its tasks through Baton instead of through its folder: list, read, claim, report
//! progress, ask a person, answer, and wait for work. The MCP server and `baton inbox` use them.
//!
//! An agent can see the tasks that it received, the tasks that it sent, and the tasks whose RETURN it gets. It can work
//! only on the tasks that it received. Nothing here bypasses the folders: a RETURN is a file in the inbox of the requesting
//! agent, and the engine captures it like any other. So an agent may switch between its folder and Baton at any time.
//!
//! A **claim** is a lease. While one session of an agent holds it, no other session can claim, answer or ask. A claim
//! ends with the task's next state, when it is released, when its holder does not renew it, or when the holder's process
//! has ended. The request then waits for the agent again; the daemon records the lost claim.

mod answer;
mod changes;
mod claim;
mod inbox;
mod liveness;
mod readers;
mod returns;
mod send;
mod sent;
mod session;
mod wait;

pub use answer::{AgentReturn, ReturnReport};
pub(crate) use claim::end_lost_claims;
pub use claim::is_live;
pub use inbox::{InboxItem, OpenWork, inbox_items, open_work};
pub use liveness::{Activity, AgentActivity, activities, is_running};
pub use send::{NewRequest, SentRequest, check_size, request_id, write_request};
pub use sent::{SentPage, SentTask};
pub use session::{AgentSession, AgentWork};
