//! The report about new audio: a summary and findings for people, and arguments for plugins. The functions read and write
//! nothing.

use std::path::Path;

use baton_core::Digest;
use baton_core::path_text;
use baton_ledger::finding::Finding;
use baton_sandbox::MountGrant;
use serde_json::{Value, json};

use super::{LibraryMatch, NewAudio};

/// The maximum number of library files that a finding lists for one new file.
const NAMED: usize = 5;

impl NewAudio {
    fn copy(&self) -> Option<&LibraryMatch> {
        self.known.iter().find(|known| known.difference.is_none())
    }

    /// True if the file is a copy, and all files of which it is a copy are in the same batch.
    fn is_copy_of_new(&self) -> bool {
        self.copy().is_some() && self.known.iter().filter(|known| known.difference.is_none()).all(|known| known.new)
    }

    fn version(&self) -> Option<&LibraryMatch> {
        self.known.first().filter(|_| self.copy().is_none())
    }
}

/// One line: the number of new files, and how many of them need attention.
pub(super) fn summary(files: &[NewAudio]) -> String {
    let count = |is: &dyn Fn(&NewAudio) -> bool| files.iter().filter(|file| is(file)).count();
    let parts = [
        (count(&|file| file.copy().is_some() && !file.is_copy_of_new()), "in the library already"),
        (count(&NewAudio::is_copy_of_new), "a copy of another new file"),
        (count(&|file| file.version().is_some()), "another version of a library file"),
        (count(&|file| file.state == "skipped"), "for which no fingerprint is possible"),
        (count(&|file| file.state == "failed"), "that could not be read"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let new = if files.len() == 1 { "1 new audio file".to_owned() } else { format!("{} new audio files", files.len()) };
    if parts.is_empty() {
        format!("{new}, none of which was in the library before")
    } else {
        format!("{new}: {}", parts.join(", "))
    }
}

/// One finding for each file that needs attention. `shown` formats paths.
pub(super) fn findings(files: &[NewAudio], shown: &dyn Fn(&Path) -> String) -> Vec<Finding> {
    files.iter().filter_map(|file| finding(file, shown)).collect()
}

fn finding(file: &NewAudio, shown: &dyn Fn(&Path) -> String) -> Option<Finding> {
    let path = shown(&file.path);
    let (kind, severity, title) = match (file.copy(), file.version(), file.state) {
        (Some(copy), _, _) => (
            "duplicate",
            "low",
            format!("DUPLICATE: {path} is new, and is a copy of {}{}", shown(&copy.path), too(copy)),
        ),
        (_, Some(version), _) => {
            let title = format!("VERSION: {path} is new, and sounds like {}{}", shown(&version.path), too(version));
            ("version", "info", title)
        }
        (.., "failed") => ("unread", "low", format!("UNREAD: {path} could not be read")),
        _ => return None,
    };
    let known = file.known.iter().take(NAMED).map(|known| {
        let version = known.difference.as_deref().map(|why| format!(", another version ({why})")).unwrap_or_default();
        format!("{} ({}), {} % sure{version}", shown(&known.path), known.format, known.score)
    });
    let why = file.why.iter().map(|(reason, detail)| format!("{reason}: {detail}"));
    let evidence: Vec<String> = std::iter::once(format!("{path} ({})", file.format)).chain(known).chain(why).collect();
    let id = format!("{kind}:{}", Digest::of(path.as_bytes()).short(32));
    Some(Finding {
        id,
        severity: severity.to_owned(),
        title: baton_core::file_name::cut(&title, 1_024).to_owned(),
        evidence: baton_core::file_name::cut(&evidence.join("\n"), 4_096).to_owned(),
    })
}

/// The words that a finding's title adds if `known` is in the same batch.
fn too(known: &LibraryMatch) -> &'static str {
    if known.new { ", which is new too" } else { "" }
}

/// The arguments of a plugin's task: a list `files`. Each entry has the file's path on the host. If the file is in one of
/// the plugin's folders, the entry also has the path that the plugin uses.
pub(super) fn arguments(files: &[NewAudio], mounts: &[MountGrant]) -> Value {
    let known = |known: &LibraryMatch| {
        json!({ "path": path_text::to_text(&known.path), "format": known.format, "score": known.score,
            "difference": known.difference, "new": known.new })
    };
    let one = |file: &NewAudio| {
        json!({
            "path": path_text::to_text(&file.path),
            "guest": guest(mounts, &file.path),
            "state": file.state,
            "reason": file.why.as_ref().map(|(reason, _)| reason),
            "detail": file.why.as_ref().map(|(_, detail)| detail),
            "format": file.format,
            "duration_ms": file.duration_ms,
            "matches": file.known.iter().take(NAMED).map(known).collect::<Vec<_>>(),
        })
    };
    json!({ "files": files.iter().map(one).collect::<Vec<_>>() })
}

fn guest(mounts: &[MountGrant], path: &Path) -> Option<String> {
    let below =
        |mount: &MountGrant| Some(format!("{}/{}", mount.guest, path.strip_prefix(&mount.host).ok()?.to_str()?));
    mounts.iter().find_map(below)
}

#[cfg(test)]
mod tests {
    use baton_sandbox::Folder;

    use super::*;

    fn known(path: &str, difference: Option<&str>) -> LibraryMatch {
        let difference = difference.map(str::to_owned);
        LibraryMatch {
            path: path.into(),
            key: path.to_owned(),
            mark: None,
            new: false,
            format: "flac 16 bit 44.1 kHz".to_owned(),
            score: 97,
            difference,
        }
    }

    fn new(path: &str, state: &'static str, known: Vec<LibraryMatch>) -> NewAudio {
        let why = (state != "fingerprinted").then(|| ("corrupt".to_owned(), "its end is missing".to_owned()));
        let format = "mp3 128 kbit/s".to_owned();
        NewAudio {
            path: path.into(),
            key: path.to_owned(),
            mark: "m".to_owned(),
            state,
            why,
            format,
            duration_ms: Some(1_000),
            known,
        }
    }

    fn all() -> Vec<NewAudio> {
        vec![
            new(
                "/in/a.mp3",
                "fingerprinted",
                vec![known("/m/live.flac", Some("version_words")), known("/m/a.flac", None)],
            ),
            new("/in/b.mp3", "fingerprinted", vec![known("/m/b.flac", Some("length"))]),
            new("/in/c.mp3", "failed", Vec::new()),
            new("/in/d.ape", "skipped", Vec::new()),
            new("/in/e.mp3", "fingerprinted", Vec::new()),
        ]
    }

    #[test]
    fn files_that_need_attention_are_counted_and_become_findings() {
        let files = all();
        let said = summary(&files);
        assert!(said.starts_with("5 new audio files: 1 in the library already, 1 another version"), "{said}");
        assert_eq!(summary(&files[4..]), "1 new audio file, none of which was in the library before");
        let found = findings(&files, &|path| path.display().to_string());
        let told: Vec<_> = found.iter().map(|one| (one.severity.as_str(), one.title.as_str())).collect();
        let expected = [
            ("low", "DUPLICATE: /in/a.mp3 is new, and is a copy of /m/a.flac"),
            ("info", "VERSION: /in/b.mp3 is new, and sounds like /m/b.flac"),
            ("low", "UNREAD: /in/c.mp3 could not be read"),
        ];
        assert_eq!(told, expected);
        assert!(found[0].evidence.contains("/m/a.flac (flac 16 bit 44.1 kHz), 97 % sure"), "{}", found[0].evidence);
        assert!(found[2].evidence.contains("corrupt: its end is missing"), "{}", found[2].evidence);
        let again = findings(&files, &|path| path.display().to_string());
        assert_eq!(found, again, "ids are stable");
    }

    #[test]
    fn a_plugin_gets_its_own_path_only_for_files_in_its_folders() {
        let mount = MountGrant {
            name: "music".to_owned(),
            host: "/in".into(),
            folder: Folder::open(Path::new("/")).unwrap(),
            guest: "/music/0".to_owned(),
            shown_as: "in".to_owned(),
            writable: false,
        };
        let files = all();
        let told = arguments(&files, &[mount]);
        assert_eq!(told["files"][0]["guest"], "/music/0/a.mp3");
        assert_eq!(told["files"][0]["matches"][1]["difference"], Value::Null);
        assert_eq!(told["files"][2]["reason"], "corrupt");
        assert_eq!(arguments(&files, &[])["files"][0]["guest"], Value::Null);
    }
}
