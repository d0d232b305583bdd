//! `baton worker sql`: statements of one plugin in one database (`baton_ledger::guest::worker`).

use std::io::{stdin, stdout};

use baton_ledger::guest::worker::{Exit, serve};

use super::limits;
use crate::exit::Code;

/// Answers requests until the input ends.
///
/// # Errors
/// When nobody reads the answers.
pub(super) fn run() -> anyhow::Result<Code> {
    limits::for_sql();
    serve(stdin(), stdout(), end)?;
    Ok(Code::Good)
}

fn end(exit: Exit) {
    std::process::exit(exit.code());
}
