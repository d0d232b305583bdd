//! The request of a task: its arguments, its folders and its time, checked before anything is read.

use std::path::PathBuf;

use baton_plugin_sdk::{Cause, Error, Task};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::discover::{self, Discovery, PlansFolder, Refusal, shown_join};
use crate::follow::Rules;
use crate::health::Options;
use crate::index::{Index, Root};
use crate::plan::Place;
use crate::report::{Form, Stamp};

/// The names of the arguments of `audit`.
const KNOWN: [&str; 7] = ["plans", "reports", "root", "forms", "responsible", "follow_up", "propose_lock"];

/// Which plans are audited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// All of them.
    Whole,
    /// Some.
    Part,
}

/// A checked task.
#[expect(clippy::struct_excessive_bools, reason = "each is an independent switch")]
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) plans: Discovery,
    /// The number of changed files, if changed files caused the task and none of them exists any more.
    pub(crate) gone: Option<usize>,
    pub(crate) span: Span,
    /// True if only the plans that a changed deliverable affects are audited: then files that no plan names are not searched.
    pub(crate) narrowed: bool,
    /// True for an automatic run: it reports nothing if nothing changed.
    pub(crate) quiet: bool,
    pub(crate) plans_folders: Vec<PlansFolder>,
    /// The reports whose claims are checked, in addition to the plans.
    pub(crate) reports: Vec<String>,
    pub(crate) roots: Vec<Root>,
    /// The folder with the list of issues, if it is granted.
    pub(crate) issues: Option<Root>,
    /// The path of the audited folder inside the granted folder; empty if the granted folder itself is audited.
    pub(crate) below: String,
    pub(crate) stamp: Stamp,
    /// The task's time in nanoseconds since 1970.
    pub(crate) now_ns: u64,
    pub(crate) forms: Vec<Form>,
    /// Agents that are asked if a plan names no existing agent.
    pub(crate) responsible: Vec<String>,
    /// True if agents may be asked to close gaps.
    pub(crate) follow_up: bool,
    /// True if a lock is proposed for each plan.
    pub(crate) propose_lock: bool,
    pub(crate) rules: Rules,
    /// The arguments as JSON. The audit that verifies an agent's answer uses them again.
    pub(crate) args: String,
    /// The task's id, the same in all its attempts.
    pub(crate) task: String,
}

/// A task's time.
#[derive(Debug)]
pub(crate) struct Stamped {
    pub(crate) stamp: Stamp,
    pub(crate) moment: Timestamp,
}

impl Stamped {
    /// Reads a task's time.
    ///
    /// # Errors
    /// `permanent` if it is not a valid time.
    pub(crate) fn of(task: &Task) -> Result<Self, Error> {
        let now = &task.now;
        let moment: Timestamp = now
            .parse()
            .map_err(|error| Error::Permanent(format!("the task's time `{now}` is not an RFC 3339 time: {error}")))?;
        let zoned = moment.to_zoned(TimeZone::UTC);
        let stamp = Stamp {
            compact: zoned.strftime("%Y%m%d_%H%M%S").to_string(),
            long: zoned.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        };
        Ok(Self { stamp, moment })
    }

    /// In milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.moment.as_millisecond()
    }
}

