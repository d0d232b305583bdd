//! Tests of the registry with components that are written by hand, because the fixtures cannot be built here.

use std::fs;

use super::*;

/// A component that exports the handler without an implementation. It can be installed.
fn component(version: &str, capabilities: &str) -> Vec<u8> {
    let manifest = format!(
        r#"{{"name":"x","version":"{version}","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},"capabilities":{capabilities}}}}}"#
    );
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    // An empty instance, and its export under the name of the handler.
    let name = b"baton:plugin/handler@0.1.0";
    section(&mut bytes, 5, &[1, 1, 0]);
    let mut export = vec![1, 1];
    leb(&mut export, name.len());
    export.extend(name);
    export.extend([5, 0, 0]);
    section(&mut bytes, 11, &export);
    let mut custom = vec![14];
    custom.extend(b"baton:manifest");
    custom.extend(manifest.as_bytes());
    section(&mut bytes, 0, &custom);
    bytes
}

fn section(bytes: &mut Vec<u8>, id: u8, body: &[u8]) {
    bytes.push(id);
    leb(bytes, body.len());
    bytes.extend(body);
}

fn leb(bytes: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        bytes.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return;
        }
    }
}

const READS: &str = r#"{"files":[{"folder":"plans","mode":"ro","reason":""}]}"#;
const WRITES: &str = r#"{"files":[{"folder":"plans","mode":"rw","reason":""}]}"#;

const REPLACING: Approval<'static> = Approval { keep_grants: false, replace: Some("x") };

fn registry() -> (tempfile::TempDir, PluginRegistry) {
    let folder = tempfile::tempdir().unwrap();
    let registry = PluginRegistry::new(folder.path(), folder.path(), folder.path().join("packages"));
    (folder, registry)
}

fn install(registry: &PluginRegistry, version: &str, capabilities: &str, trust: Trust) -> InstallResult {
    let source = Source::File(PathBuf::from(format!("plugins/x-{version}.wasm")));
    registry.install(&Candidate { component: component(version, capabilities), source, trust }).unwrap()
}

fn signed() -> Trust {
    Trust::Signed("K".to_owned())
}

fn entry_of(registry: &PluginRegistry) -> PluginEntry {
    registry.read().unwrap().get("x").unwrap().clone()
}

#[test]
fn an_unsigned_package_waits_until_it_is_approved() {
    let (_folder, registry) = registry();
    let done = install(&registry, "1", READS, Trust::Untrusted);
    assert_eq!((done.change, done.beyond), (Change::NeedsApproval, vec!["files:ro=plans".to_owned()]));
    assert!(entry_of(&registry).needs_approval);
    assert_eq!(install(&registry, "1", READS, Trust::Untrusted).change, Change::NeedsApproval);
    for wrong in ["sha256:00000000", "", &done.digest.short(7)] {
        assert!(registry.approve("x", wrong, Approval::default()).is_err(), "{wrong}");
    }
    assert!(!registry.approve("x", &done.digest.short(8), Approval::default()).unwrap().needs_approval);
    assert_eq!(install(&registry, "1", READS, Trust::Untrusted).change, Change::Nothing);
    assert!(registry.approve("x", &done.digest.short(8), Approval::default()).is_err(), "twice");
}

#[test]
fn a_new_revision_with_the_same_key_and_no_additional_grants_runs_at_once() {
    let (_folder, registry) = registry();
    assert_eq!(install(&registry, "1", WRITES, signed()).change, Change::Installed);
    registry.grant("x", &["files:rw=plans".to_owned()], |_, _, _| Ok(())).unwrap();
    assert_eq!(install(&registry, "2", READS, signed()).change, Change::Updated);
    let entry = entry_of(&registry);
    assert_eq!((entry.version.as_str(), entry.grants.specs()), ("2", vec!["files:rw=plans".to_owned()]));
}

