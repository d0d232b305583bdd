//! Errors of a component ([`SandboxError`]) and of one attempt ([`AttemptError`]).

use std::fmt;
use std::path::PathBuf;

use baton_core::manifest::ManifestError;
use baton_core::shell::quoted;

use crate::world;

/// A component that cannot be used, or an engine that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The engine does not start.
    #[error("the WebAssembly engine does not start: {0:#}")]
    Engine(wasmtime::Error),
    /// The bytes are not a component.
    #[error("this is not a WebAssembly component: {0} (build it for wasm32-wasip2)")]
    NotAComponent(String),
    /// The component has no manifest, or several.
    #[error("the component has {0} manifests; it needs exactly one custom section `baton:manifest` (the SDK adds it)")]
    ManifestCount(usize),
    /// The manifest is not valid.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The component imports or exports something that is not in the world `baton:plugin/plugin`.
    #[error("the component does not fit this host's world baton:plugin@{version}: {0}", version = world::VERSION)]
    World(String),
    /// The manifest requests a limit that is out of range.
    #[error("its manifest asks for {what} = {asked}; this host allows 1 to {most}: correct `limits` in the manifest")]
    Limits {
        /// The field of `limits`.
        what: &'static str,
        /// The requested amount.
        asked: u64,
        /// The maximum.
        most: u64,
    },
    /// A schema of arguments in its manifest cannot be used.
    #[error("its manifest is not valid: {0}: correct `args` of that action")]
    Schema(String),
    /// It does not compile.
    #[error("the component does not compile: {0}")]
    Compile(String),
    /// The component did not compile earlier, and is not compiled again.
    #[error("the component does not compile: {reason} (Baton does not try it again; to try it once more: rm {})", quoted(&file.display().to_string()))]
    NotCompiled {
        /// The cause.
        reason: String,
        /// The file with the stored reason.
        file: PathBuf,
    },
    /// The compiler cannot be started, or fails for a reason outside of the component.
    #[error("plugins cannot be compiled here: {0}")]
    Compiler(String),
}

/// A resource limit of an attempt. Each has an error, a name for people and a name for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceLimit {
    /// Linear memory, in bytes.
    Memory,
    /// Table entries.
    Tables,
    /// Wall-clock time, in milliseconds.
    Wall,
    /// Processor time, in milliseconds.
    Cpu,
    /// Calls of the host.
    HostCalls,
    /// Bytes that one call copies from the guest.
    CallBytes,
    /// Bytes that were written to streams and files.
    Written,
    /// Files, folders and links that were created.
    FilesMade,
    /// Bytes by which files were lengthened without writing.
    Holes,
    /// Open files, streams and similar handles.
    Handles,
    /// Bytes of log.
    Log,
    /// Bytes of log that are kept. Further bytes are dropped without ending the attempt.
    LogKept,
    /// Pieces of log in one second.
    LogRate,
    /// Size of the outcome, in bytes.
    Output,
    /// Artifacts of the outcome.
    Artifacts,
    /// Findings of the outcome.
    Findings,
    /// Handoffs that one task sends.
    Emissions,
    /// Size of the plugin's own database, in bytes.
    Database,
    /// Bytes that were added to the catalog.
    Catalog,
    /// Files that the host fingerprinted.
    Sounds,
    /// Requests to servers.
    HttpRequests,
    /// Bytes of bodies of requests and responses.
    HttpBytes,
}

impl ResourceLimit {
    /// The name in `baton why --json`. Public: never changed.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Memory => "memory_bytes",
            Self::Tables => "table_elements",
            Self::Wall => "wall_ms",
            Self::Cpu => "cpu_ms",
            Self::HostCalls => "host_calls",
            Self::CallBytes => "call_bytes",
            Self::Written => "written_bytes",
            Self::FilesMade => "files_made",
            Self::Holes => "hole_bytes",
            Self::Handles => "handles",
            Self::Log => "log_bytes",
            Self::LogKept => "log_kept_bytes",
            Self::LogRate => "log_writes_per_s",
            Self::Output => "output_bytes",
            Self::Artifacts => "artifacts",
            Self::Findings => "findings",
            Self::Emissions => "handoffs",
            Self::Database => "database_bytes",
            Self::Catalog => "catalog_bytes",
            Self::Sounds => "fingerprints",
            Self::HttpRequests => "http_requests",
            Self::HttpBytes => "http_bytes",
        }
    }
}

impl fmt::Display for ResourceLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory (bytes)",
            Self::Tables => "table entries",
            Self::Wall => "time (ms)",
            Self::Cpu => "processor time (ms)",
            Self::HostCalls => "host calls",
            Self::CallBytes => "bytes in one call",
            Self::Written => "bytes written",
            Self::FilesMade => "files and folders made",
            Self::Holes => "holes in files (bytes)",
            Self::Handles => "open handles",
            Self::Log => "log (bytes)",
            Self::LogKept => "log that is kept (bytes)",
            Self::LogRate => "log lines in a second",
            Self::Output => "output (bytes)",
            Self::Artifacts => "artifacts",
            Self::Findings => "findings",
            Self::Emissions => "handoffs sent",
            Self::Database => "database (bytes)",
            Self::Catalog => "bytes added to the catalog",
            Self::Sounds => "files fingerprinted",
            Self::HttpRequests => "requests to servers",
            Self::HttpBytes => "bytes exchanged with servers",
        })
    }
}

/// The error of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttemptError {
    /// The plugin reports that a later attempt may succeed.
    #[error("{0}")]
    Retryable(String),
    /// The plugin reports that no attempt can succeed.
    #[error("{0}")]
    Permanent(String),
    /// The plugin reports that a person must decide.
    #[error("{0}")]
    NeedsHuman(String),
    /// A grant is missing.
    #[error("{0}")]
    NeedsGrant(String),
    /// The plugin reached a resource limit and was stopped.
    #[error("the plugin was stopped at its limit of {resource}: {used} of {limit}")]
    Limit {
        /// The resource.
        resource: ResourceLimit,
        /// The amount that it requested or used.
        used: u64,
        /// The limit.
        limit: u64,
    },
    /// The plugin trapped: a panic, or an invalid memory access.
    #[error("the plugin crashed: {0}")]
    Trap(String),
    /// The attempt was asked to stop and has stopped.
    #[error("the attempt was cancelled")]
    Cancelled,
}

/// A reached limit, passed through wasmtime as the error of a trap.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("limit of {resource}: {used} of {limit}")]
pub(crate) struct LimitHit {
    pub(crate) resource: ResourceLimit,
    pub(crate) used: u64,
    pub(crate) limit: u64,
}

/// A cancellation, passed through wasmtime as the error of a trap.
#[derive(Debug, thiserror::Error)]
#[error("cancelled")]
pub(crate) struct CancelHit;
