//! The worker's side: reads one component, compiles it and writes the code. The program (`baton worker`) has set the
//! system limits before.

use std::io::{self, Read, Write};
use std::thread;

use wasmtime::Engine;

use crate::engine::configuration;
use crate::{SandboxError, limits};

/// The exit status if the component does not compile. Standard error has the reason.
pub(super) const DOES_NOT_COMPILE: i32 = 73;

/// The exit status if the input was closed.
pub(super) const ABANDONED: i32 = 70;

const HEAD_BYTES: usize = 9;

/// The header before the component: the configuration to compile for, and the length.
pub(super) fn head(component: &[u8], pooled: bool) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    let (first, length) = head.split_at_mut(1);
    first.fill(pooled.into());
    length.copy_from_slice(&(component.len() as u64).to_le_bytes());
    head
}

/// Compiles the component on `input` and writes its code to `output`. Returns the exit status, and writes reasons to
/// `errors`. The process ends when `input` is closed.
///
/// # Errors
/// When the input ends early, or the code cannot be written.
pub fn serve(mut input: impl Read + Send + 'static, mut output: impl Write, mut errors: impl Write) -> io::Result<i32> {
    let mut head = [0; HEAD_BYTES];
    input.read_exact(&mut head)?;
    let [pooled, length @ ..] = head;
    let length = u64::from_le_bytes(length);
    if length > limits::COMPONENT_BYTES as u64 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut component = Vec::new();
    input.by_ref().take(length).read_to_end(&mut component)?;
    // The process that started this one keeps the input open while it needs the code.
    thread::Builder::new().name("input".to_owned()).spawn(move || {
        drop(io::copy(&mut input, &mut io::sink()));
        std::process::exit(ABANDONED);
    })?;
    let engine = compiler(pooled != 0).map_err(io::Error::other)?;
    match engine.precompile_component(&component) {
        Ok(code) => {
            output.write_all(&code)?;
            output.flush()?;
            Ok(0)
        }
        Err(error) => {
            write!(errors, "{error:#}")?;
            Ok(DOES_NOT_COMPILE)
        }
    }
}

/// An engine with this configuration that can only compile.
fn compiler(pooled: bool) -> Result<Engine, SandboxError> {
    Engine::new(&configuration(pooled)).map_err(SandboxError::Engine)
}
