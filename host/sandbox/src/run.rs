//! Runs one attempt: a fresh store with the granted capabilities and all resource limits, one call, one report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baton_core::file_name::cut;
use baton_core::manifest::{Database, grant_command};
use baton_core::text::at_most;
use baton_ledger::lock::LockTable;
use wasmtime::component::{ResourceTable, ResourceTableError};
use wasmtime::{Store, StoreContextMut, Trap, UpdateDeadline};
use wasmtime_wasi::WasiCtxBuilder;

use crate::capabilities::files::own::{Tracker, Writes};
use crate::capabilities::files::{FolderCheck, MountGrant, Preopens};
use crate::capabilities::fingerprint::{FingerprintGrants, FingerprintHost};
use crate::capabilities::git::{Git, RepositoryGrant};
use crate::capabilities::handoffs::{EmitPermission, Handoffs};
use crate::capabilities::http::{Egress, EgressGrants, Http, Policy};
use crate::capabilities::ledger::Ledger;
use crate::capabilities::locks::Locks;
use crate::capabilities::progress::{Cancel, Listener, ProgressMeter};
use crate::capabilities::secrets::{InjectedSecrets, Scrubber, scrub_report};
use crate::capabilities::sql::{DatabaseGrant, Sources, Sql};
use crate::capabilities::watch::Watch;
use crate::error::{CancelHit, LimitHit, ResourceLimit};
use crate::limit_overrides::LimitOverrides;
use crate::log::Log;
use crate::meter::Meter;
use crate::report::AttemptReport;
use crate::store::{MemoryMeter, State};
use crate::usage::Usage;
use crate::{AttemptError, Plugin, Sandbox, limits, own_thread, wit};

/// The task to run and the host services for it.
pub struct AttemptRequest {
    /// The task, without its mounts: those follow from `mounts`.
    pub task: wit::Task,
    /// The granted folders.
    pub mounts: Vec<MountGrant>,
    /// Whether the granted folders, also those of repositories, may still be used.
    pub folder_check: FolderCheck,
    /// Whether files with several names (hard links) are opened. The system does not say where the other names are.
    pub hard_links: bool,
    /// Collects the files that it changes.
    pub writes: Writes,
    /// Whether it may send plugin requests and withdraw them.
    pub emission: EmitPermission,
    /// Where the ledger is, for reading; absent when that is not granted.
    pub ledger: Option<PathBuf>,
    /// The granted databases.
    pub databases: Vec<DatabaseGrant>,
    /// The locks that attempts hold; absent when that is not granted.
    pub claims: Option<LockTable>,
    /// The granted folders whose repositories may be read.
    pub repositories: Vec<RepositoryGrant>,
    /// The fingerprints that it may ask for.
    pub sounds: FingerprintGrants,
    /// The requests that it may send, and the secrets in them.
    pub egress: EgressGrants,
    /// How many files are watched for it already, by key.
    pub watched: BTreeMap<String, u64>,
    /// Asks it to stop.
    pub cancel: Cancel,
    /// Receives progress messages.
    pub listener: Option<Listener>,
}

impl AttemptRequest {
    /// An attempt without any grant.
    #[must_use]
    pub fn new(task: wit::Task) -> Self {
        Self {
            task,
            mounts: Vec::new(),
            folder_check: FolderCheck::default(),
            hard_links: false,
            writes: Writes::default(),
            emission: EmitPermission::Denied(Arc::new(|_| "this host grants nothing".to_owned())),
            ledger: None,
            databases: Vec::new(),
            claims: None,
            repositories: Vec::new(),
            sounds: FingerprintGrants::default(),
            egress: EgressGrants::default(),
            watched: BTreeMap::new(),
            cancel: Cancel::default(),
            listener: None,
        }
    }
}

