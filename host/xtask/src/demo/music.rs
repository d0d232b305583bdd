//! The second half of the demo: every handoff of `handoffs/examples` for the music plugins, after the commands that their page
//! names.

use std::env;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::{Demo, copy_into, list, say};

const PLUGINS: [&str; 4] = ["spotify", "djay", "drive-sync", "music-files"];

impl Demo {
    /// Grants, then one handoff after the other.
    pub(super) fn music(&self) -> anyhow::Result<()> {
        say("The music plugins see no folder until it is granted: the commands of handoffs/examples/README.md");
        self.follow_the_page()?;
        say("Every example for them, one after the other");
        let examples = self.workspace.join("handoffs/examples");
        for name in list(&examples)? {
            let agent = name.strip_suffix(".json").and_then(|name| name.rsplit("__").next()).unwrap_or_default();
            if PLUGINS.contains(&agent) {
                self.before(&name)?;
                fs::copy(
                    examples.join(&name),
                    self.workspace.join("handoffs").join(agent).join("01_inbox").join(&name),
                )?;
                self.done(&name)?;
            }
        }
        self.show(&["catalog", "stats"])
    }

    /// The blocks of `sh` of the page.
    fn follow_the_page(&self) -> anyhow::Result<()> {
        let page = fs::read_to_string(self.workspace.join("handoffs/examples/README.md"))?;
        let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
        let commands: String = blocks.collect();
        commands.lines().for_each(|line| println!("$ {line}"));
        let programs = self.program.parent().context("the program lies nowhere")?.to_owned();
        let others = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([programs].into_iter().chain(env::split_paths(&others)))?;
        let ended = Command::new("sh")
            .args(["-ec", &commands])
            .current_dir(&self.workspace)
            .env("PATH", path)
            .env("XDG_STATE_HOME", self.workspace.with_file_name("state"))
            .status()?;
        ensure!(ended.success(), "the commands of the page ended with {ended}");
        Ok(())
    }

    /// What the page says that somebody does before a handoff.
    fn before(&self, name: &str) -> anyhow::Result<()> {
        if name.contains("Sync-again") {
            let later = self.workspace.join("handoffs/examples/databases-later");
            return copy_into(&later, &self.workspace.join("databases"));
        }
        if name.contains("Keep-a-column") {
            let sheet = "drive/Music Tracks_music-tracks/Music Tracks_music-tracks.csv";
            let sheet = self.workspace.join(sheet);
            let text = fs::read_to_string(&sheet)?;
            let (header, rows) = text.split_once('\n').context("the CSV on the Drive has no rows")?;
            let rows: Vec<&str> = rows.lines().collect();
            fs::write(&sheet, format!("{header},My notes\n{},\n", rows.join(",\n")))?;
        }
        Ok(())
    }

    /// Waits for its end and tells it.
    fn done(&self, name: &str) -> anyhow::Result<()> {
        let ended = || -> anyhow::Result<Option<(String, String)>> {
            let status: Value = serde_json::from_str(&self.read(&["status", "--json"])?)?;
            let tasks = status["tasks"].as_array().context("`status` has no tasks")?;
            let task = tasks.iter().find(|task| {
                let archived =
                    !task["archived_at"].is_null() || task["state"] == "needs_grant" || task["state"] == "needs_human";
                archived && task["file"].as_str().is_some_and(|file| file.ends_with(name))
            });
            let text = |task: &Value, key: &str| task[key].as_str().unwrap_or_default().to_owned();
            Ok(task.map(|task| (text(task, "state"), text(task, "reason"))))
        };
        self.wait(name, || Ok(ended()?.is_some()))?;
        let (state, reason) = ended()?.context("the task is gone")?;
        println!("{name}\n  {state}: {reason}");
        ensure!(state == "succeeded", "{name} ended as {state}");
        Ok(())
    }
}
