//! Reads a secret value: typed at the terminal without being shown, or from standard input. A value is never an argument.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use anyhow::{Context as _, bail};
use baton_sandbox::limits;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal without echo. Dropping it restores the echo.
struct NoEcho<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> NoEcho<'a> {
    fn new(terminal: &'a File) -> anyhow::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for NoEcho<'_> {
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
    let silent = NoEcho::new(&terminal).context("the terminal cannot hide the typed value; pipe the value in")?;
    let mut line = String::new();
    BufReader::new(&terminal).read_line(&mut line).context("failed to read the value")?;
    drop(silent);
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The value from a pipe, such as `echo VALUE | baton secret set NAME`, without the line break at its end.
pub(super) fn piped() -> anyhow::Result<String> {
    let mut text = String::new();
    let most = limits::SECRET_MOST_BYTES as u64 + 3;
    std::io::stdin()
        .lock()
        .take(most)
        .read_to_string(&mut text)
        .context("failed to read the value from standard input")?;
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() {
        bail!("standard input is empty; pipe the value in, or run this in a terminal to type it");
    }
    Ok(line.to_owned())
}
