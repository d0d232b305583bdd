//! `[[agents.NAME.schedule]]`: the times at which Baton makes tasks of a plugin; and arguments of `baton.toml` as JSON.

use baton_dispatch::{DefaultArguments, Schedule};
use serde::Deserialize;
use serde_json::Value;

/// A valid schedule. A wrong expression is a parse error with its line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ScheduleText")]
pub(super) struct ScheduleConfig(pub(super) Schedule);

/// A schedule as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleText {
    cron: String,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    args: Arguments,
    #[serde(default)]
    timezone: Option<String>,
}

impl TryFrom<ScheduleText> for ScheduleConfig {
    type Error = String;

    fn try_from(written: ScheduleText) -> Result<Self, String> {
        let ScheduleText { cron, action, args, timezone } = written;
        Schedule::new(&cron, timezone.as_deref(), action, args.0).map(Self)
    }
}

/// Arguments in JSON. A date becomes text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "toml::Table")]
pub(super) struct Arguments(pub(super) DefaultArguments);

impl From<toml::Table> for Arguments {
    fn from(table: toml::Table) -> Self {
        Self(as_json(&table))
    }
}

fn as_json(table: &toml::Table) -> DefaultArguments {
    table.iter().map(|(name, value)| (name.clone(), value_as_json(value))).collect()
}

fn value_as_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(truth) => Value::from(*truth),
        toml::Value::Datetime(date) => Value::from(date.to_string()),
        toml::Value::Array(items) => items.iter().map(value_as_json).collect(),
        toml::Value::Table(table) => as_json(table).into_iter().collect(),
    }
}
