//! Credentials for a registry: `BATON_REGISTRY_USER` and `BATON_REGISTRY_PASSWORD`, else those that `docker login` wrote.
//!
//! Credential helpers are other programs and are not called. If `BATON_REGISTRY` is set, the variables apply only to that
//! registry; otherwise they apply to every registry.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oci_client::secrets::RegistryAuth;
use serde::Deserialize;

/// The credentials for a registry.
#[derive(Clone, PartialEq, Eq)]
pub struct Access(Option<(String, String)>);

/// The error when the credentials cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Only one of the two variables is set.
    #[error("only one of BATON_REGISTRY_USER and BATON_REGISTRY_PASSWORD is set: set both or none")]
    Incomplete,
    /// The file cannot be used.
    #[error("the credentials in {} cannot be used: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
}

/// The part of `config.json` that is read.
#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

/// The entry that `docker login` writes for one registry; empty if a helper has the password.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    auth: String,
}

impl Access {
    /// No credentials.
    #[must_use]
    pub fn anonymous() -> Self {
        Self(None)
    }

    /// A user with a password.
    #[must_use]
    pub fn basic(user: &str, password: &str) -> Self {
        Self(Some((user.to_owned(), password.to_owned())))
    }

    /// The credentials for `registry` from the environment, else from the files of this user.
    ///
    /// # Errors
    /// When only one variable is set, or `config.json` cannot be read.
    pub fn find(registry: &str) -> Result<Self, AccessError> {
        Self::find_in(registry, &|name| std::env::var_os(name))
    }

    /// The credentials for `registry` in the environment `variable`.
    fn find_in(registry: &str, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, AccessError> {
        let text = |name| variable(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
        let meant = text("BATON_REGISTRY").is_none_or(|only| only == registry);
        match (text("BATON_REGISTRY_USER"), text("BATON_REGISTRY_PASSWORD")) {
            (Some(user), Some(password)) if meant => return Ok(Self::basic(&user, &password)),
            (None, None) | (Some(_), Some(_)) => {}
            _ => return Err(AccessError::Incomplete),
        }
        let folder = variable("DOCKER_CONFIG").map(PathBuf::from);
        let folder = folder.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".docker")));
        folder.map_or_else(|| Ok(Self::anonymous()), |folder| Self::from_file(registry, &folder.join("config.json")))
    }

    /// The file's credentials for `registry`; none if there is no file.
    fn from_file(registry: &str, path: &Path) -> Result<Self, AccessError> {
        let wrong = |reason: String| AccessError::File { path: path.to_owned(), reason };
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::anonymous()),
            Err(error) => return Err(wrong(error.to_string())),
        };
        // The message of the parser could contain a part of the file.
        let config: Config = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("it is not the JSON of docker (line {})", error.line())))?;
        let of_registry = config.auths.iter().find(|(key, entry)| is_for(key, registry) && !entry.auth.is_empty());
        let Some((key, entry)) = of_registry else { return Ok(Self::anonymous()) };
        let decoded = STANDARD.decode(entry.auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = decoded.as_deref().and_then(|decoded| decoded.split_once(':'));
        let (user, password) = pair.ok_or_else(|| wrong(format!("`auth` of {key} is not base64 of NAME:PASSWORD")))?;
        Ok(Self::basic(user, password))
    }

    /// User and password, if there are credentials.
    pub(super) fn pair(&self) -> Option<(&str, &str)> {
        self.0.as_ref().map(|(user, password)| (user.as_str(), password.as_str()))
    }

    /// The credentials in the form of `oci-client`.
    pub(super) fn auth(&self) -> RegistryAuth {
        self.pair().map_or(RegistryAuth::Anonymous, |(user, password)| {
            RegistryAuth::Basic(user.to_owned(), password.to_owned())
        })
    }
}

/// True if an entry of `auths` is for `registry`. Old entries are addresses with a path, and the entry of Docker's registry has
/// another name.
fn is_for(key: &str, registry: &str) -> bool {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let host = key.split('/').next().unwrap_or_default();
    host == registry || (registry == "docker.io" && host == "index.docker.io")
}

impl fmt::Debug for Access {
    /// Does not show the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some((user, _)) => write!(f, "Access({user})"),
            None => f.write_str("Access(anonymous)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The credentials for `registry` with these variables.
    fn found(registry: &str, variables: &[(&str, &str)]) -> Result<Access, AccessError> {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(*value));
        Access::find_in(registry, &variable)
    }

    /// A folder with a `config.json`.
    fn config(text: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), text).unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        (folder, path)
    }

    #[test]
    fn variables_have_priority_over_the_file() {
        let (_folder, path) = config(r#"{"auths": {"ghcr.io": {"auth": "YTpi"}}}"#);
        let both = [("BATON_REGISTRY_USER", "u"), ("BATON_REGISTRY_PASSWORD", "p"), ("DOCKER_CONFIG", path.as_str())];
        assert_eq!(found("ghcr.io", &both), Ok(Access::basic("u", "p")));
        let mut bound = both.to_vec();
        bound.push(("BATON_REGISTRY", "localhost:5000"));
        assert_eq!(found("localhost:5000", &bound), Ok(Access::basic("u", "p")));
        assert_eq!(found("ghcr.io", &bound), Ok(Access::basic("a", "b")));
        assert_eq!(found("quay.io", &bound), Ok(Access::anonymous()));
        assert_eq!(found("ghcr.io", &both[..1]), Err(AccessError::Incomplete));
        assert_eq!(found("ghcr.io", &both[1..]), Err(AccessError::Incomplete));
    }

    #[test]
    fn the_file_of_docker_login_is_read() {
        let (folder, path) = config(
            r#"{"auths": {"https://index.docker.io/v1/": {"auth": "YTpi"}, "localhost:5000": {"auth": "dTpwOnE="},
                "quay.io": {}, "ghcr.io": {"auth": "%"}}, "credsStore": "secretservice"}"#,
        );
        let file = [("DOCKER_CONFIG", path.as_str())];
        assert_eq!(found("docker.io", &file), Ok(Access::basic("a", "b")));
        assert_eq!(found("localhost:5000", &file), Ok(Access::basic("u", "p:q")));
        assert_eq!(found("localhost", &file), Ok(Access::anonymous()), "another port is another registry");
        assert_eq!(found("quay.io", &file), Ok(Access::anonymous()), "a helper has the password");
        let error = found("ghcr.io", &file).unwrap_err().to_string();
        assert!(error.contains("ghcr.io") && error.contains("config.json"), "{error}");
        let docker = folder.path().join(".docker");
        std::fs::create_dir(&docker).unwrap();
        std::fs::rename(folder.path().join("config.json"), docker.join("config.json")).unwrap();
        assert_eq!(found("docker.io", &[("HOME", path.as_str())]), Ok(Access::basic("a", "b")));
        assert_eq!(found("docker.io", &file), Ok(Access::anonymous()), "there is no file");
        assert_eq!(found("docker.io", &[]), Ok(Access::anonymous()), "there is no home");
    }

    #[test]
    fn no_password_is_shown() {
        let (_folder, path) = config(r#"{"auths": {"a": {"auth": 17, "password": "hunter2"}}}"#);
        let error = found("a", &[("DOCKER_CONFIG", path.as_str())]).unwrap_err();
        let shown = format!("{error} {error:?} {:?}", Access::basic("u", "hunter2"));
        assert!(!shown.contains("hunter2") && shown.contains("config.json"), "{shown}");
    }
}
