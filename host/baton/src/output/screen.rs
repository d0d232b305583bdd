//! A terminal whose text is updated, and the check whether the output is still read.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::harmless;

/// The size of a terminal that does not report it.
const USUAL: (usize, usize) = (80, 24);

/// The columns and lines of the terminal at stdout; `None` if stdout is not a terminal.
fn size() -> Option<(usize, usize)> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&stdout).ok();
    let size = size.map(|size| (usize::from(size.ws_col), usize::from(size.ws_row)));
    Some(size.filter(|(columns, lines)| *columns > 0 && *lines > 0).unwrap_or(USUAL))
}

/// The columns of the terminal at stdout; `None` if stdout is not a terminal.
pub(crate) fn columns() -> Option<usize> {
    size().map(|(columns, _)| columns)
}

/// Prints a line to stdout without buffering.
pub(crate) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(format!("{}\n", harmless(text)).as_bytes())?;
    out.flush()
}

/// True if the reader of stdout has closed it.
pub(crate) fn is_closed() -> bool {
    let stdout = io::stdout();
    let mut descriptors = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec::try_from(Duration::ZERO).ok();
    let closed =
        |descriptor: &PollFd<'_>| descriptor.revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL);
    poll(&mut descriptors, now.as_ref()).is_ok() && descriptors.iter().any(closed)
}

/// The terminal at stdout as a screen with replaceable text.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    shown: Option<((usize, usize), String)>,
}

impl Screen {
    /// The columns and lines; `None` if stdout is not a terminal.
    pub(crate) fn size() -> Option<(usize, usize)> {
        size()
    }

    /// Shows the lines of `text` that fit. Writes nothing if they are shown already.
    pub(crate) fn show(&mut self, text: &str) -> io::Result<()> {
        let size = size().unwrap_or(USUAL);
        let lines: Vec<String> = text.lines().take(size.1.saturating_sub(1)).map(harmless).collect();
        let next = Some((size, lines.join("\n")));
        if self.shown == next {
            return Ok(());
        }
        // After a change of the size the terminal may have wrapped lines, so the screen is cleared.
        let same = self.shown.as_ref().is_some_and(|(before, _)| *before == size);
        let begin = if same { "\x1b[H" } else { "\x1b[2J\x1b[H" };
        let mut out = io::stdout().lock();
        // Each line clears the rest of its row, and the end clears the rows below.
        out.write_all(format!("{begin}{}\x1b[K\n\x1b[J", lines.join("\x1b[K\n")).as_bytes())?;
        out.flush()?;
        self.shown = next;
        Ok(())
    }
}
