//! Helpers that check documents and compare the results.

use audit::assertions::{self, AssertionReport, CheckedDocument};
use audit::index::Index;
use audit::remark::NoteSeverity;
use baton_plugin_kit::host::Git;

pub(super) fn check(documents: Vec<CheckedDocument>, index: &Index, git: Option<&dyn Git>) -> AssertionReport {
    let read: Vec<_> = documents
        .into_iter()
        .map(|document| {
            let found = assertions::read(&document);
            (document, found)
        })
        .collect();
    assertions::check(&read, index, git, None)
}

pub(super) fn one(text: &str, index: &Index, git: Option<&dyn Git>) -> AssertionReport {
    check(vec![CheckedDocument { shown: "d".into(), text: text.into() }], index, git)
}

/// Asserts that a finding of this severity contains these words.
pub(super) fn expect_gap(checked: &AssertionReport, weight: NoteSeverity, words: &str) {
    let found =
        checked.gaps.iter().any(|gap| gap.weight == weight && (gap.evidence.contains(words) || gap.id.contains(words)));
    assert!(found, "{words}: {:#?}", checked.gaps);
}