impl Sandbox {
    /// Runs one attempt. Waits for a place when [`limits::AT_ONCE`] attempts are under way; waiting costs none of the
    /// attempt's time. Never fails as a whole: whatever happens is in the report.
    pub async fn run(&self, plugin: &Plugin, attempt: AttemptRequest) -> AttemptReport {
        let cancel = attempt.cancel.clone();
        let place = tokio::select! {
            Ok(place) = Arc::clone(&self.admission).acquire_owned() => place,
            () = cancel.asked() => return AttemptReport::failed(AttemptError::Cancelled),
        };
        tokio::select! {
            () = link_files(&attempt.databases) => {}
            () = cancel.asked() => return AttemptReport::failed(AttemptError::Cancelled),
        }
        let guest_ended = Arc::new(AtomicBool::new(false));
        if attempt.mounts.is_empty() {
            let report = self.run_here(plugin, attempt, &guest_ended).await;
            drop(place);
            return report;
        }
        let wall = LimitOverrides::of(&plugin.manifest().declares.limits).wall;
        let (sandbox, plugin, told) = (self.clone(), plugin.clone(), Arc::clone(&guest_ended));
        // A thread that hangs in the kernel keeps its place, so that there are never more of them than places.
        let work = async move {
            let _place = place;
            sandbox.run_here(&plugin, attempt, &told).await
        };
        own_thread::run(work, wall, cancel, guest_ended).await.unwrap_or_else(AttemptReport::failed)
    }

    /// Runs one attempt on this thread. Sets `guest_ended` when only work of the host is left.
    async fn run_here(&self, plugin: &Plugin, attempt: AttemptRequest, guest_ended: &AtomicBool) -> AttemptReport {
        let _ticking = self.ticker.run();
        let cancel = attempt.cancel.clone();
        let log = Log::default();
        let begun = Instant::now();
        let ceilings = LimitOverrides::of(&plugin.manifest().declares.limits);
        let wall = ceilings.wall;
        let egress = match self.egress(plugin, &attempt.egress) {
            Ok(egress) => Arc::new(egress),
            Err(failure) => return AttemptReport::failed(failure),
        };
        let attempt = AttemptRequest { listener: scrubbed(attempt.listener, &egress), ..attempt };
        let mut store = match self.store((plugin, ceilings), &attempt, &log, (begun + wall, &egress)) {
            Ok(store) => store,
            Err(failure) => return AttemptReport::failed(failure),
        };
        // The epoch ends what computes; these end what waits inside a host call.
        let ended = tokio::select! {
            ended = call(plugin, &mut store, attempt, wall) => ended,
            () = tokio::time::sleep(wall) => {
                Err(limit_hit(ResourceLimit::Wall, begun.elapsed().as_millis(), wall.as_millis()))
            }
            () = async { cancel.asked().await; tokio::time::sleep(limits::CANCEL_GRACE).await } => Err(AttemptError::Cancelled),
        };
        guest_ended.store(true, Ordering::Release);
        let state = store.into_data();
        let mut usage = usage(&state, &ended, begun.elapsed());
        let post = if ended.is_ok() { state.handoffs.post } else { Vec::new() };
        let watched = if ended.is_ok() { state.watch.into_said() } else { Vec::new() };
        if egress.asked() > 0 {
            usage.note(ResourceLimit::HttpRequests, egress.asked(), limits::HTTP_REQUESTS as u64);
            usage.note(ResourceLimit::HttpBytes, egress.flowed(), limits::HTTP_BYTES);
        }
        if state.sql.catalog_growth() > 0 {
            usage.note(ResourceLimit::Catalog, state.sql.catalog_growth(), limits::CATALOG_BYTES);
        }
        // After an attempt that was stopped, its processes are killed without waiting.
        if !matches!(ended, Err(AttemptError::Cancelled | AttemptError::Limit { .. } | AttemptError::Trap(_))) {
            state.sql.close().await;
        }
        let ended = ended.map_err(|failure| egress.denials.explain(failure, plugin.manifest()));
        let log = log.text() + &egress.denials.lines();
        let mut report = AttemptReport { ended, post, watched, log, usage };
        finish(&egress.lent.scrubber, &mut report);
        report
    }

