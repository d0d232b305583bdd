//! The functions of `wit/fingerprint.wit`.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::{Catalog, CatalogError};
use baton_core::grants::{Grant, grant_command};
use baton_fingerprint::{Fingerprint, Options, Reason};
use baton_library::coverage::{self, Coverage};
use baton_library::duplicates::{self, DuplicateOptions, Duplicates, WholePrints};
use baton_library::lookup::{self, LookupQuery};
use baton_library::scan;

use super::super::beneath::{OpenError, RefusalReason, quoted};
use super::gate::WorkSize;
use super::{FingerprintHost, convert, generated};
use crate::AttemptError;
use crate::capabilities::{AttemptSetup, Capability, State};
use crate::error::ResourceLimit;
use crate::limits;
use crate::usage::Usage;
use generated::{DuplicateGroups, Error, FingerprintResult, Match};

impl Capability<State> for FingerprintHost {
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        let services = &setup.request.services;
        let gate = setup.host.fingerprint_gate.clone();
        Ok(Self::new(setup.manifest, &services.fingerprint, &services.mounts, gate))
    }

    fn note_usage(&self, usage: &mut Usage) {
        if self.read > 0 {
            usage.note(ResourceLimit::Sounds, self.read, limits::SOUND_FILES);
        }
    }
}

impl generated::Host for State {
    async fn compute(&mut self, path: String, digests: bool) -> wasmtime::Result<Result<FingerprintResult, Error>> {
        Ok(self.fingerprint_file(&path, digests).await)
    }

    async fn look_up(&mut self, queries: Vec<generated::Query>) -> wasmtime::Result<Result<Vec<Vec<Match>>, Error>> {
        let queries = match self.fingerprint.library().and_then(|_| checked(queries)) {
            Ok(queries) => queries,
            Err(error) => return Ok(Err(error)),
        };
        let count = queries.len();
        let found = self.in_library(WorkSize::One, move |catalog, stop| lookup::look_up(catalog, &queries, stop)).await;
        Ok(found.map(|found| found.map_or_else(|| vec![Vec::new(); count], convert::matches)))
    }

    async fn coverage(&mut self) -> wasmtime::Result<Result<generated::LibraryCoverage, Error>> {
        let found =
            self.in_library(WorkSize::One, |catalog, _| Coverage::load(catalog, coverage::REQUIRED_PERCENT)).await;
        Ok(found.map(|found| convert::coverage(found.unwrap_or_else(|| Coverage::empty(coverage::REQUIRED_PERCENT)))))
    }

    async fn duplicates(&mut self, most: u32) -> wasmtime::Result<Result<DuplicateGroups, Error>> {
        let path = match self.fingerprint.library() {
            Ok(path) => path,
            Err(error) => return Ok(Err(error)),
        };
        let find = move |catalog: &Catalog, stop: &AtomicBool| all_duplicates(catalog, &path, stop);
        let found = self.in_library(WorkSize::All, find).await;
        let found = found.and_then(|found| found.unwrap_or_else(|| Ok(Duplicates::default())));
        Ok(found.and_then(|found| convert::duplicate_groups(&found, most)))
    }
}

impl State {
    async fn fingerprint_file(&mut self, path: &str, digests: bool) -> Result<FingerprintResult, Error> {
        self.fingerprint.files()?;
        let place = self.fingerprint.place(path)?;
        self.count()?;
        let hard_links = self.files.hard_links;
        let work = move |stop: &AtomicBool| match place.open(hard_links) {
            Ok(file) => Ok(read(file, digests, stop)),
            Err(OpenError::Failed(error)) => Ok(convert::no_fingerprint(absent(&error), error.to_string())),
            Err(OpenError::Refused(why)) => Err(why),
        };
        let gate = self.fingerprint.gate.clone();
        match gate.work(WorkSize::One, &self.progress.cancel, work).await? {
            Ok(heard) => Ok(heard),
            Err(RefusalReason::Outside) => {
                Err(Error::Invalid(format!("{} is a link to a path outside of its folder", quoted(path))))
            }
            Err(RefusalReason::HardLinks) => Err(Error::Denied(format!(
                "{} has several names (hard links): {}",
                quoted(path),
                grant_command(&self.fingerprint.plugin, &[Grant::HardLinks])
            ))),
        }
    }

