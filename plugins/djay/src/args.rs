//! Checks the arguments of each action before the action reads or writes anything. Unknown arguments and values out of range
//! are rejected by name. The types come from the manifest (`arguments.rs`).

use baton_plugin_kit::time;
use baton_plugin_sdk::Error;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use crate::arguments::{Activity, Export, ExportFormatsItem as Form, MatchIds, SyncSessions};

const LONGEST_PATH: usize = 1_024;
const LONGEST_SERVICE: usize = 100;
/// Maximum value of the argument `top`: lines in each list of the Markdown page.
const MOST_TOP: u64 = 1_000;
/// Maximum value of the argument `keep_older`: older results of each file.
const MOST_OLDER: u64 = 1_000;

/// The arguments of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionArguments {
    /// `export`.
    Export(Export),
    /// `sync-sessions`.
    SyncSessions(SyncSessions),
    /// `activity`.
    Activity(Activity),
    /// `match-ids`.
    MatchIds(MatchIds),
}

impl ActionArguments {
    /// Parses the arguments of an action, a JSON object. Null means absent.
    ///
    /// # Errors
    /// `permanent` for an unknown action, an unknown argument, and a value of another type or out of range.
    pub fn parse(action: &str, args: &str) -> Result<Self, Error> {
        let arguments = match action {
            "export" => Self::Export(read(action, args)?),
            "sync-sessions" => Self::SyncSessions(read(action, args)?),
            "activity" => Self::Activity(read(action, args)?),
            "match-ids" => Self::MatchIds(read(action, args)?),
            other => {
                return Err(Error::Permanent(format!(
                    "the action `{other}` is unknown; the actions are export, sync-sessions, activity and match-ids"
                )));
            }
        };
        arguments.check().map_err(Error::Permanent)?;
        Ok(arguments)
    }

    /// The selected library, and whether to read its newest backup.
    #[must_use]
    pub fn place(&self) -> (Option<&str>, bool) {
        let (library, backup) = match self {
            Self::Export(Export { library, backup, .. })
            | Self::SyncSessions(SyncSessions { library, backup })
            | Self::Activity(Activity { library, backup, .. })
            | Self::MatchIds(MatchIds { library, backup, .. }) => (library, backup),
        };
        (library.as_deref(), *backup)
    }

    fn check(&self) -> Result<(), String> {
        check_length("library", self.place().0, LONGEST_PATH)?;
        match self {
            Self::Export(export) => export.check(),
            Self::SyncSessions(_) => Ok(()),
            Self::Activity(activity) => activity.check(),
            Self::MatchIds(matching) => check_length("service", matching.service.as_deref(), LONGEST_SERVICE),
        }
    }
}

impl Export {
    /// True if a format is selected.
    #[must_use]
    pub fn has(&self, form: Form) -> bool {
        self.formats.as_ref().is_none_or(|forms| forms.contains(&form))
    }

    fn check(&self) -> Result<(), String> {
        let count = |form| self.formats.iter().flatten().filter(|known| **known == form).count();
        let is_empty = self.formats.as_ref().is_some_and(Vec::is_empty);
        if is_empty || count(Form::Csv) > 1 || count(Form::Json) > 1 {
            return Err(
                "the argument `formats` must name csv, json or both, each once; leave it out for both".to_owned()
            );
        }
        if self.keep_older.is_some_and(|older| older > MOST_OLDER) {
            return Err(format!("the argument `keep_older` must be 0 to {MOST_OLDER}"));
        }
        Ok(())
    }
}

impl Activity {
    /// Plays before this time are not counted.
    ///
    /// # Errors
    /// `permanent` if it is not a time; never after [`ActionArguments::parse`].
    pub fn since(&self) -> Result<Option<i64>, Error> {
        parse_time("since", self.since.as_deref()).map_err(Error::Permanent)
    }

    /// Plays from this time on are not counted.
    ///
    /// # Errors
    /// `permanent` if it is not a time; never after [`ActionArguments::parse`].
    pub fn until(&self) -> Result<Option<i64>, Error> {
        parse_time("until", self.until.as_deref()).map_err(Error::Permanent)
    }

    fn check(&self) -> Result<(), String> {
        parse_time("since", self.since.as_deref())?;
        parse_time("until", self.until.as_deref())?;
        if self.threshold == Some(0) {
            return Err("the argument `threshold` must be 1 or more".to_owned());
        }
        if self.top.is_some_and(|top| !(1..=MOST_TOP).contains(&top)) {
            return Err(format!("the argument `top` must be 1 to {MOST_TOP}"));
        }
        Ok(())
    }
}

/// Parses each argument separately, so that an error names it.
fn read<A: Default + DeserializeOwned>(action: &str, args: &str) -> Result<A, Error> {
    let all: Map<String, Value> = serde_json::from_str(args)
        .map_err(|error| Error::Permanent(format!("the arguments are not a JSON object: {error}")))?;
    let mut given = Map::new();
    for (name, value) in all {
        let is_null = value.is_null();
        let known = if is_null { Value::Array(Vec::new()) } else { value.clone() };
        let one = serde_json::from_value::<A>(Value::Object(Map::from_iter([(name.clone(), known)])));
        match one {
            Err(error) if !is_null || error.to_string().starts_with("unknown field") => {
                return Err(Error::Permanent(format!("the argument `{name}` of {action} is not valid: {error}")));
            }
            _ if is_null => {}
            _ => drop(given.insert(name, value)),
        }
    }
    serde_json::from_value(Value::Object(given))
        .map_err(|error| Error::Permanent(format!("the arguments of {action} do not match the manifest: {error}")))
}

fn check_length(name: &str, text: Option<&str>, most: usize) -> Result<(), String> {
    match text.map(|text| text.chars().count()) {
        Some(length) if length == 0 || length > most => {
            Err(format!("the argument `{name}` must have 1 to {most} characters"))
        }
        _ => Ok(()),
    }
}

fn parse_time(name: &str, text: Option<&str>) -> Result<Option<i64>, String> {
    let Some(text) = text else { return Ok(None) };
    time::parse(text)
        .map(Some)
        .ok_or_else(|| format!("the argument `{name}` is not a time: {text}; write 2026-01-18 or 2026-01-18T10:15:00Z"))
}
