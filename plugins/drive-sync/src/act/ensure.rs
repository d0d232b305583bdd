//! `ensure-folder`: the one folder of a database.

use baton_plugin_sdk::{Error, Outcome, Task};
use serde_json::json;

use super::{ends, many, stamp};
use crate::asked;
use crate::claim::still;
use crate::drive::{Undo, ensure};
use crate::room::{Room, Trouble};

/// Finds, makes or puts together the folder of a database.
pub(super) fn run(task: &Task, room: &Room<'_>) -> Result<Outcome, Error> {
    let id = asked::database(task)?;
    let title = asked::needed(task, "title")?;
    // Before the first look.
    let held = room.guard.take(&id)?;
    still(held.as_ref(), &id)?;
    let mut undo = Undo::default();
    let ensured = ensure(&room.root, &title, &id, &mut undo).map_err(|error| ends(Trouble::from(error)))?;
    let name = &ensured.name;
    let mut summary = match (ensured.made, &ensured.renamed_from) {
        (true, _) => format!("The folder {}/{name} was made.", room.shown),
        (false, Some(before)) => format!("The folder {}/{name} was called {before}.", room.shown),
        (false, None) => format!("The folder {}/{name} is there.", room.shown),
    };
    if ensured.merged > 0 {
        summary.push_str(&format!(" {} merged into it; no file was lost.", many(ensured.merged, "folder")));
    }
    let outcome = Outcome::new(summary);
    if undo.changes().len() < 2 && ensured.merged == 0 {
        return Ok(outcome);
    }
    let report = json!({ "schema": 1, "folder": name, "merged": ensured.merged, "undo": undo.changes() });
    let file = format!("ensure-folder-{}.json", stamp(room));
    Ok(outcome.with_artifact(file, "application/json", format!("{report:#}\n")))
}
