//! Compilation of plugins: only approved packages, in a process with limits, and once for all workspaces of a user. A package that is
//! not approved is read with limits and not compiled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use baton_tests::{Output, Workspace, files_below, fixture};

use crate::plugin_words::component;

/// Time for a compilation that reaches its limit on a busy machine.
const PATIENCE: Duration = Duration::from_mins(9);

/// The memory of a compiler process: its limit, and that of the program itself.
const MEMORY_KIB: u64 = (2048 + 256) << 10;

/// Gives the workspace a separate code cache.
pub(crate) fn own_code(workspace: &Workspace) -> PathBuf {
    let code = workspace.outside().join("state/baton/code");
    drop(fs::remove_file(&code));
    drop(fs::create_dir(&code));
    code
}

/// The files of compiled code and of failures, without the key.
fn cached(code: &Path) -> Vec<PathBuf> {
    files_below(code).into_iter().filter(|file| !file.ends_with("key")).collect()
}

/// The processes that compile for the process `parent`.
fn compilers(parent: u32) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let is_compiler = |process: &PathBuf| {
        let parent_of = figure(process, "PPid:") == Some(u64::from(parent));
        parent_of && fs::read_to_string(process.join("cmdline")).is_ok_and(|line| line.contains("worker\0compile"))
    };
    processes.filter(is_compiler).collect()
}

/// A value of `/proc/PID/status`.
fn figure(process: &Path, name: &str) -> Option<u64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
}

fn manifest() -> &'static str {
    r#"{"name":"words","version":"1","declares":{"description":"","default_action":"a","actions":{"a":{"description":"","idempotent":true}}}}"#
}

/// A package that is expensive to compile, because the compiler keeps a value for every local in every loop. 19,000 locals in
/// 9,000 loops need gigabytes of memory; 1,000 locals in 500 loops need two minutes.
fn costly(locals: usize, loops: usize) -> Vec<u8> {
    let uses: String =
        (1..locals).map(|local| format!("local.get {local} local.get 0 i32.add local.set {local} ")).collect();
    let body = format!(
        "(local{}) {} {uses} {} ",
        " i32".repeat(locals),
        "loop ".repeat(loops),
        "local.get 0 br_if 0 end ".repeat(loops)
    );
    component(manifest(), &body, "")
}

/// Writes a package outside of the workspace; returns its path.
fn file(workspace: &Workspace, bytes: &[u8]) -> String {
    let file = workspace.outside().join("package.wasm");
    fs::write(&file, bytes).unwrap();
    file.display().to_string()
}

