//! `diagnose` and `repair`.

use baton_plugin_kit::{Findings, count};
use baton_plugin_sdk::{Error, Outcome, OutcomeKind, Severity, Task};

use super::shared::{stamp, task_error};
use crate::context::DriveContext;
use crate::drive::Change;
use crate::health::{
    self, Health, Kind, applied_json, health_json, health_markdown, inspect_drive, plan_json, plan_markdown,
};
use crate::task_arguments::{self, ApplyArgument};

/// Inspects the Drive and reports.
pub(super) fn diagnose(task: &Task, context: &DriveContext<'_>) -> Result<Outcome, Error> {
    let health = inspect_drive(&context.root, context.memory, task_arguments::keep(task)?).map_err(task_error)?;
    let mut findings = Findings::default();
    for trouble in &health.troubles {
        let what = format!("{}:{}", trouble.id.as_deref().unwrap_or_default(), trouble.path);
        let title = format!("{}: {}", trouble.path, trouble.kind.name().replace('-', " "));
        findings.add(trouble.kind.name(), &what, severity(trouble.kind), title, trouble.seen.clone());
    }
    let name = format!("drive-health-{}", stamp(context));
    let mut outcome = Outcome::new(summary(&health))
        .with_artifact(
            format!("{name}.json"),
            "application/json",
            format!("{:#}\n", health_json(&health, &context.now)),
        )
        .with_artifact(format!("{name}.md"), "text/markdown", health_markdown(&health, &context.shown, &context.now));
    outcome.findings = findings.into_list();
    Ok(outcome)
}

fn summary(health: &Health) -> String {
    let counts = Kind::ALL.iter().map(|kind| (health.count(*kind), kind.name())).filter(|(count, _)| *count > 0);
    let counts: Vec<_> = counts.map(|(count, name)| format!("{count} {name}")).collect();
    let found = if counts.is_empty() { "no problems".to_owned() } else { counts.join(", ") };
    format!("{} in {}: {found}.", count(health.databases, "database"), count(health.folders, "folder"))
}

const fn severity(kind: Kind) -> Severity {
    match kind {
        Kind::DuplicateFolder | Kind::ManifestDisagrees => Severity::High,
        Kind::OrphanCsv | Kind::MissingCsv | Kind::FolderWithoutId | Kind::Unreadable => Severity::Medium,
        Kind::RetentionOverrun | Kind::MissingArchive | Kind::Leftover => Severity::Low,
        Kind::Tombstone | Kind::PerhapsAnothers => Severity::Info,
    }
}

/// Makes a plan, and applies it if the argument `apply` is set.
pub(super) fn repair(task: &Task, context: &DriveContext<'_>) -> Result<Outcome, Error> {
    let keep = task_arguments::keep(task)?;
    let asked = task_arguments::apply(task)?;
    let health = inspect_drive(&context.root, context.memory, keep).map_err(task_error)?;
    let plan = health::plan(&context.root, &health, &context.memory.titles()?, task_arguments::kept(task)?)
        .map_err(task_error)?;
    let name = format!("drive-repair-{}-{}", plan.id, stamp(context));
    if let ApplyArgument::Plan(wanted) = &asked
        && *wanted != plan.id
    {
        return Err(Error::Permanent(format!(
            "the Drive changed since the plan {wanted} was made; the plan is now {}: check it (baton run drive-sync \
             repair) before you apply it",
            plan.id
        )));
    }
    if asked == ApplyArgument::No {
        let steps = count(plan.steps.len(), "step");
        let outcome = Outcome::new(format!(
            "Plan {}: {steps}, {} left to a person. Nothing was changed; {} applies the plan.",
            plan.id,
            plan.left,
            plan.command()
        ));
        return Ok(outcome
            .with_artifact(
                format!("{name}.json"),
                "application/json",
                format!("{:#}\n", plan_json(&plan, &context.now)),
            )
            .with_artifact(format!("{name}.md"), "text/markdown", plan_markdown(&plan, &context.shown)));
    }
    let applied = health::apply(context, &plan)?;
    let mut findings = Findings::default();
    for (step, why) in &applied.not_done {
        let title = format!("not repaired: {}", step.id());
        findings.add("not-repaired", step.id(), Severity::Medium, title, why.clone());
    }
    let removed = applied.undo.changes().iter().filter(|did| matches!(did, Change::RemovedBackup { .. })).count();
    let kind = OutcomeKind::from_counts(applied.done, applied.not_done.len() + plan.left);
    let mut outcome = Outcome::with_kind(
        kind,
        format!(
            "Plan {}: {} done, {} not done, {} left to a person. The report has the changes, to undo them{}.",
            plan.id,
            count(applied.done, "step"),
            applied.not_done.len(),
            plan.left,
            if removed == 0 {
                String::new()
            } else {
                format!(", except {} that were deleted", count(removed, "old backup"))
            }
        ),
    )
    .with_artifact(
        format!("{name}.json"),
        "application/json",
        format!("{:#}\n", applied_json(&plan, &applied, &context.now)),
    );
    if kind != OutcomeKind::Done {
        let step = "remove the causes that the findings and `baton run drive-sync diagnose` name, then plan again: \
                    baton run drive-sync repair";
        outcome.next_steps.push(step.to_owned());
    }
    outcome.findings = findings.into_list();
    Ok(outcome)
}
