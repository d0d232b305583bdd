//! What a manifest asks for, as the operator sees it: each grant with its destinations and the plugin's reason, then triggers
//! and limits. Only reasons and patterns are text of the plugin.

use super::{
    Capabilities, HttpRule, Limits, ReturnsOf, SecretCapability, SourceManifest, Trigger, authority_of, host_name,
};
use crate::text::one_line;

/// One grant that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// As `baton plugin grant` takes it.
    pub grant: String,
    /// Where a secret goes, which the grant does not say. In the host's words.
    pub details: Option<String>,
    /// The plugin's reason. Untrusted.
    pub reason: String,
}

impl Capabilities {
    /// Everything that is asked for, in the order of [`Capabilities::as_grants`].
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.as_grants().into_iter().map(|grant| self.request(grant)).collect()
    }

    fn request(&self, grant: String) -> Request {
        let (kind, value) = grant.split_once('=').unwrap_or((&grant, ""));
        let secret = self.secrets.iter().find(|secret| kind == "secret" && secret.name == value);
        let http = |rule: &HttpRule| rule.to_string() == value;
        let reason = match kind {
            "host" => self.hosts.iter().find(|asked| asked.as_grant() == grant).map(|asked| &asked.reason),
            "http" => self.http.iter().find(|asked| http(&asked.rule)).map(|asked| &asked.reason),
            "secret" => secret.map(|asked| &asked.reason),
            "sql" => {
                let named = |database: String| value.split(':').next() == Some(database.as_str());
                self.sql.iter().find(|asked| named(asked.database.to_string())).map(|asked| &asked.reason)
            }
            "git" => self.git.iter().find(|asked| asked.folder == value).map(|asked| &asked.reason),
            "fingerprint" => {
                self.fingerprint.iter().find(|asked| asked.of.to_string() == value).map(|asked| &asked.reason)
            }
            "handoffs" => self.handoffs.as_ref().map(|asked| &asked.reason),
            "ledger" => self.ledger.as_ref().map(|asked| &asked.reason),
            "returns" => self.returns.as_ref().map(|asked| &asked.reason),
            "claims" => self.claims.as_ref().map(|asked| &asked.reason),
            "triggers" => self.triggers.as_ref().map(|asked| &asked.reason),
            _ => self.files.iter().find(|asked| asked.folder == value).map(|asked| &asked.reason),
        };
        let reason = reason.cloned().unwrap_or_default();
        Request { details: secret.map(SecretCapability::destinations), reason, grant }
    }
}

impl SecretCapability {
    /// Where the secret goes, in words.
    #[must_use]
    pub fn destinations(&self) -> String {
        destinations(&self.hosts, &self.header)
    }

    /// Whether each host is a name or an address, and the header is one.
    pub(super) fn is_sound(&self) -> bool {
        let token = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "!#$%&'*+-.^_`|~".contains(c);
        let header = !self.header.is_empty() && self.header.len() <= 100 && self.header.chars().all(token);
        let is_host = |host: &String| host_name(host).is_some() || authority_of(host, "https").is_some();
        header && !self.hosts.is_empty() && self.hosts.iter().all(is_host)
    }
}

/// Where a secret goes, in words.
#[must_use]
pub fn destinations(hosts: &[String], header: &str) -> String {
    format!("goes to {} in the header `{}`", one_line(&hosts.join(", ")), one_line(header))
}

impl SourceManifest {
    /// What makes tasks without a handoff, one line each.
    #[must_use]
    pub fn trigger_lines(&self) -> Vec<String> {
        let is_off = |trigger: &Trigger| trigger.is_about_files() && self.capabilities.triggers.is_some();
        let line = |trigger: &Trigger| {
            let until = if is_off(trigger) { "; off until `triggers` is granted" } else { "" };
            format!("{}{until}", trigger_line(trigger))
        };
        self.triggers.iter().map(line).collect()
    }

    /// The triggers and higher limits that this manifest has and `old` does not have, one line each.
    #[must_use]
    pub fn does_beyond(&self, old: &Self) -> Vec<String> {
        let known = old.trigger_lines();
        let triggers = self.trigger_lines().into_iter().filter(|line| !known.contains(line));
        let mut lines: Vec<String> = triggers.map(|line| format!("trigger: {line}")).collect();
        // A limit that is not asked for is the host's own, which is the highest.
        let most = |limit: Option<u32>| limit.unwrap_or(u32::MAX);
        for ((what, new, unit), (_, old, _)) in self.limits.asked().into_iter().zip(old.limits.asked()) {
            if most(new) > most(old) {
                let new = new.map_or_else(|| "Baton's own limit".to_owned(), |new| format!("{new} {unit}"));
                lines.push(format!("limit: {what}: {}", new.trim_end()));
            }
        }
        lines
    }
}