/// Installs an unsigned package; returns the revision that waits for approval.
fn install(workspace: &Workspace, bytes: &[u8]) -> String {
    let said = workspace.baton(&["plugin", "install", &file(workspace, bytes)]).ended(0).stdout;
    said.split("baton plugin approve ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[test]
fn a_package_is_compiled_only_after_its_approval() {
    let workspace = Workspace::with_noop();
    workspace.keep_only("audit");
    let code = own_code(&workspace);
    let daemon = workspace.up_and_serving();
    let before = cached(&code);
    assert!(!before.is_empty(), "approved plugins are compiled");
    workspace.write("plugins/words.wasm", costly(19_000, 9_000));
    workspace.wait_for("its approval to be wanted", |_| daemon.log().contains("plugin approve words@").then_some(()));
    let noop = fs::read(fixture("noop")).unwrap();
    workspace.baton(&["plugin", "inspect", &file(&workspace, &noop)]).ended(0);
    let revision = install(&workspace, &noop);
    assert_eq!(cached(&code), before, "a package that is not approved is not compiled");
    assert!(compilers(daemon.id()).is_empty());

    workspace.baton(&["plugin", "approve", &revision]).ended(0);
    assert_eq!(cached(&code).len(), before.len() + 1);
    workspace.drop_handoff("noop", "Job");
    workspace.wait_for_archive("Job");
    assert_eq!(cached(&code).len(), before.len() + 1, "once for all processes");
    assert!(daemon.stop().success());
}

#[test]
fn compiling_ends_at_its_limits_and_is_not_tried_again() {
    let workspace = Workspace::init();
    workspace.keep_only("audit");
    workspace.up_once();
    let code = own_code(&workspace);
    let costly = costly(19_000, 9_000);
    assert!(costly.len() < 256 << 10, "{}", costly.len());
    let revision = install(&workspace, &costly);
    assert!(cached(&code).is_empty());

    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["plugin", "approve", &revision]);
    let mut approving = command.stderr(Stdio::null()).spawn().unwrap();
    let (mut memory, mut own) = (0, 0);
    while approving.try_wait().unwrap().is_none() {
        let seen = |process: &Path| figure(process, "VmHWM:").unwrap_or_default();
        memory = compilers(approving.id()).iter().map(|compiler| seen(compiler)).fold(memory, u64::max);
        own = own.max(seen(Path::new(&format!("/proc/{}", approving.id()))));
        sleep(Duration::from_millis(20));
    }
    assert_eq!(approving.wait().unwrap().code(), Some(2));
    assert!(memory > 100 << 10 && memory <= MEMORY_KIB, "{} MiB", memory >> 10);
    assert!(own < 512 << 10, "{} MiB in the command itself", own >> 10);
    let notes = cached(&code);
    assert_eq!(notes.len(), 1, "{notes:?}");
    let written = fs::metadata(&notes[0]).unwrap().modified().unwrap();

    let again = workspace.baton(&["plugin", "approve", &revision]).ended(2).stderr;
    assert!(again.contains("does not compile: compiling it ") && again.contains("the plugin's author must"), "{again}");
    assert!(again.contains("MiB of memory") || again.contains("s of processor time"), "{again}");
    assert!(again.contains(&format!("rm {}", notes[0].canonicalize().unwrap().display())), "{again}");
    let inspected = workspace.baton(&["plugin", "list", "--json"]).ended(0).stdout;
    assert!(inspected.contains("needs_approval"), "{inspected}");

    // Puts the package into the workspace without compiling it, as if another version of the engine had compiled it.
    workspace.baton(&["plugin", "remove", "words"]).ended(0);
    workspace.install("words", &costly, "");
    workspace.drop_handoff("words", "Job");
    for _ in 0..2 {
        workspace.up_once();
        let task = workspace.task("Job");
        assert!(task.state == "needs_grant" && task.reason.contains("does not compile"), "{task:#?}");
    }
    assert_eq!(fs::metadata(&notes[0]).unwrap().modified().unwrap(), written, "it was not compiled again");
}

#[test]
fn a_compiler_ends_when_its_parent_process_was_killed() {
    let workspace = Workspace::init();
    workspace.keep_only("audit");
    let code = own_code(&workspace);
    let revision = install(&workspace, &costly(1_000, 500));
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["plugin", "approve", &revision]);
    let mut approving = command.stderr(Stdio::null()).spawn().unwrap();
    let compiler = workspace.wait_for("the compiler", |_| compilers(approving.id()).pop());
    approving.kill().unwrap();
    approving.wait().unwrap();
    workspace.wait_for("the compiler to end", |_| (!compiler.exists()).then_some(()));
    assert!(cached(&code).iter().all(|file| file.extension().is_none()), "no code and no failure: {:?}", cached(&code));
}

#[test]
fn the_first_start_reports_what_it_compiles_and_other_workspaces_reuse_it() {
    let workspace = Workspace::init();
    let code = own_code(&workspace);
    let first = Output::within(workspace.command().arg("-w").arg(workspace.root()).args(["up", "--once"]), PATIENCE);
    let first = first.ended(0).stderr;
    assert!(first.contains("compiling audit (first start) …"), "{first}");
    let before = cached(&code);
    let second = workspace.outside().join("second").display().to_string();
    Output::of(workspace.command().args(["init", &second])).ended(0);
    let run = Output::of(workspace.command().args(["-w", &second, "up", "--once"])).ended(0);
    assert!(!run.stderr.contains("compiling"), "{}", run.stderr);
    assert_eq!(cached(&code), before);
}

#[test]
fn damaged_code_is_compiled_again() {
    let workspace = Workspace::with_noop();
    workspace.keep_only("audit");
    let code = own_code(&workspace);
    workspace.install_fixture("noop", "");
    workspace.up_once();
    for file in cached(&code) {
        fs::write(&file, "no code").unwrap();
    }
    workspace.drop_handoff("noop", "Job");
    workspace.up_once();
    assert_eq!(workspace.task("Job").state, "succeeded");
}

