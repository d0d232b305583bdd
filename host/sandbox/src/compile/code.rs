//! The folder of compiled code: one file for each component and engine, and a note for each component that does not
//! compile.
//!
//! Machine code cannot be checked, so only the user may write to the folder, as with wasmtime's own cache. Several
//! processes use it at the same time: a file gets its final name when it is complete on disk, and is never changed
//! afterwards.

use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use baton_core::Digest;
use tempfile::NamedTempFile;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::{SandboxError, limits};

/// The use of a file is recorded at most once per day. A temporary file of this age belongs to a killed process.
const DAY: Duration = Duration::from_hours(24);

/// The number of bytes that are read of a note.
const NOTE_BYTES: u64 = 4 << 10;

#[derive(Clone, Debug)]
pub(crate) struct Code {
    all: PathBuf,
    folder: PathBuf,
}

impl Code {
    /// The code for `engine` in `all`, a folder that only the user may write to.
    pub(crate) fn new(all: &Path, engine: &Engine) -> io::Result<Self> {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let folder = all.join(format!("{:016x}", hasher.finish()));
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        Ok(Self { all: all.to_owned(), folder })
    }

    /// Loads compiled code. `None` if there is none.
    pub(super) fn load(&self, engine: &Engine, digest: Digest) -> Option<wasmtime::Result<Component>> {
        let path = self.file(digest, "code");
        let file = File::open(&path).ok()?;
        let used = file.metadata().ok()?.modified().ok()?;
        if used.elapsed().is_ok_and(|since| since > DAY) {
            // If this fails, the file only counts as unused.
            drop(file.set_modified(SystemTime::now()));
        }
        #[expect(unsafe_code, reason = "wasmtime has no other way to load compiled code")]
        // SAFETY: the file was written by `precompile_component`, in a folder that only this user may write to, and is
        // never changed after it got its name; wasmtime compares version and configuration.
        let loaded = unsafe { Component::deserialize_file(engine, &path) };
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

    /// Gives the complete file its final name.
    pub(super) fn keep(&self, code: NamedTempFile, digest: Digest) -> io::Result<()> {
        code.as_file().sync_all()?;
        code.persist(self.file(digest, "code"))?;
        self.sweep();
        Ok(())
    }

    /// The stored reason why a component did not compile, as an error.
    pub(super) fn failure(&self, digest: Digest) -> Option<SandboxError> {
        let file = self.file(digest, "failed");
        let mut reason = Vec::new();
        File::open(&file).ok()?.take(NOTE_BYTES).read_to_end(&mut reason).ok()?;
        Some(SandboxError::NotCompiled { reason: String::from_utf8_lossy(&reason).into_owned(), file })
    }

    /// Stores the reason why a component does not compile, and returns the error.
    pub(super) fn fail(&self, digest: Digest, reason: &str) -> SandboxError {
        let file = self.file(digest, "failed");
        match fs::write(&file, reason) {
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
