//! A whole scan: lock, listings, reading, and a second try for files that were replaced while they were read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::{Library, Source, WorkFilter};
use jiff::Timestamp;
use rayon::ThreadPoolBuilder;

use super::listing::{ListedSource, Lister, ListingTarget};
use super::lock::Lock;
use super::queue::Queue;
use super::work::{Pass, Sources};
use super::{Event, Listing, Options, ReadFn, Report};
use crate::LibraryError;
use crate::source::{SourceRoot, UnreadPart};

/// Scans `roots` into the catalog at `catalog`, which records them as sources. `stop` ends the scan between two files.
///
/// # Errors
/// When another scan runs, the jobs cannot be started, or the catalog fails. Problems of a source or a file are in the report.
pub fn scan(
    catalog: &Path,
    roots: &[SourceRoot],
    options: &Options,
    read: &ReadFn<'_>,
    progress: &mut dyn FnMut(&Event<'_>),
    stop: &AtomicBool,
) -> Result<Report, LibraryError> {
    if options.dry_run {
        return list_only(catalog, roots, options, progress, stop);
    }
    let lock = Lock::take(catalog)?;
    let mut library = Library::open(catalog)?;
    let listed = list(catalog, &mut library, roots, options, progress, stop)?;
    let filters = filters(&listed, options);
    let devices = listed.iter().map(|(_, listed)| listed.device.unwrap_or_default()).collect();
    let mut report = Report::default();
    report.sources.extend(listed.into_iter().map(|(_, listed)| listed.listing));
    if stop.load(Ordering::Relaxed) {
        report.stopped = true;
        return Ok(report);
    }
    report_work(catalog, &filters, options, progress)?;
    let pool = ThreadPoolBuilder::new()
        .num_threads(options.jobs.get())
        .thread_name(|number| format!("scan-{number}"))
        .build()
        .map_err(|error| LibraryError::Jobs(error.to_string()))?;
    let sources = Sources::new(roots, devices);
    let pass = Pass { pool: &pool, read, stop, sources: &sources, in_progress: &lock.in_progress, last: false };
    let queue = Queue::from_catalog(open(catalog)?, filters.clone(), options);
    let again = pass.run(&queue, &mut library, &mut report.reads, progress)?;
    let pass = Pass { last: true, ..pass };
    pass.run(&Queue::from_list(again), &mut library, &mut report.reads, progress)?;
    record_unreachable(&mut report, &sources, &filters, &library, progress)?;
    report.stopped = stop.load(Ordering::Relaxed);
    Ok(report)
}

/// Lists every root until `stop`. Returns each with the id of its source.
fn list(
    catalog: &Path,
    library: &mut Library,
    roots: &[SourceRoot],
    options: &Options,
    progress: &mut dyn FnMut(&Event<'_>),
    stop: &AtomicBool,
) -> Result<Vec<(i64, ListedSource)>, LibraryError> {
    let now = Timestamp::now();
    let known = open(catalog)?;
    let mut all = Vec::new();
    for root in roots.iter().take_while(|_| !stop.load(Ordering::Relaxed)) {
        let source = library.add_source(&root.path.to_string_lossy(), root.kind, now)?;
        let others = other_roots(&library.sources()?, roots, root);
        let (known, of, into) = (Some(&known), Some(&source), ListingTarget::Catalog(library));
        let lister = Lister { known, source: of, into, others: &others, options, stop, now };
        all.push((source.id, lister.list(root, progress)?));
    }
    Ok(all)
}

/// Selects what to read of each listed root: pending files first, then files to verify.
fn filters(listed: &[(i64, ListedSource)], options: &Options) -> Vec<(usize, WorkFilter)> {
    let mut filters = Vec::new();
    let reached = |(_, (_, listed)): &(usize, &(i64, ListedSource))| listed.listing.failure.is_none();
    for (position, (source, _)) in listed.iter().enumerate().filter(reached) {
        let passes = [Some(false), options.verify.then_some(true)].into_iter().flatten();
        filters.extend(passes.map(|verify| (position, WorkFilter { source: *source, verify })));
    }
    filters
}

/// Lists every root without writing (dry run).
fn list_only(
    catalog: &Path,
    roots: &[SourceRoot],
    options: &Options,
    progress: &mut dyn FnMut(&Event<'_>),
    stop: &AtomicBool,
) -> Result<Report, LibraryError> {
    let known = Catalog::open(catalog)?;
    let sources = known.as_ref().map(Catalog::library_sources).transpose()?.unwrap_or_default();
    let one = |root: &SourceRoot| -> Result<Listing, CatalogError> {
        let source = sources.iter().find(|source| source.path == root.path);
        let others = other_roots(&sources, roots, root);
        let (known, into, now) = (known.as_ref(), ListingTarget::Nowhere, Timestamp::now());
        let lister = Lister { known, source, into, others: &others, options, stop, now };
        Ok(lister.list(root, progress)?.listing)
    };
    let sources = roots.iter().take_while(|_| !stop.load(Ordering::Relaxed)).map(one).collect::<Result<_, _>>()?;
    Ok(Report { sources, stopped: stop.load(Ordering::Relaxed), ..Report::default() })
}

/// The other sources, known and given. The listing of `root` skips them.
fn other_roots(sources: &[Source], roots: &[SourceRoot], root: &SourceRoot) -> Vec<PathBuf> {
    let known = sources.iter().map(|source| &source.path);
    let given = roots.iter().map(|root| &root.path);
    known.chain(given).filter(|path| **path != root.path).cloned().collect()
}

/// Reports how much there is to read.
fn report_work(
    catalog: &Path,
    filters: &[(usize, WorkFilter)],
    options: &Options,
    progress: &mut dyn FnMut(&Event<'_>),
) -> Result<(), LibraryError> {
    let catalog = open(catalog)?;
    let (mut items, mut bytes) = (0, 0);
    for (_, work) in filters {
        let size = catalog.library_work(*work)?;
        (items, bytes) = (items + size.items, bytes + size.bytes);
    }
    let wanted = options.limit.map_or(items, |limit| items.min(limit));
    // If a limit applies, it is not known in advance which files are read, so their size is unknown.
    progress(&Event::Begin { items: wanted, bytes: if wanted == items { bytes } else { 0 } });
    Ok(())
}

/// Records which sources, and which volumes within sources, became unreachable during the scan.
fn record_unreachable(
    report: &mut Report,
    sources: &Sources<'_>,
    filters: &[(usize, WorkFilter)],
    library: &Library,
    progress: &mut dyn FnMut(&Event<'_>),
) -> Result<(), LibraryError> {
    for (position, why) in sources.take_unreachable() {
        let work = filters.iter().find(|(of, _)| *of == position).map(|(_, work)| work);
        if let (Some(work), Some(listing)) = (work, report.sources.get_mut(position)) {
            library.record_unreachable(work.source, &why, Timestamp::now())?;
            progress(&Event::Unreachable { source: &listing.source, why: &why });
            listing.failure = Some(why);
        }
    }
    for (position, path) in sources.unmounted() {
        if let Some(listing) = report.sources.get_mut(position) {
            let why = "the volume is not mounted any more".to_owned();
            progress(&Event::Unreachable { source: &path, why: &why });
            listing.unread.push(UnreadPart { path, why });
        }
    }
    Ok(())
}

/// Opens the existing catalog for reading.
fn open(catalog: &Path) -> Result<Catalog, LibraryError> {
    Ok(Catalog::open(catalog)?.ok_or_else(|| CatalogError::Missing(catalog.to_owned()))?)
}
