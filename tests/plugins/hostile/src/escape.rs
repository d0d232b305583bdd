//! Attempts to leave a granted folder. A successful attempt becomes a critical finding; the other attempts are listed.
//!
//! The test prepares the folders: `link` leads out of the workspace; `root/secret.txt` is readable and not writable.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};

use baton_plugin_sdk::{Error, Finding, Outcome, Severity, Task};

/// Tries everything.
pub(crate) fn try_everything(task: &Task) -> Outcome {
    let (root, plans) = (place(task, "root"), place(task, "plans"));
    let mut tried = vec![
        ("read a file of the system", read("/etc/passwd")),
        ("list the top", list("/")),
        ("list above the folder", list(&format!("{root}/.."))),
        ("read above the folder", read(&format!("{root}/../../../../../../../../etc/passwd"))),
        ("read above, through a sub-folder", read(&format!("{plans}/sub/../../baton.toml"))),
        ("read through a link to a file", read(&format!("{root}/link-to-file"))),
        ("read through a relative link", read(&format!("{plans}/link-relative"))),
        ("list a link to a folder", list(&format!("{root}/link-to-folder"))),
        ("read below a link to a folder", read(&format!("{root}/link-to-folder/passwd"))),
        ("read what the system tells of a process", read("/proc/self/environ")),
        ("read that through a link", read(&format!("{root}/link-to-proc/environ"))),
        ("read a file that has another name outside", read(&format!("{root}/hard-outside"))),
        ("write a file that has another name outside", write(&format!("{plans}/hard-outside"))),
        ("shorten a file that has another name outside", shorten(&format!("{plans}/hard-outside"))),
        ("write a file that is read-only", write(&format!("{root}/secret.txt"))),
        ("make a file where it may only read", write(&format!("{root}/new.txt"))),
        ("remove a file that is read-only", fs::remove_file(format!("{root}/secret.txt"))),
        ("make a folder where it may only read", fs::create_dir(format!("{root}/new"))),
        ("rename out of the read-only folder", fs::rename(format!("{root}/secret.txt"), format!("{plans}/got.txt"))),
        ("rename into the read-only folder", fs::rename(format!("{plans}/own.txt"), format!("{root}/own.txt"))),
        ("write through a link", write(&format!("{plans}/link-relative"))),
        ("make a file above the folder", write(&format!("{plans}/../made.txt"))),
        ("hard-link a read-only file and write to it", hard_link(&root, &plans)),
        ("shorten a file that is read-only", shorten(&format!("{root}/secret.txt"))),
    ];
    tried.extend(own_link(&plans));
    let mut outcome = Outcome::new(format!("Tried {} ways out.", tried.len()));
    let mut report = Vec::new();
    for (number, (what, result)) in tried.into_iter().enumerate() {
        if let Err(error) = result {
            report.push(format!("refused: {what}: {error}\n"));
            continue;
        }
        report.push(format!("OPEN: {what}\n"));
        outcome = outcome.with_finding(Finding {
            id: format!("way-{number}"),
            severity: Severity::Critical,
            title: format!("it could {what}"),
            evidence: String::new(),
        });
    }
    // Allowed operations must succeed, so that the refusals above are significant.
    let allowed = read(&format!("{root}/secret.txt")).and_then(|()| write(&format!("{plans}/allowed.txt")));
    report.push(format!("allowed: {allowed:?}\n"));
    outcome.with_artifact("escape.txt", "text/plain", report.concat())
}

fn place(task: &Task, name: &str) -> String {
    task.mounts(name).next().map(|mount| mount.path.clone()).unwrap_or_default()
}

fn read(path: &str) -> io::Result<()> {
    let mut byte = [0];
    File::open(path)?.read_exact(&mut byte)
}

fn list(path: &str) -> io::Result<()> {
    match fs::read_dir(path)?.next() {
        Some(entry) => entry.map(drop),
        None => Err(io::Error::other("empty")),
    }
}

fn write(path: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path)?.write_all(b"x")
}

fn shorten(path: &str) -> io::Result<()> {
    OpenOptions::new().write(true).truncate(true).open(path).map(drop)
}

fn hard_link(root: &str, plans: &str) -> io::Result<()> {
    let link = format!("{plans}/hard");
    fs::hard_link(format!("{root}/secret.txt"), &link)?;
    write(&link)
}

