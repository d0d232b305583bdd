//! `baton secret`: values come from standard input, only the user can read the file, and values are never shown.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use baton_tests::{Output, Workspace};

const VALUE: &str = "a value nobody sees";

fn set(workspace: &Workspace, name: &str, value: &str) -> Output {
    let mut command = workspace.command();
    Output::fed(command.arg("-w").arg(workspace.root()).args(["secret", "set", name]), value.as_bytes())
}

/// The file of secrets, which is in the state folder.
fn file(workspace: &Workspace) -> std::path::PathBuf {
    let states = fs::read_dir(workspace.outside().join("state/baton")).unwrap();
    let mut found = states.map(|state| state.unwrap().path().join("secrets.json")).filter(|file| file.is_file());
    found.next().unwrap()
}

#[test]
fn a_secret_is_set_listed_replaced_and_removed_and_never_shown() {
    let workspace = Workspace::init();
    workspace.keep_only("audit");
    let lock = workspace.read("baton.lock");
    let granted =
        "[[plugin.grants.secrets]]\nname = \"spotify\"\nhosts = [\"api.spotify.com\"]\nheader = \"authorization\"\n";
    workspace.write("baton.lock", format!("{lock}\n{granted}"));
    let first = set(&workspace, "spotify", &format!("{VALUE}\n")).ended(0);
    assert!(first.stderr.starts_with("set `spotify`"), "{}", first.stderr);
    assert!(fs::read_to_string(file(&workspace)).unwrap().contains(VALUE), "the value is stored without its newline");
    assert_eq!(fs::metadata(file(&workspace)).unwrap().permissions().mode() & 0o777, 0o600);
    let again = set(&workspace, "spotify", "another value").ended(0);
    assert!(again.stderr.starts_with("replaced `spotify`"), "{}", again.stderr);

    let listed = workspace.baton(&["secret", "list"]).ended(0);
    assert!(listed.stdout.contains("spotify") && listed.stdout.contains("audit"), "{}", listed.stdout);
    let json = workspace.baton(&["secret", "list", "--json"]).ended(0);
    assert_eq!(json.json()["secrets"][0]["plugins"][0], "audit");
    for output in [first, again, listed, json] {
        assert!(!(output.stdout + &output.stderr).contains("value nobody"), "a value was shown");
    }

    workspace.baton(&["secret", "rm", "spotify"]).ended(0);
    assert!(!fs::read_to_string(file(&workspace)).unwrap().contains("another value"));
    let gone = workspace.baton(&["secret", "rm", "spotify"]).ended(2);
    assert!(gone.stderr.contains("baton secret list"), "{}", gone.stderr);
}

#[test]
fn invalid_secrets_are_refused() {
    let workspace = Workspace::init();
    for (name, value, word) in [
        ("spotify", "", "standard input is empty"),
        ("spotify", "short", "5 bytes"),
        ("spotify", "first line\nsecond line\n", "line break"),
        ("spotify", &"x".repeat(10_000), "bytes"),
        ("../spotify", "long enough", "cannot be the name of a secret"),
    ] {
        let refused = set(&workspace, name, value).ended(2);
        assert!(refused.stderr.contains(word), "{word}: {}", refused.stderr);
    }
    let argument = workspace.baton(&["secret", "set", "spotify", VALUE]);
    assert!(argument.ended(2).stderr.contains("unexpected argument"), "a value is never an argument");
}

#[test]
fn a_file_that_others_may_read_is_not_used() {
    let workspace = Workspace::init();
    set(&workspace, "spotify", VALUE).ended(0);
    fs::set_permissions(file(&workspace), fs::Permissions::from_mode(0o644)).unwrap();
    let refused = workspace.baton(&["secret", "list"]).ended(2);
    assert!(refused.stderr.contains("chmod 600"), "{}", refused.stderr);
}
