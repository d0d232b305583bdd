//! The storage of the large libraries' fingerprints: in a SQLite database, as the catalog keeps them, or one after the other in a file.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use baton_fingerprint::index::Prints;
use rusqlite::Connection;

use crate::synthetic::PieceVariants;

/// Writes this number of fingerprints into a new database.
///
/// # Errors
/// When the database cannot be written.
pub(crate) fn write_database(file: &Path, mosaic: &PieceVariants, count: u32) -> anyhow::Result<()> {
    let mut database = Connection::open(file)?;
    database.execute_batch("CREATE TABLE fingerprint (id INTEGER PRIMARY KEY, words BLOB NOT NULL) STRICT;")?;
    let transaction = database.transaction()?;
    let mut words = Vec::new();
    for id in 0..count {
        mosaic.words(u64::from(id), &mut words);
        transaction.execute("INSERT INTO fingerprint VALUES (?, ?)", (id, bytes(&words)))?;
    }
    Ok(transaction.commit()?)
}

/// Reads all prints of a database, in order.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read_database(file: &Path) -> anyhow::Result<Vec<Vec<u32>>> {
    let database = Connection::open(file)?;
    let mut select = database.prepare("SELECT words FROM fingerprint ORDER BY id")?;
    let words = select.query_map((), |row| Ok(words(row.get_ref(0)?.as_blob()?)))?;
    Ok(words.collect::<Result<_, _>>()?)
}

/// Fingerprints in one file, read again each time: only the file cache of the system keeps them in memory.
pub(crate) struct Stream {
    file: File,
    /// The start of each fingerprint, in words; the last number is the end of the last fingerprint.
    begins: Vec<u64>,
}

impl Stream {
    /// Writes this number of fingerprints into a file, and their positions into a second file.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub(crate) fn write(file: &Path, mosaic: &PieceVariants, count: u32) -> std::io::Result<()> {
        let mut all = BufWriter::new(File::create(file)?);
        let mut begins = BufWriter::new(File::create(file.with_extension("begins"))?);
        let (mut words, mut at) = (Vec::new(), 0_u64);
        begins.write_all(&at.to_le_bytes())?;
        for id in 0..count {
            mosaic.words(u64::from(id), &mut words);
            all.write_all(&bytes(&words))?;
            at += words.len() as u64;
            begins.write_all(&at.to_le_bytes())?;
        }
        all.flush()?;
        begins.flush()
    }

    /// Opens the files that [`Stream::write`] wrote.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn open(file: &Path) -> std::io::Result<Self> {
        let begins = std::fs::read(file.with_extension("begins"))?;
        let begins = begins.as_chunks().0.iter().copied().map(u64::from_le_bytes).collect();
        Ok(Self { file: File::open(file)?, begins })
    }
}

impl Prints for Stream {
    fn count(&self) -> u32 {
        u32::try_from(self.begins.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    fn length(&self, at: u32) -> Option<usize> {
        let (begin, end) = (self.begins.get(at as usize)?, self.begins.get(at as usize + 1)?);
        usize::try_from(end - begin).ok()
    }

    fn read(&self, at: u32, into: &mut Vec<u32>) {
        let at = at as usize;
        let (Some(begin), Some(end)) = (self.begins.get(at), self.begins.get(at + 1)) else { return };
        let mut buffer = [0; 4096];
        let (mut from, end) = (begin * 4, end * 4);
        while from < end {
            let length = usize::try_from(end - from).map_or(buffer.len(), |left| left.min(buffer.len()));
            let Some(part) = buffer.get_mut(..length) else { return };
            if self.file.read_exact_at(part, from).is_err() {
                return;
            }
            into.extend(part.as_chunks().0.iter().copied().map(u32::from_le_bytes));
            from += length as u64;
        }
    }
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().copied().map(u32::from_le_bytes).collect()
}
