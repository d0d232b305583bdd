//! The help texts: `baton run` lists the plugins, `baton run PLUGIN` the actions of a plugin, and `baton run PLUGIN ACTION --help`
//! the arguments of an action. They come from the manifest; no code of the plugin runs. Descriptions are text of the plugin and
//! are marked as such.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use baton_core::grants::{Grant, GrantSet, GrantedFolder, grant_command};
use baton_core::manifest::{Action, SourceManifest};
use baton_core::nearest::or_meant;
use baton_core::shell::words;
use baton_core::text::plugin_says;
use baton_sandbox::{ExpectedArgument, expected, read_manifest};
use serde_json::{Map, Value, json};

use crate::cli::WorkspaceOptions;
use crate::cli::plugin::grant_rows::{GrantRow, GrantState, rows};
use crate::output::{Table, note, one_line, shorten};
use crate::shipped;
use crate::workspace::{Config, Lock, Workspace};

/// The most characters of a description.
const LONGEST: usize = 500;

const IN_EXAMPLE: usize = 3;

/// The plugins of the workspace. Outside of a workspace, the bundled plugins. Prints a note for each plugin that cannot be
/// read.
pub(super) fn plugins(options: &WorkspaceOptions) -> anyhow::Result<Vec<PluginDescription>> {
    let found: Vec<anyhow::Result<PluginDescription>> = match options.find()? {
        Some(workspace) => {
            let lock = workspace.registry().read()?;
            lock.names().map(|name| PluginDescription::in_workspace(&workspace, &lock, name)).collect()
        }
        None => shipped::SHIPPED.iter().map(|(name, _)| PluginDescription::bundled(name)).collect(),
    };
    let mut plugins = Vec::new();
    for plugin in found {
        match plugin {
            Ok(plugin) => plugins.push(plugin),
            Err(error) => note(&format!("{error:#}")),
        }
    }
    Ok(plugins)
}

/// The plugins as a table.
pub(super) fn list(plugins: &[PluginDescription]) -> String {
    let mut table = Table::new(&["PLUGIN", "THE PLUGIN SAYS"]);
    for plugin in plugins {
        table.row([plugin.name.clone(), shorten(&one_line(&plugin.declares.description), LONGEST)]);
    }
    format!("{}\nbaton run PLUGIN lists the actions of one\n", table.lines(|_, _, cell| cell))
}

/// The plugins with their actions, as JSON.
pub(super) fn plugins_as_json(plugins: &[PluginDescription]) -> Value {
    json!({ "schema": 1, "plugins": plugins.iter().map(PluginDescription::as_json).collect::<Vec<_>>() })
}

/// A plugin as its manifest and the workspace describe it.
pub(super) struct PluginDescription {
    name: String,
    declares: SourceManifest,
    /// Its grants; `None` outside of a workspace.
    granted: Option<GrantSet>,
    /// The default arguments of `baton.toml`, by action.
    defaults: BTreeMap<String, BTreeMap<String, Value>>,
}

impl PluginDescription {
    pub(super) fn find(options: &WorkspaceOptions, name: &str) -> anyhow::Result<Self> {
        match options.find()? {
            Some(workspace) => Self::in_workspace(&workspace, &workspace.registry().read()?, name),
            None => Self::bundled(name),
        }
    }

    fn bundled(name: &str) -> anyhow::Result<Self> {
        let component = shipped::component(name).with_context(|| {
            let all = format!("there are: {}", shipped::names());
            let names = shipped::SHIPPED.iter().map(|(name, _)| *name);
            format!("there is no bundled plugin `{}`; {}", one_line(name), or_meant(name, names, &all))
        })?;
        let declares = read_manifest(component)?.declares;
        Ok(Self { name: name.to_owned(), declares, granted: None, defaults: BTreeMap::new() })
    }

    fn in_workspace(workspace: &Workspace, lock: &Lock, name: &str) -> anyhow::Result<Self> {
        let declares = workspace.registry().declares(name)?;
        let granted = lock.get(name).map(|entry| entry.grants.clone());
        let defaults = workspace.config.rules(&workspace.base).settings.remove(name);
        let defaults = defaults.map(|settings| settings.defaults).unwrap_or_default();
        Ok(Self { name: name.to_owned(), declares, granted, defaults })
    }

    /// The schema of an action's arguments; `None` if the plugin does not have the action.
    pub(super) fn schema(&self, action: &str) -> Option<&Value> {
        self.declares.actions.get(action).map(|action| &action.args)
    }

    pub(super) fn actions(&self) -> String {
        let mut table = Table::new(&["ACTION", "THE PLUGIN SAYS"]);
        for (name, action) in &self.declares.actions {
            let default = if *name == self.declares.default_action { " (default)" } else { "" };
            table.row([format!("{name}{default}"), action.description.clone()]);
        }
        format!(
            "{}: {}\n\n{}\nbaton run {} ACTION --help shows the arguments, the grants and an example of one\n",
            self.name,
            described(&self.declares.description),
            table.lines(|_, _, cell| cell),
            self.name
        )
    }

    /// The error for arguments without an action.
    pub(super) fn without_action(&self) -> String {
        let names: Vec<_> = self.declares.actions.keys().map(String::as_str).collect();
        let name = &self.name;
        format!(
            "arguments need an action: baton run {name} ACTION --arg NAME=VALUE; {name} has the actions {}",
            names.join(", ")
        )
    }

