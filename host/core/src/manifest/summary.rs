//! The triggers and limits of a manifest as lines for the operator. Only the patterns are text of the plugin.

use super::{Limits, ReturnsOf, SourceManifest, Trigger};
use crate::text::one_line;

impl SourceManifest {
    /// The triggers, one line each.
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
        // A limit that is not requested is the host's limit, which is the highest.
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
            format!(
                "`{action}` when a file of `{folder}` that fits `{glob}` changes (after {debounce_ms} ms without a change)"
            )
        }
        Trigger::Watched { debounce_ms, .. } => {
            format!("`{action}` when a file changes that the plugin watches (after {debounce_ms} ms without a change)")
        }
        Trigger::Return { of: ReturnsOf::Own, .. } => {
            format!("`{action}` for each RETURN to a request that the plugin sent")
        }
        Trigger::Return { of: ReturnsOf::Any, .. } => format!("`{action}` for each RETURN of the workspace"),
        Trigger::Audio { .. } => format!("`{action}` for new audio in the folders of `[[audio]]`"),
    }
}

impl Limits {
    /// The requested limits, one line each.
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
            ("host calls", self.host_calls, ""),
            ("bytes written", self.written_mib, "MiB"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_and_limits_are_lines() {
        let declares: SourceManifest = serde_json::from_str(
            r#"{"description":"","default_action":"a","actions":{},"limits":{"memory_mib":64,"host_calls":9},
                "triggers":[{"kind":"files","folder":"plans","glob":"*.md\n","action":"a"},{"kind":"return","of":"any","action":"a"}]}"#,
        )
        .unwrap();
        assert_eq!(declares.limits.lines(), ["memory: 64 MiB", "host calls: 9"]);
        assert_eq!(
            declares.trigger_lines(),
            [
                "`a` when a file of `plans` that fits `*.md\\n` changes (after 500 ms without a change)",
                "`a` for each RETURN of the workspace"
            ]
        );
    }
}
