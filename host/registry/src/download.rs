//! Downloads a component from an `https://` address, and its signature `ADDRESS.minisig`.
//!
//! Only sizes are checked here, because an address contains no digest; `baton.lock` pins the digest. The caller that installs
//! the component verifies the signature.

use reqwest::{Client, Url};

use crate::error::FetchError;
use crate::http_client::{self, Download};
use crate::limits;

/// The file at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadedFile {
    /// The component.
    pub component: Vec<u8>,
    /// The text of the detached signature, if there is one.
    pub signature: Option<String>,
}

/// Fetches a component and its signature.
///
/// # Errors
/// When the server cannot be reached, refuses, redirects to an address that is not allowed, is too slow, or sends too much or too
/// little.
pub async fn download(url: &Url) -> Result<DownloadedFile, FetchError> {
    let host = url.host_str().unwrap_or_default();
    let client = http_client::client(host, http_client::is_loopback(url))?;
    http_client::with_timeout(limits::TRANSFER, url.as_str(), async {
        let component = component(&client, url, host).await?;
        Ok(DownloadedFile { component, signature: signature(&client, url, host).await? })
    })
    .await
}

async fn component(client: &Client, url: &Url, host: &str) -> Result<Vec<u8>, FetchError> {
    let most = baton_sandbox::limits::COMPONENT_BYTES;
    let wanted = Download { what: url.as_str(), host, most, why: "the limit for a component" };
    http_client::get(client.get(url.clone()), wanted).await.map_err(|error| match error {
        FetchError::Unauthorized { host, what } => {
            let reason = format!("it requires a password for {what}; fetch the file yourself and name it instead");
            FetchError::Refused { host, reason }
        }
        other => other,
    })
}

/// Downloads the signature; `None` if there is none. A refusal also counts as a missing signature, because object stores
/// refuse requests for missing files.
async fn signature(client: &Client, url: &Url, host: &str) -> Result<Option<String>, FetchError> {
    let signature_url = signature_url(url);
    let wanted = Download {
        what: signature_url.as_str(),
        host,
        most: limits::SIGNATURE_BYTES,
        why: "the limit for a signature",
    };
    match http_client::get(client.get(signature_url.clone()), wanted).await {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(FetchError::NotFound { .. } | FetchError::Denied { .. } | FetchError::Unauthorized { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The address of the signature of the file at `url`.
fn signature_url(url: &Url) -> Url {
    let mut signature_url = url.clone();
    signature_url.set_path(&format!("{}{}", url.path(), crate::signature::EXTENSION));
    signature_url
}

#[cfg(test)]
mod tests;