impl Request {
    /// Checks a task.
    ///
    /// # Errors
    /// `permanent` for an unknown argument, a wrong value or a missing plan; `needs-grant` for a folder that is not granted.
    pub(crate) fn of(task: &Task) -> Result<Self, Error> {
        let args = task.args()?;
        if let Some(unknown) = args.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            let known = KNOWN.join(", ");
            let action = if Options::KNOWN.contains(&unknown.as_str()) { "; `health` has it" } else { "" };
            return Err(Error::Permanent(format!(
                "there is no argument `{unknown}`{action}; the audit knows: {known}"
            )));
        }
        let names = list(&args, "plans")?;
        let mut request = Self::of_folders(task, &args)?;
        request.quiet = task.attempt == 1 && matches!(task.cause, Cause::Files(_) | Cause::Schedule);
        match &task.cause {
            Cause::Files(paths) if !paths.iter().any(|path| request.is_watched(path)) => {
                request.plans = discover::changed(&request.plans_folders, paths);
                request.gone = request.plans.plans.is_empty().then_some(paths.len());
                let all = discover::all(&request.plans_folders);
                if all.plans.len() == request.plans.plans.len() {
                    request.plans = all;
                } else {
                    request.span = Span::Part;
                }
            }
            _ if names.is_empty() || matches!(task.cause, Cause::Files(_)) => {
                request.plans = discover::all(&request.plans_folders);
            }
            _ => {
                request.plans = discover::named(&request.plans_folders, &names).map_err(refused)?;
                request.span = Span::Part;
            }
        }
        Ok(request)
    }

    /// An audit of one plan for a task of another action. `plan` is the name that reports use. `args` are the arguments of the
    /// earlier audit.
    ///
    /// # Errors
    /// As [`Request::of`].
    pub(crate) fn of_plan(task: &Task, plan: &str, args: &Map<String, Value>) -> Result<Self, Error> {
        let mut request = Self::of_folders(task, args)?;
        request.plans = discover::named(&request.plans_folders, &[plan.to_owned()]).map_err(refused)?;
        request.span = Span::Part;
        Ok(request)
    }

    /// A request with everything except the plans.
    ///
    /// # Errors
    /// As [`Request::of`].
    pub(crate) fn of_folders(task: &Task, args: &Map<String, Value>) -> Result<Self, Error> {
        let Stamped { stamp, moment } = Stamped::of(task)?;
        let below = below(args)?;
        Ok(Self {
            plans: Discovery::default(),
            gone: None,
            span: Span::Whole,
            narrowed: false,
            quiet: false,
            plans_folders: plans_folders(task)?,
            roots: roots(task, below.as_deref())?,
            issues: task
                .mounts("issues")
                .next()
                .map(|mount| Root { path: PathBuf::from(&mount.path), shown: mount.shown_as.clone() }),
            below: below.unwrap_or_default(),
            now_ns: u64::try_from(moment.as_nanosecond()).unwrap_or_default(),
            stamp,
            forms: forms(args)?,
            reports: list(args, "reports")?,
            responsible: list(args, "responsible")?,
            follow_up: flag(args, "follow_up", true)?,
            propose_lock: flag(args, "propose_lock", false)?,
            rules: Rules::default(),
            args: Value::Object(args.clone()).to_string(),
            task: task.id.clone(),
        })
    }

    /// The granted roots.
    ///
    /// # Errors
    /// `needs-grant` if there is none.
    pub(crate) fn roots_of(task: &Task, args: &Map<String, Value>) -> Result<Vec<Root>, Error> {
        roots(task, below(args)?.as_deref())
    }

    /// The scope of the memory: the audited folders.
    pub(crate) fn scope(&self) -> String {
        self.roots.iter().map(|root| root.shown.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The folders below the first root that contain plans, handoffs, reports and the list of issues. A file in these
    /// folders mentions deliverables. It is a deliverable itself only if a plan names its exact path.
    pub(crate) fn own_folders(&self, index: &Index) -> Vec<String> {
        let root = self.roots.first().map_or_else(|| std::path::Path::new("/"), |root| root.path.as_path());
        let below = |folder: &PlansFolder| Some(folder.path.strip_prefix(root).ok()?.to_str()?.to_owned());
        let plans = self.plans_folders.iter().filter_map(below);
        // A root that is a workspace contains handoffs and reports too.
        let post = ["handoffs", "reports"].map(str::to_owned);
        let post = post.into_iter().filter(|_| index.find("baton.toml").is_some());
        let issues = self.issues.iter().zip(&self.roots).filter_map(|(issues, root)| shown_below(issues, root));
        plans.chain(post).chain(issues).filter(|folder| !folder.is_empty()).collect()
    }

    /// Finds the reports whose claims are checked in addition to those of the plans, except files that are audited as plans.
    ///
    /// # Errors
    /// `needs-grant` for a path outside of all granted folders, `permanent` for an invalid pattern.
    pub(crate) fn find_reports(&self, index: &Index) -> Result<Discovery, Error> {
        let mut found = discover::reports(&self.plans_folders, index, &self.reports).map_err(refused)?;
        found.plans.retain(|report| !self.plans.plans.iter().any(|plan| plan.path == report.path));
        Ok(found)
    }

    /// True if a changed file is not a plan: then it is a file that a plan promises.
    pub(crate) fn is_watched(&self, path: &str) -> bool {
        let in_plans = self.plans_folders.iter().any(|folder| std::path::Path::new(path).starts_with(&folder.path));
        !(in_plans && (path.ends_with(".md") || path.ends_with(".txt")))
    }
}

fn wrong(name: &str, wanted: &str, value: &Value) -> Error {
    Error::Permanent(format!("the argument `{name}` must be {wanted}, not {value}"))
}

/// A list of texts: a JSON list, or one text with items separated by commas.
fn list(args: &Map<String, Value>, name: &str) -> Result<Vec<String>, Error> {
    let wanted = "text or a list of texts";
    match args.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => {
            Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
        }
        Some(Value::Array(items)) => {
            let text = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(|| wrong(name, wanted, item));
            items.iter().map(text).collect()
        }
        Some(other) => Err(wrong(name, wanted, other)),
    }
}

