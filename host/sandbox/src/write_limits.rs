//! Counts the bytes that a plugin writes. wasmtime limits the bytes of one call, but not the sum. So this module replaces
//! the writing functions of `wasi:io/streams` and `wasi:filesystem` by functions that count the bytes and then call
//! wasmtime's functions.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi::WasiView as _;
use wasmtime_wasi::filesystem::WasiFilesystemView as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{Descriptor, HostDescriptor as _};
use wasmtime_wasi::p2::bindings::io::streams::{self, Host as _, HostOutputStream as _};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, StreamResult};

use crate::capabilities::State;
use crate::capabilities::files::created_files::lengthen;
use crate::capabilities::files::{TYPES, answer};

/// The interface with the replaced functions, in the version of wasmtime-wasi. With a wrong version, the engine does
/// not start.
const STREAMS: &str = "wasi:io/streams@0.2.12";

type Answer<T> = Result<T, streams::StreamError>;
type Out = Resource<DynOutputStream>;
type In = Resource<DynInputStream>;

/// Replaces the writing functions. Called after WASI was linked.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    link_streams(linker)?;
    linker.instance(TYPES)?.func_wrap_async(
        "[method]descriptor.write",
        |mut store: StoreContextMut<'_, State>, (file, bytes, at): (Resource<Descriptor>, Vec<u8>, u64)| {
            Box::new(async move {
                let state = store.data_mut();
                state.meter.write(bytes.len() as u64)?;
                lengthen(state, &file, at)?;
                let written = state.filesystem().write(file, bytes, at).await;
                answer(written)
            })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

fn link_streams(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut linked = linker.instance(STREAMS)?;
    linked.func_wrap(
        "[method]output-stream.write",
        |mut store: StoreContextMut<'_, State>, (out, bytes): (Out, Vec<u8>)| {
            let table = counted(&mut store, bytes.len() as u64)?;
            let answer = table.write(out, bytes);
            Ok((to_guest_answer(table, answer)?,))
        },
    )?;
    linked.func_wrap(
        "[method]output-stream.write-zeroes",
        |mut store: StoreContextMut<'_, State>, (out, length): (Out, u64)| {
            let table = counted(&mut store, length)?;
            let answer = table.write_zeroes(out, length);
            Ok((to_guest_answer(table, answer)?,))
        },
    )?;
    linked.func_wrap_async(
        "[method]output-stream.blocking-write-and-flush",
        |mut store: StoreContextMut<'_, State>, (out, bytes): (Out, Vec<u8>)| {
            Box::new(async move {
                let table = counted(&mut store, bytes.len() as u64)?;
                let answer = table.blocking_write_and_flush(out, bytes).await;
                Ok((to_guest_answer(table, answer)?,))
            })
        },
    )?;
    linked.func_wrap_async(
        "[method]output-stream.blocking-write-zeroes-and-flush",
        |mut store: StoreContextMut<'_, State>, (out, length): (Out, u64)| {
            Box::new(async move {
                let table = counted(&mut store, length)?;
                let answer = table.blocking_write_zeroes_and_flush(out, length).await;
                Ok((to_guest_answer(table, answer)?,))
            })
        },
    )?;
    link_splices(linker)
}

/// Replaces the splice functions. The size of a splice is known only after the call.
fn link_splices(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut linked = linker.instance(STREAMS)?;
    linked.func_wrap(
        "[method]output-stream.splice",
        |mut store: StoreContextMut<'_, State>, (out, from, length): (Out, In, u64)| {
            let table = counted(&mut store, 0)?;
            let answer = table.splice(out, from, length);
            let answer = to_guest_answer(table, answer)?;
            counted(&mut store, answer.as_ref().map_or(0, |moved| *moved))?;
            Ok((answer,))
        },
    )?;
    linked.func_wrap_async(
        "[method]output-stream.blocking-splice",
        |mut store: StoreContextMut<'_, State>, (out, from, length): (Out, In, u64)| {
            Box::new(async move {
                let table = counted(&mut store, 0)?;
                let answer = table.blocking_splice(out, from, length).await;
                let answer = to_guest_answer(table, answer)?;
                counted(&mut store, answer.as_ref().map_or(0, |moved| *moved))?;
                Ok((answer,))
            })
        },
    )?;
    Ok(())
}

/// Counts `bytes`, then returns the table of the streams.
fn counted<'a>(store: &'a mut StoreContextMut<'_, State>, bytes: u64) -> wasmtime::Result<&'a mut ResourceTable> {
    let state = store.data_mut();
    state.meter.write(bytes)?;
    Ok(state.ctx().table)
}

/// Converts the result of a stream for the plugin. An error of the stream goes to the plugin; a trap ends the attempt.
fn to_guest_answer<T>(table: &mut ResourceTable, answer: StreamResult<T>) -> wasmtime::Result<Answer<T>> {
    match answer {
        Ok(value) => Ok(Ok(value)),
        Err(error) => table.convert_stream_error(error).map(Err),
    }
}
