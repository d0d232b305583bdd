//! The API client, for both versions of Eagle's API.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::http::{ApiRequest, Http};
use super::{Address, EagleError, EagleItem, Token, v1, v2};
use crate::sync::Item;

/// A version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Version 1, with the paths `/api/…`.
    One,
    /// Version 2, with the paths `/api/v2/…`.
    Two,
}

impl Version {
    /// The name in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::One => "v1",
            Self::Two => "v2",
        }
    }
}

/// The library that is open in Eagle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLibrary {
    /// Its name.
    pub name: String,
    /// Its folder, if Eagle reports it and it exists on this machine. If known, it identifies the library, because several
    /// libraries can have the same name.
    pub folder: Option<PathBuf>,
}

impl OpenLibrary {
    /// True if the item may be in this library.
    #[must_use]
    pub fn may_have(&self, item: &Item) -> bool {
        self.folder.as_ref().map_or(self.name == item.library, |folder| *folder == item.folder)
    }
}

/// The connection to a running Eagle.
#[derive(Debug)]
pub struct Eagle {
    http: Http,
    version: Version,
    app: String,
    library: Option<OpenLibrary>,
}

impl Eagle {
    /// Detects the version of the API and the open library. Fails if no Eagle answers at the address.
    pub async fn connect(address: Address, token: Token, timeout: Duration) -> Result<Self, EagleError> {
        let http = Http::new(address, token, timeout)?;
        let (version, about) = match http.send(ApiRequest::get("/api/v2/app/info", &[])).await {
            Ok(about) => (Version::Two, about),
            // An old version of Eagle does not have the path of version 2.
            Err(error) if error.is_refusal() => {
                (Version::One, http.send(ApiRequest::get("/api/application/info", &[])).await?)
            }
            Err(error) => return Err(error),
        };
        let text = |key: &str| about.get(key).and_then(Value::as_str).unwrap_or_default();
        let app = format!("{} {}", text("version"), text("buildVersion")).trim().to_owned();
        let library = library(&http, version).await?;
        Ok(Self { http, version, app, library })
    }

    /// The version of the API.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The program version that Eagle reports.
    #[must_use]
    pub fn app(&self) -> &str {
        &self.app
    }

    /// The open library, if Eagle reports it.
    #[must_use]
    pub fn library(&self) -> Option<&OpenLibrary> {
        self.library.as_ref()
    }

    /// The address of the API.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.http.address()
    }

    /// Reads one item; `None` if Eagle has no item with this id.
    pub async fn item(&self, id: &str) -> Result<Option<EagleItem>, EagleError> {
        match self.version {
            Version::One => v1::item(&self.http, id).await,
            Version::Two => v2::item(&self.http, id).await,
        }
    }

    /// Reads the items with these ids; unknown ids are left out. `progress` receives the number of items that were read so far.
    pub async fn items(
        &self,
        ids: &[&str],
        progress: impl FnMut(usize),
    ) -> Result<HashMap<String, EagleItem>, EagleError> {
        match self.version {
            Version::One => v1::items(&self.http, ids, progress).await,
            Version::Two => v2::items(&self.http, ids, progress).await,
        }
    }

    /// Moves an item to Eagle's trash. Both versions of the API have this path. Only reading the item again shows whether
    /// it was moved.
    pub async fn trash(&self, id: &str) -> Result<(), EagleError> {
        v1::trash(&self.http, id).await
    }

    /// Replaces the tags of an item. Only reading the item again shows whether they were saved.
    pub async fn save(&self, id: &str, tags: &[String]) -> Result<(), EagleError> {
        match self.version {
            Version::One => v1::save(&self.http, id, tags).await,
            Version::Two => v2::save(&self.http, id, tags).await,
        }
    }
}

/// The open library. Some builds do not support the request, so a refusal is not an error.
async fn library(http: &Http, version: Version) -> Result<Option<OpenLibrary>, EagleError> {
    let path = match version {
        Version::One => "/api/library/info",
        Version::Two => "/api/v2/library/info",
    };
    match http.send(ApiRequest::get(path, &[])).await {
        Ok(about) => Ok(library_name(&about).map(|name| OpenLibrary { name, folder: folder(&about) })),
        Err(error) if error.is_refusal() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The name of a library in an answer; V1 nests it one level deeper. The last part of the path is preferred, because it is
/// the name of the folder.
fn library_name(about: &Value) -> Option<String> {
    let folder = path(about).and_then(|path| path.rsplit(['/', '\\']).next());
    let of_folder = folder.and_then(|folder| folder.strip_suffix(".library"));
    of_folder.or_else(|| library_of(about).get("name").and_then(Value::as_str)).map(str::to_owned)
}

/// The folder of a library, resolved, if it exists on this machine.
fn folder(about: &Value) -> Option<PathBuf> {
    let folder = Path::new(path(about)?);
    folder.is_absolute().then(|| folder.canonicalize().ok()).flatten().filter(|folder| folder.is_dir())
}

fn path(about: &Value) -> Option<&str> {
    library_of(about).get("path").and_then(Value::as_str)
}

fn library_of(about: &Value) -> &Value {
    about.get("library").unwrap_or(about)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_name_of_a_library_is_that_of_its_folder() {
        let v2 = json!({ "name": "x", "path": "D:\\Eagle Libraries\\My Music.library", "folders": [] });
        assert_eq!(library_name(&v2).unwrap(), "My Music");
        let v1 = json!({ "folders": [], "library": { "path": "/m/Tracks.library", "name": "Tracks" } });
        assert_eq!(library_name(&v1).unwrap(), "Tracks");
        assert_eq!(library_name(&json!({ "name": "Tracks" })).unwrap(), "Tracks");
        assert_eq!(library_name(&json!({ "folders": [] })), None);
    }
}
