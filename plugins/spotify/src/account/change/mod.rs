//! Changes of the account: a plan has the new items of each playlist, `apply` writes them, and `undo` restores the former items.
//!
//! **Exactly once.** The Web API has no keys for idempotence. The journal has the list before the plan and the list after the
//! plan. `steps.rs` computes the requests and the intermediate lists from these two lists. After a crash, or an answer that did
//! not arrive, the present list of the account shows which requests took effect. If a request took effect twice, the second
//! effect is repaired. If somebody else changed a list after the plan was made, `apply` does not change the list. If somebody
//! else changed a list while `apply` changed it, the changes of both are kept. A new playlist has the id of the plan in its
//! description, so that it is found again.
//!
//! | file | what |
//! |---|---|
//! | `steps.rs` | requests from one list to another, and the position of a list between them |
//! | `journal.rs` | plans in the plugin's own tables |
//! | `remote.rs` | playlists of the account: read, create, change, remove |
//! | `plan.rs` | makes a plan |
//! | `edit.rs` | the action `edit` |
//! | `run.rs` | changes one playlist by the plan |
//! | `apply.rs` | the actions `apply` and `undo` |

mod apply;
mod edit;
mod journal;
mod plan;
mod remote;
mod run;
mod steps;

pub use apply::{ApplyArgs, ChangeServices, UndoArgs, apply, undo};
pub use edit::{EditArgs, edit};
pub use plan::{PlanServices, plan, playlists};