    /// Counts a file that the host reads.
    fn count(&mut self) -> Result<(), Error> {
        self.fingerprint.read += 1;
        let most = limits::SOUND_FILES;
        if self.fingerprint.read > most {
            return Err(Error::TooLarge(format!(
                "a task can fingerprint at most {most} files; use another task for the rest"
            )));
        }
        Ok(())
    }

    /// Queries the catalog. Returns an empty result if the catalog does not exist.
    async fn in_library<T: Send + 'static>(
        &mut self,
        room: WorkSize,
        query: impl FnOnce(&Catalog, &AtomicBool) -> Result<T, CatalogError> + Send + 'static,
    ) -> Result<Option<T>, Error> {
        let catalog = self.fingerprint.library()?;
        let gate = self.fingerprint.gate.clone();
        let work = move |stop: &AtomicBool| in_catalog(&catalog, |catalog| query(catalog, stop));
        gate.work(room, &self.progress.cancel, work).await?.map_err(|error| Error::Failed(error.to_string()))
    }
}

fn in_catalog<T>(
    catalog: &Path,
    query: impl FnOnce(&Catalog) -> Result<T, CatalogError>,
) -> Result<Option<T>, CatalogError> {
    Catalog::open(catalog)?.map(|catalog| query(&catalog)).transpose()
}

fn read(file: File, digests: bool, stop: &AtomicBool) -> FingerprintResult {
    let options = Options { length: Some(scan::Options::LENGTH), hashes: digests };
    match baton_fingerprint::read_opened(file, options, stop) {
        Ok(sound) => FingerprintResult::Fingerprinted(convert::audio_file(sound)),
        Err(error) => convert::no_fingerprint(error.reason, error.detail),
    }
}

fn absent(error: &io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Reason::NotFound,
        _ => Reason::Unreadable,
    }
}

/// Checks the fingerprints of a look-up.
fn checked(queries: Vec<generated::Query>) -> Result<Vec<LookupQuery>, Error> {
    if queries.len() > limits::SOUNDS_ASKED {
        return Err(Error::TooLarge(format!(
            "{} fingerprints were requested; at most {} are allowed",
            queries.len(),
            limits::SOUNDS_ASKED
        )));
    }
    if let Some(long) = queries.iter().find(|query| query.words.len() > limits::SOUND_WORDS) {
        return Err(Error::TooLarge(format!("{} words; at most {}", long.words.len(), limits::SOUND_WORDS)));
    }
    let one =
        |query: generated::Query| LookupQuery::sound(Fingerprint::new(query.words), query.duration_ms, query.title);
    Ok(queries.into_iter().map(one).collect())
}

/// All duplicate groups of the library, unless it has too many files to compare in memory.
fn all_duplicates(
    catalog: &Catalog,
    path: &Path,
    stop: &AtomicBool,
) -> Result<Result<Duplicates, Error>, CatalogError> {
    let items = Coverage::load(catalog, coverage::REQUIRED_PERCENT)?.total.items;
    if items > limits::SOUND_ITEMS {
        let text = format!(
            "the library has {items} files; at most {} are compared for a plugin; `baton library duplicates` compares all",
            limits::SOUND_ITEMS
        );
        return Ok(Err(Error::TooLarge(text)));
    }
    let ear = |prints: &[Fingerprint]| duplicates::find_similar(prints, stop);
    let prints = WholePrints { catalog: path, read: &baton_fingerprint::read, progress: &|_| (), stop };
    let wanted = DuplicateOptions { metadata: None, min_score: 0 };
    duplicates::find(catalog, &ear, &|items| prints.load(items), wanted).map(Ok)
}