    /// The requests that the attempt may send: declared and granted. An attempt waits until each declared host has an address.
    fn egress(&self, plugin: &Plugin, granted: &EgressGrants) -> Result<Egress, AttemptError> {
        let manifest = plugin.manifest();
        let capabilities = manifest.declares.capabilities.with_secret_hosts(&granted.hosts);
        let unset = capabilities.unset_hosts(&granted.hosts);
        if !unset.is_empty() {
            let command = grant_command(&manifest.name, &unset);
            let text = format!(
                "a host has no address: {command}, with an address such as https://wiki.example.org for ADDRESS"
            );
            return Err(AttemptError::NeedsGrant(text));
        }
        let policy = Policy {
            plugin: manifest.name.clone(),
            declared: capabilities.http.iter().map(|http| http.rule.clone()).collect(),
            hosts: Arc::clone(&granted.hosts),
            granted: Arc::clone(&granted.http),
        };
        let lent = InjectedSecrets::of(&manifest.name, &capabilities.secrets, &granted.secrets, granted.vault.as_ref());
        let lent =
            lent.map_err(|why| AttemptError::Permanent(format!("the plugin's secrets cannot be used: {why}")))?;
        Ok(Egress::new(policy, lent, Arc::clone(&self.network)))
    }

    fn store(
        &self,
        (plugin, ceilings): (&Plugin, LimitOverrides),
        attempt: &AttemptRequest,
        log: &Log,
        (end, egress): (Instant, &Arc<Egress>),
    ) -> Result<Store<State>, AttemptError> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(log.clone()).stderr(log.clone()).max_random_size(1 << 20);
        // An attempt with folders has a separate thread (`own_thread.rs`).
        wasi.allow_blocking_current_thread(!attempt.mounts.is_empty());
        attempt.folder_check.run()?;
        let preopens = Preopens::new(&attempt.mounts)
            .map_err(|error| AttemptError::Retryable(format!("the granted folders cannot be opened: {error}")))?;
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::HANDLES);
        let state = State {
            wasi: wasi.build(),
            table,
            preopens,
            memory: MemoryMeter::new(ceilings.memory),
            meter: Meter::new(ceilings),
            log: log.clone(),
            noted: Usage::default(),
            hard_links: attempt.hard_links,
            own: Tracker::new(&attempt.mounts, attempt.writes.clone()),
            progress: ProgressMeter { cancel: attempt.cancel.clone(), listener: attempt.listener.clone(), last: None },
            handoffs: Handoffs::new(attempt.emission.clone()),
            ledger: Ledger::new(plugin.manifest(), attempt.ledger.clone()),
            sql: Sql::new(plugin.manifest(), &attempt.databases, self.workers.clone()),
            sources: Sources::new(plugin.manifest(), &attempt.mounts, attempt.hard_links, self.copies.clone()),
            claims: Locks::new(plugin.manifest(), attempt.claims.clone(), &attempt.task.id),
            git: Git::new(plugin.manifest(), &attempt.repositories),
            sounds: FingerprintHost::new(plugin.manifest(), &attempt.sounds, &attempt.mounts, self.listening.clone()),
            http: Http::new(Arc::clone(egress)),
            watch: Watch::new(plugin.manifest(), &attempt.mounts, &attempt.watched),
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(limits::COPY_BYTES);
        store.call_hook(|mut store, crossing| Ok(store.data_mut().meter.cross(crossing, Instant::now())?));
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(watch(end));
        Ok(store)
    }
}

/// What the plugin reads of the catalog says of each file which track it is, as far as anybody knows. Costs none of the
/// attempt's time, and one process does it at a time; where the catalog cannot be written to now, links stay as they were.
async fn link_files(databases: &[DatabaseGrant]) {
    let Some(catalog) = databases.iter().find(|granted| granted.database == Database::Catalog) else {
        return;
    };
    let path = catalog.path.clone();
    match tokio::task::spawn_blocking(move || baton_library::link::link(&path)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!("files of the catalog were not linked to their tracks: {error}"),
        Err(error) => tracing::warn!("files of the catalog were not linked to their tracks: {error}"),
    }
}

