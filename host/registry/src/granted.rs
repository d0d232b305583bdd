//! What an operator granted a plugin, and the words in which it is granted: `files:ro=plans`, `http=GET:host/path*`,
//! `secret=NAME`, `sql=catalog:rw`, `git=root`, `handoffs`, `hard-links`.
//!
//! A word is read against what the plugin declares: what it does not ask for cannot be granted, so that a grant never
//! waits for a later revision.

use std::path::PathBuf;

use baton_core::manifest::{
    Capabilities, Database, FilesCapability, GitCapability, HandoffsCapability, HttpCapability, HttpRule, Mode,
    SecretCapability, SqlCapability,
};
use serde::{Deserialize, Serialize};

/// What the operator granted a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// Folders.
    #[serde(default)]
    pub files: Vec<GrantedFolder>,
    /// Whether files that have other names too (hard links) may be opened in these folders.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hard_links: bool,
    /// Requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpRule>,
    /// Secrets, each bound to what the plugin declared when it was granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<GrantedSecret>,
    /// Databases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sql: Vec<GrantedDatabase>,
    /// Named folders of `baton.toml` whose repository may be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub git: Vec<String>,
    /// Whether it may send handoffs to other agents.
    #[serde(default)]
    pub handoffs: bool,
}

/// A secret that was granted: where it may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedSecret {
    /// Its name in `baton secret`.
    pub name: String,
    /// The hosts that may get it.
    pub hosts: Vec<String>,
    /// The header that it may stand in.
    pub header: String,
}

/// A database that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedDatabase {
    /// Which.
    pub database: Database,
    /// Reading, or writing too.
    pub mode: Mode,
}

/// A folder that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedFolder {
    /// The name under which the plugin declares it.
    pub folder: String,
    /// Reading, or writing too.
    pub mode: Mode,
    /// The folder itself, absolute or relative to the workspace; absent for the folder of this name in `baton.toml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
}

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// `files:MODE=NAME`, `files:MODE=NAME=PATH`, `files:MODE=PATH`.
    Files(GrantedFolder),
    /// `http=RULE`.
    Http(HttpRule),
    /// `secret=NAME`.
    Secret(GrantedSecret),
    /// `sql=DATABASE[:MODE]`.
    Sql(GrantedDatabase),
    /// `git=NAME`.
    Git(String),
    /// `handoffs`.
    Handoffs,
    /// `hard-links`.
    HardLinks,
}

impl Word {
    /// Reads a word.
    ///
    /// # Errors
    /// When it is none, or grants what is not asked for; says what could be granted instead.
    pub fn parse(text: &str, asked: &Capabilities) -> Result<Self, String> {
        let not_asked = || {
            let all = asked.as_grants();
            let all = if all.is_empty() { "nothing".to_owned() } else { all.join(" ") };
            format!("`{text}` is not what it asks for; it asks for: {all}")
        };
        let (kind, value) = text.split_once('=').unwrap_or((text, ""));
        match (kind, value) {
            ("hard-links", "") if !asked.files.is_empty() => Ok(Self::HardLinks),
            ("handoffs", "") => asked.handoffs.as_ref().map(|_| Self::Handoffs).ok_or_else(not_asked),
            ("files:ro", value) => folder(value, Mode::Ro, asked).map(Self::Files),
            ("files:rw", value) => folder(value, Mode::Rw, asked).map(Self::Files),
            ("http", rule) => {
                let rule: HttpRule = rule.parse()?;
                let fits = asked.http.iter().any(|http| http.rule.covers(&rule) || rule.covers(&http.rule));
                if fits { Ok(Self::Http(rule)) } else { Err(not_asked()) }
            }
            ("secret", name) => {
                let secret = asked.secrets.iter().find(|secret| secret.name == name);
                secret.map(|secret| Self::Secret(GrantedSecret::of(secret))).ok_or_else(not_asked)
            }
            ("sql", value) => {
                let found =
                    asked.sql.iter().find(|sql| value.split(':').next() == Some(sql.database.to_string().as_str()));
                let asked = found.ok_or_else(not_asked)?;
                let mode = match value.split_once(':') {
                    None => asked.mode,
                    Some((_, "ro")) => Mode::Ro,
                    Some((_, "rw")) => Mode::Rw,
                    Some((_, mode)) => return Err(format!("`{mode}` is neither ro nor rw")),
                };
                Ok(Self::Sql(GrantedDatabase { database: asked.database, mode }))
            }
            ("git", name) => {
                let found = asked.git.iter().find(|git| git.folder == name);
                found.map(|git| Self::Git(git.folder.clone())).ok_or_else(not_asked)
            }
            _ => Err(format!(
                "`{text}` is no grant; a grant is files:ro=NAME, files:rw=NAME=PATH, http=METHOD:HOST/PATH*, secret=NAME, \
                 sql=own, sql=catalog:ro, git=NAME, handoffs or hard-links"
            )),
        }
    }

