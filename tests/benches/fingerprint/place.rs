//! The folder of the bench: below the repository's `target/`. The words of the quality set are kept there for the next run.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use baton_tests::repository;

use crate::Scale;
use crate::corpus::{PACKAGES, pieces, shuffled};
use crate::quality::LENGTH_S;
use crate::set::Set;
use crate::transforms::TRANSFORMS;

fn folder() -> PathBuf {
    repository().join("target/bench")
}

/// The file with every sample.
pub(crate) fn results() -> PathBuf {
    folder().join("fingerprint.json")
}

/// A folder for intermediate files, which is deleted when it is dropped.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn work() -> anyhow::Result<tempfile::TempDir> {
    fs::create_dir_all(folder())?;
    tempfile::tempdir_in(folder()).with_context(|| format!("failed to make a folder in {}", folder().display()))
}

/// The quality set: the first pieces in a shuffled order. The order mixes the albums, so that a small set has pieces of many albums
/// too.
///
/// # Errors
/// When there is too little music on this machine, or when `ffmpeg` or `fpcalc` is missing or fails.
pub(crate) fn set(scale: &Scale) -> anyhow::Result<Set> {
    let mut pieces: Vec<_> = pieces(&PACKAGES, &scale.music).into_iter().collect();
    let all = pieces.len();
    pieces.sort_by_key(|(name, _)| shuffled(name));
    pieces.truncate(scale.pieces);
    let (packages, needed) = (PACKAGES.join(" "), scale.pieces.min(150));
    ensure!(
        pieces.len() >= needed,
        "the quality set needs {needed} pieces of music, but this machine has {all}: install more with `apt-get install \
         --no-install-recommends {packages}`, or name a folder with `--music DIR`"
    );
    let (words, work) = (folder().join("fingerprint-words"), work()?);
    Ok(Set::make((&words, work.path()), &pieces, &TRANSFORMS, LENGTH_S)?)
}
