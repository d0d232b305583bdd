//! `baton audit PLAN...`: runs the audit plugin on any plans and any folder, without a workspace.
//!
//! This is the only subcommand that knows the plugin by name; it calls the plugin as `baton run` does.

mod github;
mod rules;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_dispatch::Call;
use baton_ledger::finding::Finding;
use serde_json::json;

use self::rules::{FailOn, NOTHING_VERIFIED, Rules, UNREADABLE};
use super::run::{TemporaryWorkspace, arguments, do_call};
use crate::exit::Code;
use crate::output;
use crate::workspace::shown;

/// Audit plans against what exists: exit 0 all present, 1 something missing, 2 could not audit, 3 nothing could be verified
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plans and other documents to audit
    #[arg(required = true, value_name = "PLAN")]
    plans: Vec<PathBuf>,
    /// The folder to search for the files that the plans name
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// The format of the report
    #[arg(long, value_enum, default_value_t = Format::Md)]
    format: Format,
    /// The file for the report [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// An earlier JSON report; findings that it also has do not cause exit 1
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Which findings cause exit 1 [default: `new` with a baseline, else `any`]
    #[arg(long, value_enum, value_name = "WHICH")]
    fail_on: Option<FailOn>,
    /// Also write a lock file beside each plan (PLAN.lock): the list of the deliverables that the audit found, for your review
    #[arg(long)]
    propose_lock: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people and agents
    Md,
    /// For people: one self-contained page
    Html,
    /// For programs; `baton schema audit-report` prints its schema
    Json,
    /// For code viewers that show findings in the source
    Sarif,
    /// For programs that show test results
    Junit,
    /// For GitHub Actions: annotations at the lines of the plans
    Github,
}

impl Format {
    /// The name of the format in the plugin's arguments, and the file name extension of the report.
    const fn of_plugin(self) -> (&'static str, &'static str) {
        match self {
            Self::Md => ("markdown", ".md"),
            Self::Html => ("html", ".html"),
            // The annotations need the JSON report: it has the line of each finding.
            Self::Json | Self::Github => ("json", ".json"),
            Self::Sarif => ("sarif", ".sarif"),
            Self::Junit => ("junit", ".junit.xml"),
        }
    }
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<Code> {
        if !self.root.is_dir() {
            bail!("the root {} is not a folder", self.root.display());
        }
        let rules = Rules::load(&self.root, self.baseline.as_deref(), self.fail_on)?;
        if let Some(folder) = self.plans.iter().find(|plan| self.propose_lock && plan.is_dir()) {
            bail!("--propose-lock needs plan files, and {} is a folder", folder.display());
        }
        let (folders, names) = folders_and_names(&self.plans)?;
        self.check_lock_names()?;
        let mut granted: Vec<(&str, &Path)> = folders.iter().map(|folder| ("plans", folder.as_path())).collect();
        granted.push(("root", &self.root));
        let temporary = TemporaryWorkspace::new(&granted)?;
        let (form, ending) = self.format.of_plugin();
        // Without follow-ups, the audit only reads: it sends no requests.
        let mut args = vec![("plans", json!(names)), ("forms", json!([form])), ("follow_up", json!(false))];
        if self.propose_lock {
            args.push(("propose_lock", json!(true)));
        }
        let args = arguments(args);
        let call = Call { plugin: "audit".to_owned(), action: "audit".to_owned(), args };
        let done = do_call(&temporary.workspace, call)?;
        // Even a partial audit has a report, and the exit code depends on the findings in it.
        if done.called.outcome.is_none() {
            bail!("{}", output::one_line(&done.called.text));
        }
        let report = done.called.artifacts.iter().find(|name| name.ends_with(ending));
        let report = report.with_context(|| format!("the audit made no {ending} report"))?;
        let all = done.findings.len();
        let findings = rules.apply(done.findings);
        if self.format == Format::Github {
            let places = github::places(&temporary.read(report)?)?;
            self.write(annotations(&findings, &rules, &places).as_bytes())?;
        } else {
            self.write(&temporary.read(report)?)?;
        }
        output::note(&output::one_line(&done.called.text));
        if self.propose_lock {
            self.write_locks(&temporary, &done.called.artifacts)?;
        }
        if findings.len() < all {
            output::note(&format!("{} of {all} findings are ignored by {}", all - findings.len(), rules::FILE));
        }
        Ok(verdict(&findings, &rules))
    }