/// Creates links to paths outside of its grants, and opens them.
fn own_link(plans: &str) -> Vec<(&'static str, io::Result<()>)> {
    let through = |target: &str, name: &str, below: &str| {
        let link = format!("{plans}/{name}");
        #[expect(deprecated, reason = "the one call of the standard library that makes a link on this target")]
        fs::soft_link(target, &link)?;
        read(&format!("{link}{below}"))
    };
    vec![
        ("read through a link of its own to the system", through("/etc/passwd", "own-absolute", "")),
        ("read through a link of its own to above", through("..", "own-relative", "/baton.toml")),
    ]
}

/// Opens devices that every system has, below the folder `root`.
pub(crate) fn open_devices(task: &Task) -> Result<Outcome, Error> {
    let root = place(task, "root");
    let names = ["null", "zero", "full", "random", "tty"];
    let opened: Vec<&str> = names.into_iter().filter(|name| File::open(format!("{root}/{name}")).is_ok()).collect();
    if opened.is_empty() && list(&root).is_ok() {
        return Err(Error::Permanent("no device opened".to_owned()));
    }
    Ok(Outcome::new(format!("Opened: {opened:?}, listed: {:?}", list(&root))))
}

/// Reads and writes a file that has two names.
pub(crate) fn open_linked(task: &Task) -> Result<Outcome, Error> {
    let path = format!("{}/linked.txt", place(task, "plans"));
    match read(&path).and_then(|()| write(&path)) {
        Ok(()) => Ok(Outcome::new("The linked file opened.")),
        Err(error) => Err(Error::Permanent(format!("the linked file did not open: {error}"))),
    }
}

/// Replaces the folder `inner` of the plans folder by a link to the folder `outside`. Another grant of `inner` must
/// not become a grant of `outside`.
pub(crate) fn swap_inner(task: &Task) -> Result<Outcome, Error> {
    let plans = place(task, "plans");
    let problem = |error: io::Error| Error::Permanent(format!("not swapped: {error}"));
    fs::rename(format!("{plans}/inner"), format!("{plans}/moved")).map_err(problem)?;
    #[expect(deprecated, reason = "the one call of the standard library that makes a link on this target")]
    fs::soft_link("../outside", format!("{plans}/inner")).map_err(problem)?;
    Ok(Outcome::new("Swapped."))
}

/// Reads `secret.txt` of the folder `root`.
pub(crate) fn read_inner(task: &Task) -> Result<Outcome, Error> {
    let read = fs::read_to_string(format!("{}/secret.txt", place(task, "root")));
    read.map(|text| Outcome::new(format!("Read: {text}"))).map_err(|error| Error::Permanent(format!("no: {error}")))
}

/// Empties a file that has two names by opening it.
pub(crate) fn truncate_linked(task: &Task) -> Result<Outcome, Error> {
    let emptied = shorten(&format!("{}/linked.txt", place(task, "plans")));
    emptied.map(|()| Outcome::new("Emptied.")).map_err(|error| Error::Permanent(format!("not emptied: {error}")))
}

/// Opens a path again and again while the test replaces its file: by a file with one name, then by a file with two names, and
/// so on. The plugin must never read the file with two names.
pub(crate) fn race_linked(task: &Task) -> Result<Outcome, Error> {
    let path = format!("{}/linked.txt", place(task, "plans"));
    let mut opened = 0;
    for _ in 0..15_000 {
        if let Ok(text) = fs::read_to_string(&path) {
            opened += 1;
            if text == "precious" {
                return Ok(Outcome::new("Read what has another name."));
            }
        }
    }
    Err(Error::Permanent(format!("opened {opened} times and never the file with two names")))
}

/// Opens a pipe without a writer: an open that waits would never end.
pub(crate) fn open_pipe(task: &Task) -> Result<Outcome, Error> {
    match File::open(format!("{}/pipe.md", place(task, "plans"))) {
        Ok(mut pipe) => {
            let read = pipe.read(&mut [0; 16]);
            Ok(Outcome::new(format!("The pipe opened: {read:?}")))
        }
        Err(error) => Err(Error::Permanent(format!("the pipe did not open: {error}"))),
    }
}
