//! `baton run PLUGIN ACTION`: runs one task without a daemon. `baton audit` uses the same call.

mod call;
mod help;
mod shown;

use anyhow::bail;
use baton_core::State;
use baton_core::grants::grant_it_with;
use baton_core::shell::words;
use baton_dispatch::Call;
use serde_json::Value;

pub(super) use self::call::{TemporaryWorkspace, arguments, do_call};
use self::help::PluginDescription;
use super::plugin::grant_first;
use super::{WorkspaceOptions, args};
use crate::exit::Code;
use crate::output;

/// The number of log lines that are shown; `baton plugin log` and `--json` have the whole log.
const LOG_LINES: usize = 20;

/// Run one action of a plugin now, without the daemon
///
/// `baton run PLUGIN` lists its actions, `baton run PLUGIN ACTION --help` shows the arguments of one.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(super) struct Args {
    /// The plugin. Without ACTION, its actions are listed; without PLUGIN, the plugins are listed
    plugin: Option<String>,
    /// The action to run
    action: Option<String>,
    #[command(flatten)]
    given: args::ActionArguments,
    /// Grant the plugin this before the run, as `baton plugin grant` does. The grant stays. May be given several times
    #[arg(long, value_name = "GRANT", requires = "action")]
    grant: Vec<String>,
    /// Print JSON: state, summary, reports and findings; without an action, the actions and their arguments
    #[arg(long)]
    json: bool,
    /// Print help. With PLUGIN: its actions. With ACTION: its arguments, defaults, grants and an example
    #[arg(short, long)]
    help: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions, baton: fn() -> clap::Command) -> anyhow::Result<Code> {
        match (&self.plugin, &self.action) {
            (None, _) if self.help => output::print(&own_help(baton())),
            (None, _) => {
                let plugins = help::plugins(options)?;
                if self.json {
                    output::json(&help::plugins_as_json(&plugins));
                } else {
                    output::print(&help::list(&plugins));
                }
            }
            (Some(plugin), Some(action)) if self.help => {
                output::print(&PluginDescription::find(options, plugin)?.action(action)?);
            }
            (Some(plugin), None) => {
                let described = PluginDescription::find(options, plugin)?;
                if !self.given.is_empty() && !self.help {
                    bail!(described.without_action());
                }
                if self.json { output::json(&described.as_json()) } else { output::print(&described.actions()) }
            }
            (Some(plugin), Some(action)) => return self.call(options, plugin, action),
        }
        Ok(Code::Good)
    }

    fn call(&self, options: &WorkspaceOptions, plugin: &str, action: &str) -> anyhow::Result<Code> {
        // If the plugin or the action is unknown, there is no schema here, and the call below reports the problem.
        let described = PluginDescription::find(options, plugin).ok();
        let schema = described.as_ref().and_then(|described| described.schema(action));
        let args = self.given.values(schema.unwrap_or(&Value::Bool(true)))?;
        if !self.grant.is_empty() {
            // Check the action first, so that a wrong action grants nothing.
            PluginDescription::find(options, plugin)?.action(action)?;
            output::note(&grant_first(options, plugin, &self.grant)?);
        }
        let call = Call { plugin: plugin.to_owned(), action: action.to_owned(), args };
        let workspace = options.find()?;
        let root = workspace.as_ref().map(|workspace| workspace.root.clone());
        let (done, shown) = match workspace {
            Some(workspace) => (do_call(&workspace, call)?, None),
            None => {
                let here = std::env::current_dir()?;
                let temporary = TemporaryWorkspace::new(&[("plans", &here), ("root", &here)])?;
                let done = do_call(&temporary.workspace, call)?;
                let shown = done.called.artifacts.iter().map(|name| temporary.read(name)).collect::<Result<_, _>>()?;
                (done, Some::<Vec<Vec<u8>>>(shown))
            }
        };
        let code = if done.called.state == State::Succeeded { Code::Good } else { Code::Findings };
        if self.json {
            output::json(&shown::as_json(&done, plugin, action, shown.as_deref()));
            return Ok(code);
        }
        output::note(&format!("{}: {}", done.called.status(), output::one_line(&done.called.text)));
        if let Some(command) = with_grants(plugin, &done.called.text) {
            output::note(&format!("to grant this and repeat the run: {command}"));
        }
        output::suggestions(plugin, &done.called.next_steps);
        let rest = match &shown {
            Some(_) => "in a workspace `baton why` lists them all".to_owned(),
            None => format!("baton why {} --json lists them", done.called.id),
        };
        if !done.findings.is_empty() {
            output::note(output::findings(&done.findings, &rest).trim_end());
        }
        if !done.called.log.is_empty() {
            output::note(format!("{plugin} wrote\n{}", output::plugin_output(&done.called.log, LOG_LINES)).trim_end());
        }
        if let Some(answer) = root.and_then(|root| shown::answer(plugin, &done.called, &root)) {
            output::note(answer.trim_end());
        }
        match shown {
            // A temporary workspace is deleted, so the first report is printed.
            Some(reports) => reports.iter().take(1).for_each(|bytes| output::report(bytes)),
            None => output::print(
                &done.called.artifacts.iter().map(|path| format!("{}\n", output::one_line(path))).collect::<String>(),
            ),
        }
        Ok(code)
    }
}

/// This command with the grants that are missing according to `text`, the message of the host.
fn with_grants(plugin: &str, text: &str) -> Option<String> {
    let missing = text.strip_prefix(grant_it_with(plugin, &[]).trim_end_matches('`'))?.split('`').next()?;
    let given: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    // The host has quoted the grants for a shell already.
    let grants: String = missing.split(' ').map(|spec| format!(" --grant {spec}")).collect();
    Some(format!("baton {}{grants}", words(&given)))
}

/// The help of the subcommand.
fn own_help(mut command: clap::Command) -> String {
    command.build();
    let own = command.find_subcommand_mut("run").map(clap::Command::render_long_help);
    own.map(|help| help.to_string()).unwrap_or_default()
}
