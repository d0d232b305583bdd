//! `baton ledger export`: prints the chain as text. It reads a consistent snapshot, changes nothing, and needs constant memory.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_ledger::Reader;
use baton_ledger::export::{self, ExportError};

use crate::exit::Code;

/// Print the chain of events as JSON Lines
///
/// One event a line, oldest first, with every column that is hashed; the last line is
/// {"schema":1,"events":N,"head":"..."}.
///
/// The hash of an event is SHA-256, in lower-case hexadecimal digits, over ten texts in this order: `prev`, `task`,
/// `at`, `actor`, `action`, `reason`, `state`, `input_hash`, `output_hash`, `plugin_digest`. Each is hashed as its length
/// in bytes (64 bits, unsigned, little-endian) followed by its UTF-8 bytes; `at` is milliseconds since 1970 in UTC, in
/// decimal; null is the empty text. `prev` is the hash of the event before, for the first one 64 zeros; `seq` counts
/// from 1 without gaps.
///
/// A pruned ledger does not contain its first events; they are in the archives, in the same format.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The new file; nothing is overwritten [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, reader: &Reader) -> anyhow::Result<Code> {
        match self.out {
            Some(path) => to_file(reader, &path)?,
            None => match export::write(reader, &mut BufWriter::new(io::stdout().lock())) {
                // The reader closed the pipe.
                Err(ExportError::Write(error)) if error.kind() == ErrorKind::BrokenPipe => {}
                done => done.context("failed to write the export")?,
            },
        }
        Ok(Code::Good)
    }
}

/// Writes the file; deletes an incomplete one.
fn to_file(reader: &Reader, path: &Path) -> anyhow::Result<()> {
    let failed = || format!("failed to write {}", path.display());
    let file = match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists already, and an export does not overwrite files: choose another name", path.display());
        }
        made => made.with_context(failed)?,
    };
    let written = export::write(reader, &mut BufWriter::new(&file)).map_err(anyhow::Error::from);
    let done = written.and_then(|()| Ok(file.sync_all()?));
    done.inspect_err(|_| drop(fs::remove_file(path))).with_context(failed)
}
