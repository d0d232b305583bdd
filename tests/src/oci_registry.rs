//! A real registry: Debian's `docker-registry` on loopback. Its storage is in a temporary folder, so that a test can damage what is
//! stored.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{PATIENCE, Skipped, sha256, tool};

/// The user `baton` with the password `letmein`, hashed by bcrypt with the lowest cost.
const HTPASSWD: &str = "baton:$2y$05$abcdefghijklmnopqrstuuKwWV7ESJpzKzf9FQg57dBvMuv92X9HS\n";

/// A running registry. Dropping the value stops it.
#[derive(Debug)]
pub struct OciRegistry {
    folder: tempfile::TempDir,
    process: Child,
    host: String,
}

impl OciRegistry {
    /// A registry without authentication.
    ///
    /// # Errors
    /// When the program is not installed.
    ///
    /// # Panics
    /// When it does not start.
    pub fn open() -> Result<Self, Skipped> {
        Self::start("")
    }

    /// A registry that requires the user `baton` with the password `letmein`.
    ///
    /// # Errors
    /// When the program is not installed.
    ///
    /// # Panics
    /// When it does not start.
    pub fn with_password() -> Result<Self, Skipped> {
        Self::start("auth: {htpasswd: {realm: baton, path: ./htpasswd}}\n")
    }

    /// A registry that requires a token from `realm`, signed with the key of `certificate`.
    ///
    /// # Errors
    /// When the program is not installed.
    ///
    /// # Panics
    /// When it does not start.
    pub fn with_tokens(realm: &str, certificate: &Path) -> Result<Self, Skipped> {
        let certificate = certificate.display();
        Self::start(&format!(
            "auth: {{token: {{realm: '{realm}', service: registry, issuer: baton, rootcertbundle: '{certificate}'}}}}\n"
        ))
    }

    fn start(auth: &str) -> Result<Self, Skipped> {
        tool("docker-registry", "apt-get install docker-registry")?;
        let folder = tempfile::Builder::new().prefix("baton-registry-").tempdir().expect("a temporary folder");
        let config = format!(
            "version: 0.1\nlog: {{level: info}}\nstorage:\n  filesystem: {{rootdirectory: ./storage}}\n\
             http: {{addr: '127.0.0.1:0', secret: x}}\n{auth}"
        );
        fs::write(folder.path().join("config.yml"), config).expect("the configuration is written");
        fs::write(folder.path().join("htpasswd"), HTPASSWD).expect("the passwords are written");
        let log = File::create(folder.path().join("log")).expect("the log can be written");
        let mut command = Command::new("docker-registry");
        command.args(["serve", "config.yml"]).current_dir(folder.path());
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("it starts");
        let mut registry = Self { folder, process, host: String::new() };
        registry.host = registry.wait_for_host();
        Ok(registry)
    }

    /// The address that the registry listens on, read from its log.
    fn wait_for_host(&mut self) -> String {
        let begun = Instant::now();
        loop {
            let log = fs::read_to_string(self.folder.path().join("log")).expect("the log can be read");
            let address = log.split_once("listening on ").and_then(|(_, rest)| rest.split_once('"'));
            if let Some((address, _)) = address {
                return address.to_owned();
            }
            let ended = self.process.try_wait().expect("the registry can be asked");
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "the registry does not start:\n{log}");
            sleep(Duration::from_millis(5));
        }
    }

    /// Host and port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The `oci://` reference of a repository and tag in it.
    #[must_use]
    pub fn reference(&self, place: &str) -> String {
        format!("oci://{}/{place}", self.host)
    }

    /// The file that holds the blob (or manifest) of a digest.
    ///
    /// # Panics
    /// When there is no such file.
    #[must_use]
    pub fn stored(&self, digest: &str) -> PathBuf {
        let hex = digest.trim_start_matches("sha256:");
        let blobs = self.folder.path().join("storage/docker/registry/v2/blobs/sha256");
        let data = blobs.join(hex.get(..2).unwrap_or_default()).join(hex).join("data");
        assert!(data.is_file(), "{} is not stored", data.display());
        data
    }

    /// Stores a manifest without checking it.
    ///
    /// # Panics
    /// When the registry refuses.
    pub fn put_manifest(&self, place: &str, tag: &str, manifest: &str) {
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let answer = self.put(&format!("/v2/{place}/manifests/{tag}"), kind, manifest.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }

    /// Stores a blob; returns its digest.
    ///
    /// # Panics
    /// When the registry refuses.
    #[must_use]
    pub fn put_blob(&self, place: &str, bytes: &[u8]) -> String {
        let begun = self.ask(&format!("POST /v2/{place}/blobs/uploads/"), "text/plain", b"");
        let location = begun.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap_or_default();
        let path = location.trim().trim_start_matches("http://").trim_start_matches(&self.host);
        let digest = format!("sha256:{}", sha256(bytes));
        let answer = self.put(&format!("{path}&digest={digest}"), "application/octet-stream", bytes);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        digest
    }

    fn put(&self, path: &str, kind: &str, body: &[u8]) -> String {
        self.ask(&format!("PUT {path}"), kind, body)
    }

    fn ask(&self, what: &str, kind: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.host).expect("the registry listens");
        let (host, length) = (&self.host, body.len());
        let head = format!(
            "{what} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// The temporary folder, for other files of a test.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for OciRegistry {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
