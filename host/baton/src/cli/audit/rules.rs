//! Decides which findings cause exit 1: `.batonaudit.toml`, a baseline and `--fail-on`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, bail};
use baton_core::glob::Globs;
use baton_core::nearest::or_meant;
use baton_ledger::finding::Finding;
use serde::Deserialize;
use serde_json::Value;

/// The file in the audited folder.
pub(super) const FILE: &str = ".batonaudit.toml";

/// The suffix of the id of a finding about an unreadable plan.
pub(super) const UNREADABLE: &str = ":unreadable";

/// The suffix for a plan without any verifiable statement.
pub(super) const NOTHING_VERIFIED: &str = ":nothing-verified";

/// The suffix of the finding that says how many findings are not listed.
const MORE_FINDINGS: &str = ":more-findings";

/// Every kind of finding, one a line.
const KINDS: &str = include_str!("../../../../../plugins/audit/schemas/finding-kinds.txt");

/// The findings that cause exit 1. Findings of a baseline never do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum FailOn {
    /// Findings of severity medium or higher that are not in the baseline
    New,
    /// Findings of severity high or critical
    High,
    /// Findings of severity medium or higher
    Any,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Info,
    Low,
    Medium,
    High,
}

impl Severity {
    const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The content of `.batonaudit.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Settings {
    /// Patterns of plans and deliverables.
    ignore: Vec<String>,
    /// Findings that have one of these words in their title or evidence are ignored.
    words: Vec<String>,
    /// Severities by kind, such as `missing` or `claim-file`.
    severities: BTreeMap<String, Severity>,
    fail_on: Option<FailOn>,
}

/// The rules that decide whether a finding counts.
pub(super) struct Rules {
    ignored: Globs,
    words: Vec<String>,
    severities: BTreeMap<String, Severity>,
    fail_on: FailOn,
    /// The ids of the findings in the baseline.
    known: BTreeSet<String>,
}

impl Rules {
    /// Reads the settings of the audited folder and the baseline.
    ///
    /// # Errors
    /// When one of the files cannot be read or names an unknown kind, or `new` is wanted without a baseline.
    pub(super) fn load(root: &Path, baseline: Option<&Path>, fail_on: Option<FailOn>) -> anyhow::Result<Self> {
        let Settings { ignore, words, severities, fail_on: usual } = settings(&root.join(FILE))?;
        let fail_on = match (fail_on.or(usual), baseline) {
            (Some(FailOn::New), None) => bail!("--fail-on new needs --baseline FILE"),
            (Some(fail_on), _) => fail_on,
            (None, Some(_)) => FailOn::New,
            (None, None) => FailOn::Any,
        };
        Ok(Self {
            ignored: Globs::new(&ignore).with_context(|| format!("failed to parse {FILE}"))?,
            words: words.into_iter().filter(|word| !word.is_empty()).collect(),
            severities,
            fail_on,
            known: baseline.map(known).transpose()?.unwrap_or_default(),
        })
    }

    /// The findings that are not ignored, with the configured severities. Findings about unreadable plans, unverified plans and
    /// omitted findings are never ignored, and their severity never changes.
    pub(super) fn apply(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let is_protected = |finding: &Finding| {
            [UNREADABLE, NOTHING_VERIFIED, MORE_FINDINGS].iter().any(|kind| finding.id.ends_with(kind))
        };
        let mut findings: Vec<Finding> =
            findings.into_iter().filter(|finding| is_protected(finding) || !self.is_ignored(finding)).collect();
        for finding in findings.iter_mut().filter(|finding| !is_protected(finding)) {
            if let Some(severity) = self.severities.get(kind(&finding.id)) {
                severity.word().clone_into(&mut finding.severity);
            }
        }
        findings
    }

    /// True if a finding causes exit 1. The finding that says how many findings are omitted always does, because the
    /// omitted findings may not be in the baseline.
    pub(super) fn counts(&self, finding: &Finding) -> bool {
        let high = matches!(finding.severity.as_str(), "high" | "critical");
        let grave = match self.fail_on {
            FailOn::High => high,
            FailOn::New | FailOn::Any => high || finding.severity == "medium",
        };
        finding.id.ends_with(MORE_FINDINGS) || grave && !self.is_known(finding)
    }

    /// True if the baseline has this finding. A finding in the baseline is not shown again.
    pub(super) fn is_known(&self, finding: &Finding) -> bool {
        self.known.contains(&finding.id)
    }

    fn is_ignored(&self, finding: &Finding) -> bool {
        // The id is `audit:PLAN:PATH:KIND`. A pattern must match the plan or the path.
        let about = finding.id.strip_prefix("audit:").and_then(|id| id.rsplit_once(':')).map_or("", |(about, _)| about);
        let named = about.split(':').any(|part| self.ignored.matches(part.trim_start_matches("./")));
        named || self.words.iter().any(|word| finding.title.contains(word) || finding.evidence.contains(word))
    }
}

impl Settings {
    /// Refuses severities of kinds that no finding has.
    fn check_kinds(&self) -> anyhow::Result<()> {
        match self.severities.keys().find(|kind| !KINDS.lines().any(|known| known == kind.as_str())) {
            None => Ok(()),
            Some(unknown) => {
                let kinds = KINDS.lines().collect::<Vec<_>>().join(", ");
                let hint = or_meant(unknown, KINDS.lines(), &format!("the kinds are {kinds}"));
                bail!("unknown kind of finding `{unknown}` in [severities]; {hint}")
            }
        }
    }
}

/// The maximum size of the settings. A person writes them, so a larger file is a mistake.
const SETTINGS_BYTES: u64 = 1 << 20;

fn settings(file: &Path) -> anyhow::Result<Settings> {
    match baton_files::read_target_text(file, SETTINGS_BYTES) {
        Ok(text) => toml::from_str(&text)
            .map_err(anyhow::Error::from)
            .and_then(|settings: Settings| settings.check_kinds().map(|()| settings))
            .with_context(|| format!("failed to parse {}", file.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Settings::default()),
        Err(error) => Err(error).with_context(|| format!("failed to read {}", file.display())),
    }
}

/// The ids in a baseline, which is a report that `baton audit --format json` wrote.
fn known(file: &Path) -> anyhow::Result<BTreeSet<String>> {
    let text = std::fs::read(file).with_context(|| format!("failed to read the baseline {}", file.display()))?;
    let report: Value = serde_json::from_slice(&text)
        .with_context(|| format!("the baseline {} is not a JSON report of `baton audit`", file.display()))?;
    let Some(findings) = report.get("findings").and_then(Value::as_array) else {
        bail!("the baseline {} has no findings: write it with `baton audit --format json --out FILE`", file.display());
    };
    Ok(findings.iter().filter_map(|finding| finding.get("id")?.as_str().map(str::to_owned)).collect())
}

/// The kind of a finding, such as `missing`: the last part of its id, without the number at the end.
fn kind(id: &str) -> &str {
    let last = id.rsplit(':').next().unwrap_or(id);
    last.trim_end_matches(|sign: char| sign.is_ascii_digit()).trim_end_matches('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(path: &str, severity: &str) -> Finding {
        let id = format!("audit:PLAN.md:{path}:missing");
        Finding { id, severity: severity.to_owned(), title: format!("MISSING: {path}"), evidence: String::new() }
    }

    fn rules(toml: &str, fail_on: Option<FailOn>) -> anyhow::Result<Rules> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join(FILE), toml)?;
        let baseline = folder.path().join("baseline.json");
        std::fs::write(&baseline, r#"{"findings": [{"id": "audit:PLAN.md:old.py:missing"}]}"#)?;
        Rules::load(folder.path(), Some(&baseline), fail_on)
    }

    #[test]
    fn ignored_findings_are_removed_and_severities_change() {
        let rules =
            rules("ignore = [\"vendor/**\"]\nwords = [\"draft\"]\n[severities]\nmissing = \"low\"\n", None).unwrap();
        let findings = ["vendor/a.py", "draft.py", "src/b.py"].map(|path| finding(path, "high"));
        let left = rules.apply(findings.to_vec());
        assert_eq!(left.iter().map(|left| left.title.as_str()).collect::<Vec<_>>(), ["MISSING: src/b.py"]);
        assert!(left.iter().all(|left| left.severity == "low" && !rules.counts(left)));
    }

    #[test]
    fn a_plan_that_could_not_be_read_is_never_ignored() {
        let mut unread = finding("x", "medium");
        unread.id = format!("audit:PLAN.md{UNREADABLE}");
        let rules = rules("ignore = [\"**\"]\n[severities]\nunreadable = \"low\"\n", None).unwrap();
        assert_eq!(rules.apply(vec![unread.clone()]), [unread]);
    }

    #[test]
    fn an_unknown_kind_is_refused() {
        let refused =
            |kind: &str| format!("{:#}", rules(&format!("[severities]\n{kind} = \"low\"\n"), None).err().unwrap());
        assert!(
            refused("mising").contains("`mising` in [severities]; did you mean `missing`?"),
            "{}",
            refused("mising")
        );
        assert!(refused("qqq").contains("the kinds are absent, ") && refused("qqq").contains(", missing, "));
    }

    #[test]
    fn the_finding_about_omitted_findings_always_counts() {
        let mut more = finding("x", "info");
        more.id = format!("audit{MORE_FINDINGS}");
        let mut rules =
            rules("ignore = [\"**\"]\nwords = [\"x\"]\n[severities]\nmore-findings = \"info\"\n", None).unwrap();
        rules.known.insert(more.id.clone());
        for fail_on in [FailOn::New, FailOn::High, FailOn::Any] {
            rules.fail_on = fail_on;
            assert_eq!(
                rules.apply(vec![more.clone()]).iter().map(|left| rules.counts(left)).collect::<Vec<_>>(),
                [true]
            );
        }
    }

    #[test]
    fn fail_on_decides_which_findings_count() {
        let counts = |fail_on, path, severity| rules("", fail_on).unwrap().counts(&finding(path, severity));
        assert_eq!(["old.py", "b.py"].map(|path| counts(None, path, "medium")), [false, true], "new");
        assert_eq!(["high", "medium"].map(|severity| counts(Some(FailOn::High), "b.py", severity)), [true, false]);
        assert_eq!(["medium", "low"].map(|severity| counts(Some(FailOn::Any), "b.py", severity)), [true, false]);
        assert_eq!([FailOn::High, FailOn::Any].map(|fail_on| counts(Some(fail_on), "old.py", "high")), [false; 2]);
        assert!(rules("ignored = []", None).is_err(), "an unknown key");
        assert!(Rules::load(Path::new("."), None, Some(FailOn::New)).is_err());
    }
}