fn trigger_line(trigger: &Trigger) -> String {
    let action = trigger.action();
    match trigger {
        Trigger::Files { folder, glob, debounce_ms, .. } => {
            let glob = one_line(glob);
            format!("`{action}` when a file of `{folder}` that fits `{glob}` changes (after {debounce_ms} ms of quiet)")
        }
        Trigger::Watched { debounce_ms, .. } => {
            format!("`{action}` when a file that it named changes (after {debounce_ms} ms of quiet)")
        }
        Trigger::Return { of: ReturnsOf::Own, .. } => format!("`{action}` for each RETURN to a request that it sent"),
        Trigger::Return { of: ReturnsOf::Any, .. } => format!("`{action}` for each RETURN of the workspace"),
        Trigger::Audio { .. } => format!("`{action}` for new audio in the folders of `[[audio]]`"),
    }
}

impl Limits {
    /// The ceilings that are asked for, one line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |(what, asked, unit): (&str, Option<u32>, &str)| {
            asked.map(|number| format!("{what}: {number} {unit}").trim_end().to_owned())
        };
        self.asked().into_iter().filter_map(line).collect()
    }

    /// Each limit with its name and unit.
    fn asked(&self) -> [(&'static str, Option<u32>, &'static str); 5] {
        [
            ("memory", self.memory_mib, "MiB"),
            ("time of an attempt", self.wall_s, "s"),
            ("processor time", self.cpu_s, "s"),
            ("calls of the host", self.host_calls, ""),
            ("bytes written", self.written_mib, "MiB"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_grant_has_its_reason_and_a_secret_its_destinations() {
        let asked: Capabilities = serde_json::from_str(
            r#"{"files":[{"folder":"plans","mode":"ro","reason":"1"}],"http":[{"rule":"GET:a.b/x","reason":"2"}],
                "secrets":[{"name":"s","hosts":["a.b","c.d:80"],"reason":"3"}],
                "sql":[{"database":"catalog","mode":"rw","reason":"4"}],"git":[{"folder":"root","reason":"5"}],
                "fingerprint":[{"of":"files","reason":"6"}],"handoffs":{"reason":"7"},"ledger":{"reason":"8"},
                "returns":{"reason":"9"},"claims":{"reason":"10"}}"#,
        )
        .unwrap();
        let requests = asked.requests();
        let reasons: Vec<_> = requests.iter().map(|request| request.reason.as_str()).collect();
        assert_eq!(reasons, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
        let details: Vec<_> = requests.iter().filter_map(|request| request.details.as_deref()).collect();
        assert_eq!(details, ["goes to a.b, c.d:80 in the header `authorization`"]);
    }

    #[test]
    fn a_secret_goes_to_hosts_only_and_in_a_header() {
        let secret = |hosts: &[&str], header: &str| SecretCapability {
            name: "s".to_owned(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            header: header.to_owned(),
            reason: String::new(),
        };
        assert!(secret(&["a.b", "localhost:8080", "[::1]"], "x-api-key").is_sound());
        for (hosts, header) in [
            (&["a.b\nsigned"][..], "x"),
            (&["*"], "x"),
            (&["a.b/x"], "x"),
            (&[], "x"),
            (&["a.b"], "X"),
            (&["a.b"], "a\nb"),
            (&["a.b"], ""),
        ] {
            assert!(!secret(hosts, header).is_sound(), "{hosts:?} {header:?}");
        }
    }

    #[test]
    fn triggers_and_limits_are_lines() {
        let declares: SourceManifest = serde_json::from_str(
            r#"{"description":"","default_action":"a","actions":{},"limits":{"memory_mib":64,"host_calls":9},
                "triggers":[{"kind":"files","folder":"plans","glob":"*.md\n","action":"a"},{"kind":"return","of":"any","action":"a"}]}"#,
        )
        .unwrap();
        assert_eq!(declares.limits.lines(), ["memory: 64 MiB", "calls of the host: 9"]);
        assert_eq!(
            declares.trigger_lines(),
            [
                "`a` when a file of `plans` that fits `*.md\\n` changes (after 500 ms of quiet)",
                "`a` for each RETURN of the workspace"
            ]
        );
    }
}
