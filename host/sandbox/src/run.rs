//! Runs one attempt: a new store with the granted capabilities and all resource limits, one call, one report.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baton_core::file_name::cut;
use baton_core::grants::Database;
use baton_core::text::at_most;
use wasmtime::component::ResourceTableError;
use wasmtime::{Store, StoreContextMut, Trap, UpdateDeadline};
use wasmtime_wasi::WasiCtxBuilder;

use crate::capabilities::files::MountGrant;
use crate::capabilities::http::Egress;
use crate::capabilities::secrets::{Scrubber, scrub_report};
use crate::capabilities::sql::DatabaseGrant;
use crate::capabilities::{AttemptSetup, State};
use crate::error::{CancelHit, LimitHit, ResourceLimit};
use crate::limit_overrides::LimitOverrides;
use crate::log::Log;
use crate::report::AttemptReport;
use crate::request::AttemptRequest;
use crate::usage::Usage;
use crate::{AttemptError, Plugin, Sandbox, limits, own_thread, wit};

impl Sandbox {
    /// Runs one attempt. Waits if [`limits::AT_ONCE`] attempts are running; waiting does not count as time of the
    /// attempt. This function never fails: the report has every error.
    pub async fn run(&self, plugin: &Plugin, attempt: AttemptRequest) -> AttemptReport {
        let cancel = attempt.cancel.clone();
        let place = tokio::select! {
            Ok(place) = Arc::clone(&self.admission).acquire_owned() => place,
            () = cancel.asked() => return AttemptReport::failed(AttemptError::Cancelled),
        };
        tokio::select! {
            () = link_files(&attempt.services.databases) => {}
            () = cancel.asked() => return AttemptReport::failed(AttemptError::Cancelled),
        }
        let guest_ended = Arc::new(AtomicBool::new(false));
        if attempt.services.mounts.is_empty() {
            let report = self.run_here(plugin, attempt, &guest_ended).await;
            drop(place);
            return report;
        }
        let wall = LimitOverrides::of(&plugin.manifest().declares.limits).wall;
        let (sandbox, plugin, told) = (self.clone(), plugin.clone(), Arc::clone(&guest_ended));
        // If a thread hangs in the kernel, it keeps its permit, so there are never more threads than permits.
        let work = async move {
            let _place = place;
            sandbox.run_here(&plugin, attempt, &told).await
        };
        own_thread::run(work, wall, cancel, guest_ended).await.unwrap_or_else(AttemptReport::failed)
    }

    /// Runs one attempt on this thread. Sets `guest_ended` when only the host's work remains.
    async fn run_here(&self, plugin: &Plugin, attempt: AttemptRequest, guest_ended: &AtomicBool) -> AttemptReport {
        let _ticking = self.ticker.run();
        let cancel = attempt.cancel.clone();
        let log = Log::default();
        let begun = Instant::now();
        let limits = LimitOverrides::of(&plugin.manifest().declares.limits);
        let wall = limits.wall;
        let manifest = plugin.manifest();
        let egress = match Egress::prepare(manifest, &attempt.services.egress, &self.host.network) {
            Ok(egress) => Arc::new(egress),
            Err(failure) => return AttemptReport::failed(failure),
        };
        let (request, host) = (&attempt, &self.host);
        let setup = AttemptSetup { manifest, request, host, egress: &egress, limits, log: &log };
        let mut store = match self.store(&setup, begun + wall) {
            Ok(store) => store,
            Err(failure) => return AttemptReport::failed(failure),
        };
        // The epoch ends a guest that computes. This `select!` ends a guest that waits in a host call.
        let ended = tokio::select! {
            ended = call(plugin, &mut store, attempt, wall) => ended,
            () = tokio::time::sleep(wall) => {
                Err(limit_hit(ResourceLimit::Wall, begun.elapsed().as_millis(), wall.as_millis()))
            }
            () = async { cancel.asked().await; tokio::time::sleep(limits::CANCEL_GRACE).await } => Err(AttemptError::Cancelled),
        };
        guest_ended.store(true, Ordering::Release);
        let state = store.into_data();
        let usage = usage(&state, &ended, begun.elapsed());
        let plugin_requests = if ended.is_ok() { state.handoffs.requests } else { Vec::new() };
        let watched = if ended.is_ok() { state.watch.into_updates() } else { Vec::new() };
        let judgements = if ended.is_ok() { state.evidence.judgements } else { Vec::new() };
        // `close` waits for the database processes. After a stopped attempt, `close` is not called: dropping `state` kills
        // the processes.
        if !matches!(ended, Err(AttemptError::Cancelled | AttemptError::Limit { .. } | AttemptError::Trap(_))) {
            state.sql.close().await;
        }
        let ended = ended.map_err(|failure| egress.denials.explain(failure, plugin.manifest()));
        let log = log.text() + &egress.denials.lines();
        let mut report = AttemptReport { ended, plugin_requests, watched, judgements, log, usage };
        finish(&egress.secrets.scrubber(), &mut report);
        report
    }

    /// A new store with all limits and the capabilities of the attempt.
    fn store(&self, setup: &AttemptSetup<'_>, end: Instant) -> Result<Store<State>, AttemptError> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(setup.log.clone()).stderr(setup.log.clone()).max_random_size(1 << 20);
        // An attempt with folders runs on a separate thread (`own_thread.rs`).
        wasi.allow_blocking_current_thread(!setup.request.services.mounts.is_empty());
        let mut store = Store::new(&self.engine, State::prepare(setup, wasi.build())?);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(limits::COPY_BYTES);
        store.call_hook(|mut store, crossing| Ok(store.data_mut().meter.cross(crossing, Instant::now())?));
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(watch(end));
        Ok(store)
    }
}

