//! The floor: `find` and `rg` search the same tree for the same names. They do less than an audit: they get the names
//! instead of reading plans, decide nothing and write no report.

use std::fs;
use std::process::Command;

use baton_tests::Workspace;

use crate::measure::{names, run, tell};
use crate::place;
use crate::report::{Report, Row, say};

const HOW: &str = "apt-get install ripgrep";

/// Finds the names that exist, and the files that contain one of them. `$1` is the tree, `$2` the file of names, `$3` rg.
const BOTH: &str = r#"find "$1" -type f -size +0 | "$3" --fixed-strings --file "$2" | sort > "$2.found"
"$3" --no-ignore --hidden --fixed-strings --files-with-matches --file "$2" "$1" > "$2.spoken"
exit 0"#;

/// Measures and reports; the audit must have run before.
///
/// # Errors
/// When a command cannot be run.
pub(crate) fn add(workspace: &Workspace, rounds: usize, report: &mut Report) -> anyhow::Result<()> {
    let Some(program) = place::find("rg") else {
        say(&format!("\n  MISSING: rg is not installed, so the floor is not measured: {HOW}\n"));
        report.row(Row::new("find + rg: MISSING", "not measured", HOW));
        return Ok(());
    };
    let (tree, wanted) = (workspace.root().join("root"), workspace.outside().join("names"));
    let names = names(workspace)?;
    fs::write(&wanted, names.join("\n") + "\n")?;
    let mut runs = Vec::new();
    for _ in 0..rounds {
        let mut command = Command::new("sh");
        command.args(["-c", BOTH, "sh"]).args([&tree, &wanted, &program]);
        runs.push(run(&mut command, workspace, &[0])?);
    }
    tell(&format!("floor: find + rg for the same {} names, a whole command", names.len()), &runs, report);
    Ok(())
}
