//! Eagle, whichever version of its API it speaks.

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
    /// `/api/…`
    One,
    /// `/api/v2/…`
    Two,
}

impl Version {
    /// As it is shown.
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
    /// Its folder, where Eagle tells it and it is there on this machine too. Then the name says nothing: several libraries
    /// may have it.
    pub folder: Option<PathBuf>,
}

impl OpenLibrary {
    /// Whether an item may be in it.
    #[must_use]
    pub fn may_have(&self, item: &Item) -> bool {
        self.folder.as_ref().map_or(self.name == item.library, |folder| *folder == item.folder)
    }
}

/// A running Eagle.
#[derive(Debug)]
pub struct Eagle {
    http: Http,
    version: Version,
    app: String,
    library: Option<OpenLibrary>,
}

impl Eagle {
    /// Finds out which version of the API is spoken there, and which library is open.
    ///
    /// # Errors
    /// When nothing answers there, or it is not Eagle.
    pub async fn connect(address: Address, token: Token, timeout: Duration) -> Result<Self, EagleError> {
        let http = Http::new(address, token, timeout)?;
        let (version, about) = match http.ask(ApiRequest::get("/api/v2/app/info", &[])).await {
            Ok(about) => (Version::Two, about),
            // An Eagle of old does not know that path.
            Err(error) if error.is_refusal() => {
                (Version::One, http.ask(ApiRequest::get("/api/application/info", &[])).await?)
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

    /// The version of the program, as it calls itself.
    #[must_use]
    pub fn app(&self) -> &str {
        &self.app
    }

    /// The library that is open, where Eagle tells it.
    #[must_use]
    pub fn library(&self) -> Option<&OpenLibrary> {
        self.library.as_ref()
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.http.address()
    }

    /// One item; none when it is not known.
    ///
    /// # Errors
    /// When there is no answer, or it is no good.
    pub async fn item(&self, id: &str) -> Result<Option<EagleItem>, EagleError> {
        match self.version {
            Version::One => v1::item(&self.http, id).await,
            Version::Two => v2::item(&self.http, id).await,
        }
    }

    /// The items of these ids that there are. `tell` hears how many were read.
    ///
    /// # Errors
    /// When there is no answer, or it is no good.
    pub async fn items(&self, ids: &[&str], tell: impl FnMut(usize)) -> Result<HashMap<String, EagleItem>, EagleError> {
        match self.version {
            Version::One => v1::items(&self.http, ids, tell).await,
            Version::Two => v2::items(&self.http, ids, tell).await,
        }
    }

    /// Puts an item into Eagle's trash. Both versions know the path of the first. Whether it was done tells only another look at it.
    ///
    /// # Errors
    /// When there is no answer, or it is a refusal.
    pub async fn trash(&self, id: &str) -> Result<(), EagleError> {
        v1::trash(&self.http, id).await
    }

    /// Replaces the tags of an item. Whether it was done tells only another look at it.
    ///
    /// # Errors
    /// When there is no answer, or it is a refusal.
    pub async fn save(&self, id: &str, tags: &[String]) -> Result<(), EagleError> {
        match self.version {
            Version::One => v1::save(&self.http, id, tags).await,
            Version::Two => v2::save(&self.http, id, tags).await,
        }
    }
}

/// The library that is open. Not every build tells it, so a refusal is no error.
async fn library(http: &Http, version: Version) -> Result<Option<OpenLibrary>, EagleError> {
    let path = match version {
        Version::One => "/api/library/info",
        Version::Two => "/api/v2/library/info",
    };
    match http.ask(ApiRequest::get(path, &[])).await {
        Ok(about) => Ok(library_name(&about).map(|name| OpenLibrary { name, folder: folder(&about) })),
        Err(error) if error.is_refusal() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The name in what V2 tells of a library, or V1, where it lies one deeper. The path counts more: its last part is what the
/// folder is called.
fn library_name(about: &Value) -> Option<String> {
    let folder = path(about).and_then(|path| path.rsplit(['/', '\\']).next());
    let of_folder = folder.and_then(|folder| folder.strip_suffix(".library"));
    of_folder.or_else(|| library_of(about).get("name").and_then(Value::as_str)).map(str::to_owned)
}

/// Its folder, resolved, when it is there on this machine.
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
