//! Signatures of the real `minisign`, beside a file and in a registry, verified with `[trust] keys` of `baton.toml`.

use std::fs;
use std::process::Command;

use baton_tests::{OciRegistry, Output, Skipped, Workspace, fixture, or_skip, tool};
use serde_json::json;

/// A workspace, and a signed copy of the fixture `noop` outside of it.
struct SignedPlugin {
    workspace: Workspace,
    file: String,
}

impl SignedPlugin {
    fn new() -> Result<Self, Skipped> {
        tool("minisign", "apt-get install minisign")?;
        let workspace = Workspace::init();
        let file = workspace.outside().join("noop.wasm");
        fs::copy(fixture("noop"), &file).unwrap();
        let place = Self { workspace, file: file.to_str().unwrap().to_owned() };
        for key in ["ours", "theirs"] {
            place.minisign(&["-G", "-f", "-W", "-p", &format!("{key}.pub"), "-s", &format!("{key}.key")]);
        }
        place.sign("ours");
        Ok(place)
    }

    fn minisign(&self, args: &[&str]) -> Output {
        let home = self.workspace.outside();
        Output::of(Command::new("minisign").current_dir(home).env("HOME", home).args(args)).ended(0)
    }

    fn sign(&self, key: &str) {
        self.minisign(&["-S", "-s", &format!("{key}.key"), "-m", "noop.wasm", "-t", "a trusted comment"]);
    }

    /// The line of a public key for `baton.toml`.
    fn public(&self, key: &str) -> String {
        let text = fs::read_to_string(self.workspace.outside().join(format!("{key}.pub"))).unwrap();
        text.lines().nth(1).unwrap().to_owned()
    }

    /// The id of a key, which `minisign` writes into the comment.
    fn id(&self, key: &str) -> String {
        let text = fs::read_to_string(self.workspace.outside().join(format!("{key}.pub"))).unwrap();
        text.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned()
    }

    /// Writes these keys to `baton.toml` as the only trusted keys.
    fn trust(&self, keys: &[&str]) {
        let keys: Vec<_> = keys.iter().map(|key| format!("\"{}\"", self.public(key))).collect();
        self.workspace.write("baton.toml", format!("[trust]\nkeys = [{}]\n", keys.join(", ")));
    }

    /// State and key of the signature of `package`, and the exit code.
    fn judged(&self, package: &str) -> (String, Option<String>, i32) {
        let output = self.workspace.baton(&["plugin", "inspect", "--json", package]);
        let signature = &output.json()["signature"];
        let text = |key: &str| signature[key].as_str().map(str::to_owned);
        (text("state").unwrap(), text("key"), output.code)
    }
}

#[test]
fn a_signature_beside_a_file_is_verified_with_the_keys_of_the_workspace() {
    let place = or_skip!(SignedPlugin::new());
    let (ours, theirs) = (place.id("ours"), place.id("theirs"));
    assert_eq!(place.judged(&place.file), ("unknown".to_owned(), Some(ours.clone()), 0));
    place.trust(&["theirs", "ours"]);
    assert_eq!(place.judged(&place.file), ("good".to_owned(), Some(ours.clone()), 0));
    let shown = place.workspace.baton(&["plugin", "inspect", &place.file]).ended(0).stdout;
    assert!(shown.contains(&format!("signature  good: by the key {ours}")), "{shown}");
    place.trust(&["theirs"]);
    assert_eq!(place.judged(&place.file).0, "unknown");
    place.sign("theirs");
    assert_eq!(place.judged(&place.file), ("good".to_owned(), Some(theirs), 0));
    fs::remove_file(format!("{}.minisig", place.file)).unwrap();
    assert_eq!(place.judged(&place.file), ("none".to_owned(), None, 0));
    // Without a workspace no key is trusted.
    place.sign("ours");
    let nowhere = Output::of(place.workspace.command().args(["plugin", "inspect", "--json", &place.file])).ended(0);
    assert_eq!(nowhere.json()["signature"]["state"], json!("unknown"));
}

