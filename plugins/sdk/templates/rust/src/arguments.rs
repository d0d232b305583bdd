//! The arguments of the actions, made from `manifest.json` by `baton plugin types`. Edits are lost.

use baton_plugin_sdk::serde::Deserialize;

/// Arguments of `greet`. Greets a person by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(crate = "baton_plugin_sdk::serde", default)]
pub struct Greet {
    /// `name`.
    pub name: Option<String>,
}
