//! Settings of `baton.toml` that were renamed. The older names are still read (`alias`). This module finds them, so
//! that a message can ask for the current names.

use toml::{Table, Value};

const KEYS: [(&str, &str); 2] = [("first_pause", "initial_backoff"), ("longest_pause", "max_backoff")];

/// The older names that the file uses, each as "`older` to `current`".
pub(super) fn older_names(file: &Table) -> Vec<String> {
    let agents = file.get("agents").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let sections = agents.filter_map(Value::as_table).flat_map(|agent| [agent.get("retry"), agent.get("quarantine")]);
    let sections: Vec<&Table> = sections.flatten().filter_map(Value::as_table).collect();
    let keys = KEYS.iter().filter(|(older, _)| sections.iter().any(|section| section.contains_key(*older)));
    let keys = keys.map(|(older, current)| format!("`{older}` to `{current}`"));
    let escalation = file.contains_key("external").then(|| "`[external]` to `[escalation]`".to_owned());
    keys.chain(escalation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        older_names(&text.parse().unwrap())
    }

    #[test]
    fn older_names_are_found_wherever_they_are_used() {
        assert_eq!(found("[agents.a]\nretry = { first_pause = \"1s\" }"), ["`first_pause` to `initial_backoff`"]);
        let text = "[agents.a.quarantine]\nlongest_pause = \"1s\"\n[external]\nremind_after = \"1d\"";
        assert_eq!(found(text), ["`longest_pause` to `max_backoff`", "`[external]` to `[escalation]`"]);
        let text = "[agents.a]\nretry = { initial_backoff = \"1s\" }\n[escalation]\nremind_after = \"1d\"";
        assert!(found(text).is_empty());
    }
}
