//! What a plugin asks for and what it was granted, one row for each grant: a folder that was granted by path, or for reading
//! alone, is the folder that was asked for.

use baton_core::manifest::Capabilities;
use baton_registry::Granted;

/// How far a grant was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum GrantState {
    No,
    /// For less than is asked for: a folder for reading only, a secret for other hosts.
    InPart,
    Yes,
}

impl GrantState {
    /// The word in a table.
    pub(in crate::cli) fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::InPart => "in part",
            Self::Yes => "yes",
        }
    }
}

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct GrantRow {
    /// As granted, else as asked for.
    pub(in crate::cli) word: String,
    /// As asked for; `None` for what the manifest does not ask for any more.
    pub(in crate::cli) asked: Option<String>,
    pub(in crate::cli) given: GrantState,
}

/// The rows, by word.
pub(in crate::cli) fn rows(asked: &Capabilities, granted: &Granted) -> Vec<GrantRow> {
    let (lacks, mut words) = (granted.lacks(asked), granted.words());
    let mut rows = Vec::new();
    for asked in asked.as_grants() {
        let (own, others): (Vec<_>, Vec<_>) = words.into_iter().partition(|word| subject(word) == subject(&asked));
        words = others;
        let given = match (own.is_empty(), lacks.contains(&asked)) {
            (true, _) => GrantState::No,
            (_, true) => GrantState::InPart,
            _ => GrantState::Yes,
        };
        let own = if own.is_empty() { vec![asked.clone()] } else { own };
        rows.extend(own.into_iter().map(|word| GrantRow { word, asked: Some(asked.clone()), given }));
    }
    rows.extend(words.into_iter().map(|word| GrantRow { word, asked: None, given: GrantState::Yes }));
    rows.sort_by(|a, b| a.word.cmp(&b.word));
    rows
}

/// What a grant is about, without mode, path and recipients: its kind and what is granted of that kind.
fn subject(word: &str) -> (&str, &str) {
    match word.split_once('=') {
        Some(("files:ro" | "files:rw", folder)) => ("files", folder.split('=').next().unwrap_or(folder)),
        Some(("host", host)) => ("host", host.split('=').next().unwrap_or(host)),
        Some(("sql", database)) => ("sql", database.split(':').next().unwrap_or(database)),
        Some(("handoffs", _)) => ("handoffs", ""),
        _ => ("", word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(text: &str) -> Capabilities {
        serde_json::from_str(text).unwrap()
    }

    fn granted(text: &str) -> Granted {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_grant_has_one_row_however_it_was_given() {
        let asked = capabilities(
            r#"{"files":[{"folder":"music","mode":"rw","reason":""},{"folder":"exports","mode":"rw","reason":""}],
                "hosts":[{"name":"wiki","reason":""}],"handoffs":{"reason":""},"ledger":{"reason":""}}"#,
        );
        let given = granted(
            r#"{"files":[{"folder":"music","mode":"ro","path":"/m"}],"hosts":{"wiki":"https://a.b"},"handoffs":true,
                "returns":true}"#,
        );
        let row = |word: &str, asked: Option<&str>, given| GrantRow {
            word: word.to_owned(),
            asked: asked.map(str::to_owned),
            given,
        };
        assert_eq!(
            rows(&asked, &given),
            [
                row("files:ro=music=/m", Some("files:rw=music"), GrantState::InPart),
                row("files:rw=exports", Some("files:rw=exports"), GrantState::No),
                row("handoffs=any", Some("handoffs=any"), GrantState::Yes),
                row("host=wiki=https://a.b", Some("host=wiki=ADDRESS"), GrantState::Yes),
                row("ledger", Some("ledger"), GrantState::No),
                row("returns", None, GrantState::Yes),
            ]
        );
    }
}