fn flag(args: &Map<String, Value>, name: &str, usual: bool) -> Result<bool, Error> {
    match args.get(name) {
        None | Some(Value::Null) => Ok(usual),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
        Some(other) => Err(wrong(name, "true or false", other)),
    }
}

fn forms(args: &Map<String, Value>) -> Result<Vec<Form>, Error> {
    let words = list(args, "forms")?;
    if words.is_empty() {
        return Ok(Form::DEFAULT.to_vec());
    }
    let form = |word: &String| {
        Form::of(word).ok_or_else(|| {
            let known = Form::ALL.map(Form::word).join(", ");
            Error::Permanent(format!("there is no form `{word}` of the report; the forms are {known}"))
        })
    };
    let mut forms = Vec::new();
    for word in &words {
        let form = form(word)?;
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    Ok(forms)
}

fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::NoSuchPlan(text) => Error::Permanent(text),
        Refusal::NotGranted(text) => Error::NeedsGrant(text),
    }
}

fn plans_folders(task: &Task) -> Result<Vec<PlansFolder>, Error> {
    let folders: Vec<PlansFolder> = task
        .mounts("plans")
        .map(|mount| PlansFolder { path: PathBuf::from(&mount.path), shown: mount.shown_as.clone() })
        .collect();
    if folders.is_empty() {
        return Err(Error::NeedsGrant(
            "the folder `plans` is not granted: grant it read-only so that plans can be read".into(),
        ));
    }
    Ok(folders)
}

/// The folder below the granted root to which the plans refer: the argument `root`.
fn below(args: &Map<String, Value>) -> Result<Option<String>, Error> {
    let wanted = match args.get("root") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(wanted)) => wanted,
        Some(other) => return Err(wrong("root", "text", other)),
    };
    match Place::of(wanted) {
        Place::Inside { path, .. } if !wanted.starts_with('/') => Ok(Some(path)),
        _ => Err(Error::Permanent(format!(
            "the argument `root` must be a folder inside the granted root, not `{wanted}`"
        ))),
    }
}

/// The granted roots, or the folder `below` inside them.
fn roots(task: &Task, below: Option<&str>) -> Result<Vec<Root>, Error> {
    let granted: Vec<Root> = task
        .mounts("root")
        .map(|mount| Root { path: PathBuf::from(&mount.path), shown: mount.shown_as.clone() })
        .collect();
    if granted.is_empty() {
        return Err(Error::NeedsGrant(
            "the folder `root` is not granted: grant it read-only so that deliverables can be looked up".into(),
        ));
    }
    let Some(below) = below else { return Ok(granted) };
    let roots: Vec<Root> =
        granted.iter().filter(|root| is_folder_below(root, below)).map(|root| lowered(root, below)).collect();
    if roots.is_empty() {
        let shown: Vec<&str> = granted.iter().map(|root| root.shown.as_str()).collect();
        return Err(Error::Permanent(format!("there is no folder `{below}` inside {}", shown.join(", "))));
    }
    Ok(roots)
}

/// The path of `folder` below `root`. Compares the names for readers, because `folder` and `root` are different mounts in
/// the sandbox.
fn shown_below(folder: &Root, root: &Root) -> Option<String> {
    let shown = std::path::Path::new(&folder.shown);
    let below =
        if root.shown == "." { shown.is_relative().then_some(shown) } else { shown.strip_prefix(&root.shown).ok() };
    below?.to_str().map(str::to_owned)
}

/// True if the path is a folder and no part of it is a link.
fn is_folder_below(root: &Root, below: &str) -> bool {
    let mut here = root.path.clone();
    below.split('/').filter(|part| !part.is_empty()).all(|part| {
        here.push(part);
        std::fs::symlink_metadata(&here).is_ok_and(|meta| meta.is_dir())
    })
}

fn lowered(root: &Root, below: &str) -> Root {
    let path = if below.is_empty() { root.path.clone() } else { root.path.join(below) };
    Root { path, shown: shown_join(&root.shown, below) }
}
