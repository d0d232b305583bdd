//! Prepares the requests of an attempt: the declared and granted rules, with the addresses that the operator set.

use std::sync::Arc;

use baton_core::grants::grant_it_with;
use baton_core::manifest::Manifest;

use super::send::Egress;
use super::{EgressGrants, Network, Policy};
use crate::AttemptError;
use crate::capabilities::secrets::InjectedSecrets;

impl Egress {
    /// # Errors
    /// `needs_grant` if a declared host has no address. An error if a secret cannot be read.
    pub(crate) fn prepare(
        manifest: &Manifest,
        granted: &EgressGrants,
        network: &Arc<Network>,
    ) -> Result<Self, AttemptError> {
        let capabilities = manifest.declares.capabilities.with_secret_hosts(&granted.hosts);
        let unset = capabilities.unset_hosts(&granted.hosts);
        if !unset.is_empty() {
            let command = grant_it_with(&manifest.name, &unset);
            let text = format!(
                "a host has no address: {command}, with an address such as https://wiki.example.org for ADDRESS"
            );
            return Err(AttemptError::NeedsGrant(text));
        }
        let policy = Policy {
            plugin: manifest.name.clone(),
            declared: capabilities.http.iter().map(|http| http.rule.clone()).collect(),
            hosts: Arc::clone(&granted.hosts),
            granted: Arc::clone(&granted.http),
        };
        let secrets =
            InjectedSecrets::of(&manifest.name, &capabilities.secrets, &granted.secrets, granted.vault.as_ref());
        let secrets =
            secrets.map_err(|why| AttemptError::Permanent(format!("the plugin's secrets cannot be used: {why}")))?;
        Ok(Self::new(policy, secrets, Arc::clone(network)))
    }
}
