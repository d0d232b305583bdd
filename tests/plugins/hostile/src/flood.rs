//! Operations that are harmless once, repeated without end: log lines, calls, handles, bytes on the disk, frames on the stack.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Seek, SeekFrom, Write};

use baton_plugin_sdk::{Error, Outcome, Task, progress};

#[expect(clippy::print_stdout, reason = "it is the misdeed; standard output is the task's log")]
pub(crate) fn lines() -> Outcome {
    for number in 0..10_000_000 {
        println!("line {number}");
    }
    Outcome::new("Wrote ten million lines.")
}

/// Writes pieces of the maximum size of one call, so that the limit of bytes is reached long before the limit of calls.
pub(crate) fn pieces() -> Outcome {
    let piece = vec![b'x'; 4096];
    let mut written = 0_u64;
    for _ in 0..250_000 {
        written += io::stderr().write(&piece).map_or(0, |length| length as u64);
    }
    Outcome::new(format!("Wrote {written} bytes."))
}

pub(crate) fn calls() -> Outcome {
    while !progress::cancelled() {}
    Outcome::new("Was asked to stop.")
}

pub(crate) fn handles(task: &Task) -> Result<Outcome, Error> {
    let path = format!("{}/hoard.txt", plans(task));
    let mut open = Vec::new();
    for _ in 0..10_000 {
        open.push(File::create(&path).map_err(|error| Error::Permanent(format!("{} open: {error}", open.len())))?);
    }
    Ok(Outcome::new(format!("Holds {}.", open.len())))
}

pub(crate) fn disk(task: &Task) -> Result<Outcome, Error> {
    let problem = |error: io::Error| Error::Permanent(error.to_string());
    let mut file = File::create(format!("{}/filled.bin", plans(task))).map_err(problem)?;
    let piece = vec![7; 1 << 20];
    for _ in 0..100_000 {
        file.write_all(&piece).map_err(problem)?;
    }
    Ok(Outcome::new("Filled the disk."))
}

pub(crate) fn folders(task: &Task) -> Result<Outcome, Error> {
    let plans = plans(task);
    for number in 0..10_000_000 {
        std::fs::create_dir(format!("{plans}/made-{number}")).map_err(|error| Error::Permanent(error.to_string()))?;
    }
    Ok(Outcome::new("Made ten million folders."))
}

/// Far beyond the end of any file.
const FAR: u64 = 1 << 42;

pub(crate) fn sparse_size(task: &Task) -> Result<Outcome, Error> {
    let problem = |error: io::Error| Error::Permanent(error.to_string());
    let file = File::create(format!("{}/sparse.bin", plans(task))).map_err(problem)?;
    file.set_len(FAR).map_err(problem)?;
    Ok(Outcome::new("Made a large file of nothing."))
}

/// Writes far behind the end of a file. The standard library uses a stream for that.
pub(crate) fn sparse_write(task: &Task) -> Result<Outcome, Error> {
    let problem = |error: io::Error| Error::Permanent(error.to_string());
    let mut file = File::create(format!("{}/sparse.bin", plans(task))).map_err(problem)?;
    file.seek(SeekFrom::Start(FAR)).map_err(problem)?;
    file.write_all(b"x").map_err(problem)?;
    Ok(Outcome::new("Wrote far behind the end."))
}

#[expect(unconditional_recursion, reason = "it is the misdeed")]
pub(crate) fn depth(so_far: u64) -> u64 {
    black_box(depth(black_box(so_far + 1))) + black_box(so_far)
}

fn plans(task: &Task) -> String {
    task.mounts("plans").next().map(|mount| mount.path.clone()).unwrap_or_default()
}
