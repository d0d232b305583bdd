//! Makes one row for each grant that a plugin requests or has. A requested folder and the granted folder share one row,
//! even if the grant names a path or allows only reading.

use baton_core::grants::{Grant, GrantSet};
use baton_core::manifest::Capabilities;

/// Whether a requested grant was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum GrantState {
    No,
    /// Less was granted than requested: a folder for reading only, a secret for fewer hosts.
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
    /// The spec that was granted; if none was granted, the requested spec.
    pub(in crate::cli) spec: String,
    /// The request; `None` if the manifest does not request this grant any more.
    pub(in crate::cli) asked: Option<Grant>,
    pub(in crate::cli) given: GrantState,
}

pub(in crate::cli) fn rows(asked: &Capabilities, granted: &GrantSet) -> Vec<GrantRow> {
    let (asked, granted, missing) = (asked.grants(), granted.grants(), granted.missing(asked));
    let mut rows = Vec::new();
    for asked in &asked {
        let own: Vec<&Grant> = granted.iter().filter(|grant| grant.overlaps(asked)).collect();
        let given = match (own.is_empty(), missing.iter().any(|missing| missing.replaces(asked))) {
            (true, _) => GrantState::No,
            (_, true) => GrantState::InPart,
            _ => GrantState::Yes,
        };
        let own = if own.is_empty() { vec![asked] } else { own };
        let row = |grant: &Grant| GrantRow { spec: grant.to_string(), asked: Some(asked.clone()), given };
        rows.extend(own.into_iter().map(row));
    }
    let others = granted.iter().filter(|grant| !asked.iter().any(|asked| grant.overlaps(asked)));
    rows.extend(others.map(|grant| GrantRow { spec: grant.to_string(), asked: None, given: GrantState::Yes }));
    rows.sort_by(|a, b| a.spec.cmp(&b.spec));
    // One granted HTTP rule may cover several requested rules.
    rows.dedup_by(|a, b| a.spec == b.spec && a.given == b.given);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(text: &str) -> Capabilities {
        serde_json::from_str(text).unwrap()
    }

    fn granted(text: &str) -> GrantSet {
        serde_json::from_str(text).unwrap()
    }

    /// The rows, with each request as text.
    fn shown(asked: &Capabilities, granted: &GrantSet) -> Vec<(String, Option<String>, GrantState)> {
        let row = |row: GrantRow| (row.spec, row.asked.map(|asked| asked.to_string()), row.given);
        rows(asked, granted).into_iter().map(row).collect()
    }

    #[test]
    fn rules_for_requests_are_compared_by_what_they_cover() {
        let asked = capabilities(
            r#"{"http":[{"rule":"GET:a.b/v1/*","reason":""},{"rule":"GET:a.b/v2/x","reason":""},
                {"rule":"POST:a.b/v1/*","reason":""}]}"#,
        );
        let rows = |given: &str| shown(&asked, &granted(given));
        let none = ("http=POST:a.b/v1/*".to_owned(), Some("http=POST:a.b/v1/*".to_owned()), GrantState::No);
        let wide = ("http=GET:a.b/*".to_owned(), Some("http=GET:a.b/v1/*".to_owned()), GrantState::Yes);
        assert_eq!(rows(r#"{"http":["GET:a.b/*"]}"#), [wide, none.clone()]);
        let part = ("http=GET:a.b/v1/me".to_owned(), Some("http=GET:a.b/v1/*".to_owned()), GrantState::InPart);
        let other = ("http=GET:a.b/v2/x".to_owned(), Some("http=GET:a.b/v2/x".to_owned()), GrantState::No);
        assert_eq!(rows(r#"{"http":["GET:a.b/v1/me"]}"#), [part, other, none]);
    }

    #[test]
    fn a_grant_has_one_row_for_each_way_of_granting_it() {
        let asked = capabilities(
            r#"{"files":[{"folder":"music","mode":"rw","reason":""},{"folder":"exports","mode":"rw","reason":""}],
                "hosts":[{"name":"wiki","reason":""}],"handoffs":{"reason":""},"ledger":{"reason":""}}"#,
        );
        let given = granted(
            r#"{"files":[{"folder":"music","mode":"ro","path":"/m"}],"hosts":{"wiki":"https://a.b"},"handoffs":true,
                "returns":true}"#,
        );
        let row = |spec: &str, asked: Option<&str>, given| (spec.to_owned(), asked.map(str::to_owned), given);
        assert_eq!(
            shown(&asked, &given),
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
