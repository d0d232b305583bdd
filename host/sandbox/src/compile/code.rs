//! The folder of compiled code: one file for each component and engine, and a note for each component that does not
//! compile.
//!
//! Machine code cannot be inspected, so Baton runs only machine code that it compiled itself: each file ends with a message
//! authentication code (MAC) over the component's digest and the machine code. Its key is in the folder. If a file was
//! edited, or was written for another component, the component is compiled again. Only the user may write to the folder, as
//! with wasmtime's own cache. Several processes use the folder at the same time: a file gets its final name when it is
//! complete on disk, and is never changed afterwards.

use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use baton_core::Digest;
use baton_files::PRIVATE;
use tempfile::NamedTempFile;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::key::Key;
use crate::{SandboxError, limits};

/// The use of a file is recorded at most once per day. A temporary file of this age belongs to a killed process.
const DAY: Duration = Duration::from_hours(24);

/// The number of bytes that are read of a note.
const NOTE_BYTES: u64 = 4 << 10;

/// The format of the files. Other formats are in other folders.
const FORMAT: u32 = 2;

#[derive(Clone, Debug)]
pub(crate) struct Code {
    all: PathBuf,
    folder: PathBuf,
    key: Key,
}

impl Code {
    /// The code for `engine` in `all`, a folder that only the user may write to.
    pub(crate) fn new(all: &Path, engine: &Engine) -> io::Result<Self> {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        FORMAT.hash(&mut hasher);
        let folder = all.join(format!("{:016x}", hasher.finish()));
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        Ok(Self { all: all.to_owned(), folder, key: Key::of(all)? })
    }

    /// Loads compiled code. `None` if the folder has no code that Baton wrote for this component.
    pub(super) fn load(&self, engine: &Engine, digest: Digest) -> Option<wasmtime::Result<Component>> {
        let path = self.file(digest, "code");
        let mut file = baton_files::open(&path).ok()?;
        let used = file.metadata().ok()?.modified().ok()?;
        if used.elapsed().is_ok_and(|since| since > DAY) {
            // If this call fails, the only effect is that the file counts as unused.
            drop(file.set_modified(SystemTime::now()));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let Some(code) = self.key.authentic(digest, &bytes) else {
            tracing::warn!(file = %path.display(), "this compiled code was changed; the plugin is compiled again");
            drop(fs::remove_file(&path));
            return None;
        };
        #[expect(unsafe_code, reason = "wasmtime has no other way to load compiled code")]
        // SAFETY: `precompile_component` wrote the code in memory for this component, as its authentication code proves;
        // wasmtime compares version and configuration.
        let loaded = unsafe { Component::deserialize(engine, code) };
        if loaded.is_err() {
            // The next call compiles it again.
            drop(fs::remove_file(&path));
        }
        Some(loaded)
    }

    /// A temporary file for the code of a component that is being compiled.
    pub(super) fn temporary(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(".").tempfile_in(&self.folder)
    }

    /// Appends the authentication code and gives the complete file its final name.
    pub(super) fn keep(&self, mut code: NamedTempFile, digest: Digest) -> io::Result<()> {
        let mut bytes = Vec::new();
        code.rewind()?;
        code.read_to_end(&mut bytes)?;
        code.write_all(&self.key.authenticate(digest, &bytes))?;
        code.as_file().sync_all()?;
        code.persist(self.file(digest, "code"))?;
        self.sweep();
        Ok(())
    }

    /// The stored reason why a component did not compile, as an error.
    pub(super) fn failure(&self, digest: Digest) -> Option<SandboxError> {
        let file = self.file(digest, "failed");
        let mut reason = Vec::new();
        baton_files::open(&file).ok()?.take(NOTE_BYTES).read_to_end(&mut reason).ok()?;
        Some(SandboxError::NotCompiled { reason: String::from_utf8_lossy(&reason).into_owned(), file })
    }

    /// Stores the reason why a component does not compile, and returns the error.
    pub(super) fn fail(&self, digest: Digest, reason: &str) -> SandboxError {
        let file = self.file(digest, "failed");
        match baton_files::replace(&file, reason.as_bytes(), PRIVATE) {
            Ok(()) => SandboxError::NotCompiled { reason: reason.to_owned(), file },
            Err(_) => SandboxError::Compile(reason.to_owned()),
        }
    }

    fn file(&self, digest: Digest, kind: &str) -> PathBuf {
        self.folder.join(format!("{digest}.{kind}"))
    }

    /// If there is too much code, deletes the least recently used files. Also deletes temporary files of killed
    /// processes. A process that has loaded a deleted file can still use it.
    fn sweep(&self) {
        let mut files = Vec::new();
        for folder in list(&self.all) {
            for path in list(&folder) {
                let Ok(found) = path.symlink_metadata() else { continue };
                let Ok(used) = found.modified() else { continue };
                let is_temporary = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
                if is_temporary && used.elapsed().is_ok_and(|since| since > DAY) {
                    drop(fs::remove_file(&path));
                } else if path.extension().is_some_and(|kind| kind == "code") {
                    files.push((used, found.len(), path));
                }
            }
        }
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, size, path) in files {
            if bytes <= limits::CODE_CACHE_BYTES {
                break;
            }
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {}
                _ => bytes -= size,
            }
        }
    }
}

fn list(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path())
}
