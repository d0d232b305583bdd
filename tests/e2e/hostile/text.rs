//! Components that no compiler generates, written as text: tables that grow for ever, results with a false size, the world of another
//! host. Each runs in the sandbox with the limits of its manifest.

use std::time::Duration;

use baton_registry::Package;
use baton_sandbox::{AttemptError, AttemptReport, Cancel, ResourceLimit, Sandbox};
use baton_tests::repository;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::crowd::attempt;

/// A component of Baton's world whose `run` is `body`: a function from the address of the task to that of the outcome.
fn plugin(body: &str, ask: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(repository().join("wit")).unwrap();
    encode(&resolve, package, &module("baton:plugin/handler@0.1.0#run", "(param i32) (result i32)", body, ask))
}

fn encode(resolve: &Resolve, package: wit_parser::PackageId, text: &str) -> Vec<u8> {
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

/// A core module with memory, a table, an allocator that only grows, and one function.
fn module(name: &str, signature: &str, body: &str, ask: &str) -> String {
    let manifest = format!(
        r#"{{"name":"text","version":"1.0.0","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},"limits":{{{ask}}}}}}}"#
    );
    let manifest = manifest.replace('"', "\\22");
    format!(
        r#"(module
            (memory (export "memory") 1)
            (table $table 1 funcref)
            (global $free (mut i32) (i32.const 4096))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
                (local.set $at (global.get $free))
                (global.set $free (i32.and (i32.add (i32.add (global.get $free) (local.get 3)) (i32.const 15)) (i32.const -16)))
                (local.get $at))
            (func $run (export "{name}") {signature} {body})
            (@custom "baton:manifest" "{manifest}"))"#
    )
}

async fn run(body: &str, ask: &str) -> AttemptReport {
    let sandbox = Sandbox::new(None).unwrap();
    let component = plugin(body, ask);
    Package::read(&component).unwrap();
    let plugin = sandbox.load(&component).unwrap();
    sandbox.run(&plugin, attempt("a", Cancel::default())).await
}

#[track_caller]
fn assert_hit(report: &AttemptReport, wanted: ResourceLimit) {
    match &report.ended {
        Err(AttemptError::Limit { resource, used, limit }) if *resource == wanted => {
            assert!(used >= limit, "{used} of {limit}");
        }
        ended => panic!("{wanted:?} was to be reached: {ended:?}"),
    }
    assert!(report.usage.of(wanted).is_some_and(|used| used.hit), "{:?}", report.usage);
}

#[tokio::test]
async fn a_growing_table_ends_at_the_limit_of_tables() {
    let body = "(loop $again (drop (table.grow $table (ref.null func) (i32.const 1000))) (br $again)) (unreachable)";
    assert_hit(&run(body, "").await, ResourceLimit::Tables);
}