#[test]
fn a_changed_component_a_changed_signature_and_a_signature_of_other_bytes_are_bad() {
    let place = or_skip!(SignedPlugin::new());
    place.trust(&["ours"]);
    let beside = format!("{}.minisig", place.file);
    let (component, signature) = (fs::read(&place.file).unwrap(), fs::read_to_string(&beside).unwrap());

    // Appends a custom section, because the component then stays valid. Another byte at its end would make it invalid.
    fs::write(&place.file, [component.as_slice(), b"\0\x02\x01x"].concat()).unwrap();
    assert_eq!(place.judged(&place.file), ("bad".to_owned(), None, 1));
    fs::write(&place.file, &component).unwrap();
    assert_eq!(place.judged(&place.file).0, "good");

    for changed in [
        signature.replace("a trusted comment", "another comment"),
        signature.lines().take(2).collect::<Vec<_>>().join("\n"),
        "<html>not found</html>".to_owned(),
        String::new(),
    ] {
        fs::write(&beside, &changed).unwrap();
        assert_eq!(place.judged(&place.file), ("bad".to_owned(), None, 1), "{changed}");
    }
    // The signature is valid, but for other bytes.
    fs::write(place.workspace.outside().join("other"), "other bytes").unwrap();
    place.minisign(&["-S", "-s", "ours.key", "-m", "other", "-x", "noop.wasm.minisig"]);
    assert_eq!(place.judged(&place.file).0, "bad");
    // The legacy format signs the bytes themselves, not their hash.
    place.minisign(&["-S", "-l", "-s", "ours.key", "-m", "noop.wasm"]);
    let old = place.workspace.baton(&["plugin", "inspect", &place.file]).ended(1).stdout;
    assert!(old.contains("legacy format"), "{old}");
}

#[test]
fn a_signature_is_published_in_a_registry_and_a_bad_one_is_not() {
    let (registry, place) = (or_skip!(OciRegistry::open()), or_skip!(SignedPlugin::new()));
    place.trust(&["ours"]);
    let push = |tag: &str| place.workspace.baton(&["plugin", "push", &place.file, &registry.reference(tag)]);
    let signed = push("noop:signed").ended(0);
    assert_eq!(signed.stderr, "", "it is signed");
    assert_eq!(place.judged(&registry.reference("noop:signed")), ("good".to_owned(), Some(place.id("ours")), 0));
    place.trust(&[]);
    assert_eq!(place.judged(&registry.reference("noop:signed")).0, "unknown");
    place.trust(&["ours"]);

    fs::remove_file(format!("{}.minisig", place.file)).unwrap();
    let unsigned = push("noop:unsigned").ended(0);
    assert!(unsigned.stderr.contains("minisign -Sm"), "{}", unsigned.stderr);
    assert_eq!(place.judged(&registry.reference("noop:unsigned")), ("none".to_owned(), None, 0));

    fs::write(format!("{}.minisig", place.file), "no signature").unwrap();
    let bad = push("noop:bad").ended(2);
    assert!(bad.stderr.contains("noop.wasm.minisig") && bad.stderr.contains("not a minisign signature"), "{bad:?}");
    place.workspace.baton(&["plugin", "inspect", &registry.reference("noop:bad")]).ended(2);
}

#[test]
fn every_command_names_an_invalid_key() {
    let workspace = Workspace::init();
    workspace.write("baton.toml", "[trust]\nkeys = [\"RWnone\"]\n");
    let noop = fixture("noop");
    for args in [vec!["status"], vec!["plugin", "inspect", noop.to_str().unwrap()]] {
        let refused = workspace.baton(&args).ended(2);
        assert!(refused.stderr.contains("`RWnone`") && refused.stderr.contains("baton.toml"), "{}", refused.stderr);
    }
}
