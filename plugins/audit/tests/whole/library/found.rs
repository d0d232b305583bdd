//! Where deliverables are searched, and links that are never followed.

use std::fs;

use crate::support::Workspace;

#[test]
fn names_without_a_folder_are_searched() {
    let workspace = Workspace::new()
        .file("plans/a.md", "# P\n\n| Area | Files |\n|---|---|\n| A | `only.py`, `twice.py`, `models.py`, `near.py` |\n\n```\nlib/\n└── x.py\n```\n")
        .file("root/deep/only.py", "x = 1\n")
        .file("root/a/twice.py", "x = 1\n")
        .file("root/b/twice.py", "x = 1\n")
        .file("root/b/models.py", "x = 1\n")
        .file("root/lib/near.py", "x = 1\n")
        .file("root/b/near.py", "x = 1\n")
        .file("root/lib/x.py", "x = 1\n");
    let report = workspace.report();
    let rows = report["plans"][0]["deliverables"].as_array().unwrap();
    let of = |path: &str| rows.iter().find(|row| row["path"] == path).unwrap();
    assert_eq!(
        (of("only.py")["status"].as_str(), of("only.py")["found"].as_str()),
        (Some("PRESENT"), Some("deep/only.py"))
    );
    assert!(of("twice.py")["remarks"][0].as_str().unwrap().starts_with("ambiguous"));
    assert_eq!(of("models.py")["status"], "UNVERIFIABLE", "a common name, which another file has");
    assert_eq!(of("near.py")["found"], "lib/near.py");
}

#[test]
fn a_tree_may_begin_with_the_audited_folder_itself() {
    let workspace = Workspace::new()
        .file("plans/a.md", "# P\n\n```\nroot/\n├── lib/\n│   └── x.py\n└── y.py\n```\n")
        .file("root/lib/x.py", "x = 1\n");
    assert_eq!(workspace.statuses(), ["root/lib/x.py PRESENT", "root/y.py MISSING"]);
}

#[test]
fn common_names_and_other_deliverables_are_not_moved() {
    let plan =
        "# P\n\n```\nnew/\n├── client.py\n├── __init__.py\n├── weigh.py\n└── README.md\nold/\n└── weigh.py\n```\n";
    let workspace = Workspace::new()
        .file("plans/a.md", plan)
        .file("root/old/client.py", "x = 1\n")
        .file("root/old/__init__.py", "")
        .file("root/old/weigh.py", "x = 1\n")
        .file("root/README.md", "x\n");
    assert_eq!(
        workspace.statuses(),
        [
            "new/client.py MISSING",
            "new/__init__.py MISSING",
            "new/weigh.py MISSING",
            "new/README.md MISSING",
            "old/weigh.py PRESENT"
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_never_followed_or_opened() {
    let workspace = Workspace::new()
        .file("plans/a.md", "# P\n\n```\nlib/\n├── link.py\n├── pipe.py\n├── up/secret.py\n└── real.py/\n```\n")
        .file("secret.py", "x = 1\n")
        .file("root/lib/real.py", "x = 1\n");
    std::os::unix::fs::symlink(workspace.path("secret.py"), workspace.path("root/lib/link.py")).unwrap();
    std::os::unix::fs::symlink(workspace.path(""), workspace.path("root/lib/up")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(workspace.path("root/lib/pipe.py")).status().unwrap();
    assert!(made.success());
    fs::copy(workspace.path("secret.py"), workspace.path("root/other.py")).unwrap();
    assert_eq!(
        workspace.statuses(),
        ["lib/link.py UNVERIFIABLE", "lib/pipe.py UNVERIFIABLE", "lib/up/secret.py MISSING", "lib/real.py MISSING"]
    );
}