    /// Adds it; one for the same thing is replaced.
    pub fn grant(self, granted: &mut Granted) {
        self.revoke(granted);
        match self {
            Self::Files(folder) => granted.files.push(folder),
            Self::Http(rule) => granted.http.push(rule),
            Self::Secret(secret) => granted.secrets.push(secret),
            Self::Sql(database) => granted.sql.push(database),
            Self::Git(folder) => granted.git.push(folder),
            Self::Handoffs => granted.handoffs = true,
            Self::HardLinks => granted.hard_links = true,
        }
    }

    /// Takes away what was granted for the same thing. Tells whether there was any.
    pub fn revoke(&self, granted: &mut Granted) -> bool {
        let before = granted.clone();
        match self {
            Self::Files(folder) => granted.files.retain(|known| known.folder != folder.folder),
            Self::Http(rule) => granted.http.retain(|known| known != rule),
            Self::Secret(secret) => granted.secrets.retain(|known| known.name != secret.name),
            Self::Sql(database) => granted.sql.retain(|known| known.database != database.database),
            Self::Git(folder) => granted.git.retain(|known| known != folder),
            Self::Handoffs => granted.handoffs = false,
            Self::HardLinks => granted.hard_links = false,
        }
        *granted != before
    }
}

/// `NAME`, `NAME=PATH`, or a path alone where only one folder is asked for.
fn folder(value: &str, mode: Mode, asked: &Capabilities) -> Result<GrantedFolder, String> {
    let (name, path) = value.split_once('=').map_or((value, None), |(name, path)| (name, Some(path)));
    if let Some(known) = asked.files.iter().find(|files| files.folder == name) {
        return Ok(GrantedFolder { folder: known.folder.clone(), mode, path: path.map(PathBuf::from) });
    }
    match asked.files.as_slice() {
        [only] if path.is_none() && !value.is_empty() => {
            Ok(GrantedFolder { folder: only.folder.clone(), mode, path: Some(PathBuf::from(value)) })
        }
        all => {
            let names: Vec<&str> = all.iter().map(|files| files.folder.as_str()).collect();
            let names = if names.is_empty() { "no folder".to_owned() } else { names.join(", ") };
            Err(format!("`{name}` is not among the folders that it asks for: {names} (files:{mode}=NAME=PATH)"))
        }
    }
}

impl GrantedSecret {
    fn of(asked: &SecretCapability) -> Self {
        Self { name: asked.name.clone(), hosts: asked.hosts.clone(), header: asked.header.clone() }
    }
}

impl Granted {
    /// All that is asked for.
    #[must_use]
    pub fn all_of(asked: &Capabilities) -> Self {
        let folder = |f: &FilesCapability| GrantedFolder { folder: f.folder.clone(), mode: f.mode, path: None };
        Self {
            files: asked.files.iter().map(folder).collect(),
            hard_links: false,
            http: asked.http.iter().map(|http| http.rule.clone()).collect(),
            secrets: asked.secrets.iter().map(GrantedSecret::of).collect(),
            sql: asked.sql.iter().map(|s| GrantedDatabase { database: s.database, mode: s.mode }).collect(),
            git: asked.git.iter().map(|git| git.folder.clone()).collect(),
            handoffs: asked.handoffs.is_some(),
        }
    }

    /// Takes back what a word of [`Granted::words`] says; tells whether it was there.
    pub fn take_back(&mut self, word: &str) -> bool {
        let before = self.words().len();
        let of = |kind: &str| word.strip_prefix(kind);
        if let Some(at) = self.words().iter().position(|known| known == word) {
            if word == "handoffs" {
                self.handoffs = false;
            } else if word == "hard-links" {
                self.hard_links = false;
            } else if let Some(name) = of("git=") {
                self.git.retain(|known| known != name);
            } else if let Some(name) = of("secret=") {
                self.secrets.retain(|known| known.name != name);
            } else if let Some(rule) = of("http=") {
                self.http.retain(|known| known.to_string() != rule);
            } else if of("sql=").is_some() {
                self.sql.retain(|known| format!("sql={}:{}", known.database, known.mode) != word);
            } else if at < self.files.len() {
                self.files.remove(at);
            }
        }
        self.words().len() < before
    }

