//! Lines that the operator pastes while a command waits.

use std::io::BufRead as _;

use tokio::sync::mpsc;

/// The lines of standard input, without empty ones. The channel stays open at the end of the input, so that a command
/// without input waits only for the browser.
pub(super) struct PastedLines {
    lines: mpsc::Receiver<String>,
    _open: mpsc::Sender<String>,
}

impl PastedLines {
    /// Begins to read. The thread ends with the program.
    pub(super) fn read() -> Self {
        let (sender, lines) = mpsc::channel(16);
        let own = sender.clone();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if !line.trim().is_empty() && own.blocking_send(line).is_err() {
                    break;
                }
            }
        });
        Self { lines, _open: sender }
    }

    /// The next line.
    pub(super) async fn next(&mut self) -> String {
        match self.lines.recv().await {
            Some(line) => line,
            None => std::future::pending().await,
        }
    }
}
