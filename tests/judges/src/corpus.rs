//! Corpora: folders of files on which tests work.

use std::path::{Path, PathBuf};

use crate::{Skipped, skip};

/// The top of the repository.
///
/// # Panics
/// When the tests were moved after they were built.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate is in tests/judges").to_owned()
}

/// A file or folder of `../shared`, the real data beside the repository, which only some machines have.
///
/// # Errors
/// When it is missing.
pub fn real(path: &str) -> Result<PathBuf, Skipped> {
    let found = repository().join("../shared").join(path).canonicalize();
    found.map_err(|_| skip(format!("../shared/{path} is missing: only synthetic data was tested")))
}

/// The synthetic corpus of one kind: a file or folder of `tests/corpus`.
///
/// # Panics
/// When it is missing.
#[must_use]
#[track_caller]
pub fn synthetic(kind: &str) -> PathBuf {
    let found = repository().join("tests/corpus").join(kind);
    assert!(found.exists(), "{} is missing", found.display());
    found
}

/// The corpora of one kind: the synthetic one in `tests/corpus`, and real data in `../shared/corpus` if this machine has it.
/// Without real data one SKIPPED line is printed, because real data is optional.
///
/// # Panics
/// When there is no synthetic one.
#[must_use]
#[track_caller]
pub fn corpora(kind: &str) -> Vec<PathBuf> {
    std::iter::once(synthetic(kind)).chain(real(&format!("corpus/{kind}"))).collect()
}
