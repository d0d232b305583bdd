//! Compares an audit of 250 deliverables with `sphinx-needs` on 250 needs, one for each file. With `sphinx-needs`, every need
//! must be marked up by hand, and the program does not search the tree for the files.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use baton_tests::{Workspace, repository};

use crate::measure::{Audits, Run, SETTLED, run as run_command, tell};
use crate::report::{Report, Row, say};
use crate::{Scale, place, tree};

const NEEDS: usize = 250;
const COLD_MS: f64 = 300.0;
const UNCHANGED_MS: f64 = 30.0;

const HOW: &str = "python3 -m venv target/tools/needs && target/tools/needs/bin/pip install sphinx-needs";

const CONFIGURATION: &str = "project = \"needs\"\nextensions = [\"sphinx_needs\"]\nneeds_build_json = True\n";

/// Measures and reports.
///
/// # Errors
/// When one of the two programs fails.
pub(crate) fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    report.part("250 deliverables, beside 250 needs of sphinx-needs");
    let workspace = place::workspace()?;
    tree::make(workspace.root(), 1, NEEDS)?;
    std::thread::sleep(SETTLED);
    let (mut cold, mut unchanged) = (Audits::default(), Audits::default());
    cold.add(&workspace)?;
    for _ in 0..scale.unchanged {
        unchanged.add(&workspace)?;
    }
    cold.tell("the audit, cold", COLD_MS, report);
    unchanged.tell("the audit, nothing changed", UNCHANGED_MS, report);
    let Some(program) = program() else {
        say(&format!("\n  MISSING: sphinx-needs is not installed, so the audit is not compared with it: {HOW}\n"));
        report.row(Row::new("sphinx-needs: MISSING", "not measured", HOW));
        return Ok(());
    };
    peer(&program, &workspace, scale, report)
}

fn program() -> Option<PathBuf> {
    let program = repository().join("target/tools/needs/bin/sphinx-build");
    program.is_file().then_some(program)
}

/// Measures `sphinx-needs` with the same files as needs: builds from nothing, and builds when nothing has changed.
fn peer(program: &PathBuf, workspace: &Workspace, scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let source = workspace.outside().join("needs");
    fs::create_dir_all(&source)?;
    fs::write(source.join("conf.py"), CONFIGURATION)?;
    let mut text = "Needs\n=====\n".to_owned();
    for nth in 0..NEEDS {
        let path = tree::path_of(nth);
        let _ = write!(
            text,
            "\n.. req:: {path}\n   :id: R_{nth:05}\n   :status: open\n\n   The file ``{path}`` is there.\n"
        );
    }
    text.push_str("\n.. needtable::\n");
    fs::write(source.join("index.rst"), text)?;
    let build = |folder: &str| -> anyhow::Result<Run> {
        let mut command = Command::new(program);
        command.args(["-q", "-b", "html"]).arg(&source).arg(workspace.outside().join(folder));
        run_command(&mut command, workspace, &[0])
    };
    let (mut cold, mut unchanged) = (Vec::new(), Vec::new());
    for round in 0..scale.cold {
        cold.push(build(&format!("built-{round}"))?);
    }
    for _ in 0..scale.unchanged {
        unchanged.push(build("built-0")?);
    }
    tell("sphinx-needs, cold: a whole command", &cold, report);
    tell("sphinx-needs, nothing changed: a whole command", &unchanged, report);
    Ok(())
}
