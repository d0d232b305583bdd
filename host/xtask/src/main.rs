//! `cargo xtask`: the tasks of this repository. A machine with rustup and a C compiler needs nothing else.
//!
//! The tasks run plain cargo commands. This crate is not part of the product.

mod bench;
mod demo;
mod guests;
mod shell;
mod test;

use std::process::ExitCode;

use anyhow::bail;

const HELP: &str = "cargo xtask <task>

  test     format, lints, documentation, every test
  soak     kill the daemon repeatedly under load and check the result: soak [ROUNDS [SEED]], 500 rounds take twenty minutes
  demo     three agents work through Baton, without a model: a plan, a handoff, a false RETURN and a true one
  guests   only the WebAssembly components: target/guests/
  bench    the benches: bench [NAME [ARGS...]], NAME is plugins, intake, audit, library, offline, coding_agents,
           fingerprint or matching (--quick: less)
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> anyhow::Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["test"] => test::run(),
        ["soak"] => test::soak("500", "1"),
        ["soak", rounds] => test::soak(rounds, "1"),
        ["soak", rounds, seed] => test::soak(rounds, seed),
        ["demo"] => demo::run(),
        ["build"] => build(),
        ["guests"] => guests::build_all().map(drop),
        ["bench"] => bench::run(None, &[]),
        ["bench", name, args @ ..] => bench::run(Some(name), args),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("there is no task `{}`\n\n{HELP}", other.join(" ")),
    }
}

fn build() -> anyhow::Result<()> {
    let plugins = guests::build_shipped()?;
    shell::cargo(["build", "--release", "--package", "baton"]).env("BATON_PLUGINS_DIR", plugins).run()?;
    println!("\n{}", shell::root().join("target/release/baton").display());
    Ok(())
}
