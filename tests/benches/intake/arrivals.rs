//! The moment at which a file appears in a folder under its name, as the kernel reports it. A thread waits for it, so that
//! looking costs the measured program nothing.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// Files that are renamed into a folder.
pub(crate) struct Arrivals {
    seen: Receiver<(Instant, String)>,
}

impl Arrivals {
    /// Watches `folder`, which has to be there.
    ///
    /// # Errors
    /// When the system cannot watch it.
    pub(crate) fn into(folder: &Path) -> anyhow::Result<Self> {
        let (sender, seen) = channel();
        let wait = system::renamed_into(folder)?;
        std::thread::spawn(move || wait(&mut |name| sender.send((Instant::now(), name)).is_ok()));
        Ok(Self { seen })
    }

    /// When the next file came whose name `is` the wanted one.
    ///
    /// # Errors
    /// When none comes within `patience`.
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

    /// Gives a function that tells its listener each name, until the listener says no or the folder goes.
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
