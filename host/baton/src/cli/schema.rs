//! `baton schema NAME`: prints a published JSON Schema.

use baton_core::handoff;

use crate::exit::Code;
use crate::output;

/// Print the JSON Schema of a file that Baton reads or writes
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The schema to print
    #[arg(value_enum)]
    what: SchemaKind,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SchemaKind {
    /// A handoff in the canonical form, as `baton send` writes it
    Handoff,
    /// A report of `baton audit --format json`
    AuditReport,
}

impl Args {
    #[expect(clippy::unnecessary_wraps, reason = "all subcommands have one shape")]
    pub(super) fn run(self) -> anyhow::Result<Code> {
        output::print(match self.what {
            SchemaKind::Handoff => handoff::SCHEMA,
            SchemaKind::AuditReport => include_str!("../../../../plugins/audit/schemas/audit-report.schema.json"),
        });
        Ok(Code::Good)
    }
}
