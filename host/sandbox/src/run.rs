//! One attempt: a fresh store, the granted capabilities, every ceiling on, one call, one report.

use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::file_name::cut;
use wasmtime::component::ResourceTable;
use wasmtime::{Store, StoreContextMut, Trap, UpdateDeadline};
use wasmtime_wasi::WasiCtxBuilder;

use crate::capabilities::files::{self, MountGrant};
use crate::capabilities::handoffs::{Draft, Emission, Handoffs};
use crate::capabilities::http::{Egress, EgressGrants, Http, Policy};
use crate::capabilities::progress::{Cancel, Listener, ProgressMeter};
use crate::capabilities::secrets::{Lent, scrub_report};
use crate::error::{CancelHit, Ceiling, LimitHit};
use crate::log::Log;
use crate::store::{MemoryMeter, State};
use crate::{Failure, Plugin, Sandbox, limits, wit};

/// What to run and what to lend for it.
pub struct Attempt {
    /// The task, without its mounts: those follow from `mounts`.
    pub task: wit::Task,
    /// The granted folders.
    pub mounts: Vec<MountGrant>,
    /// Whether it may emit handoffs.
    pub emission: Emission,
    /// What it may do outside: requests, and the secrets in them.
    pub egress: EgressGrants,
    /// Asks it to stop.
    pub cancel: Cancel,
    /// Is told about progress.
    pub listener: Option<Listener>,
}

/// How an attempt went.
#[derive(Debug)]
pub struct Report {
    /// Its end.
    pub ended: Result<wit::Outcome, Failure>,
    /// Handoffs to be sent; empty unless it ended well.
    pub drafts: Vec<Draft>,
    /// What it wrote to stdout and stderr.
    pub log: String,
    /// What it used.
    pub usage: Usage,
}

/// What an attempt used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Most linear memory at one time, in bytes.
    pub memory_bytes: usize,
    /// From admission to the end.
    pub wall: Duration,
}

impl Sandbox {
    /// Runs one attempt. Waits for a place when [`limits::AT_ONCE`] attempts are under way; waiting costs none of the
    /// attempt's time. Never fails as a whole: whatever happens is in the report.
    pub async fn run(&self, plugin: &Plugin, attempt: Attempt) -> Report {
        let cancel = attempt.cancel.clone();
        let _place = tokio::select! {
            Ok(place) = self.admission.acquire() => place,
            () = cancel.asked() => return Report::failed(Failure::Cancelled),
        };
        let log = Log::default();
        let begun = Instant::now();
        let wall = wall_of(plugin);
        let egress = match self.egress(plugin, &attempt.egress) {
            Ok(egress) => Arc::new(egress),
            Err(failure) => return Report::failed(failure),
        };
        let attempt = Attempt { listener: scrubbed(attempt.listener, &egress), ..attempt };
        let mut store = match self.store(plugin, &attempt, &log, (begun + wall, &egress)) {
            Ok(store) => store,
            Err(failure) => return Report::failed(failure),
        };
        // The epoch ends what computes; these end what waits inside a host call.
        let ended = tokio::select! {
            ended = call(plugin, &mut store, attempt) => ended,
            () = tokio::time::sleep(wall) => {
                Err(limit_hit(Ceiling::Wall, begun.elapsed().as_millis(), wall.as_millis()))
            }
            () = async { cancel.asked().await; tokio::time::sleep(limits::CANCEL_GRACE).await } => Err(Failure::Cancelled),
        };
        let state = store.into_data();
        let usage = Usage { memory_bytes: state.memory.peak, wall: begun.elapsed() };
        let drafts = if ended.is_ok() { state.handoffs.drafts } else { Vec::new() };
        let ended = ended.map_err(|failure| egress.denials.explain(failure));
        let log = log.text() + &egress.denials.lines();
        let mut report = Report { ended, drafts, log, usage };
        scrub_report(&egress.lent.scrubber, &mut report);
        report
    }

    /// The way out: declared ∩ granted.
    fn egress(&self, plugin: &Plugin, granted: &EgressGrants) -> Result<Egress, Failure> {
        let manifest = plugin.manifest();
        let capabilities = &manifest.declares.capabilities;
        let policy = Policy {
            plugin: manifest.name.clone(),
            declared: capabilities.http.iter().map(|http| http.rule.clone()).collect(),
            granted: Arc::clone(&granted.http),
        };
        let lent = Lent::of(&manifest.name, &capabilities.secrets, &granted.secrets, granted.vault.as_ref());
        let lent = lent.map_err(|why| Failure::Permanent(format!("the plugin's secrets cannot be used: {why}")))?;
        Ok(Egress::new(policy, lent, Arc::clone(&self.network)))
    }

    fn store(
        &self,
        plugin: &Plugin,
        attempt: &Attempt,
        log: &Log,
        (end, egress): (Instant, &Arc<Egress>),
    ) -> Result<Store<State>, Failure> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(log.clone()).stderr(log.clone()).max_random_size(1 << 20);
        files::preopen(&mut wasi, &attempt.mounts)?;
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::HANDLES);
        let memory =
            plugin.manifest().declares.limits.memory_mib.map_or(limits::MEMORY_BYTES, |mib| (mib as usize) << 20);
        let state = State {
            wasi: wasi.build(),
            table,
            memory: MemoryMeter::new(memory),
            progress: ProgressMeter { cancel: attempt.cancel.clone(), listener: attempt.listener.clone(), last: None },
            handoffs: Handoffs { emission: attempt.emission.clone(), drafts: Vec::new() },
            http: Http::new(Arc::clone(egress)),
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(limits::COPY_BYTES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(watch(end));
        Ok(store)
    }
}

