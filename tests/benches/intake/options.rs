//! The options of the benches. Every bench has `--quick`, `--json` and, if it has parts, `--only PART`; a bench
//! parses its other options.

use anyhow::{Context as _, bail};

/// The options of a bench.
#[derive(Debug, Default)]
pub(crate) struct BenchOptions {
    /// Makes the run smaller.
    pub(crate) quick: bool,
    /// Prints JSON instead of the table.
    pub(crate) json: bool,
    only: Option<String>,
}

/// The remaining words of the command line.
pub(crate) struct Arguments(std::vec::IntoIter<String>);

impl Arguments {
    /// The value of an option.
    ///
    /// # Errors
    /// When the command line ends after the option.
    pub(crate) fn value(&mut self, option: &str) -> anyhow::Result<String> {
        self.0.next().with_context(|| format!("`{option}` needs a value"))
    }
}

impl BenchOptions {
    /// Parses the command line of a bench with these parts. `own` parses an option that only this bench has, and returns
    /// whether it knows the option. `more` lists such options for the error message.
    ///
    /// # Errors
    /// When an option or a part is unknown, or `own` fails.
    pub(crate) fn read(
        parts: &[&str],
        more: &str,
        mut own: impl FnMut(&str, &mut Arguments) -> anyhow::Result<bool>,
    ) -> anyhow::Result<Self> {
        let mut left = Arguments(std::env::args().skip(1).collect::<Vec<_>>().into_iter());
        let mut options = Self::default();
        while let Some(option) = left.0.next() {
            match option.as_str() {
                "--quick" => options.quick = true,
                "--json" => options.json = true,
                "--only" if !parts.is_empty() => options.only = Some(part(parts, left.value("--only")?)?),
                // Cargo adds this option.
                "--bench" => {}
                other if own(other, &mut left)? => {}
                other => {
                    let only = if parts.is_empty() { "" } else { ", --only PART" };
                    bail!("`{other}` is unknown; there are: --quick, --json{only}{more}")
                }
            }
        }
        Ok(options)
    }

    /// True if a part is to run.
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}

fn part(parts: &[&str], wanted: String) -> anyhow::Result<String> {
    if parts.contains(&wanted.as_str()) {
        return Ok(wanted);
    }
    bail!("there is no part `{wanted}`; there are: {}", parts.join(", "))
}
