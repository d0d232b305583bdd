//! Grants, denials and missing declarations; results compared with the real `git`; hostile repositories.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use super::generated::{Change, Range};
use super::process::CallEnd;
use super::query::RepositoryQuery;
use super::*;

/// A repository in a temporary folder, with two commits.
struct TestRepository(tempfile::TempDir);

impl TestRepository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.write("a.txt", "one\n");
        repository.write("sub/b.txt", "below\n");
        repository.commit("First\n\nWith a body.");
        repository.write("a.txt", "two\n");
        repository.commit("Second");
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The judge: runs the real program as a person would.
    fn git(&self, args: &[&str]) -> String {
        let asked = Command::new("git")
            .args(["-c", "user.name=A U Thor", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(self.path())
            .output()
            .expect("git is installed: the tests need it");
        assert!(asked.status.success(), "{args:?}: {}", String::from_utf8_lossy(&asked.stderr));
        String::from_utf8_lossy(&asked.stdout).into_owned()
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    fn ask(&self) -> RepositoryQuery {
        ask(self.path()).unwrap()
    }
}

fn ask(folder: &Path) -> Result<RepositoryQuery, Error> {
    RepositoryQuery::open(folder, CallEnd::default())
}

fn all(to: &str) -> Range {
    Range { to: to.to_owned(), after: None, path: None, most: 100 }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_log_is_that_of_git() {
    let repository = TestRepository::new();
    repository.git(&["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    repository.write("c.txt", "side\n");
    repository.commit("Über\u{1f}\n\nbody\n\nmore");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.git(&["merge", "--quiet", "--no-ff", "side", "-m", "Merge"]);
    let told: Vec<_> = repository.ask().log(&all("HEAD")).unwrap();
    let ids: Vec<_> = told.iter().map(|commit| commit.id.clone()).collect();
    assert_eq!(ids, lines(&repository.git(&["rev-list", "HEAD"])));
    let parents: Vec<_> = told.iter().map(|commit| commit.parents.join(" ")).collect();
    assert_eq!(parents, repository.git(&["log", "--format=%P"]).split('\n').take(4).collect::<Vec<_>>());
    for commit in &told {
        let shown = repository.git(&["show", "--no-patch", "--format=%an|%ae|%at|%ct|%B", &commit.id]);
        let ours = format!(
            "{}|{}|{}|{}|{}",
            commit.author, commit.email, commit.authored_at, commit.committed_at, commit.message
        );
        assert_eq!(ours, shown.trim_end());
    }
    let some = Range { after: Some("HEAD~1".to_owned()), path: Some("c.txt".to_owned()), ..all("main") };
    let ids: Vec<_> = repository.ask().log(&some).unwrap().into_iter().map(|commit| commit.id).collect();
    assert_eq!(ids, lines(&repository.git(&["log", "--format=%H", "HEAD~1..main", "--", "c.txt"])));
    assert_eq!(repository.ask().log(&Range { most: 1, ..all("HEAD") }).unwrap().len(), 1);
    assert!(repository.ask().log(&Range { most: 0, ..all("HEAD") }).unwrap().is_empty());
}

#[test]
fn commits_are_found_by_every_name_and_only_commits() {
    let repository = TestRepository::new();
    repository.git(&["tag", "-a", "v1", "-m", "Tag"]);
    let head = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    for name in ["HEAD", "main", "v1", "@", &head, &head[..8]] {
        assert_eq!(repository.ask().find(name).unwrap().as_deref(), Some(head.as_str()), "{name}");
    }
    assert_eq!(repository.ask().find("HEAD^").unwrap(), repository.ask().find("HEAD~1").unwrap());
    let blob = repository.git(&["rev-parse", "HEAD:a.txt"]).trim().to_owned();
    for name in ["HEAD~9", "nothing", &"0".repeat(40), &blob] {
        assert_eq!(repository.ask().find(name).unwrap(), None, "{name}");
    }
    repository.git(&["pack-refs", "--all"]);
    repository.git(&["gc", "--quiet"]);
    assert_eq!(repository.ask().find("v1").unwrap(), Some(head));
}

#[test]
fn a_file_is_read_as_the_commit_has_it() {
    let repository = TestRepository::new();
    symlink("/etc/passwd", repository.path().join("link")).unwrap();
    repository.commit("Link");
    let read = |revision: &str, path: &str| repository.ask().file(revision, path);
    assert_eq!(read("HEAD~2", "a.txt").unwrap().as_deref(), Some(b"one\n".as_slice()));
    assert_eq!(read("HEAD", "a.txt").unwrap().as_deref(), Some(b"two\n".as_slice()));
    assert_eq!(read("HEAD", "link").unwrap().as_deref(), Some(b"/etc/passwd".as_slice()));
    assert_eq!(read("HEAD", "none.txt").unwrap(), None);
    assert!(matches!(read("HEAD", "sub"), Err(Error::Invalid(message)) if message.contains("tree")));
    assert!(matches!(read("nothing", "a.txt"), Err(Error::Invalid(message)) if message.contains("nothing")));
    repository.write("big.bin", &"x".repeat((4 << 20) + 1));
    repository.commit("Big");
    assert!(matches!(read("HEAD", "big.bin"), Err(Error::TooLarge(_))));
}

#[test]
fn the_status_is_that_of_git() {
    let repository = TestRepository::new();
    assert!(repository.ask().status().unwrap().changes.is_empty());
    repository.write("a.txt", "three\n");
    repository.write("staged.txt", "s\n");
    repository.git(&["add", "staged.txt"]);
    repository.git(&["rm", "--quiet", "sub/b.txt"]);
    repository.write("new dir/x.txt", "x\n");
    repository.write(".gitignore", "*.tmp\n");
    repository.write("y.tmp", "");
    let told = repository.ask().status().unwrap();
    assert_eq!(told.branch.as_deref(), Some("main"));
    assert_eq!(told.head.as_deref(), Some(repository.git(&["rev-parse", "HEAD"]).trim()));
    let letter = |change| match change {
        Change::Unchanged => ' ',
        Change::Added => 'A',
        Change::Modified => 'M',
        Change::Deleted => 'D',
        Change::TypeChanged => 'T',
        Change::Unmerged => 'U',
        Change::Untracked => '?',
    };
    let mut ours: Vec<_> = told
        .changes
        .iter()
        .map(|changed| match changed.unstaged {
            Change::Untracked => format!("?? {}", changed.path),
            _ => format!("{}{} {}", letter(changed.staged), letter(changed.unstaged), changed.path),
        })
        .collect();
    let mut judge: Vec<_> =
        repository.git(&["status", "--porcelain", "-z"]).split_terminator('\0').map(str::to_owned).collect();
    ours.sort();
    judge.sort();
    assert_eq!(ours, judge);
    assert_eq!(judge.len(), 5);
}

#[test]
fn before_the_first_commit_there_is_a_status() {
    let folder = tempfile::tempdir().unwrap();
    let repository = TestRepository(folder);
    repository.git(&["init", "--quiet", "--initial-branch=main"]);
    let told = repository.ask().status().unwrap();
    assert_eq!((told.head, told.branch.as_deref()), (None, Some("main")));
    assert!(matches!(repository.ask().log(&all("HEAD")), Err(Error::Invalid(_))));
}

#[test]
fn a_granted_subfolder_shows_only_its_own_files() {
    let repository = TestRepository::new();
    repository.write("a.txt", "changed\n");
    repository.write("sub/b.txt", "changed\n");
    let below = ask(&repository.path().join("sub")).unwrap();
    assert_eq!(below.log(&all("HEAD")).unwrap().len(), 1, "the second commit touches nothing here");
    assert_eq!(below.file("HEAD", "b.txt").unwrap().as_deref(), Some(b"below\n".as_slice()));
    assert_eq!(below.file("HEAD", "a.txt").unwrap(), None);
    assert!(matches!(below.file("HEAD", "../a.txt"), Err(Error::Invalid(_))));
    let changes: Vec<_> = below.status().unwrap().changes.into_iter().map(|changed| changed.path).collect();
    assert_eq!(changes, ["b.txt"]);
}

#[test]
fn nothing_of_a_hostile_repository_is_run() {
    let repository = TestRepository::new();
    let (trace, program) = (repository.path().join("../ran"), repository.path().join("evil.sh"));
    let trace = trace.parent().unwrap().canonicalize().unwrap().join(format!("ran-{}", std::process::id()));
    fs::write(&program, format!("#!/bin/sh\necho \"$0 $*\" >> {}\nexec cat\n", trace.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let evil = program.display().to_string();
    let included = repository.path().join("included");
    fs::write(&included, format!("[core]\n\tfsmonitor = {evil}\n")).unwrap();
    for (name, value) in [
        ("core.fsmonitor", evil.as_str()),
        ("core.pager", &evil),
        ("pager.log", &evil),
        ("pager.status", &evil),
        ("core.editor", &evil),
        ("core.sshCommand", &evil),
        ("core.hooksPath", &repository.path().display().to_string()),
        ("diff.external", &evil),
        ("diff.evil.textconv", &evil),
        ("filter.evil.clean", &evil),
        ("filter.evil.smudge", &evil),
        ("filter.evil.process", &evil),
        ("filter.evil.required", "true"),
        ("gpg.program", &evil),
        ("log.showSignature", "true"),
        ("alias.log", &format!("!{evil}")),
        ("alias.status", &format!("!{evil}")),
        ("alias.cat-file", &format!("!{evil}")),
        ("credential.helper", &evil),
        ("core.gitProxy", &evil),
        ("uploadpack.packObjectsHook", &evil),
        ("include.path", &included.display().to_string()),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", &format!("ext::{evil}")),
        ("remote.origin.promisor", "true"),
    ] {
        repository.git(&["config", "--file", ".git/config", name, value]);
    }
    for hook in ["post-index-change", "fsmonitor-watchman", "pre-commit", "reference-transaction"] {
        fs::copy(&program, repository.path().join(".git/hooks").join(hook)).unwrap();
        fs::copy(&program, repository.path().join(hook)).unwrap();
    }
    fs::write(repository.path().join(".gitattributes"), "* filter=evil diff=evil\n").unwrap();
    fs::create_dir_all(repository.path().join(".git/info")).unwrap();
    fs::write(repository.path().join(".git/info/attributes"), "* filter=evil diff=evil\n").unwrap();
    // Same size, other content: to detect the change, `git` must run the filter.
    fs::write(repository.path().join("a.txt"), "six\n").unwrap();

    let changes = repository.ask().status().unwrap().changes;
    assert!(changes.iter().any(|changed| changed.path == "a.txt" && changed.unstaged == Change::Modified));
    assert_eq!(repository.ask().log(&all("HEAD")).unwrap().len(), 2);
    assert!(repository.ask().file("HEAD", "a.txt").unwrap().is_some());
    assert_eq!(repository.ask().find(&"1".repeat(40)).unwrap(), None, "a missing object is not fetched");
    assert!(!trace.exists(), "{}", fs::read_to_string(&trace).unwrap());
    // The test repository is hostile: the plain program runs its filter.
    let plain = Command::new("git").args(["status", "--short"]).current_dir(repository.path()).output().unwrap();
    assert!(trace.exists(), "{plain:?}");
    fs::remove_file(trace).unwrap();
}

#[test]
fn a_repository_that_links_to_another_git_directory_is_refused() {
    let private = TestRepository::new();
    let refused = |repository: &Path, word: &str| match ask(repository) {
        Err(Error::Unavailable(message)) => assert!(message.contains(word), "{message}"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("{word}: it could be read"),
    };
    let git = private.path().join(".git");
    let make = || {
        let repository = TestRepository::new();
        (repository.path().to_owned(), repository)
    };

    let (path, _kept) = make();
    fs::remove_dir_all(path.join(".git")).unwrap();
    fs::write(path.join(".git"), format!("gitdir: {}\n", git.display())).unwrap();
    refused(&path, "git directory elsewhere");
    fs::remove_file(path.join(".git")).unwrap();
    symlink(&git, path.join(".git")).unwrap();
    refused(&path, "is a link");
    for borrowed in ["objects", "refs", "HEAD", "index", "packed-refs", "objects/pack", "refs/heads", "config"] {
        let (path, _kept) = make();
        let mine = path.join(".git").join(borrowed);
        drop(fs::remove_dir_all(&mine));
        drop(fs::remove_file(&mine));
        symlink(git.join(borrowed), &mine).unwrap();
        refused(&path, borrowed);
    }
    let (path, _kept) = make();
    fs::write(path.join(".git/objects/info/alternates"), format!("{}\n", git.join("objects").display())).unwrap();
    refused(&path, "alternates");
    let (path, _kept) = make();
    let loose = private.git(&["rev-parse", "HEAD"]);
    let (folder, _) = loose.split_at(2);
    drop(fs::remove_dir_all(path.join(".git/objects").join(folder)));
    symlink(git.join("objects").join(folder), path.join(".git/objects").join(folder)).unwrap();
    refused(&path, folder);
    let (folder, file) = loose.trim().split_at(2);
    for linked in [format!("objects/{folder}/{file}"), "refs/heads/deep/private".to_owned()] {
        let (path, _kept) = make();
        let mine = path.join(".git").join(&linked);
        fs::create_dir_all(mine.parent().unwrap()).unwrap();
        drop(fs::remove_file(&mine));
        symlink(git.join("objects").join(folder).join(file), &mine).unwrap();
        refused(&path, &linked);
    }
    for linked in
        ["objects/info/commit-graph", "objects/info/commit-graphs", "objects/pack/multi-pack-index", "sharedindex.1"]
    {
        let (path, _kept) = make();
        symlink(private.path(), path.join(".git").join(linked)).unwrap();
        refused(&path, linked);
    }
    let (path, _kept) = make();
    let asked = ask(&path).unwrap();
    symlink(git.join("refs/heads/main"), path.join(".git/refs/heads/other")).unwrap();
    assert!(
        matches!(asked.check(), Err(Error::Unavailable(message)) if message.contains("refs/heads/other")),
        "afterwards"
    );
    refused(&std::env::temp_dir().join("baton-no-such-folder"), "cannot be opened");
    refused(tempfile::tempdir().unwrap().path(), "not in a Git repository");
}

#[test]
fn a_linked_work_tree_is_read() {
    let repository = TestRepository::new();
    let other = tempfile::tempdir().unwrap();
    let tree = other.path().join("tree");
    repository.git(&["worktree", "add", "--quiet", "-b", "linked", tree.to_str().unwrap()]);
    fs::write(tree.join("new.txt"), "").unwrap();
    let told = ask(&tree).unwrap().status().unwrap();
    assert_eq!((told.branch.as_deref(), told.changes.len()), (Some("linked"), 1));
    assert_eq!(ask(&tree).unwrap().log(&all("HEAD")).unwrap().len(), 2);
}

fn manifest(folders: &[&str]) -> Manifest {
    let git: Vec<_> = folders.iter().map(|folder| format!(r#"{{"folder":"{folder}","reason":""}}"#)).collect();
    let text = format!(
        r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},
            "capabilities":{{"git":[{}]}}}}}}"#,
        git.join(",")
    );
    Manifest::parse(text.as_bytes()).unwrap()
}

fn granted(name: &str, folder: &str) -> RepositoryGrant {
    RepositoryGrant { name: name.to_owned(), folder: PathBuf::from(folder) }
}

#[test]
fn works_when_the_repository_is_granted() {
    let grants = [granted("root", "/r"), granted("plans", "/a"), granted("plans", "/b")];
    let git = Git::new(&manifest(&["root", "plans"]), &grants);
    for (asked, folder) in [("root", "/r"), ("root/0", "/r"), ("plans", "/a"), ("plans/1", "/b")] {
        assert_eq!(git.folder(asked), Ok(PathBuf::from(folder)));
    }
    for asked in ["plans/2", "plans/x", "root/../plans", "plans/-1"] {
        assert!(matches!(git.folder(asked), Err(Error::Invalid(_))), "{asked}");
    }
}

#[test]
fn errors_with_the_command_when_the_repository_is_not_granted() {
    let git = Git::new(&manifest(&["root"]), &[]);
    assert!(
        matches!(git.folder("root"), Err(Error::Denied(message)) if message.contains("baton plugin grant x git=root"))
    );
}

#[test]
fn errors_when_the_repository_is_not_declared_even_if_it_is_granted() {
    let git = Git::new(&manifest(&[]), &[granted("root", "/r")]);
    assert!(matches!(git.folder("root"), Err(Error::Denied(message)) if message.contains("does not declare")));
}
