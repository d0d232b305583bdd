//! Actions for a Spotify account: `pull` reads its playlists and liked songs into the catalog, `now-playing` and `recent` report what
//! is and was played. Only `apply` and `undo` change the account (`change/`).
//!
//! **Rules of the Web API (2026).** `/playlists/{id}/items` answers only for playlists that the account owns or edits, so playlists of
//! others are listed and not read. Pages are addressed by offset: `next` of an answer is never followed, so no answer can lead to another
//! server. A playlist is complete if its pages have as many items as its `total` says, and if its `snapshot_id` is the same before and
//! after the reading. A playlist whose `snapshot_id` is in the catalog already is not read again.
//!
//! | file | what |
//! |---|---|
//! | `web.rs` | requests: rate limits, quotas, errors after which a request is repeated |
//! | `pages.rs` | lists of any length, and whether they are complete |
//! | `playlist_list.rs` | the list of playlists |
//! | `items.rs` | JSON of the API to entries |
//! | `pull.rs` | `pull` |
//! | `change/` | makes and applies plans for the account |
//! | `playing.rs` | `now-playing`, `recent` |

mod change;
mod items;
mod pages;
mod playing;
mod playlist_list;
mod pull;
mod web;

pub use change::{ApplyArgs, ChangeServices, EditArgs, PlanServices, UndoArgs, apply, edit, plan, playlists, undo};
pub use playing::{now_playing, recent};
pub use pull::{Args, PullServices, pull};
pub use web::{Api, host_web};
