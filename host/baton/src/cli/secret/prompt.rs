//! Asks for a value at the terminal without showing it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal without echo. Dropping it restores the echo.
struct Silent<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silent<'a> {
    fn new(terminal: &'a File) -> anyhow::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        // A closed terminal cannot be restored.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// One line, typed without echo.
pub(super) fn hidden(name: &str) -> anyhow::Result<String> {
    let opened = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal = opened.context("there is no terminal to type the value in; pipe the value in")?;
    write!(terminal, "The value of `{name}` (it is not shown): ").and_then(|()| terminal.flush())?;
    let silent = Silent::new(&terminal).context("the terminal cannot hide the typed value; pipe the value in")?;
    let mut line = String::new();
    BufReader::new(&terminal).read_line(&mut line).context("failed to read the value")?;
    drop(silent);
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