    /// The JSON form.
    pub(super) fn as_json(&self) -> Value {
        let action = |(name, action): (&String, &Action)| {
            let arguments: Vec<Value> = expected(&action.args).iter().map(argument_json).collect();
            json!({
                "name": name, "description": action.description, "default": *name == self.declares.default_action,
                "idempotent": action.idempotent, "arguments": arguments, "schema": action.args,
            })
        };
        let actions: Vec<Value> = self.declares.actions.iter().map(action).collect();
        json!({ "schema": 1, "plugin": self.name, "description": self.declares.description, "actions": actions })
    }

    pub(super) fn action(&self, name: &str) -> anyhow::Result<String> {
        let Some(action) = self.declares.actions.get(name) else {
            let names = self.declares.actions.keys().map(String::as_str);
            let all = format!("it has: {}", names.clone().collect::<Vec<_>>().join(", "));
            bail!("`{}` has no action `{}`; {}", self.name, one_line(name), or_meant(name, names, &all));
        };
        let arguments = expected(&action.args);
        let mut text = format!("Usage: baton run {} {name} [--arg NAME=VALUE]...\n\n", self.name);
        text.push_str(&format!("{}\n", described(&action.description)));
        if !action.idempotent {
            text.push_str("Baton asks you before it repeats an interrupted attempt.\n");
        }
        text.push_str(&self.arguments(name, &arguments));
        text.push_str(&self.grants(action));
        text.push_str(&format!("\nexample\n  {}\n", self.example(name, &arguments)));
        Ok(text)
    }

    fn arguments(&self, action: &str, arguments: &[ExpectedArgument]) -> String {
        if arguments.is_empty() {
            return "\narguments: none\n".to_owned();
        }
        let defaults = self.defaults.get(action);
        let mut table = Table::new(&["ARGUMENT", "VALUE", "DEFAULT", "THE PLUGIN SAYS"]);
        for argument in arguments {
            let set =
                defaults.and_then(|defaults| defaults.get(&argument.name)).map(|value| format!("{value} (baton.toml)"));
            let required = argument.required.then(|| "required".to_owned());
            let default = set.or(required).or_else(|| argument.default.clone());
            let form = shorten(&one_line(&argument.form), 60);
            let default = default.unwrap_or_else(|| "-".to_owned());
            table.row([argument.name.clone(), form, shorten(&default, 40), argument.description.clone()]);
        }
        format!("\n{}", table.lines(|_, _, cell| cell))
    }

    /// The grants that the action uses according to the manifest, with the state of each. If the manifest does not list
    /// them, returns all grants that the plugin requests.
    fn grants(&self, action: &Action) -> String {
        let granted = self.granted.clone().unwrap_or_default();
        let mut rows = rows(&self.declares.capabilities, &granted);
        if let Some(needs) = &action.needs {
            rows.retain(|row| row.asked.as_ref().is_some_and(|asked| needs.contains(&asked.to_string())));
        }
        let head = match &action.needs {
            Some(needs) if needs.is_empty() => return "\ngrants: none\n".to_owned(),
            Some(_) => "grants that it uses",
            None if rows.is_empty() => return String::new(),
            None => "grants of the plugin",
        };
        let mut table = Table::new(&["GRANT", "GRANTED", "COMMAND"]);
        for GrantRow { spec, asked, given } in rows {
            let command = match (&self.granted, given, asked) {
                (None, ..) | (_, GrantState::Yes, _) | (.., None) => String::new(),
                (.., Some(asked)) => self.command(asked),
            };
            let given = if self.granted.is_some() { given.as_str() } else { "-" };
            table.row([spec, given.to_owned(), command]);
        }
        format!("\n{head}\n{}", table.lines(|_, _, cell| cell))
    }

    /// The command that grants a request.
    fn command(&self, asked: Grant) -> String {
        let grant = match asked {
            Grant::Files(folder) if !Config::FOLDERS.contains(&folder.folder.as_str()) => {
                Grant::Files(GrantedFolder { path: Some("FOLDER".into()), ..folder })
            }
            asked => asked,
        };
        grant_command(&self.name, &[grant])
    }

    /// A command with all required arguments, or with the first one if none is required.
    fn example(&self, action: &str, arguments: &[ExpectedArgument]) -> String {
        let required: Vec<_> = arguments.iter().filter(|argument| argument.required).take(IN_EXAMPLE).collect();
        let shown = if required.is_empty() { arguments.iter().take(1).collect() } else { required };
        let mut command = vec!["baton".to_owned(), "run".to_owned(), self.name.clone(), action.to_owned()];
        for argument in shown {
            command.push("--arg".to_owned());
            command.push(one_line(&format!("{}={}", argument.name, argument.example)));
        }
        words(&command)
    }
}

fn argument_json(argument: &ExpectedArgument) -> Value {
    let mut value = Map::new();
    value.insert("name".to_owned(), json!(argument.name));
    value.insert("value".to_owned(), json!(argument.form));
    value.insert("required".to_owned(), json!(argument.required));
    value.insert("default".to_owned(), json!(argument.default));
    value.insert("description".to_owned(), json!(argument.description));
    Value::Object(value)
}

/// A description by the plugin, marked as such.
fn described(description: &str) -> String {
    shorten(&plugin_says(description), LONGEST)
}
