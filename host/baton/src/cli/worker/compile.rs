//! `baton worker compile`: compiles one plugin to machine code (`baton_sandbox::serve_compiler`).

use std::io::{stderr, stdin, stdout};

use baton_sandbox::serve_compiler;

use super::limits;
use crate::exit::Code;

/// Compiles the component on standard input. The exit status is the result.
pub(super) fn run() -> anyhow::Result<Code> {
    limits::for_compiling();
    match serve_compiler(stdin(), stdout(), stderr())? {
        0 => Ok(Code::Good),
        status => std::process::exit(status),
    }
}
