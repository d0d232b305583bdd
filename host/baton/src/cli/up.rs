//! `baton up`: serves the workspace.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use baton_dispatch::{Engine, Mode, Summary};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Place;
use crate::exit::Code;
use crate::output;
use crate::workspace::{UpLock, Wanted, Workspace, open};

/// Serve the workspace: watch its folders, run what comes, answer. Ctrl-C finishes what runs and ends
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Do all that waits, then exit
    #[arg(long)]
    once: bool,
    /// Serve inboxes also that another workspace, machine or state has marked as its own
    #[arg(long)]
    take_over: bool,
}

impl Args {
    /// # Errors
    /// When another process serves the workspace, or it does not open.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        let workspace = place.need()?;
        let lock = UpLock::take(&workspace.state)?;
        let summary = super::block_on(self.serve(&workspace));
        drop(lock);
        let summary = summary?;
        if self.once || std::io::stderr().is_terminal() {
            output::note(&said(&summary));
        }
        Ok(code(&summary))
    }

    async fn serve(&self, workspace: &Workspace) -> anyhow::Result<Summary> {
        let house = open(workspace, Wanted::All { over: self.take_over }, "up", if self.once { 3 } else { u32::MAX })?;
        let (ask, stop) = watch::channel(0);
        tokio::spawn(count_signals(ask)?);
        let agents = house.roster().agents().count();
        let mode = if self.once { Mode::Once } else { Mode::Forever };
        tracing::info!("serving {} with {agents} agents; Ctrl-C finishes what runs and ends", workspace.root.display());
        let engine = Engine::new(house, mode, |task, progress| {
            let percent = progress.percent.map(|percent| format!("{percent} % ")).unwrap_or_default();
            tracing::debug!(%task, "{percent}{}", progress.message);
        });
        Ok(engine.serve(stop).await?)
    }
}

/// Counts Ctrl-C and SIGTERM.
fn count_signals(ask: watch::Sender<u8>) -> anyhow::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        loop {
            tokio::select! {
                Some(()) = interrupt.recv() => {}
                Some(()) = terminate.recv() => {}
                else => return,
            }
            ask.send_modify(|times| *times = times.saturating_add(1));
        }
    })
}

fn said(summary: &Summary) -> String {
    let counts: &BTreeMap<_, _> = &summary.settled;
    let settled: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let settled = if settled.is_empty() { "nothing to run".to_owned() } else { settled.join(", ") };
    let mut text = format!("{} taken in; {settled}", summary.captured);
    for failed in &summary.undelivered {
        text.push_str(&format!("\nnot done: {failed}"));
    }
    text
}

/// Tasks that failed are the workspace's business, not the daemon's failure; what could not be delivered is.
fn code(summary: &Summary) -> Code {
    if summary.undelivered.is_empty() { Code::Good } else { Code::Findings }
}