#[test]
fn a_revision_that_requests_more_or_has_another_key_waits_and_starts_without_grants() {
    for (capabilities, trust) in
        [(WRITES, signed()), (READS, Trust::Signed("L".to_owned())), (READS, Trust::Untrusted), (READS, Trust::Shipped)]
    {
        let (_folder, registry) = registry();
        install(&registry, "1", READS, signed());
        registry.grant("x", &["files:ro=plans".to_owned()], |_, _, _| Ok(())).unwrap();
        let done = install(&registry, "2", capabilities, trust);
        assert_eq!(done.change, Change::NeedsApproval);
        let entry = entry_of(&registry);
        assert_eq!((entry.version.as_str(), entry.grants.specs().len()), ("1", 1), "the old revision runs");
        registry.keep(&component("2", capabilities)).unwrap();
        let entry = registry.approve("x", &done.digest.to_string(), REPLACING).unwrap();
        assert_eq!((entry.version.as_str(), entry.grants.specs().len(), entry.pending), ("2", 0, None));
    }
}

#[test]
fn a_revision_with_triggers_or_higher_limits_waits_and_then_keeps_its_grants() {
    let trigger = format!(r#"{READS},"triggers":[{{"kind":"watched","action":"a"}}]"#);
    for (new, line) in [(trigger, "trigger: `a`"), (READS.to_owned(), "limit: memory: Baton's own limit")] {
        let (_folder, registry) = registry();
        install(&registry, "1", &format!(r#"{READS},"limits":{{"memory_mib":8,"wall_s":9}}"#), signed());
        registry.grant("x", &["files:ro=plans".to_owned()], |_, _, _| Ok(())).unwrap();
        let lower = format!(r#"{READS},"limits":{{"memory_mib":7,"wall_s":9}}"#);
        assert_eq!(install(&registry, "2", &lower, signed()).change, Change::Updated);
        let done = install(&registry, "3", &new, signed());
        assert_eq!(done.change, Change::NeedsApproval);
        assert!(done.does.iter().any(|does| does.starts_with(line)), "{:?}", done.does);
        let entry = registry.approve("x", &done.digest.to_string(), Approval::default()).unwrap();
        assert_eq!(entry.grants.specs(), ["files:ro=plans"]);
    }
}

#[test]
fn an_approval_can_keep_the_grants_and_a_rollback_restores_them() {
    let (_folder, registry) = registry();
    install(&registry, "1", READS, signed());
    registry.grant("x", &["files:ro=plans".to_owned()], |_, _, _| Ok(())).unwrap();
    let digest = install(&registry, "2", WRITES, Trust::Untrusted).digest.to_string();
    let entry = registry.approve("x", &digest, Approval { keep_grants: true, ..REPLACING }).unwrap();
    assert_eq!(entry.grants.specs(), ["files:ro=plans"]);
    registry.revoke("x", &[]).unwrap();
    let entry = registry.roll_back("x").unwrap();
    assert_eq!((entry.version.as_str(), entry.key.as_deref()), ("1", Some("K")));
    assert_eq!(entry.grants.specs(), ["files:ro=plans"]);
    assert_eq!(registry.roll_back("x").unwrap().version, "2");
}

#[test]
fn few_previous_revisions_are_kept_and_packages_are_removed_with_the_plugin() {
    let (_folder, registry) = registry();
    for version in 1..=9 {
        install(&registry, &version.to_string(), READS, signed());
    }
    let entry = entry_of(&registry);
    let versions: Vec<_> = entry.previous.iter().map(|revision| revision.version.as_str()).collect();
    assert_eq!((entry.version.as_str(), versions), ("9", vec!["6", "7", "8"]));
    registry.remove("x", |_| Ok(())).unwrap();
    assert!(registry.read().unwrap().plugins.is_empty());
    assert_eq!(fs::read_dir(registry.store.folder()).unwrap().count(), 0);
}

#[test]
fn an_older_revision_with_the_same_key_waits() {
    let (_folder, registry) = registry();
    install(&registry, "1.10.0", READS, signed());
    assert_eq!(install(&registry, "1.9.0", READS, signed()).change, Change::NeedsApproval);
    assert_eq!(install(&registry, "1.10.1", READS, signed()).change, Change::Updated);
    assert_eq!(install(&registry, "next", READS, signed()).change, Change::NeedsApproval, "it may be older");
}

#[test]
fn a_package_that_fails_the_checks_is_neither_installed_nor_approved() {
    let (_folder, plain) = registry();
    install(&plain, "1", READS, signed());
    let digest = install(&plain, "2", WRITES, signed()).digest.to_string();
    let code = Arc::new(|_: &[u8]| Err("it does not link".to_owned()));
    let strict = plain.clone().with_checks(PackageChecks { name: Arc::new(|_| Ok(())), code });
    let candidate = Candidate { component: component("3", READS), source: Source::Shipped, trust: signed() };
    assert!(strict.install(&candidate).unwrap_err().to_string().contains("it does not link"));
    assert!(strict.approve("x", &digest, Approval::default()).is_err());
    let entry = entry_of(&plain);
    assert_eq!((entry.version.as_str(), entry.pending.is_some()), ("1", true));
}

#[test]
fn only_packages_that_may_run_are_compiled() {
    let (_folder, plain) = registry();
    let compiled = Arc::new(std::sync::Mutex::new(0));
    let count = Arc::clone(&compiled);
    let code = Arc::new(move |_: &[u8]| {
        *count.lock().unwrap() += 1;
        Ok(())
    });
    let registry = plain.with_checks(PackageChecks { name: Arc::new(|_| Ok(())), code });
    let so_far = || *compiled.lock().unwrap();
    let first = install(&registry, "1", READS, Trust::Untrusted).digest.to_string();
    assert_eq!(so_far(), 0, "the package has no approval");
    assert!(registry.approve("x", "0123456789abcdef", Approval::default()).is_err());
    assert_eq!(so_far(), 0, "no such revision is pending");
    registry.approve("x", &first, Approval::default()).unwrap();
    assert_eq!(so_far(), 1);
    let second = install(&registry, "2", READS, signed()).digest.to_string();
    assert_eq!(so_far(), 1, "a trusted key approves a package, not its name");
    assert!(registry.approve("x", &second, Approval::default()).is_err());
    assert_eq!(so_far(), 1, "refused without --replace");
    registry.approve("x", &second, REPLACING).unwrap();
    install(&registry, "3", READS, signed());
    assert_eq!(so_far(), 3, "the approval and the update by the same key each compile once");
    install(&registry, "3", READS, signed());
    install(&registry, "4", WRITES, signed());
    assert_eq!(so_far(), 3, "neither an installed package nor a revision that requests more is compiled");
}

#[test]
fn removing_deletes_all_dropped_revisions_with_their_signatures() {
    let (folder, registry) = registry();
    let dropped = folder.path().join("plugins");
    fs::create_dir(&dropped).unwrap();
    for version in ["1", "2"] {
        fs::write(dropped.join(format!("x-{version}.wasm")), component(version, READS)).unwrap();
        fs::write(dropped.join(format!("x-{version}.wasm.minisig")), "x").unwrap();
        install(&registry, version, READS, signed());
    }
    registry.remove("x", |_| Ok(())).unwrap();
    assert_eq!(fs::read_dir(dropped).unwrap().count(), 0);
}

#[test]
fn a_grant_that_is_not_asked_for_any_more_can_be_revoked() {
    let (_folder, registry) = registry();
    install(&registry, "1", WRITES, signed());
    registry.grant("x", &["files:rw=plans".to_owned()], |_, _, _| Ok(())).unwrap();
    install(&registry, "2", "{}", signed());
    assert!(registry.grant("x", &["files:rw=plans".to_owned()], |_, _, _| Ok(())).is_err());
    assert!(registry.revoke("x", &["files:rw=plans".to_owned()]).unwrap().grants.specs().is_empty());
}

#[test]
fn errors_when_a_grant_or_a_plugin_does_not_exist() {
    let (_folder, registry) = registry();
    install(&registry, "1", READS, signed());
    for (name, word) in [("y", "files:ro=plans"), ("x", "handoffs=any"), ("x", "files:ro=music=/m"), ("x", "")] {
        assert!(registry.grant(name, &[word.to_owned()], |_, _, _| Ok(())).is_err(), "{name} {word}");
    }
    assert!(registry.revoke("x", &["files:ro=plans".to_owned()]).is_err());
    assert!(
        registry.set_disabled("y", true).is_err()
            && registry.remove("y", |_| Ok(())).is_err()
            && registry.roll_back("x").is_err()
    );
    assert!(entry_of(&registry).grants.specs().is_empty());
}

#[test]
fn removing_deletes_the_dropped_file_but_not_other_files() {
    let (folder, registry) = registry();
    fs::create_dir(folder.path().join("plugins")).unwrap();
    let file = folder.path().join("plugins/x-1.wasm");
    for (bytes, stays) in [(component("1", READS), false), (b"other".to_vec(), true)] {
        fs::write(&file, bytes).unwrap();
        install(&registry, "1", READS, signed());
        registry.remove("x", |_| Ok(())).unwrap();
        assert_eq!(file.exists(), stays);
    }
}

#[test]
fn a_package_from_another_source_gets_a_name_only_with_replace() {
    let (_folder, registry) = registry();
    assert_eq!(install(&registry, "1", READS, Trust::Untrusted).holder, None);
    let first = entry_of(&registry).digest;
    registry.approve("x", &first, Approval::default()).unwrap();
    for (number, trust) in [("2", Trust::Untrusted), ("3", signed()), ("4", Trust::Shipped)] {
        let done = install(&registry, number, READS, trust);
        registry.keep(&component(number, READS)).unwrap();
        assert_eq!(
            (done.change, done.holder.map(|holder| holder.digest)),
            (Change::NeedsApproval, Some(first.clone()))
        );
        let digest = done.digest.to_string();
        let error = registry.approve("x", &digest, Approval::default()).unwrap_err().to_string();
        assert!(error.contains("--replace x") && error.contains(crate::lock::short(&first)), "{error}");
        assert!(registry.approve("x", &digest, Approval { replace: Some("y"), ..Approval::default() }).is_err());
        assert_eq!(entry_of(&registry).digest, first, "the installed plugin still runs");
    }
    let digest = entry_of(&registry).pending.unwrap().digest;
    assert_eq!(registry.approve("x", &digest, REPLACING).unwrap().version, "4");
}

#[test]
fn a_trusted_key_does_not_get_the_name_of_a_bundled_plugin() {
    let (_folder, plain) = registry();
    let bundled: &'static [u8] = Box::leak(component("1", READS).into_boxed_slice());
    let registry = plain.with_bundled(Box::leak(Box::new([("x", bundled)])));
    for version in ["2", "3"] {
        let done = install(&registry, version, READS, signed());
        assert_eq!(
            (done.change, done.holder.map(|holder| holder.source)),
            (Change::NeedsApproval, Some(Source::Shipped))
        );
    }
    let digest = entry_of(&registry).digest;
    assert!(registry.approve("x", &digest, Approval::default()).is_err());
    assert!(!registry.approve("x", &digest, REPLACING).unwrap().needs_approval);
    // The operator gave the name to this key, so its next revision is installed.
    assert_eq!(install(&registry, "4", READS, signed()).change, Change::Updated);
}

#[test]
fn the_folders_of_a_plugin_are_marked_during_its_removal() {
    let (_folder, registry) = registry();
    install(&registry, "1", READS, signed());
    let marks = std::cell::RefCell::new(Vec::new());
    let mark = |is_removed: bool| -> std::io::Result<()> {
        let turn = fs::File::options().write(true).open(&registry.turn)?;
        marks.borrow_mut().push((is_removed, turn.try_lock().is_err()));
        Ok(())
    };
    registry.remove("y", mark).unwrap_err();
    assert!(marks.borrow().is_empty(), "nothing is marked if there is nothing to remove");
    registry.remove("x", mark).unwrap();
    assert_eq!(*marks.borrow(), [(true, true)]);
    install(&registry, "2", READS, signed());
    let fails =
        |is_removed: bool| if is_removed { Err(std::io::ErrorKind::PermissionDenied.into()) } else { mark(false) };
    registry.remove("x", fails).unwrap_err();
    assert_eq!(*marks.borrow(), [(true, true), (false, true)]);
    assert_eq!(entry_of(&registry).version, "2", "it stays");
}