#[tokio::test]
async fn a_growing_memory_ends_at_the_limit_in_the_manifest() {
    let body = "(loop $again (drop (memory.grow (i32.const 16))) (br $again)) (unreachable)";
    let report = run(body, r#""memory_mib":8"#).await;
    assert_hit(&report, ResourceLimit::Memory);
    assert_eq!(report.usage.of(ResourceLimit::Memory).map(|used| used.limit), Some(8 << 20));
}

#[tokio::test]
async fn an_endless_loop_ends_at_the_limit_of_processor_time_which_excludes_waiting() {
    let report = run("(loop $again (br $again)) (unreachable)", r#""cpu_s":1,"wall_s":60"#).await;
    assert_hit(&report, ResourceLimit::Cpu);
    let wall = report.usage.of(ResourceLimit::Wall).unwrap();
    assert!(wall.used >= 1_000 && !wall.hit, "{wall:?}");
}

#[tokio::test]
async fn a_function_that_calls_itself_for_ever_crashes() {
    let report = run("(call $run (local.get 0))", "").await;
    assert!(matches!(&report.ended, Err(AttemptError::Trap(text)) if text.contains("stack")), "{:?}", report.ended);
}

/// An outcome at address 16 with a summary whose stated length is two gigabytes.
#[tokio::test]
async fn an_outcome_with_a_false_size_is_a_crash_and_nothing_is_copied() {
    let body = "(i32.store (i32.const 28) (i32.const 2000000000)) (i32.const 16)";
    let report = run(body, "").await;
    assert!(matches!(&report.ended, Err(AttemptError::Trap(_))), "{:?}", report.ended);
}

/// Two thousand artifacts that all use the same 60 KiB of memory as their bytes, 117 MiB in total.
#[tokio::test]
async fn a_small_memory_that_is_passed_many_times_ends_at_the_limit_of_one_call() {
    let body = "(local $at i32)
        (drop (memory.grow (i32.const 1)))
        (local.set $at (i32.const 65536))
        (loop $again
            (i32.store offset=20 (local.get $at) (i32.const 60000))
            (local.set $at (i32.add (local.get $at) (i32.const 24)))
            (br_if $again (i32.lt_u (local.get $at) (i32.const 113536))))
        (i32.store (i32.const 40) (i32.const 65536))
        (i32.store (i32.const 44) (i32.const 2000))
        (i32.const 16)";
    assert_hit(&run(body, "").await, ResourceLimit::CallBytes);
}

#[tokio::test]
async fn a_limit_above_the_hosts_limit_is_refused_and_not_lowered() {
    let error = Package::read(&plugin("(unreachable)", r#""memory_mib":4096"#)).unwrap_err().to_string();
    assert!(error.contains("memory_mib = 4096") && error.contains("1 to 256"), "{error}");
}

#[tokio::test]
async fn an_endless_start_function_is_ended_too() {
    let text = module("baton:plugin/handler@0.1.0#run", "(param i32) (result i32)", "(unreachable)", r#""wall_s":1"#);
    let start = "(func $start (loop $again (br $again))) (start $start) (@custom";
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(repository().join("wit")).unwrap();
    let component = encode(&resolve, package, &text.replace("(@custom", start));
    let sandbox = Sandbox::new(None).unwrap();
    let plugin = sandbox.load(&component).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(30), sandbox.run(&plugin, attempt("a", Cancel::default())));
    assert_hit(&ended.await.unwrap(), ResourceLimit::Wall);
}

#[test]
fn a_component_for_an_older_version_is_refused_and_the_error_says_how_to_fix_it() {
    let import = r#"(module (import "baton:plugin/progress@0.0.1" "cancelled" (func $cancelled (result i32)))"#;
    let text = module("baton:plugin/handler@0.0.1#run", "", "(drop (call $cancelled))", "");
    let wit = "package baton:plugin@0.0.1; interface progress { cancelled: func() -> bool; }
        interface handler { run: func(); } world plugin { import progress; export handler; }";
    let mut resolve = Resolve::default();
    let package = resolve.push_str("plugin.wit", wit).unwrap();
    let component = encode(&resolve, package, &text.replacen("(module", import, 1));
    let error = Package::read(&component).unwrap_err().to_string();
    assert!(error.contains("built for baton:plugin@0.0.1") && error.contains("build it again"), "{error}");
    let error = Sandbox::new(None).unwrap().load(&component).err().unwrap().to_string();
    assert!(error.contains("does not fit this host's world baton:plugin@0.1.0"), "{error}");
}

#[test]
fn a_component_for_another_world_is_refused_before_it_is_compiled() {
    let text = module("other:host/job@2.0.0#run", "", "", "");
    let wit = "package other:host@2.0.0; interface job { run: func(); } world w { export job; }";
    let mut resolve = Resolve::default();
    let package = resolve.push_str("other.wit", wit).unwrap();
    let component = encode(&resolve, package, &text);
    let error = Package::read(&component).unwrap_err().to_string();
    assert!(error.contains("not for this host") && error.contains("other:host/job@2.0.0"), "{error}");
    let error = Sandbox::new(None).unwrap().load(&component).err().unwrap().to_string();
    assert!(error.contains("does not fit this host's world"), "{error}");
}
