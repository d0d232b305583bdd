//! Calls one action of a plugin, for `baton run` and `baton audit`.

use std::path::Path;
use std::sync::Arc;

use baton_dispatch::{Call, CallReport, Context, call};
use baton_ledger::finding::{self, Finding};
use baton_sandbox::{Cancel, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value};

use crate::cli::block_on;
use crate::output;
use crate::workspace::scratch::Scratch;
use crate::workspace::{PluginSelection, Workspace, head, open};

/// The result of a call, with its findings.
pub(in crate::cli) struct CallResult {
    pub(in crate::cli) called: CallReport,
    pub(in crate::cli) findings: Vec<Finding>,
}

/// Runs a call in a workspace, with a progress bar on a terminal.
pub(in crate::cli) fn do_call(workspace: &Workspace, request: Call) -> anyhow::Result<CallResult> {
    block_on(async {
        let context: Arc<Context> = open(workspace, PluginSelection::One(&request.plugin), "run", 3)?;
        let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template("{bar:30} {percent:>3} % {msg}")?);
        let cancel = Cancel::default();
        let (shown_bar, asked_to_stop) = (bar.clone(), cancel.clone());
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                asked_to_stop.cancel();
            }
        });
        let called =
            Box::pin(call(&context, request, &cancel, move |_, progress| show_progress(&shown_bar, &progress))).await;
        bar.finish_and_clear();
        head::note(workspace, context.ledger());
        let called = called?;
        let findings = finding::of_task(&baton_ledger::Reader::open(&workspace.state.ledger())?, &called.id)?;
        Ok(CallResult { called, findings })
    })
}

fn show_progress(bar: &ProgressBar, progress: &Progress) {
    if let Some(percent) = progress.percent {
        bar.set_position(percent.into());
    }
    bar.set_message(output::one_line(&progress.message));
}

/// A temporary workspace for commands that work without a workspace. It is deleted when this value is dropped.
pub(in crate::cli) struct TemporaryWorkspace {
    pub(in crate::cli) workspace: Workspace,
    _folder: Scratch,
}

impl TemporaryWorkspace {
    /// A workspace whose named folders are `folders`, in order.
    pub(in crate::cli) fn new(folders: &[(&str, &Path)]) -> anyhow::Result<Self> {
        let folder = Scratch::new()?;
        let workspace = Workspace::temporary(folder.path(), folders)?;
        Ok(Self { workspace, _folder: folder })
    }

    /// The bytes of a report.
    pub(in crate::cli) fn read(&self, report: &str) -> anyhow::Result<Vec<u8>> {
        Ok(baton_files::read(&self.workspace.root.join(report), u64::MAX)?)
    }
}

/// The arguments of a call, for other subcommands.
pub(in crate::cli) fn arguments(pairs: Vec<(&str, Value)>) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