/// A section of a component or a module, written by hand, because no tool generates sections that exceed the limits.
fn section(id: u8, body: &[u8]) -> Vec<u8> {
    [vec![id], leb(body.len()), body.to_vec()].concat()
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn counted(count: usize, each: &[u8]) -> Vec<u8> {
    [leb(count), each.repeat(count)].concat()
}

/// Encodes a signed number. Type indexes have this form.
fn signed(number: usize) -> Vec<u8> {
    let mut bytes = leb(number);
    if let Some(last) = bytes.last_mut().filter(|last| **last & 0x40 != 0) {
        *last |= 0x80;
        bytes.push(0);
    }
    bytes
}

/// A component that has a manifest and nothing else.
fn empty() -> Vec<u8> {
    let manifest = section(0, &[&[14][..], b"baton:manifest", manifest().as_bytes()].concat());
    [b"\0asm\x0d\0\x01\0".as_slice(), &manifest].concat()
}

/// A section with a module of one section.
fn module(id: u8, body: &[u8]) -> Vec<u8> {
    section(1, &[b"\0asm\x01\0\0\0".as_slice(), &section(id, body)].concat())
}

/// A section with a module of `count` functions with this `body`.
fn functions(count: usize, body: &[u8]) -> Vec<u8> {
    let code = counted(count, &[leb(body.len()), body.to_vec()].concat());
    section(1, &[b"\0asm\x01\0\0\0".as_slice(), &section(3, &counted(count, &[0])), &section(10, &code)].concat())
}

#[test]
fn a_part_beyond_its_limit_is_refused_with_its_position_before_the_rest_is_read() {
    let workspace = Workspace::init();
    let component = section(4, b"\0asm\x0d\0\x01\0");
    let targets = [&[0, 0x0e][..], &leb(1_000_000), &vec![0; 1_000_001], &[0x0b]].concat();
    let blocks = [&[0][..], &[0x02, 0x40].repeat(10_001), &[0x0b; 10_002]].concat();
    for (name, added, place, words) in [
        (
            "functions",
            functions(200_001, &[0, 0x0b]),
            "the component",
            "200001 functions, more than the limit of 200000",
        ),
        ("types", module(1, &leb(200_001)), "the component", "200001 types, more than the limit of 200000"),
        (
            "component types",
            section(7, &counted(10_001, &[0x7f])),
            "the component",
            "10001 component types, more than the limit of 10000",
        ),
        (
            "nested types",
            section(7, &[&[1][..], &[0x42, 1, 1].repeat(51)].concat()),
            "a component type",
            "51 nested types, more than the limit of 50",
        ),
        (
            "values",
            module(1, &[&[1, 0x60][..], &counted(101, &[0x7f]), &[0]].concat()),
            "a function type of the core module",
            "101 parameters and results, more than the limit of 100",
        ),
        ("instances", section(5, &leb(2_001)), "the component", "instances, more than the limit of 2000"),
        (
            "segments",
            module(11, &leb(100_001)),
            "the component",
            "100001 data and element segments, more than the limit of 100000",
        ),
        ("parts", component.repeat(1_001), "the component", "1001 modules and components, more than the limit of 1000"),
        ("targets", functions(1, &targets), "the component", "1000001 branch targets, more than the limit of 1000000"),
        (
            "bytes",
            functions(1, &vec![1; (2 << 20) + 1]),
            "the function 0 of the core module",
            "2097153 bytes, more than the limit of 2097152",
        ),
        (
            "locals",
            functions(1, &[&[1][..], &leb(20_001), &[0x7f, 0x0b]].concat()),
            "the function 0 of the core module",
            "20001 locals, more than the limit of 20000",
        ),
        (
            "blocks",
            functions(1, &blocks),
            "the function 0 of the core module",
            "10001 nested blocks, more than the limit of 10000",
        ),
    ] {
        let package = file(&workspace, &[empty(), added].concat());
        for command in ["inspect", "install"] {
            let said = workspace.baton(&["plugin", command, &package]).ended(2).stderr;
            assert!(said.contains(place) && said.contains(words), "{name}: `{place}` and `{words}` in: {said}");
        }
    }
}

/// A parser that follows these nested types recursively would crash the process.
#[test]
fn deeply_nested_types_do_not_crash_the_process() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let deep = section(7, &[&[1][..], &[0x42, 1, 1].repeat(300_000), &[0x7f]].concat());
    // Each type is a tuple of the one before. A function that takes the last type is imported and lowered.
    let last = 9_990;
    let tuples: Vec<u8> = (0..last).flat_map(|before| [vec![0x6f, 1], signed(before)].concat()).collect();
    let chain = [
        section(7, &[leb(last + 1), vec![0x7f], tuples].concat()),
        section(7, &[vec![1, 0x40, 1, 1, b'a'], signed(last), vec![1, 0]].concat()),
        section(10, &[vec![1, 0, 1, b'f', 1], leb(last + 1)].concat()),
        section(8, &[1, 1, 0, 0, 0]),
    ];
    for (name, types) in [("deep", deep), ("chain", chain.concat())] {
        workspace.write(&format!("plugins/{name}.wasm"), [empty(), types].concat());
        let name = format!("plugins/{name}.wasm was not installed");
        workspace.wait_for("it to be refused", |_| daemon.log().contains(&name).then_some(()));
    }
    workspace.drop_handoff("noop", "Job");
    workspace.wait_for_archive("Job");
    assert!(daemon.stop().success());
}
