//! The manifest of a plugin: actions, triggers, capabilities, limits.
//!
//! The manifest is the custom section `baton:manifest` of the component: one JSON object `{"name", "version",
//! "declares"}`. The sandbox finds the section. All its values come from an untrusted file: names are checked here, and
//! the host restricts capabilities by grants and limits by its own limits.

mod capabilities;
mod hosts;
mod name;
mod summary;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::grants::{Database, FingerprintScope, Mode, specs};
use crate::plugin_name::{self, NameError};
use crate::text::one_line;

pub use capabilities::{
    Capabilities, FilesCapability, FingerprintCapability, GitCapability, HostCapability, HttpCapability, Reason,
    Request, SecretCapability, SqlCapability,
};
pub use name::is_name;

/// The name of the custom section.
pub const SECTION: &str = "baton:manifest";

/// The maximum size of a manifest, enough for hundreds of actions with schemas.
pub const MAX_BYTES: usize = 256 * 1024;

/// A plugin's manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The plugin's name, and that of its agent: lower-case letters, digits and hyphens.
    pub name: String,
    /// The plugin's version, as its author sets it.
    pub version: String,
    /// The parts that the author writes in the manifest file.
    pub declares: SourceManifest,
}

/// The content of the manifest file in a plugin's source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceManifest {
    /// One sentence.
    pub description: String,
    /// The action for handoffs that name none.
    pub default_action: String,
    /// The actions, by name.
    pub actions: BTreeMap<String, Action>,
    /// The rules that make tasks without a handoff.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// The grants that the plugin requests.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// The limits that it requests; they cannot exceed the limits of the host.
    #[serde(default)]
    pub limits: Limits,
}

/// An action of a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// One sentence.
    pub description: String,
    /// True if the action can be repeated without harm. An interrupted attempt of an action that is not idempotent
    /// waits for a person and does not run again automatically.
    #[serde(default)]
    pub idempotent: bool,
    /// The grants that the action uses, as grant specs. The manifest must request each of them. Without this list, the
    /// action uses all grants of the plugin. Only help texts and the check of schedules read the list: the grants of an
    /// attempt do not depend on its action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Vec<String>>,
    /// A JSON Schema of the arguments. The host checks the arguments with it before an attempt.
    #[serde(default = "any_object")]
    pub args: Value,
}

fn any_object() -> Value {
    serde_json::json!({ "type": "object" })
}

/// A rule that makes a task without a handoff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// A file below a named folder changed.
    Files {
        /// A named folder of the workspace, for instance `plans`.
        folder: String,
        /// The files, as a glob over the path relative to the folder.
        glob: String,
        /// The time for which the folder must be unchanged before the trigger fires, in milliseconds.
        #[serde(default = "default_debounce_ms")]
        debounce_ms: u64,
        /// The action to run.
        action: String,
    },
    /// A file differs from the state that the plugin set with `watch.set` (`wit/watch.wit`).
    Watched {
        /// The time for which the files must be unchanged before the trigger fires, in milliseconds.
        #[serde(default = "default_debounce_ms")]
        debounce_ms: u64,
        /// The action to run.
        action: String,
    },
    /// Baton captured a RETURN.
    Return {
        /// The RETURNs that fire it.
        of: ReturnsOf,
        /// The action to run.
        action: String,
    },
    /// New audio was scanned in a folder of `[[audio]]` in `baton.toml`. Needs the capability `fingerprint` with
    /// `library`.
    Audio {
        /// The action to run.
        action: String,
    },
}

/// The RETURNs that fire a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnsOf {
    /// RETURNs to requests that the plugin sent.
    Own,
    /// Every RETURN of the workspace; needs the capability `returns`.
    Any,
}

impl Trigger {
    /// The action that it runs.
    #[must_use]
    pub fn action(&self) -> &str {
        match self {
            Self::Files { action, .. }
            | Self::Watched { action, .. }
            | Self::Return { action, .. }
            | Self::Audio { action } => action,
        }
    }

    /// True if changes of files fire it.
    #[must_use]
    pub fn is_about_files(&self) -> bool {
        matches!(self, Self::Files { .. } | Self::Watched { .. })
    }
}

fn default_debounce_ms() -> u64 {
    500
}

/// Limits that a plugin requests. The default is the host's limit. A request above the host's limit is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Memory over all linear memories, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u32>,
    /// Wall-clock time of one attempt, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_s: Option<u32>,
    /// Computing time of the plugin itself, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<u32>,
    /// The number of calls of host functions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_calls: Option<u32>,
    /// The total size of the data that it may pass to the host (files, log, requests), in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_mib: Option<u32>,
}

