//! `cargo xtask demo`: what a user would do first, done by itself: a workspace from the shipped examples, the daemon, a
//! few handoffs, their RETURNs, a report; then every example for the music plugins.

mod music;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::guests;
use crate::shell::{cargo, root};

/// A handoff is answered within milliseconds; a machine that is this slow has another problem.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs the demo.
pub(crate) fn run() -> anyhow::Result<()> {
    let plugins = guests::build_shipped()?;
    cargo(["build", "--package", "baton"]).env("BATON_PLUGINS_DIR", plugins).run()?;
    let demo = Demo::new()?;
    demo.play()
}

/// A plan that is further on paper than on the disk.
const TILL: &str = "# The Till\n\n**Owner:** Claude-MM1\n\n## Deliverables\n\n- [x] `shop/till.py` with `Till`\n";

struct Demo {
    program: PathBuf,
    workspace: PathBuf,
}

/// The daemon; stopped when the demo ends, however it ends.
struct Daemon(Child);

impl Daemon {
    /// Ctrl-C: what runs is finished.
    fn stop(mut self) -> anyhow::Result<()> {
        println!("$ kill -INT %1");
        let asked = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status()?;
        ensure!(asked.success(), "failed to send SIGINT to the daemon");
        let ended = self.0.wait()?;
        ensure!(ended.success(), "the daemon ended with {ended}");
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Demo {
    fn new() -> anyhow::Result<Self> {
        let folder = root().join("target/demo");
        if folder.exists() {
            fs::remove_dir_all(&folder).context("failed to clear the last demo")?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self { program: root().join("target/debug/baton"), workspace: folder.join("workspace") })
    }

    fn play(&self) -> anyhow::Result<()> {
        say("A new workspace");
        self.show(&["init", &self.workspace.display().to_string()])?;
        self.show(&["agents"])?;

        say("The daemon starts; an example plan appears in plans/ and is audited by itself");
        let daemon = self.start()?;
        copy_into(&self.workspace.join("handoffs/examples/plans"), &self.workspace.join("plans"))?;
        self.wait("the first report", || Ok(!reports(&self.workspace)?.is_empty()))?;

        say("Claude-MM1 asks the audit agent by dropping a file into its inbox");
        let examples = self.workspace.join("handoffs/examples");
        let asked = copy_matching(&examples, &self.workspace.join("handoffs/audit/01_inbox"), "__audit.json")?;
        let inbox = self.workspace.join("handoffs/Claude-MM1/01_inbox");
        self.wait("the RETURN", || Ok(list(&inbox)?.iter().any(|name| name.contains("__RETURN__"))))?;
        let answer = list(&inbox)?.pop().context("the RETURN is gone")?;
        println!("the RETURN in {}:\n{}", shown(&inbox), fs::read_to_string(inbox.join(&answer))?);

        say("Cursor-MM1 asks Claude-MM1: routed to a folder that Claude reads itself");
        self.show(&["send", "--to", "Claude-MM1", "--from", "Cursor-MM1", "--title", "Review the first week"])?;
        self.wait("the handoff to be seen", || Ok(self.read(&["status"])?.contains("delivered")))?;

        say("What happened");
        self.wait("everything to be archived", || {
            Ok(list(&self.workspace.join("handoffs/audit/01_inbox"))?.is_empty())
        })?;
        self.show(&["status"])?;
        self.show(&["why", &asked])?;
        self.gap_to_whole()?;
        self.music()?;
        daemon.stop()?;
        self.finish(&asked)
    }

    /// A gap, the request for it, its RETURN, and the audit that sees that it is closed.
    fn gap_to_whole(&self) -> anyhow::Result<()> {
        say("A plan calls work done that is not there: its owner is asked for it");
        fs::write(self.workspace.join("plans/till.md"), TILL)?;
        let inbox = self.workspace.join("handoffs/Claude-MM1/01_inbox");
        let request = || Ok(list(&inbox)?.into_iter().find(|name| name.contains("Make-shop-till.py")));
        self.wait("the request", || request().map(|name: Option<String>| name.is_some()))?;
        let asked = inbox.join(request()?.context("the request is gone")?);
        let request: serde_json::Value = serde_json::from_slice(&fs::read(&asked)?)?;
        println!("{}:\n{}", shown(&asked), request["required_action"].as_str().unwrap_or_default());
        self.wait("the first audit of the plan", || self.has_audited("0 %"))?;

        say("Claude-MM1 does the work and sends a RETURN: the plan is audited again by itself");
        fs::create_dir_all(self.workspace.join("shop"))?;
        fs::write(self.workspace.join("shop/till.py"), "class Till:\n    def open(self):\n        return True\n")?;
        let answer = serde_json::json!({
            "type": "RETURN_HANDOFF", "status": "COMPLETED", "source_agent": "Claude-MM1", "target_agent": "audit",
            "original_handoff": { "handoff_id": request["handoff_id"] }, "deliverables": ["shop/till.py"],
        });
        let name = "20260101T100000Z__RETURN__Till__Claude-MM1.json";
        fs::write(self.workspace.join("handoffs/audit/01_inbox").join(name), serde_json::to_vec_pretty(&answer)?)?;
        self.wait("the audit that sees it", || self.has_audited("100 %"))?;
        self.show(&["status"])
    }

    /// Whether an audit of the plan of the till came to this.
    fn has_audited(&self, percent: &str) -> anyhow::Result<bool> {
        for name in reports(&self.workspace)?.iter().filter(|name| is_json(name) && name.contains("REPORT")) {
            let report: serde_json::Value =
                serde_json::from_slice(&fs::read(self.workspace.join("reports").join(name))?)?;
            let plans = report["plans"].as_array().context("a report without plans")?;
            let till = plans.iter().find(|plan| plan["plan"] == "plans/till.md");
            let done = till.and_then(|plan| plan["completion_percent"].as_u64());
            if done.is_some_and(|done| format!("{done} %") == percent) {
                println!("{name}: plans/till.md is at {percent}");
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn finish(&self, asked: &str) -> anyhow::Result<()> {
        let processed = self.workspace.join("handoffs/audit/02_processed").join(asked);
        let example = self.workspace.join("handoffs/examples").join(asked);
        ensure!(fs::read(&processed)? == fs::read(&example)?, "the archived file is not the file that was dropped");
        let report = reports(&self.workspace)?.into_iter().find(|name| name.contains(".md")).context("no report")?;
        let report = self.workspace.join("reports").join(report);
        say("The report");
        let text = fs::read_to_string(&report)?;
        println!("{}\n…", text.lines().take(24).collect::<Vec<_>>().join("\n"));
        println!("\nThe demo is done. The workspace is {}", shown(&self.workspace));
        println!("and the report is          {}", shown(&report));
        Ok(())
    }

    fn baton(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        if args.first() != Some(&"init") {
            command.arg("-w").arg(&self.workspace);
        }
        // Everything of the demo stays in its folder.
        command.args(args).current_dir(root()).env("XDG_STATE_HOME", self.workspace.with_file_name("state"));
        command
    }

    /// Runs a command as a user would see it.
    fn show(&self, args: &[&str]) -> anyhow::Result<()> {
        println!("$ baton {}", args.join(" "));
        let status = self.baton(args).status().context("failed to start baton")?;
        ensure!(status.success(), "`baton {}` ended with {status}", args.join(" "));
        Ok(())
    }

    fn read(&self, args: &[&str]) -> anyhow::Result<String> {
        Ok(String::from_utf8(self.baton(args).output()?.stdout)?)
    }

    fn start(&self) -> anyhow::Result<Daemon> {
        println!("$ baton up &");
        let child = self.baton(&["up"]).stdin(Stdio::null()).spawn().context("failed to start the daemon")?;
        Ok(Daemon(child))
    }

    fn wait(&self, what: &str, there: impl Fn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !there()? {
            if begun.elapsed() > PATIENCE {
                bail!("waited {PATIENCE:?} for {what}; `baton status` says:\n{}", self.read(&["status"])?);
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

fn is_json(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "json")
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn say(what: &str) {
    println!("\n── {what} ──");
}

/// The visible names in a folder, sorted.
fn list(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

fn reports(workspace: &Path) -> anyhow::Result<Vec<String>> {
    list(&workspace.join("reports"))
}

fn copy_into(from: &Path, to: &Path) -> anyhow::Result<()> {
    for name in list(from)? {
        fs::copy(from.join(&name), to.join(&name))?;
    }
    Ok(())
}

/// Copies the one file with this ending and tells its name.
fn copy_matching(from: &Path, to: &Path, ending: &str) -> anyhow::Result<String> {
    let name = list(from)?.into_iter().find(|name| name.ends_with(ending));
    let name = name.with_context(|| format!("no file in {} ends with {ending}", from.display()))?;
    fs::copy(from.join(&name), to.join(&name))?;
    Ok(name)
}
