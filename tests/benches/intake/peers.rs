//! Tools that a user would choose instead: `inotifywait` with a shell script, and `watchexec` with one. Both move each file to
//! the archive and write a line into a log. They sync nothing, keep no state, send no answers, and lose events that the kernel
//! drops. Baton does its complete work on the same files in the same run.
//!
//! Each side is measured with a running daemon: one file at a time (from its rename into the inbox until it is in the
//! archive), and all files renamed at once. If a tool is not installed, the bench reports that and skips it.

use std::any::Any;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use baton_tests::{Workspace, repository};

use crate::arrivals::Arrivals;
use crate::latency::ms;
use crate::place::UsedFolders;
use crate::process::Group;
use crate::report::{Report, Row, say};
use crate::samples::Samples;
use crate::{Scale, place};

/// Moves each file that inotify names. `$1` is the inbox, `$2` the archive, `$3` the log.
const BY_NAME: &str = r#"inotifywait -m -q -e moved_to -e close_write --format %f "$1" | while read -r f; do
    mv "$1/$f" "$2/$f" && echo "moved $f" >> "$3"
done"#;

/// Moves all existing files.
const ALL: &str = r#"for f in "$1"/*; do
    [ -e "$f" ] || continue
    mv "$f" "$2/" && echo "moved ${f##*/}" >> "$3"
done"#;

/// The time without a newly archived file after which the rest is lost.
const STALLED: Duration = Duration::from_secs(15);

/// The interval at which the archived files are counted.
const LOOK: Duration = Duration::from_millis(50);

/// A program that moves files from one folder to another.
struct Mover {
    name: &'static str,
    inbox: PathBuf,
    archive: PathBuf,
    /// The folder in which a file is written before it is renamed into the inbox.
    outside: PathBuf,
    /// The process ends when this value is dropped.
    process: Box<dyn Any>,
    /// The folder is deleted when this value is dropped.
    folder: Box<dyn Any>,
}

/// Measures and reports.
///
/// # Errors
/// When a side cannot be started or answers nothing at all.
pub(crate) fn run(scale: Scale, report: &mut Report, used: &mut UsedFolders) -> anyhow::Result<()> {
    report.part("Beside what a user would otherwise pick (they move and log, without any guarantee)");
    for begin in [baton, inotifywait, watchexec] {
        match begin()? {
            Ok(mover) => {
                singles(&mover, scale.singles, report)?;
                burst(&mover, scale.waiting, report)?;
                drop(mover.process);
                used.keep(mover.folder);
            }
            Err(MissingPeer { name, how }) => {
                say(&format!("\n  MISSING: {name} is not installed, so Baton is not compared with it: {how}\n"));
                report.row(Row::new(format!("{name}: MISSING"), "not measured", how));
            }
        }
    }
    Ok(())
}

/// A peer that is not installed, and how to install it.
struct MissingPeer {
    name: &'static str,
    how: &'static str,
}

type StartResult = anyhow::Result<Result<Mover, MissingPeer>>;

fn baton() -> StartResult {
    let workspace = Workspace::with_noop();
    let (inbox, archive) = (workspace.inbox_of("noop"), workspace.root().join("handoffs/noop/02_processed"));
    fs::create_dir_all(&archive)?;
    let outside = workspace.outside().join("outside");
    fs::create_dir_all(&outside)?;
    let process = Box::new(workspace.up_and_serving());
    Ok(Ok(Mover { name: "baton", inbox, archive, outside, process, folder: Box::new(workspace) }))
}

fn inotifywait() -> StartResult {
    let how = "apt-get install inotify-tools";
    let Some(_) = find("inotifywait") else {
        return Ok(Err(MissingPeer { name: "inotifywait", how }));
    };
    peer("inotifywait", |folder, [inbox, archive, log]| {
        let mut command = Command::new("sh");
        command.current_dir(folder).args(["-c", BY_NAME, "sh"]).args([inbox, archive, log]);
        Ok(command)
    })
    .map(Ok)
}