/// The error of a manifest that is not valid.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Longer than [`MAX_BYTES`].
    #[error("the manifest has {0} bytes; the limit is {MAX_BYTES}")]
    TooLong(usize),
    /// Not JSON of the manifest's shape.
    #[error("the manifest does not parse: {}", one_line(&.0.to_string()))]
    Json(#[from] serde_json::Error),
    /// An action names a grant that the manifest does not ask for.
    #[error("the action `{}` needs `{}`, which is missing in the manifest's capabilities", one_line(.action), one_line(.grant))]
    NotAsked {
        /// The action.
        action: String,
        /// The grant spec.
        grant: String,
    },
    /// A name breaks the rule for names.
    #[error(
        "the manifest's {what} `{}` is not a valid name: use 1 to 64 lower-case letters, digits and hyphens, and no hyphen first",
        one_line(.name)
    )]
    Name {
        /// The kind of name.
        what: &'static str,
        /// The name in the manifest.
        name: String,
    },
    /// The name is not allowed for a plugin.
    #[error("the manifest is refused: {0}")]
    PluginName(#[from] NameError),
    /// A part of the manifest refers to an action that does not exist.
    #[error("the manifest's {what} is `{}`, which is not one of the plugin's actions", one_line(.action))]
    NoAction {
        /// The part of the manifest that refers to it.
        what: &'static str,
        /// The action that does not exist.
        action: String,
    },
    /// The manifest has two triggers of a kind of which only one is allowed.
    #[error("the manifest has two triggers of the kind `{0}`; only one is allowed")]
    TwoTriggers(&'static str),
    /// A trigger for every RETURN needs a capability that is not declared.
    #[error(
        "the manifest's trigger for every RETURN (`\"of\": \"any\"`) needs the capability `returns`, with a reason"
    )]
    NoReturns,
    /// A trigger for audio needs a capability that is not declared.
    #[error(
        "the manifest's trigger for audio needs the capability `fingerprint` of the library \
         (`{{\"of\": \"library\"}}`), with a reason"
    )]
    NoLibrary,
    /// A secret has no destination that Baton can check.
    #[error(
        "the manifest's secret `{}` needs `hosts` (each HOST or HOST:PORT) and a `header` of lower-case letters, digits and \
         hyphens",
        one_line(.0)
    )]
    Secret(String),
    /// A rule or a secret names a host that is not declared.
    #[error(
        "the manifest uses `{{{0}}}`, which is not among the `hosts` of its capabilities: add {{\"name\": \"{0}\", \"reason\": \
         \"…\"}}"
    )]
    NoHost(String),
    /// A host is declared twice.
    #[error("the manifest declares the host `{0}` twice; declare it once, and use it in several rules")]
    TwoHosts(String),
    /// The manifest requests write access to something that can only be read.
    #[error(
        "the manifest asks for the database `files` with the mode `rw`; Baton gives only snapshots of other programs' files: use `ro`"
    )]
    FilesAreRead,
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// When the manifest is too long, is not JSON of this form, or refers to actions, hosts or grants that it does not
    /// declare.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_BYTES {
            return Err(ManifestError::TooLong(bytes.len()));
        }
        let manifest: Self = serde_json::from_slice(bytes)?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        plugin_name::check(&self.name)?;
        for name in self.declares.actions.keys() {
            check_name("action", name)?;
        }
        self.check_action("default action", &self.declares.default_action)?;
        self.check_needs()?;
        for trigger in &self.declares.triggers {
            if let Trigger::Files { folder, .. } = trigger {
                check_name("trigger's folder", folder)?;
            }
            self.check_action("trigger's action", trigger.action())?;
        }
        self.check_triggers()?;
        let capabilities = &self.declares.capabilities;
        let folders = capabilities.files.iter().map(|files| &files.folder);
        let mut folders = folders.chain(capabilities.git.iter().map(|git| &git.folder));
        folders.try_for_each(|folder| check_name("folder", folder))?;
        if capabilities.sql.iter().any(|sql| sql.database == Database::Files && sql.mode == Mode::Rw) {
            return Err(ManifestError::FilesAreRead);
        }
        if let Some(secret) = capabilities.secrets.iter().find(|secret| !secret.is_valid()) {
            return Err(ManifestError::Secret(secret.name.clone()));
        }
        check_hosts(capabilities)?;
        capabilities.secrets.iter().try_for_each(|secret| check_name("secret", &secret.name))
    }

    /// A manifest has at most one `watched` trigger and one `return` trigger.
    fn check_triggers(&self) -> Result<(), ManifestError> {
        let triggers = &self.declares.triggers;
        if triggers.iter().filter(|trigger| matches!(trigger, Trigger::Watched { .. })).count() > 1 {
            return Err(ManifestError::TwoTriggers("watched"));
        }
        let audio = triggers.iter().filter(|trigger| matches!(trigger, Trigger::Audio { .. })).count();
        let sounds = &self.declares.capabilities.fingerprint;
        match audio {
            0 => {}
            1 if sounds.iter().any(|asked| asked.of == FingerprintScope::Library) => {}
            1 => return Err(ManifestError::NoLibrary),
            _ => return Err(ManifestError::TwoTriggers("audio")),
        }
        let returns = triggers.iter().filter_map(|trigger| match trigger {
            Trigger::Return { of, .. } => Some(*of),
            _ => None,
        });
        let returns: Vec<ReturnsOf> = returns.collect();
        match returns.as_slice() {
            [_, _, ..] => Err(ManifestError::TwoTriggers("return")),
            [ReturnsOf::Any] if self.declares.capabilities.returns.is_none() => Err(ManifestError::NoReturns),
            _ => Ok(()),
        }
    }

    /// Checks that every grant of an action is requested by the manifest.
    fn check_needs(&self) -> Result<(), ManifestError> {
        let asked = specs(&self.declares.capabilities.grants());
        for (name, action) in &self.declares.actions {
            if let Some(grant) = action.needs.iter().flatten().find(|grant| !asked.contains(grant)) {
                return Err(ManifestError::NotAsked { action: name.clone(), grant: grant.clone() });
            }
        }
        Ok(())
    }

    fn check_action(&self, what: &'static str, action: &str) -> Result<(), ManifestError> {
        if self.declares.actions.contains_key(action) {
            return Ok(());
        }
        Err(ManifestError::NoAction { what, action: action.to_owned() })
    }
}

