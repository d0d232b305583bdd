//! `baton worker sql`: runs statements of one plugin in one database (`baton_plugin_sql::worker`).

use std::io::{stdin, stdout};

use baton_plugin_sql::worker::{Exit, serve};

use super::limits;
use crate::exit::Code;

/// Answers requests until the input ends.
pub(super) fn run() -> anyhow::Result<Code> {
    limits::for_sql();
    serve(stdin(), stdout(), end)?;
    Ok(Code::Good)
}

fn end(exit: Exit) {
    std::process::exit(exit.code());
}
