//! `[server]`: the address of the MCP and A2A server in the daemon.

use std::net::SocketAddr;

use anyhow::bail;
use serde::Deserialize;

/// `[server]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ServerConfig {
    /// The address and port.
    pub(crate) listen: SocketAddr,
    /// More names under which clients may call the server, with their port.
    #[serde(default)]
    pub(crate) hosts: Vec<String>,
    /// True if A2A is served beside MCP.
    #[serde(default)]
    pub(crate) a2a: bool,
}

impl ServerConfig {
    /// Rejects an address that other machines can reach, unless `hosts` names the server for them.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if !self.listen.ip().is_loopback() && self.hosts.is_empty() {
            bail!(
                "[server] listen = \"{}\" is reachable from other machines: set hosts = [\"NAME:{}\"] if that is \
                 intended, or listen on 127.0.0.1",
                self.listen,
                self.listen.port()
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::workspace::Config;

    #[test]
    fn other_machines_reach_the_server_only_under_a_configured_name() {
        assert_eq!(Config::parse("").unwrap().server(), None);
        let server = Config::parse("[server]\nlisten = \"127.0.0.1:7077\"").unwrap().server().cloned().unwrap();
        assert_eq!((server.listen.port(), server.hosts.len(), server.a2a), (7077, 0, false));
        for (text, part) in [
            ("[server]\nlisten = \"0.0.0.0:7077\"", "reachable from other machines"),
            ("[server]\nlisten = \"localhost\"", "listen"),
            ("[server]", "listen"),
        ] {
            let error = format!("{:#}", Config::parse(text).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
        }
        Config::parse("[server]\nlisten = \"0.0.0.0:7077\"\nhosts = [\"mac.local:7077\"]").unwrap();
    }
}
