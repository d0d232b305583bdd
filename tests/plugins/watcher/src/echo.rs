//! Writes into the watched folders. If changes by a plugin fired its own triggers, this plugin would run without end.

use std::fs;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use baton_plugin_sdk::{Error, Outcome, Task};

use super::look;

/// Adds a line to each file, creates another one in a new folder, renames that folder, and ends long after the debounce time of
/// its trigger.
pub(crate) fn back(task: &Task) -> Result<Outcome, Error> {
    let paths = look::paths(task)?;
    for path in &paths {
        add_line(path).map_err(failed)?;
        let folder = Path::new(path).parent().unwrap_or(Path::new("/")).to_owned();
        let (made, renamed) = (folder.join("made"), folder.join(format!("of-{}", task.id)));
        fs::create_dir(&made).map_err(failed)?;
        fs::write(made.join("new.md"), &task.id).map_err(failed)?;
        fs::rename(&made, &renamed).map_err(failed)?;
    }
    sleep(Duration::from_millis(900));
    Ok(Outcome::new(format!("Echoed {}.", paths.join(", "))))
}

/// Watches the present state of the files, and then changes them.
pub(crate) fn after_a_look(task: &Task) -> Result<Outcome, Error> {
    look::at(task)?;
    for path in look::paths(task)? {
        add_line(&path).map_err(failed)?;
    }
    Ok(Outcome::new("Looked and wrote."))
}

fn add_line(path: &str) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    fs::write(path, format!("{text}another line\n"))
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: io::Error) -> Error {
    Error::Permanent(error.to_string())
}