fn watchexec() -> StartResult {
    let how = "cargo install --locked watchexec-cli --root target/tools";
    let Some(program) = find("watchexec") else {
        return Ok(Err(MissingPeer { name: "watchexec", how }));
    };
    peer("watchexec", |folder, [inbox, archive, log]| {
        fs::write(folder.join("move.sh"), ALL)?;
        let mut command = Command::new(&program);
        // `target/` is ignored by git, and so by watchexec unless an option changes that. All other options are the defaults.
        command.current_dir(folder).args(["--ignore-nothing", "--on-busy-update=queue", "--shell=none", "--quiet"]);
        command.arg("--watch").arg(inbox).args(["--", "sh"]).arg(folder.join("move.sh")).args([inbox, archive, log]);
        Ok(command)
    })
    .map(Ok)
}

/// The program with that name: from the project's tools, else from `PATH`.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(repository().join("target/tools/bin")).chain(std::env::split_paths(&path));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Starts a tool with separate folders and waits until it moves a file.
fn peer(
    name: &'static str,
    command: impl FnOnce(&Path, [&Path; 3]) -> anyhow::Result<Command>,
) -> anyhow::Result<Mover> {
    let folder = tempfile::tempdir()?;
    let [inbox, archive, outside] = ["01_inbox", "02_processed", "outside"].map(|name| folder.path().join(name));
    for folder in [&inbox, &archive, &outside] {
        fs::create_dir_all(folder)?;
    }
    let log = folder.path().join("log");
    let mut command = command(folder.path(), [&inbox, &archive, &log])?;
    let quiet =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(folder.path().join("said"))?);
    let process = Box::new(Group::start(quiet)?);
    let mover = Mover { name, inbox, archive, outside, process, folder: Box::new(folder) };
    mover.wake()?;
    Ok(mover)
}

impl Mover {
    fn prepare(&self, number: u32) -> anyhow::Result<PathBuf> {
        let file = self.outside.join(place::name(number));
        fs::write(&file, place::bytes(number))?;
        Ok(file)
    }

    /// Drops one file again and again until the tool moves it, because a tool does not report when it begins to watch.
    fn wake(&self) -> anyhow::Result<()> {
        let archived = self.archive.join("awake");
        for _ in 0..100 {
            fs::write(self.outside.join("awake"), "")?;
            fs::rename(self.outside.join("awake"), self.inbox.join("awake"))?;
            sleep(Duration::from_millis(200));
            if archived.exists() {
                sleep(Duration::from_secs(1));
                fs::remove_file(archived)?;
                return Ok(());
            }
        }
        anyhow::bail!("{} moves nothing", self.name)
    }
}

fn singles(mover: &Mover, count: u32, report: &mut Report) -> anyhow::Result<()> {
    let archived = Arrivals::into(&mover.archive)?;
    let mut times = Vec::new();
    for number in 0..count {
        let file = mover.prepare(1_000_000 + number)?;
        let name = place::name(1_000_000 + number);
        let begun = Instant::now();
        fs::rename(file, mover.inbox.join(&name))?;
        let moved = archived.next(STALLED, |found| found == name);
        times.push(ms(moved.with_context(|| format!("{} moved nothing", mover.name))?.duration_since(begun)));
        sleep(Duration::from_millis(20));
    }
    report.latency(&format!("{}: visible → archived", mover.name), &Samples::of(times), None);
    Ok(())
}

fn burst(mover: &Mover, count: u32, report: &mut Report) -> anyhow::Result<()> {
    let files: Vec<PathBuf> = (0..count).map(|number| mover.prepare(number)).collect::<Result<_, _>>()?;
    let before = place::count(&mover.archive);
    rustix::fs::sync();
    let begun = Instant::now();
    for file in files {
        fs::rename(&file, mover.inbox.join(file.file_name().context("a file has a name")?))?;
    }
    let (mut last, mut moved) = (begun, 0);
    while moved < count && last.elapsed() < STALLED {
        sleep(LOOK);
        let now = place::count(&mover.archive).saturating_sub(before);
        if now > moved {
            (last, moved) = (Instant::now(), now);
        }
    }
    ensure!(moved > 0, "{} moved nothing", mover.name);
    let wall = last.duration_since(begun).as_secs_f64();
    let rate = f64::from(moved) / wall;
    report.samples(&format!("{}: {count} at once, files/s", mover.name), &Samples::of([rate]));
    let lost = if moved < count { format!(", {} LEFT LYING", count - moved) } else { String::new() };
    let what = format!("{}: {count} renamed in at once", mover.name);
    report.row(Row::new(what, format!("{rate:.0}/s"), format!("1 run, {moved} in {wall:.2} s{lost}")));
    Ok(())
}