/// Removes the values of secrets from each progress message.
fn scrubbed(listener: Option<Listener>, egress: &Arc<Egress>) -> Option<Listener> {
    let listener = listener?;
    let scrubber = egress.lent.scrubber.clone();
    if scrubber.is_idle() {
        return Some(listener);
    }
    Some(Arc::new(move |mut progress| {
        scrubber.text(&mut progress.message);
        listener(progress);
    }))
}

/// Called at each tick in which the guest computes: ends it at its limits, otherwise lets other attempts run.
fn watch(end: Instant) -> impl FnMut(StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> + Send + Sync {
    let mut asked: Option<Instant> = None;
    move |store| {
        let now = Instant::now();
        if now >= end {
            let over = now.duration_since(end).as_millis();
            return Err(LimitHit { ceiling: ResourceLimit::Wall, used: as_u64(over), limit: 0 }.into());
        }
        store.data().meter.check_cpu()?;
        if store.data().progress.cancel.is_cancelled()
            && now.duration_since(*asked.get_or_insert(now)) >= limits::CANCEL_GRACE
        {
            return Err(CancelHit.into());
        }
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    }
}

async fn call(
    plugin: &Plugin,
    store: &mut Store<State>,
    attempt: AttemptRequest,
    wall: Duration,
) -> Result<wit::Outcome, AttemptError> {
    let mut task = attempt.task;
    task.mounts = attempt.mounts.into_iter().map(mount).collect();
    let trapped = |error: wasmtime::Error| failure(&error, wall);
    let instance = plugin.linked.instantiate_async(&mut *store).await.map_err(trapped)?;
    match instance.baton_plugin_handler().call_run(store, &task).await.map_err(trapped)? {
        Ok(outcome) => check_size(outcome),
        Err(error) => Err(said(error)),
    }
}

/// The use of each resource limit, and the limit that ended the attempt.
fn usage(state: &State, ended: &Result<wit::Outcome, AttemptError>, wall: Duration) -> Usage {
    let (meter, ceilings) = (&state.meter, &state.meter.ceilings);
    let mut usage = state.noted.clone();
    usage.note(ResourceLimit::Memory, state.memory.peak as u64, ceilings.memory as u64);
    usage.note(ResourceLimit::Tables, state.memory.elements as u64, limits::TABLE_ELEMENTS as u64);
    usage.note_time(ResourceLimit::Wall, wall, ceilings.wall);
    usage.note_time(ResourceLimit::Cpu, meter.cpu, ceilings.cpu);
    usage.note(ResourceLimit::HostCalls, meter.host_calls, ceilings.host_calls);
    usage.note(ResourceLimit::Written, meter.written, ceilings.written);
    usage.note(ResourceLimit::FilesMade, meter.made, limits::FILES_MADE);
    usage.note(ResourceLimit::Holes, meter.holes, limits::HOLE_BYTES);
    usage.note(ResourceLimit::Log, state.log.written(), limits::LOG_BYTES as u64);
    usage.note(ResourceLimit::LogKept, state.log.written(), limits::LOG_KEPT_BYTES as u64);
    usage.note(ResourceLimit::Emissions, state.handoffs.drafts() as u64, limits::EMISSIONS as u64);
    match ended {
        Ok(outcome) => {
            usage.note(ResourceLimit::Output, size_of(outcome) as u64, limits::OUTPUT_BYTES as u64);
            usage.note(ResourceLimit::Artifacts, outcome.artifacts.len() as u64, limits::ARTIFACTS as u64);
            usage.note(ResourceLimit::Findings, outcome.findings.len() as u64, limits::FINDINGS as u64);
        }
        Err(failure) => usage.note_end(failure),
    }
    usage
}

fn mount(grant: MountGrant) -> wit::Mount {
    let host_path = grant.host.to_string_lossy().into_owned();
    wit::Mount { name: grant.name, path: grant.guest, shown_as: grant.shown_as, host_path, writable: grant.writable }
}

fn check_size(mut outcome: wit::Outcome) -> Result<wit::Outcome, AttemptError> {
    for (ceiling, count, limit) in [
        (ResourceLimit::Artifacts, outcome.artifacts.len(), limits::ARTIFACTS),
        (ResourceLimit::Findings, outcome.findings.len(), limits::FINDINGS),
    ] {
        if count > limit {
            return Err(limit_hit(ceiling, count as u128, limit as u128));
        }
    }
    let size = size_of(&outcome);
    if size > limits::OUTPUT_BYTES {
        return Err(limit_hit(ResourceLimit::Output, size as u128, limits::OUTPUT_BYTES as u128));
    }
    outcome.next_steps.truncate(limits::NEXT_STEPS);
    Ok(outcome)
}

/// Masks the values of secrets before it cuts the texts: a value that a cut divides would not be found.
pub(crate) fn finish(scrubber: &Scrubber, report: &mut AttemptReport) {
    scrub_report(scrubber, report);
    shorten(&mut report.ended);
}

/// Cuts the texts for people to readable lengths.
fn shorten(ended: &mut Result<wit::Outcome, AttemptError>) {
    let short = |text: &mut String, limit: usize| *text = at_most(text, limit).into_owned();
    match ended {
        Ok(outcome) => {
            short(&mut outcome.summary, limits::SUMMARY_BYTES);
            for step in &mut outcome.next_steps {
                *step = cut(step, limits::NEXT_STEP_BYTES).to_owned();
            }
        }
        Err(
            AttemptError::Retryable(text)
            | AttemptError::Permanent(text)
            | AttemptError::NeedsHuman(text)
            | AttemptError::NeedsGrant(text),
        ) => short(text, limits::ERROR_BYTES),
        Err(AttemptError::Trap(text)) => *text = cut(text, limits::ERROR_BYTES).to_owned(),
        Err(_) => {}
    }
}

/// Bytes of all parts of an outcome.
fn size_of(outcome: &wit::Outcome) -> usize {
    let artifacts: usize = outcome.artifacts.iter().map(|a| a.name.len() + a.media_type.len() + a.bytes.len()).sum();
    let findings: usize = outcome.findings.iter().map(|f| f.id.len() + f.title.len() + f.evidence.len()).sum();
    let next_steps: usize = outcome.next_steps.iter().map(String::len).sum();
    outcome.summary.len() + next_steps + artifacts + findings
}

/// The error that the plugin returned.
fn said(error: wit::Error) -> AttemptError {
    match error {
        wit::Error::Retryable(text) => AttemptError::Retryable(text),
        wit::Error::Permanent(text) => AttemptError::Permanent(text),
        wit::Error::NeedsHuman(text) => AttemptError::NeedsHuman(text),
        wit::Error::NeedsGrant(text) => AttemptError::NeedsGrant(text),
    }
}

/// Part of wasmtime's message when one call copies too much; its error has no public type. A test checks the text.
const COPIED_TOO_MUCH: &str = "fuel allocated for hostcalls";

/// The attempt's error for a trap.
fn failure(error: &wasmtime::Error, wall: Duration) -> AttemptError {
    if error.downcast_ref::<CancelHit>().is_some() {
        return AttemptError::Cancelled;
    }
    if let Some(hit) = error.downcast_ref::<LimitHit>() {
        return match hit.ceiling {
            ResourceLimit::Wall => {
                limit_hit(ResourceLimit::Wall, wall.as_millis() + u128::from(hit.used), wall.as_millis())
            }
            ceiling => AttemptError::Limit { ceiling, used: hit.used, limit: hit.limit },
        };
    }
    if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) {
        return limit_hit(ResourceLimit::Handles, limits::HANDLES as u128 + 1, limits::HANDLES as u128);
    }
    let root = error.root_cause().to_string();
    if root.contains(COPIED_TOO_MUCH) {
        return limit_hit(ResourceLimit::CallBytes, limits::COPY_BYTES as u128 + 1, limits::COPY_BYTES as u128);
    }
    let cause = error.downcast_ref::<Trap>().map_or(root, ToString::to_string);
    AttemptError::Trap(cause)
}

fn limit_hit(ceiling: ResourceLimit, used: u128, limit: u128) -> AttemptError {
    AttemptError::Limit { ceiling, used: as_u64(used), limit: as_u64(limit) }
}

fn as_u64(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
