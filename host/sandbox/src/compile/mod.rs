//! Compiling plugins: in a separate process, with limits, and once for each version of the engine.
//!
//! The time and memory of compiling depend on an untrusted component. So the daemon never compiles: it starts `baton
//! worker compile`, whose memory and time the system limits, and loads the resulting code. If a component does not
//! compile within the limits, the same version of the engine does not try it again, unless a person requests it.

mod code;
mod key;
mod process;
mod worker;

pub use worker::serve as serve_compiler;

use baton_core::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

pub(crate) use code::Code;
use process::{CompileOutcome, run};

use crate::{Sandbox, SandboxError};

impl Sandbox {
    /// The machine code of a component: from the code cache, or compiled now.
    pub(crate) fn code_of(&self, component: &[u8], digest: Digest, name: &str) -> Result<Component, SandboxError> {
        let Some(code) = &self.code else {
            return Component::from_binary(&self.engine, component).map_err(|error| does_not_compile(&error));
        };
        if let Some(Ok(found)) = code.load(&self.engine, digest) {
            return Ok(found);
        }
        if let Some(failed) = code.failure(digest) {
            return Err(failed);
        }
        let into = code.temporary().map_err(|error| cannot_compile(&error))?;
        let compiled = match &self.host.workers {
            Some(workers) => run(workers, component, self.is_pooled(), into.as_file(), || {
                tracing::info!("compiling {name} (first start) …");
            })
            .map_err(|error| cannot_compile(&error))?,
            None => compiled_here(&self.engine, component, into.as_file()),
        };
        match compiled {
            CompileOutcome::Compiled => code.keep(into, digest).map_err(|error| cannot_compile(&error))?,
            CompileOutcome::Failed(reason) => return Err(code.fail(digest, &reason)),
            CompileOutcome::Stopped(reason) => return Err(SandboxError::Compiler(reason)),
        }
        match code.load(&self.engine, digest) {
            Some(Ok(loaded)) => Ok(loaded),
            Some(Err(error)) => Err(code.fail(digest, &format!("{error:#}"))),
            None => Err(SandboxError::Compiler("the compiled code was deleted".to_owned())),
        }
    }
}

fn does_not_compile(error: &wasmtime::Error) -> SandboxError {
    SandboxError::Compile(format!("{error:#}"))
}

fn cannot_compile(error: &std::io::Error) -> SandboxError {
    SandboxError::Compiler(error.to_string())
}

/// Compiles in this process. Used only by tests and benches, which have no program to start.
fn compiled_here(engine: &Engine, component: &[u8], mut into: &std::fs::File) -> CompileOutcome {
    use std::io::Write as _;
    match engine.precompile_component(component) {
        Ok(code) => match into.write_all(&code) {
            Ok(()) => CompileOutcome::Compiled,
            Err(error) => CompileOutcome::Stopped(error.to_string()),
        },
        Err(error) => CompileOutcome::Failed(format!("{error:#}")),
    }
}
