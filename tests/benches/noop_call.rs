//! What Baton adds to a call: the no-op plugin through the sandbox (fresh store, every grant and ceiling) beside the same
//! component in bare wasmtime (fresh store, WASI, the same engine settings), in one run.
//!
//! `cargo xtask bench noop_call` runs it and prints the ratio of the medians.
#![expect(clippy::expect_used, reason = "a bench ends when its ground is not there")]

use std::path::PathBuf;
use std::sync::Arc;

use baton_sandbox::{AttemptRequest, Sandbox, wit};
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

mod bare;

fn component() -> Vec<u8> {
    let folder = std::env::var_os("BATON_FIXTURES").map(PathBuf::from);
    let folder = folder.expect("run this as `cargo xtask bench noop_call`, which builds the component");
    std::fs::read(folder.join("noop.wasm")).expect("the component is there")
}

fn task() -> wit::Task {
    wit::Task {
        id: "0123456789abcdef".to_owned(),
        attempt: 1,
        action: "noop".to_owned(),
        args: "{}".to_owned(),
        cause: wit::Cause::Call,
        handoff: None,
        mounts: Vec::new(),
        answer: None,
        now: "2026-01-18T10:15:00Z".to_owned(),
    }
}

fn attempt() -> AttemptRequest {
    AttemptRequest { listener: Some(Arc::new(|_| {})), ..AttemptRequest::new(task()) }
}

fn noop_call(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let bytes = component();
    let bare = bare::Bare::new(&bytes);
    let sandbox = Sandbox::new(None).expect("an engine");
    assert!(sandbox.is_pooled(), "both sides use the pool");
    let plugin = sandbox.load(&bytes).expect("a plugin");

    let mut group = criterion.benchmark_group("noop_call");
    group.bench_function("bare_wasmtime", |bencher| {
        bencher.to_async(&runtime).iter(|| async { bare.call(&task()).await });
    });
    group.bench_function("sandbox", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let report = sandbox.run(&plugin, attempt()).await;
            assert!(report.ended.is_ok());
        });
    });
    group.finish();
}

criterion_group!(benches, noop_call);
criterion_main!(benches);