    /// What is asked for and not granted, in the words that grant it.
    #[must_use]
    pub fn lacks(&self, asked: &Capabilities) -> Vec<String> {
        let reason = String::new;
        asked.beyond(&Capabilities {
            files: (self.files.iter())
                .map(|f| FilesCapability { folder: f.folder.clone(), mode: f.mode, reason: reason() })
                .collect(),
            http: self.http.iter().map(|rule| HttpCapability { rule: rule.clone(), reason: reason() }).collect(),
            secrets: (self.secrets.iter())
                .map(|s| SecretCapability {
                    name: s.name.clone(),
                    hosts: s.hosts.clone(),
                    header: s.header.clone(),
                    reason: reason(),
                })
                .collect(),
            sql: (self.sql.iter())
                .map(|s| SqlCapability { database: s.database, mode: s.mode, reason: reason() })
                .collect(),
            git: self.git.iter().map(|folder| GitCapability { folder: folder.clone(), reason: reason() }).collect(),
            handoffs: self.handoffs.then(|| HandoffsCapability { reason: reason() }),
        })
    }

    /// The grants, in the words that grant them.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let files = self.files.iter().map(|files| match &files.path {
            Some(path) => format!("files:{}={}={}", files.mode, files.folder, path.display()),
            None => format!("files:{}={}", files.mode, files.folder),
        });
        files
            .chain(self.http.iter().map(|rule| format!("http={rule}")))
            .chain(self.secrets.iter().map(|secret| format!("secret={}", secret.name)))
            .chain(self.sql.iter().map(|sql| format!("sql={}:{}", sql.database, sql.mode)))
            .chain(self.git.iter().map(|folder| format!("git={folder}")))
            .chain(self.handoffs.then(|| "handoffs".to_owned()))
            .chain(self.hard_links.then(|| "hard-links".to_owned()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Capabilities {
        serde_json::from_str(
            r#"{"files":[{"folder":"music","mode":"ro","reason":""}],"http":[{"rule":"GET:a.b/v1/*","reason":""}],
                "secrets":[{"name":"s","hosts":["a.b"],"reason":""}],"sql":[{"database":"catalog","mode":"rw","reason":""}],
                "git":[{"folder":"root","reason":""}],"handoffs":{"reason":""}}"#,
        )
        .unwrap()
    }

    #[test]
    fn every_word_is_granted_said_again_and_revoked() {
        let words = [
            "files:ro=music",
            "files:ro=music=/m",
            "http=GET:a.b/v1/me",
            "secret=s",
            "sql=catalog:ro",
            "git=root",
            "handoffs",
            "hard-links",
        ];
        for text in words {
            let (word, mut granted) = (Word::parse(text, &asked()).unwrap(), Granted::default());
            word.clone().grant(&mut granted);
            word.clone().grant(&mut granted);
            assert_eq!(granted.words(), [text]);
            assert!(word.revoke(&mut granted));
            assert!(!word.revoke(&mut granted));
            assert_eq!(granted, Granted::default());
        }
    }

    #[test]
    fn a_path_alone_is_for_the_only_folder() {
        let Word::Files(folder) = Word::parse("files:ro=/srv/music", &asked()).unwrap() else { panic!() };
        assert_eq!((folder.folder.as_str(), folder.path), ("music", Some(PathBuf::from("/srv/music"))));
    }

    #[test]
    fn errors_when_it_is_not_asked_for_or_is_no_word() {
        let asked = asked();
        for text in [
            "http=POST:a.b/v1/x",
            "http=GET:c.d/*",
            "secret=t",
            "sql=own",
            "git=plans",
            "sudo",
            "files=x",
            "handoffs=x",
            "",
        ] {
            assert!(Word::parse(text, &asked).is_err(), "{text}");
        }
        for text in ["handoffs", "files:ro=/x", "git=root"] {
            assert!(Word::parse(text, &Capabilities::default()).is_err(), "{text}");
        }
    }

    #[test]
    fn all_of_is_what_the_words_say() {
        let all = Granted::all_of(&asked());
        assert_eq!(all.words(), asked().as_grants());
        assert!(all.lacks(&asked()).is_empty());
        assert_eq!(Granted::default().lacks(&asked()), asked().as_grants());
    }
}
