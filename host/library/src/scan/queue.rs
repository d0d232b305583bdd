//! The queue of the jobs: pages of the catalog, or a list.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::{PagePosition, WaitingItem, WorkFilter};

use super::Options;

/// Items of one page. Items to verify come with their fingerprints, 4 kB each.
const PAGE: u32 = 256;

/// An item, and the position of its source among the scanned sources.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) source: usize,
    pub(super) waiting: WaitingItem,
}

/// The items to read.
pub(super) struct Queue {
    inner: Mutex<Inner>,
}

struct Inner {
    ready: VecDeque<Job>,
    /// The source of the next page; `None` for a list.
    pages: Option<Pages>,
    left: u64,
    /// The deadline. At least one item is read, even if the deadline has passed.
    until: Option<Instant>,
    is_begun: bool,
    failed: Option<CatalogError>,
}

struct Pages {
    catalog: Catalog,
    /// The remaining filters, each with the position of its source.
    works: VecDeque<(usize, WorkFilter)>,
    after: PagePosition,
}

impl Queue {
    /// The items of the catalog, limited by the options.
    pub(super) fn from_catalog(catalog: Catalog, works: Vec<(usize, WorkFilter)>, wanted: &Options) -> Self {
        let pages = Pages { catalog, works: works.into(), after: PagePosition::default() };
        let until = wanted.time.map(|time| Instant::now() + time);
        Self::new(VecDeque::new(), Some(pages), wanted.limit.unwrap_or(u64::MAX), until)
    }

    pub(super) fn from_list(jobs: Vec<Job>) -> Self {
        Self::new(jobs.into(), None, u64::MAX, None)
    }

    fn new(ready: VecDeque<Job>, pages: Option<Pages>, left: u64, until: Option<Instant>) -> Self {
        Self { inner: Mutex::new(Inner { ready, pages, left, until, is_begun: false, failed: None }) }
    }

    /// The next item whose source is still reachable.
    pub(super) fn next(&self, unreachable: &[AtomicBool]) -> Option<Job> {
        let is_unreachable =
            |source: usize| unreachable.get(source).is_some_and(|unreachable| unreachable.load(Ordering::Relaxed));
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.is_begun && inner.until.is_some_and(|until| Instant::now() >= until) {
            return None;
        }
        inner.left = inner.left.checked_sub(1)?;
        inner.is_begun = true;
        loop {
            match inner.ready.pop_front() {
                Some(job) if is_unreachable(job.source) => {}
                Some(job) => return Some(job),
                None => match inner.pages.as_mut()?.next(&is_unreachable) {
                    Ok(page) if page.is_empty() => return None,
                    Ok(page) => inner.ready = page,
                    Err(error) => {
                        (inner.failed, inner.pages) = (Some(error), None);
                        return None;
                    }
                },
            }
        }
    }

    /// The catalog error that ended the queue early.
    pub(super) fn failure(&self) -> Option<CatalogError> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).failed.take()
    }
}

impl Pages {
    /// The next page with items; empty at the end.
    fn next(&mut self, is_unreachable: &dyn Fn(usize) -> bool) -> Result<VecDeque<Job>, CatalogError> {
        while let Some((source, work)) = self.works.front().copied() {
            let page =
                if is_unreachable(source) { Vec::new() } else { self.catalog.library_page(work, self.after, PAGE)? };
            if let Some(last) = page.last() {
                self.after = last.position;
                return Ok(page.into_iter().map(|waiting| Job { source, waiting }).collect());
            }
            self.works.pop_front();
            self.after = PagePosition::default();
        }
        Ok(VecDeque::new())
    }
}