fn check_hosts(capabilities: &Capabilities) -> Result<(), ManifestError> {
    capabilities.hosts.iter().try_for_each(|host| check_name("host", &host.name))?;
    if let Some(name) = capabilities.repeated_host() {
        return Err(ManifestError::TwoHosts(name.to_owned()));
    }
    capabilities.undeclared_host().map_or(Ok(()), |name| Err(ManifestError::NoHost(name.to_owned())))
}

fn check_name(what: &'static str, name: &str) -> Result<(), ManifestError> {
    if is_name(name) {
        return Ok(());
    }
    Err(ManifestError::Name { what, name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(default: &str) -> Result<Manifest, ManifestError> {
        let text = format!(
            r#"{{"name":"echo","version":"1.0.0","declares":{{"description":"Says it again.","default_action":"{default}",
                "actions":{{"say":{{"description":"Says it."}}}}}}}}"#
        );
        Manifest::parse(text.as_bytes())
    }

    #[test]
    fn a_small_manifest_has_no_capabilities_by_default() {
        let manifest = parse("say").unwrap();
        assert!(!manifest.declares.actions["say"].idempotent);
        assert_eq!(manifest.declares.capabilities, Capabilities::default());
    }

    #[test]
    fn an_action_needs_only_what_the_manifest_asks_for() {
        let manifest = |needs: &str| {
            let text = format!(
                r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a",
                    "actions":{{"a":{{"description":"","needs":{needs}}}}},"capabilities":{{"ledger":{{"reason":""}}}}}}}}"#
            );
            Manifest::parse(text.as_bytes())
        };
        assert!(manifest(r#"["ledger"]"#).is_ok() && manifest("[]").is_ok());
        assert!(matches!(manifest(r#"["locks"]"#), Err(ManifestError::NotAsked { .. })));
    }

    #[test]
    fn errors_when_the_default_action_is_not_declared() {
        assert!(matches!(parse("shout"), Err(ManifestError::NoAction { .. })));
    }

    #[test]
    fn errors_when_a_name_could_be_a_path() {
        let text = r#"{"name":"../x","version":"1","declares":{"description":"","default_action":"a","actions":{"a":{"description":""}}}}"#;
        assert!(matches!(Manifest::parse(text.as_bytes()), Err(ManifestError::PluginName(_))));
    }

    fn parse_with(triggers: &str, capabilities: &str) -> Result<Manifest, ManifestError> {
        let text = format!(
            r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},
                "triggers":[{triggers}],"capabilities":{{{capabilities}}}}}}}"#
        );
        Manifest::parse(text.as_bytes())
    }

    #[test]
    fn reads_every_kind_of_trigger() {
        let triggers = r#"{"kind":"files","folder":"plans","glob":"*.md","action":"a"},{"kind":"watched","action":"a"},
            {"kind":"return","of":"any","action":"a"}"#;
        let manifest = parse_with(triggers, r#""returns":{"reason":"to check them"}"#).unwrap();
        let watched = Trigger::Watched { debounce_ms: 500, action: "a".to_owned() };
        assert_eq!(manifest.declares.triggers[1], watched);
        assert_eq!(specs(&manifest.declares.capabilities.grants()), ["returns"]);
    }

    #[test]
    fn errors_on_triggers_that_conflict_or_need_undeclared_capabilities() {
        let (any, own) =
            (r#"{"kind":"return","of":"any","action":"a"}"#, r#"{"kind":"return","of":"own","action":"a"}"#);
        assert!(parse_with(own, "").is_ok());
        assert!(matches!(parse_with(any, ""), Err(ManifestError::NoReturns)));
        assert!(matches!(parse_with(&format!("{own},{own}"), ""), Err(ManifestError::TwoTriggers("return"))));
        let watched = r#"{"kind":"watched","action":"a"}"#;
        assert!(matches!(parse_with(&format!("{watched},{watched}"), ""), Err(ManifestError::TwoTriggers("watched"))));
        let (audio, library) =
            (r#"{"kind":"audio","action":"a"}"#, r#""fingerprint":[{"of":"library","reason":"to know it"}]"#);
        assert!(parse_with(audio, library).is_ok());
        let files = r#""fingerprint":[{"of":"files","reason":"to hear"}]"#;
        assert!(matches!(parse_with(audio, files), Err(ManifestError::NoLibrary)));
        assert!(matches!(parse_with(&format!("{audio},{audio}"), library), Err(ManifestError::TwoTriggers("audio"))));
        let nobody = r#"{"kind":"watched","action":"b"}"#;
        assert!(matches!(parse_with(nobody, ""), Err(ManifestError::NoAction { .. })));
    }

    #[test]
    fn errors_on_write_access_to_files_of_other_programs() {
        let asked = |mode: &str| format!(r#""sql":[{{"database":"files","mode":"{mode}","reason":"to read it"}}]"#);
        let manifest = parse_with("", &asked("ro")).unwrap();
        assert_eq!(specs(&manifest.declares.capabilities.grants()), ["sql=files:ro"]);
        let refused = parse_with("", &asked("rw"));
        assert!(matches!(refused, Err(ManifestError::FilesAreRead)), "{refused:?}");
    }

    #[test]
    fn errors_when_hosts_are_not_declared_exactly_once() {
        let asked = |hosts: &str| {
            parse_with("", &format!(r#""hosts":[{hosts}],"http":[{{"rule":"GET:{{wiki}}/*","reason":""}}]"#))
        };
        let host = |name: &str| format!(r#"{{"name":"{name}","reason":"to read it"}}"#);
        let manifest = asked(&host("wiki")).unwrap();
        assert_eq!(specs(&manifest.declares.capabilities.grants()), ["host=wiki=ADDRESS", "http=GET:{wiki}/*"]);
        assert!(matches!(asked(&host("Wiki")), Err(ManifestError::Name { .. })));
        assert!(matches!(asked(&format!("{},{}", host("wiki"), host("wiki"))), Err(ManifestError::TwoHosts(_))));
        for hosts in [String::new(), host("wiki-2")] {
            let error = asked(&hosts).unwrap_err();
            assert!(error.to_string().contains(r#"add {"name": "wiki", "reason": "#), "{error}");
        }
        let secret = r#""secrets":[{"name":"s","hosts":["{feed}"],"reason":""}]"#;
        assert!(matches!(parse_with("", secret), Err(ManifestError::NoHost(_))));
        for odd in ["{feed}.evil.com", "{feed}:80", "{a}{b}"] {
            let odd = parse_with("", &secret.replace("{feed}", odd));
            assert!(matches!(odd, Err(ManifestError::Secret(_))), "{odd:?}");
        }
    }

    #[test]
    fn errors_on_an_unknown_field() {
        let text = r#"{"name":"x","version":"1","sudo":true,"declares":{"description":"","default_action":"a","actions":{"a":{"description":""}}}}"#;
        assert!(matches!(Manifest::parse(text.as_bytes()), Err(ManifestError::Json(_))));
    }
}
