//! `baton run PLUGIN ACTION`: one task, no daemon; and the way in which `baton audit` calls its plugin.

mod help;
mod shown;

use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use baton_core::State;
use baton_dispatch::{Call, CallReport, Context, call};
use baton_ledger::finding::{self, Finding};
use baton_sandbox::{Cancel, Progress};
use clap::CommandFactory as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value};

use self::help::PluginDescription;
use super::plugin::grant_first;
use super::{WorkspaceOptions, args};
use crate::exit::Code;
use crate::workspace::scratch::Scratch;
use crate::workspace::{PluginSelection, Workspace, head, open};
use crate::{output, workspace};

/// Lines of the plugin's log that are shown; `baton plugin log` and `--json` have all that is kept.
const LOG_LINES: usize = 20;

/// Do one action of a plugin now, without the daemon
///
/// `baton run PLUGIN` lists its actions, `baton run PLUGIN ACTION --help` shows the arguments of one.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(super) struct Args {
    /// The plugin; alone it lists its actions
    #[arg(required_unless_present = "help")]
    plugin: Option<String>,
    action: Option<String>,
    #[command(flatten)]
    given: args::ActionArguments,
    /// Grant the plugin this first, as `baton plugin grant` does; it stays granted. May be given several times
    #[arg(long, value_name = "GRANT", requires = "action")]
    grant: Vec<String>,
    /// Print JSON: state, summary, reports and findings; without an action, the actions and their arguments
    #[arg(long)]
    json: bool,
    /// Print help; of a plugin its actions, of an action its arguments, defaults, grants and an example
    #[arg(short, long)]
    help: bool,
}

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        match (&self.plugin, &self.action) {
            (None, _) => output::print(&own_help()),
            (Some(plugin), Some(action)) if self.help => {
                output::print(&PluginDescription::find(place, plugin)?.action(action)?);
            }
            (Some(plugin), None) => {
                let described = PluginDescription::find(place, plugin)?;
                if !self.given.is_empty() && !self.help {
                    bail!(described.without_action());
                }
                if self.json { output::json(&described.as_json()) } else { output::print(&described.actions()) }
            }
            (Some(plugin), Some(action)) => return self.call(place, plugin, action),
        }
        Ok(Code::Good)
    }

    fn call(&self, place: &WorkspaceOptions, plugin: &str, action: &str) -> anyhow::Result<Code> {
        // Without a schema, the call itself says what is wrong with the plugin or the action.
        let described = PluginDescription::find(place, plugin).ok();
        let schema = described.as_ref().and_then(|described| described.schema(action));
        let args = self.given.values(schema.unwrap_or(&Value::Bool(true)))?;
        if !self.grant.is_empty() {
            // An action that does not exist grants nothing.
            PluginDescription::find(place, plugin)?.action(action)?;
            output::note(&grant_first(place, plugin, &self.grant)?);
        }
        let asked = Call { plugin: plugin.to_owned(), action: action.to_owned(), args };
        let workspace = place.find()?;
        let root = workspace.as_ref().map(|workspace| workspace.root.clone());
        let (done, shown) = match workspace {
            Some(workspace) => (do_call(&workspace, asked)?, None),
            None => {
                let here = std::env::current_dir()?;
                let temporary = TemporaryWorkspace::new(&[("plans", &here), ("root", &here)])?;
                let done = do_call(&temporary.workspace, asked)?;
                let shown = done.called.artifacts.iter().map(|name| temporary.read(name)).collect::<Result<_, _>>()?;
                (done, Some::<Vec<Vec<u8>>>(shown))
            }
        };
        let code = if done.called.state == State::Succeeded { Code::Good } else { Code::Findings };
        if self.json {
            output::json(&shown::as_json(&done, (plugin, action), shown.as_deref()));
            return Ok(code);
        }
        output::note(&format!("{}: {}", done.called.status(), output::one_line(&done.called.text)));
        output::suggestions(plugin, &done.called.next_steps);
        let rest = match &shown {
            Some(_) => "in a workspace `baton why` lists them all".to_owned(),
            None => format!("baton why {} --json lists them", done.called.id),
        };
        if !done.findings.is_empty() {
            output::note(output::findings(&done.findings, &rest).trim_end());
        }
        if !done.called.log.is_empty() {
            output::note(format!("{plugin} wrote\n{}", output::wrote(&done.called.log, LOG_LINES)).trim_end());
        }
        if let Some(answer) = root.and_then(|root| shown::answer(plugin, &done.called, &root)) {
            output::note(answer.trim_end());
        }
        match shown {
            // Nothing of a temporary workspace stays, so the first report is the output.
            Some(reports) => reports.iter().take(1).for_each(|bytes| output::report(bytes)),
            None => output::print(
                &done.called.artifacts.iter().map(|path| format!("{}\n", output::one_line(path))).collect::<String>(),
            ),
        }
        Ok(code)
    }
}

/// The help of the subcommand itself.
fn own_help() -> String {
    let mut command = super::Cli::command();
    command.build();
    let own = command.find_subcommand_mut("run").map(clap::Command::render_long_help);
    own.map(|help| help.to_string()).unwrap_or_default()
}

/// A call and what it found out.
pub(super) struct CallResult {
    pub(super) called: CallReport,
    pub(super) findings: Vec<Finding>,
}

/// Does one call in a workspace, with a progress bar on a terminal.
pub(super) fn do_call(workspace: &Workspace, asked: Call) -> anyhow::Result<CallResult> {
    super::block_on(async {
        let house: Arc<Context> = open(workspace, PluginSelection::One(&asked.plugin), "run", 3)?;
        let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template("{bar:30} {percent:>3} % {msg}")?);
        let cancel = Cancel::default();
        let (told, asked_to_stop) = (bar.clone(), cancel.clone());
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                asked_to_stop.cancel();
            }
        });
        let called = Box::pin(call(&house, asked, &cancel, move |_, progress| tell(&told, &progress))).await;
        bar.finish_and_clear();
        head::note(workspace, house.ledger());
        let called = called?;
        let findings = finding::of_task(&baton_ledger::Reader::open(&workspace.state.ledger())?, &called.id)?;
        Ok(CallResult { called, findings })
    })
}

fn tell(bar: &ProgressBar, progress: &Progress) {
    if let Some(percent) = progress.percent {
        bar.set_position(percent.into());
    }
    bar.set_message(output::one_line(&progress.message));
}

/// A workspace that lives as long as this value, for commands that work anywhere.
pub(super) struct TemporaryWorkspace {
    pub(super) workspace: Workspace,
    _folder: Scratch,
}

impl TemporaryWorkspace {
    /// A workspace in which named folders stand for `folders`, in order.
    pub(super) fn new(folders: &[(&str, &Path)]) -> anyhow::Result<Self> {
        let folder = Scratch::new()?;
        let workspace = workspace::Workspace::temporary(folder.path(), folders)?;
        Ok(Self { workspace, _folder: folder })
    }

    /// The bytes of a report.
    pub(super) fn read(&self, report: &str) -> anyhow::Result<Vec<u8>> {
        Ok(std::fs::read(self.workspace.root.join(report))?)
    }
}

/// The arguments of a call, for other subcommands.
pub(super) fn arguments(pairs: Vec<(&str, Value)>) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