    /// A proposed lock is named after its plan's file, so two plans with the same file name would get the same lock.
    fn check_lock_names(&self) -> anyhow::Result<()> {
        let mut names = BTreeSet::new();
        for plan in self.plans.iter().filter(|_| self.propose_lock) {
            if !names.insert(plan.file_name()) {
                bail!(
                    "two plans have the file name of {}; audit them separately, each with its own --propose-lock",
                    plan.display()
                );
            }
        }
        Ok(())
    }

    /// Writes the proposed locks beside their plans. An existing lock is kept as `.lock.old`.
    fn write_locks(&self, temporary: &TemporaryWorkspace, artifacts: &[String]) -> anyhow::Result<()> {
        for plan in &self.plans {
            let mut lock = plan.clone().into_os_string();
            lock.push(".lock");
            let lock = PathBuf::from(lock);
            let proposed = artifacts.iter().find(|name| Path::new(name).file_name() == lock.file_name());
            let Some(proposed) = proposed else {
                output::note(&format!("no lock was proposed for {}; the report has the reason", plan.display()));
                continue;
            };
            let proposed = temporary.read(proposed)?;
            let mut old = lock.clone().into_os_string();
            old.push(".old");
            if let Err(error) = std::fs::rename(&lock, &old)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(error).with_context(|| format!("failed to keep the old {}", lock.display()));
            }
            std::fs::write(&lock, proposed).with_context(|| format!("failed to write {}", lock.display()))?;
            output::note(&format!("wrote {}: check its list, then set `reviewed` to true", lock.display()));
        }
        Ok(())
    }

    fn write(&self, report: &[u8]) -> anyhow::Result<()> {
        match &self.out {
            None => output::report(report),
            Some(out) => {
                std::fs::write(out, report).with_context(|| format!("failed to write {}", out.display()))?;
            }
        }
        Ok(())
    }
}

/// The annotations of the findings. Findings in the baseline and findings of severity `info` are left out.
fn annotations(findings: &[Finding], rules: &Rules, places: &github::Locations) -> String {
    let shown = findings.iter().filter(|finding| finding.severity != "info" && !rules.is_known(finding));
    github::annotations(shown, places, &std::env::current_dir().unwrap_or_default())
}

/// The exit code. Prints plans that could not be read or verified to standard error.
fn verdict(findings: &[Finding], rules: &Rules) -> Code {
    let of = |kind: &'static str| findings.iter().filter(move |finding| finding.id.ends_with(kind));
    let unread = of(UNREADABLE).filter(|finding| finding.severity == "medium");
    for finding in unread.clone().chain(of(NOTHING_VERIFIED)) {
        let parts: Vec<String> = [&finding.title, &finding.evidence].map(|part| output::one_line(part)).into();
        output::note(parts.join("; ").trim_end_matches("; "));
    }
    if unread.count() > 0 {
        Code::Failed
    } else if findings.iter().any(|finding| rules.counts(finding) && !finding.id.ends_with(NOTHING_VERIFIED)) {
        Code::Findings
    } else if of(NOTHING_VERIFIED).count() > 0 {
        Code::Unverified
    } else {
        Code::Good
    }
}

/// The folders of the plans, each once, and the path of each plan for the plugin.
fn folders_and_names(plans: &[PathBuf]) -> anyhow::Result<(Vec<PathBuf>, Vec<String>)> {
    let (mut folders, mut names) = (Vec::new(), Vec::new());
    for plan in plans {
        let metadata = plan.metadata().with_context(|| format!("failed to find the plan {}", plan.display()))?;
        let name = plan.file_name().filter(|_| !metadata.is_dir());
        let folder = PathBuf::from(shown(if name.is_some() { plan.parent().unwrap_or(plan) } else { plan }));
        names.push(match name {
            Some(name) => format!("{}/{}", folder.display(), name.to_string_lossy()),
            None => folder.display().to_string(),
        });
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    Ok((folders, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_spellings_of_a_path_give_the_same_plan_name() {
        let folder = tempfile::tempdir().unwrap();
        let docs = folder.path().join("docs");
        std::fs::create_dir(&docs).unwrap();
        std::fs::write(docs.join("a.md"), "").unwrap();
        let (folders, names) = folders_and_names(&[docs.join("a.md"), docs.join("./a.md"), docs.clone()]).unwrap();
        assert_eq!(folders, [docs.as_path()]);
        let name = format!("{}/a.md", docs.display());
        assert_eq!(names, [name.clone(), name, docs.display().to_string()]);
    }
}
