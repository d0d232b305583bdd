//! The time at which a file appears in a folder under its name, as the kernel reports it. A thread waits for it, so that
//! watching does not slow the measured program.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// Files that are renamed into a folder.
pub(crate) struct Arrivals {
    seen: Receiver<(Instant, String)>,
}

impl Arrivals {
    /// Watches `folder`, which must exist.
    ///
    /// # Errors
    /// When the system cannot watch it.
    pub(crate) fn into(folder: &Path) -> anyhow::Result<Self> {
        let (sender, seen) = channel();
        let wait = system::renamed_into(folder)?;
        std::thread::spawn(move || wait(&mut |name| sender.send((Instant::now(), name)).is_ok()));
        Ok(Self { seen })
    }

    /// The time at which the next file with the wanted name appeared.
    ///
    /// # Errors
    /// When no such file appears within `patience`.
    pub(crate) fn next(&self, patience: Duration, is: impl Fn(&str) -> bool) -> anyhow::Result<Instant> {
        let end = Instant::now() + patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let (at, name) = self.seen.recv_timeout(left).context("no file came")?;
            if is(&name) {
                return Ok(at);
            }
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::mem::MaybeUninit;
    use std::path::Path;

    use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};

    /// Returns a function that passes each name to its listener, until the listener returns false or the folder is deleted.
    pub(super) fn renamed_into(folder: &Path) -> anyhow::Result<impl FnOnce(&mut dyn FnMut(String) -> bool) + use<>> {
        let kernel = init(CreateFlags::CLOEXEC)?;
        add_watch(&kernel, folder, WatchFlags::MOVED_TO | WatchFlags::DELETE_SELF)?;
        Ok(move |tell: &mut dyn FnMut(String) -> bool| {
            let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
            let mut reader = Reader::new(kernel, &mut buffer);
            while let Ok(event) = reader.next() {
                match event.file_name() {
                    Some(name) if tell(name.to_string_lossy().into_owned()) => {}
                    _ => return,
                }
            }
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::path::Path;

    type Wait = fn(&mut dyn FnMut(String) -> bool);

    pub(super) fn renamed_into(_: &Path) -> anyhow::Result<Wait> {
        anyhow::bail!("latencies are measured with inotify, which only Linux has; the other parts run: --only drain")
    }
}