/// Links files of the catalog to their tracks, so that the plugin reads current links. This does not count as time of
/// the attempt. Only one process at a time finds links. If the catalog cannot be written now, the links stay unchanged.
async fn link_files(databases: &[DatabaseGrant]) {
    let Some(catalog) = databases.iter().find(|granted| granted.database == Database::Catalog) else {
        return;
    };
    let path = catalog.path.clone();
    match tokio::task::spawn_blocking(move || baton_library::link::link(&path)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!("cannot link files of the catalog to their tracks: {error}"),
        Err(error) => tracing::warn!("cannot link files of the catalog to their tracks: {error}"),
    }
}

/// The function that wasmtime calls at each tick while the plugin computes. It ends the plugin at its limits, and otherwise
/// lets other attempts run.
fn watch(end: Instant) -> impl FnMut(StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> + Send + Sync {
    let mut asked: Option<Instant> = None;
    move |store| {
        let now = Instant::now();
        if now >= end {
            // The time limit is not available here; `failure` adds it to both values.
            let over = now.duration_since(end).as_millis();
            return Err(LimitHit { resource: ResourceLimit::Wall, used: as_u64(over), limit: 0 }.into());
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
    task.mounts = attempt.services.mounts.into_iter().map(mount).collect();
    let trapped = |error: wasmtime::Error| failure(&error, wall);
    let instance = plugin.linked.instantiate_async(&mut *store).await.map_err(trapped)?;
    match instance.baton_plugin_handler().call_run(store, &task).await.map_err(trapped)? {
        Ok(outcome) => check_size(outcome),
        Err(error) => Err(plugin_error(error)),
    }
}

/// The use of each resource limit, and the limit that ended the attempt.
fn usage(state: &State, ended: &Result<wit::Outcome, AttemptError>, wall: Duration) -> Usage {
    let (meter, limits) = (&state.meter, &state.meter.limits);
    let mut usage = state.capability_usage();
    usage.note(ResourceLimit::Memory, state.memory.peak as u64, limits.memory as u64);
    usage.note(ResourceLimit::Tables, state.memory.elements as u64, limits::TABLE_ELEMENTS as u64);
    usage.note_time(ResourceLimit::Wall, wall, limits.wall);
    usage.note_time(ResourceLimit::Cpu, meter.cpu, limits.cpu);
    usage.note(ResourceLimit::HostCalls, meter.host_calls, limits.host_calls);
    usage.note(ResourceLimit::Written, meter.written, limits.written);
    usage.note(ResourceLimit::FilesMade, meter.made, limits::FILES_MADE);
    usage.note(ResourceLimit::Holes, meter.holes, limits::HOLE_BYTES);
    usage.note(ResourceLimit::Log, state.log.written(), limits::LOG_BYTES as u64);
    usage.note(ResourceLimit::LogKept, state.log.written(), limits::LOG_KEPT_BYTES as u64);
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
    for (resource, count, limit) in [
        (ResourceLimit::Artifacts, outcome.artifacts.len(), limits::ARTIFACTS),
        (ResourceLimit::Findings, outcome.findings.len(), limits::FINDINGS),
    ] {
        if count > limit {
            return Err(limit_hit(resource, count as u128, limit as u128));
        }
    }
    let size = size_of(&outcome);
    if size > limits::OUTPUT_BYTES {
        return Err(limit_hit(ResourceLimit::Output, size as u128, limits::OUTPUT_BYTES as u128));
    }
    outcome.next_steps.truncate(limits::NEXT_STEPS);
    Ok(outcome)
}

/// Masks the secrets in the report, then shortens its texts. The order matters: a secret that was cut in two would not be found.
pub(crate) fn finish(scrubber: &Scrubber, report: &mut AttemptReport) {
    scrub_report(scrubber, report);
    shorten(&mut report.ended);
}

/// Cuts the texts for people to a readable length.
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

/// The size of all parts of an outcome, in bytes.
fn size_of(outcome: &wit::Outcome) -> usize {
    let artifacts: usize = outcome.artifacts.iter().map(|a| a.name.len() + a.media_type.len() + a.bytes.len()).sum();
    let findings: usize = outcome.findings.iter().map(|f| f.id.len() + f.title.len() + f.evidence.len()).sum();
    let next_steps: usize = outcome.next_steps.iter().map(String::len).sum();
    outcome.summary.len() + next_steps + artifacts + findings
}

/// The error that the plugin returned.
fn plugin_error(error: wit::Error) -> AttemptError {
    match error {
        wit::Error::Retryable(text) => AttemptError::Retryable(text),
        wit::Error::Permanent(text) => AttemptError::Permanent(text),
        wit::Error::NeedsHuman(text) => AttemptError::NeedsHuman(text),
        wit::Error::NeedsGrant(text) => AttemptError::NeedsGrant(text),
    }
}

/// Identifies the error of wasmtime for a call that copies too much: a part of its message, because the error has no public
/// type. A test checks the text.
const COPIED_TOO_MUCH: &str = "fuel allocated for hostcalls";

/// The attempt's error for a trap.
fn failure(error: &wasmtime::Error, wall: Duration) -> AttemptError {
    if error.downcast_ref::<CancelHit>().is_some() {
        return AttemptError::Cancelled;
    }
    if let Some(hit) = error.downcast_ref::<LimitHit>() {
        return match hit.resource {
            ResourceLimit::Wall => {
                limit_hit(ResourceLimit::Wall, wall.as_millis() + u128::from(hit.used), wall.as_millis())
            }
            resource => AttemptError::Limit { resource, used: hit.used, limit: hit.limit },
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

fn limit_hit(resource: ResourceLimit, used: u128, limit: u128) -> AttemptError {
    AttemptError::Limit { resource, used: as_u64(used), limit: as_u64(limit) }
}

fn as_u64(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