/// Tells without the values of secrets.
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

/// Called at each tick in which the guest computes: ends it at its ceilings, else lets others have a turn.
fn watch(end: Instant) -> impl FnMut(StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> + Send + Sync {
    let ticks_allowed = limits::CPU.as_millis() / limits::TICK.as_millis();
    let mut ticks = 0_u128;
    let mut asked: Option<Instant> = None;
    move |store| {
        ticks += 1;
        let now = Instant::now();
        if now >= end {
            let over = now.duration_since(end).as_millis();
            return Err(LimitHit { ceiling: Ceiling::Wall, used: as_u64(over), limit: 0 }.into());
        }
        if ticks > ticks_allowed {
            let [used, limit] = [ticks, ticks_allowed].map(|ticks| as_u64(ticks * limits::TICK.as_millis()));
            return Err(LimitHit { ceiling: Ceiling::Cpu, used, limit }.into());
        }
        if store.data().progress.cancel.is_cancelled()
            && now.duration_since(*asked.get_or_insert(now)) >= limits::CANCEL_GRACE
        {
            return Err(CancelHit.into());
        }
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    }
}

async fn call(plugin: &Plugin, store: &mut Store<State>, attempt: Attempt) -> Result<wit::Outcome, Failure> {
    let mut task = attempt.task;
    task.mounts = attempt.mounts.into_iter().map(mount).collect();
    let wall = wall_of(plugin);
    let trapped = |error: wasmtime::Error| failure(&error, wall);
    let instance = plugin.pre.instantiate_async(&mut *store).await.map_err(trapped)?;
    match instance.baton_plugin_handler().call_run(&mut *store, &task).await.map_err(trapped)? {
        Ok(outcome) => check_size(outcome),
        Err(error) => Err(said(error)),
    }
}

fn wall_of(plugin: &Plugin) -> Duration {
    let asked = plugin.manifest().declares.limits.wall_s.map(|s| Duration::from_secs(s.into()));
    asked.unwrap_or(limits::WALL).min(limits::WALL)
}

fn mount(grant: MountGrant) -> wit::Mount {
    wit::Mount { name: grant.name, path: grant.guest, shown_as: grant.shown_as, writable: grant.writable }
}

fn check_size(outcome: wit::Outcome) -> Result<wit::Outcome, Failure> {
    for (ceiling, count, limit) in [
        (Ceiling::Artifacts, outcome.artifacts.len(), limits::ARTIFACTS),
        (Ceiling::Findings, outcome.findings.len(), limits::FINDINGS),
    ] {
        if count > limit {
            return Err(limit_hit(ceiling, count as u128, limit as u128));
        }
    }
    let artifacts: usize = outcome.artifacts.iter().map(|a| a.name.len() + a.media_type.len() + a.bytes.len()).sum();
    let findings: usize = outcome.findings.iter().map(|f| f.id.len() + f.title.len() + f.evidence.len()).sum();
    let size = outcome.summary.len() + artifacts + findings;
    if size > limits::OUTPUT_BYTES {
        return Err(limit_hit(Ceiling::Output, size as u128, limits::OUTPUT_BYTES as u128));
    }
    Ok(outcome)
}

/// What the plugin itself says, cut to a readable length.
fn said(error: wit::Error) -> Failure {
    let short = |text: String| cut(&text, limits::ERROR_BYTES).to_owned();
    match error {
        wit::Error::Retryable(text) => Failure::Retryable(short(text)),
        wit::Error::Permanent(text) => Failure::Permanent(short(text)),
        wit::Error::NeedsHuman(text) => Failure::NeedsHuman(short(text)),
        wit::Error::NeedsGrant(text) => Failure::NeedsGrant(short(text)),
    }
}

/// What a trap means.
fn failure(error: &wasmtime::Error, wall: Duration) -> Failure {
    if error.downcast_ref::<CancelHit>().is_some() {
        return Failure::Cancelled;
    }
    if let Some(hit) = error.downcast_ref::<LimitHit>() {
        return match hit.ceiling {
            Ceiling::Wall => limit_hit(Ceiling::Wall, wall.as_millis() + u128::from(hit.used), wall.as_millis()),
            ceiling => Failure::Limit { ceiling, used: hit.used, limit: hit.limit },
        };
    }
    let cause = error.downcast_ref::<Trap>().map_or_else(|| error.root_cause().to_string(), ToString::to_string);
    Failure::Trap(cut(&cause, limits::ERROR_BYTES).to_owned())
}

fn limit_hit(ceiling: Ceiling, used: u128, limit: u128) -> Failure {
    Failure::Limit { ceiling, used: as_u64(used), limit: as_u64(limit) }
}

fn as_u64(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl Report {
    fn failed(failure: Failure) -> Self {
        Self { ended: Err(failure), drafts: Vec::new(), log: String::new(), usage: Usage::default() }
    }
}
