//! Fetches a package from any kind of source, for `inspect`, `install` and `update`.

use std::io::ErrorKind;
use std::path::Path;

use baton_sandbox::limits::COMPONENT_BYTES;

use crate::download::download;
use crate::error::FetchError;
use crate::limits;
use crate::oci::{Access, pull};
use crate::reference::Reference;
use crate::signature::signature_path;

/// The unchecked bytes of a package: [`crate::Package::read`] checks whether they are a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedPackage {
    /// The component.
    pub component: Vec<u8>,
    /// The text of its detached signature, if there is one. [`crate::signature::verify()`] verifies it.
    pub signature: Option<String>,
    /// Its origin. For a registry, it contains the digest of the fetched manifest.
    pub from: Reference,
}

/// Fetches a package. The credentials for a registry come from the environment, else from `docker login`.
///
/// # Errors
/// When it cannot be read, reached or verified.
pub async fn fetch(reference: &Reference) -> Result<FetchedPackage, FetchError> {
    match reference {
        Reference::File(path) => {
            let (component, signature) = read(path)?;
            Ok(FetchedPackage { component, signature, from: reference.clone() })
        }
        Reference::Web(url) => {
            let got = download(url).await?;
            Ok(FetchedPackage { component: got.component, signature: got.signature, from: reference.clone() })
        }
        Reference::Oci(oci) => {
            let got = pull(oci, &Access::find(oci.registry())?).await?;
            let from = Reference::Oci(oci.pinned(&got.digest));
            Ok(FetchedPackage { component: got.component, signature: got.signature, from })
        }
    }
}

/// Reads a component and the signature beside it, `FILE.minisig`.
///
/// # Errors
/// When the component does not exist, or one of the files is not a regular file or is too large.
pub fn read(path: &Path) -> Result<(Vec<u8>, Option<String>), FetchError> {
    let component = bounded(path, COMPONENT_BYTES, "the limit for a component")?;
    let signature_path = signature_path(path);
    if !signature_path.try_exists().unwrap_or(true) {
        return Ok((component, None));
    }
    let signature = bounded(&signature_path, limits::SIGNATURE_BYTES, "the limit for a signature")?;
    Ok((component, Some(String::from_utf8_lossy(&signature).into_owned())))
}

/// Reads a regular file of at most `most` bytes. Other kinds are refused, because reading a pipe could block.
fn bounded(path: &Path, most: usize, why: &'static str) -> Result<Vec<u8>, FetchError> {
    let failed = |reason: String| FetchError::File { path: path.to_owned(), reason };
    let about = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if !about.is_file() {
        return Err(failed("it is not a regular file".to_owned()));
    }
    baton_files::read_target(path, most as u64).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => FetchError::TooLarge { what: path.display().to_string(), limit: most, why },
        _ => failed(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_with_its_signature() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.wasm");
        std::fs::write(&file, b"component").unwrap();
        assert_eq!(read(&file).unwrap(), (b"component".to_vec(), None));
        std::fs::write(folder.path().join("x.wasm.minisig"), "signature").unwrap();
        assert_eq!(read(&file).unwrap().1.as_deref(), Some("signature"));
        std::fs::write(folder.path().join("x.wasm.minisig"), vec![b'x'; limits::SIGNATURE_BYTES + 1]).unwrap();
        assert!(matches!(read(&file), Err(FetchError::TooLarge { .. })));
    }

    #[test]
    fn errors_when_it_is_missing_too_large_or_not_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let large = folder.path().join("large.wasm");
        std::fs::File::create(&large).unwrap().set_len(COMPONENT_BYTES as u64 + 1).unwrap();
        assert!(matches!(read(&large), Err(FetchError::TooLarge { .. })));
        for path in [folder.path().join("missing"), folder.path().to_owned()] {
            let error = read(&path).unwrap_err();
            assert!(matches!(error, FetchError::File { .. }), "{error}");
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        }
    }
}
