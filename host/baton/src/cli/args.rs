//! The arguments of an action on the command line, shared by `send` and `run`: `--arg NAME=VALUE` and `--args-json`.

use std::io::Read as _;

use anyhow::{Context as _, bail};
use baton_core::text::one_line;
use baton_sandbox::{TypedArgument, coerce};
use serde_json::{Map, Value};

/// The arguments as typed.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ActionArguments {
    /// An argument of the action. The action's schema says whether VALUE is text, a number, true or false. For a list, give
    /// --arg NAME=VALUE once for each element
    #[arg(long = "arg", value_name = "NAME=VALUE", value_parser = TypedArgument::parse)]
    args: Vec<TypedArgument>,
    /// Arguments as one JSON object, used as they are; - reads it from standard input
    #[arg(long, value_name = "JSON")]
    args_json: Option<String>,
}

impl ActionArguments {
    /// True if no arguments were given.
    pub(super) fn is_empty(&self) -> bool {
        self.args.is_empty() && self.args_json.is_none()
    }

    /// True if standard input has arguments.
    pub(super) fn reads_input(&self) -> bool {
        self.args_json.as_deref() == Some("-")
    }

    /// Converts the values with `schema`. Without a type in the schema, a value is parsed as JSON if possible, else it is
    /// text. Fails if `--args-json` is not a JSON object, or an argument without a list type is given twice.
    pub(super) fn values(&self, schema: &Value) -> anyhow::Result<Map<String, Value>> {
        let mut values = self.read_json()?;
        for (name, value) in coerce(schema, &self.args).map_err(anyhow::Error::msg)? {
            if values.insert(name.clone(), value).is_some() {
                bail!("the argument `{}` is in --args-json and in --arg; give it once", one_line(&name));
            }
        }
        Ok(values)
    }

    fn read_json(&self) -> anyhow::Result<Map<String, Value>> {
        let Some(text) = &self.args_json else { return Ok(Map::new()) };
        let mut read = String::new();
        if self.reads_input() {
            std::io::stdin().read_to_string(&mut read).context("failed to read standard input")?;
        }
        let text = if self.reads_input() { &read } else { text };
        match serde_json::from_str(text) {
            Ok(Value::Object(values)) => Ok(values),
            Ok(_) => bail!("--args-json is not a JSON object; write it as {{\"NAME\": VALUE}}"),
            Err(error) => bail!("--args-json is not JSON: {}", one_line(&error.to_string())),
        }
    }
}
