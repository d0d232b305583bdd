//! What can be done to the plugins of a workspace: install, approve, grant, roll back, switch off, remove.
//!
//! Each is one change of `baton.lock`, written whole under a name of its own and renamed: a crash leaves the old or the
//! new. Packages are in the store before the lock speaks of them. Two processes take turns.
//!
//! Nothing runs that nobody allowed. A package that a trusted key has signed is allowed by that; any other waits for
//! `approve`. A new revision runs at once, with the grants of the old one, only when the same key has signed it and it asks
//! for no more; otherwise it waits while the old one runs, and begins without grants.
//!
//! A name belongs to the plugin that was allowed to have it, and the names of the plugins inside the program to these,
//! installed or not. A package from somebody else takes such a name only when `approve` says so ([`Approval::replace`]).

mod holder;
mod model;
mod succession;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_core::Digest;
use baton_core::manifest::{Capabilities, Declares, Manifest, Request};
use baton_sandbox::read_manifest;
use fail::fail_point;

use crate::fetch;
use crate::granted::Granted;
use crate::lock::{BrokenEntry, Entry, Lock, LockError, Revision, Source};
use crate::package::Package;
use crate::signature::beside;
use crate::store::Store;
use crate::word::Word;

pub use holder::{Holder, signer};
use holder::{holder, is_held, revision_of};
pub use model::{Approval, Candidate, Change, Done, RegisterError, Trust};
use succession::{first, is_older, replace, succeed};

/// The folder of a workspace into which packages are dropped.
pub const DROPPED: &str = "plugins";

/// Says of a package whether it can run here: it links, and its name is free. The text says why not.
pub type Proof = Arc<dyn Fn(&Package, &[u8]) -> Result<(), String> + Send + Sync>;

/// The plugins of one workspace.
#[derive(Clone)]
pub struct Register {
    lock: PathBuf,
    turn: PathBuf,
    root: PathBuf,
    store: Store,
    carried: &'static [(&'static str, &'static [u8])],
    proof: Option<Proof>,
}

impl Register {
    /// The register of the workspace at `root`, which takes turns in `state` and has its packages in
    /// `packages`.
    #[must_use]
    pub fn new(root: &Path, state: &Path, packages: PathBuf) -> Self {
        Self {
            lock: root.join(crate::lock::FILE),
            turn: state.join("register.lock"),
            root: root.to_owned(),
            store: Store::new(packages),
            carried: &[],
            proof: None,
        }
    }

    /// The same, that takes nothing in that `proof` refuses.
    #[must_use]
    pub fn proving(self, proof: Proof) -> Self {
        Self { proof: Some(proof), ..self }
    }

    fn prove(&self, package: &Package, component: &[u8]) -> Result<(), RegisterError> {
        let Some(proof) = &self.proof else { return Ok(()) };
        proof(package, component)
            .map_err(|reason| RegisterError::Refused(format!("`{}`: {reason}", package.manifest.name)))
    }

    /// The same, with the packages that the program carries inside, by name.
    #[must_use]
    pub fn carrying(self, carried: &'static [(&'static str, &'static [u8])]) -> Self {
        Self { carried, ..self }
    }

    /// The lock as it is now.
    ///
    /// # Errors
    /// When it does not read.
    pub fn read(&self) -> Result<Lock, RegisterError> {
        Ok(Lock::read(&self.lock)?)
    }

    /// Takes a package in.
    ///
    /// # Errors
    /// When it is no package for this host, has the name of a plugin from elsewhere, or cannot be written.
    pub fn install(&self, candidate: &Candidate) -> Result<Done, RegisterError> {
        let package = Package::read(&candidate.component)?;
        self.prove(&package, &candidate.component)?;
        let new = Revision {
            source: candidate.source.clone(),
            version: package.manifest.version.clone(),
            digest: format!("sha256:{}", package.digest),
            key: match &candidate.trust {
                Trust::Signed(key) => Some(key.clone()),
                Trust::Shipped | Trust::Nobody => None,
            },
            grants: Granted::default(),
        };
        self.change(|lock| {
            // In our turn: `remove` lets go of what no lock speaks of.
            if candidate.trust != Trust::Shipped {
                self.keep(&candidate.component)?;
            }
            fail_point!("register.kept");
            let holder = self.holder(lock, &package, &new)?;
            let key = new.key.clone();
            let stranger = holder.is_some();
            let (change, beyond, grants) = self.place(lock, &package, new, (&candidate.trust, stranger));
            let requests = package.manifest.declares.capabilities.requests();
            let beyond_of = |grant: &String| beyond.contains(grant);
            let line = |request: Request| request.details.map(|details| format!("{}: {details}", request.grant));
            let destinations =
                requests.into_iter().filter(|request| beyond_of(&request.grant)).filter_map(line).collect();
            let Manifest { name, version, .. } = package.manifest;
            Ok(Done { name, version, digest: package.digest, change, beyond, destinations, grants, holder, key })
        })
    }

    /// Finds the place of a new revision in the lock; one that is a `stranger` to the name waits. Gives what that changed, what is asked for beyond the revision before,
    /// and the grants of the plugin.
    fn place(
        &self,
        lock: &mut Lock,
        package: &Package,
        new: Revision,
        (trust, stranger): (&Trust, bool),
    ) -> (Change, Vec<String>, Vec<String>) {
        let (name, asked) = (&package.manifest.name, &package.manifest.declares.capabilities);
        // A key that is trusted vouches for its packages, not for the names that they give themselves.
        let vouched = *trust != Trust::Nobody && !stranger;
        let Some(entry) = lock.plugins.iter_mut().find(|entry| entry.name == *name) else {
            lock.plugins.push(first(name, new, vouched));
            return (if vouched { Change::Installed } else { Change::Held }, asked.as_grants(), Vec::new());
        };
        if entry.digest == new.digest {
            let change = match (entry.needs_approval, vouched) {
                (true, true) => Change::Installed,
                (true, false) => Change::Held,
                (false, _) => Change::Nothing,
            };
            entry.needs_approval &= !vouched;
            entry.key = new.key.or(entry.key.take());
            return (change, Vec::new(), entry.grants.words());
        }
        let beyond = self.beyond(&entry.digest, &entry.source, asked);
        let same = match trust {
            Trust::Shipped => entry.source == Source::Shipped,
            Trust::Signed(key) => entry.key.as_ref() == Some(key),
            Trust::Nobody => false,
        };
        let older = is_older(&new.version, &entry.version);
        let change = succeed(entry, new, same && !stranger && beyond.is_empty() && !older);
        (change, beyond, entry.grants.words())
    }

    /// Allows the revision of a plugin that waits: `digest` is what `plugin list` shows, or its beginning. Its grants are
    /// those of the revision before only if the approval says so, or it is the same key's and asks for no more.
    ///
    /// # Errors
    /// When nothing of that name and digest waits, or it would take the name of somebody else and the approval does not
    /// say so.
    pub fn approve(&self, name: &str, digest: &str, approval: Approval<'_>) -> Result<Entry, RegisterError> {
        if let Some(other) = approval.replace.filter(|replace| *replace != name) {
            return Err(RegisterError::Refused(format!("--replace {other} does not name the plugin `{name}`")));
        }
        let wanted = digest.strip_prefix("sha256:").unwrap_or(digest);
        let fits =
            |known: &str| wanted.len() >= 8 && known.strip_prefix("sha256:").is_some_and(|d| d.starts_with(wanted));
        let none = |waits: &str| {
            RegisterError::Refused(format!("no revision {digest} of `{name}` waits to be allowed{waits}"))
        };
        let proved = self.prove_pending(name, fits)?;
        let may_take = |holder: Option<Holder>| match holder {
            Some(holder) if approval.replace.is_none() => Err(is_held(name, digest, &holder)),
            _ => Ok(()),
        };
        self.change(|lock| {
            let entry = entry(lock, name)?;
            if let Some(mut new) = entry.pending.take() {
                let Some(package) = proved.filter(|package| format!("sha256:{}", package.digest) == new.digest) else {
                    return Err(none(&format!("; {} does", new.digest)));
                };
                may_take(holder(entry, &new))?;
                let asked = &package.manifest.declares.capabilities;
                let beyond = self.beyond(&entry.digest, &entry.source, asked);
                let same = new.key.is_some() && new.key == entry.key && beyond.is_empty();
                if same || approval.keep_grants {
                    new.grants = entry.grants.clone();
                }
                replace(entry, new);
                return Ok(entry.clone());
            }
            if !entry.needs_approval {
                return Err(none(""));
            }
            if !fits(&entry.digest) {
                return Err(none(&format!("; {} does", entry.digest)));
            }
            may_take(self.carried_as(name, &revision_of(entry)))?;
            entry.needs_approval = false;
            Ok(entry.clone())
        })
    }

    /// Proves the revision that waits, if its digest `fits`. Not in our turn, because it compiles.
    fn prove_pending(&self, name: &str, fits: impl Fn(&str) -> bool) -> Result<Option<Package>, RegisterError> {
        let lock = self.read()?;
        let pending = lock.get(name).and_then(|entry| entry.pending.as_ref());
        let Some(new) = pending.filter(|new| fits(&new.digest)) else { return Ok(None) };
        let Some(component) = self.component(&new.digest, &new.source)? else {
            return Err(gone(name, &new.digest, &new.source));
        };
        let package = Package::read(&component)?;
        self.prove(&package, &component)?;
        Ok(Some(package))
    }

    /// Takes away what the words say; without any, everything.
    ///
    /// # Errors
    /// When a word is none, or was not granted.
    pub fn revoke(&self, name: &str, words: &[String]) -> Result<Entry, RegisterError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            if words.is_empty() {
                entry.grants = Granted::default();
            }
            for word in words {
                // Also what it does not ask for any more.
                if !entry.grants.take_back(word) {
                    let has = entry.grants.words().join(" ");
                    return Err(RegisterError::Refused(format!("`{name}` was not granted `{word}`; it was: {has}")));
                }
            }
            Ok(entry.clone())
        })
    }

    /// Grants what the words say, all of it or nothing. `check` gets the plugin's manifest and the new lock, may
    /// correct the lock, and returns the reason for a refusal. The lock is written anew even when it says the same, so that a daemon
    /// opens the granted folders again.
    ///
    /// # Errors
    /// When a word is none, the plugin does not ask for it, or `check` refuses it.
    pub fn grant(
        &self,
        name: &str,
        words: &[String],
        check: impl FnOnce(&Manifest, &mut Lock) -> Result<(), String>,
    ) -> Result<Entry, RegisterError> {
        let refused = |reason| RegisterError::Refused(format!("`{name}`: {reason}"));
        let grant = |lock: &mut Lock| {
            let entry = entry(lock, name)?;
            let manifest = self.manifest_of(entry)?;
            for word in words {
                let word = Word::parse(word, &manifest.declares.capabilities).map_err(refused)?;
                word.grant(&mut entry.grants);
            }
            check(&manifest, lock).map_err(refused)?;
            Ok(self::entry(lock, name)?.clone())
        };
        self.write(true, grant)
    }

    /// Goes back to the revision before, with the grants that it had; doing it again comes back.
    ///
    /// # Errors
    /// When there is none.
    pub fn roll_back(&self, name: &str) -> Result<Entry, RegisterError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            let Some(before) = entry.previous.pop() else {
                return Err(RegisterError::Refused(format!("no revision of `{name}` ran before this one")));
            };
            if self.component(&before.digest, &before.source)?.is_none() {
                return Err(gone(name, &before.digest, &before.source));
            }
            replace(entry, before);
            Ok(entry.clone())
        })
    }

    /// Switches a plugin off or on. Its tasks wait while it is off.
    ///
    /// # Errors
    /// When there is no such plugin.
    pub fn set_disabled(&self, name: &str, disabled: bool) -> Result<Entry, RegisterError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            entry.disabled = disabled;
            Ok(entry.clone())
        })
    }

    /// Takes a plugin out. Its package is let go, and the file in `plugins/` that it was dropped as.
    ///
    /// # Errors
    /// When there is no such plugin, or its file cannot be removed.
    pub fn remove(&self, name: &str) -> Result<Entry, RegisterError> {
        self.change(|lock| {
            if let Some(at) = lock.broken.iter().position(|broken| broken.name == name) {
                lock.broken.remove(at);
                // What it pins cannot be read, so nothing of the store is let go.
                return Ok(Entry::new(name, Source::Shipped, String::new()));
            }
            let entry = entry(lock, name)?.clone();
            // The files first: while one lies there, the next look would install it again.
            self.remove_dropped(name)?;
            fail_point!("register.file_removed");
            lock.plugins.retain(|known| known.name != name);
            let kept = lock.plugins.iter().flat_map(digests).collect::<Vec<_>>();
            self.store.keep_only(&kept).map_err(|error| self.store_error(error))?;
            Ok(entry)
        })
    }

    /// Removes every package of that name from `plugins/`, whichever revision it is, with its signature.
    fn remove_dropped(&self, name: &str) -> Result<(), RegisterError> {
        let entries = fs::read_dir(self.root.join(DROPPED)).into_iter().flatten().filter_map(Result::ok);
        let packages = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "wasm"));
        for path in packages.filter(|path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())) {
            let Ok((component, _)) = fetch::read(&path) else { continue };
            if read_manifest(&component).is_ok_and(|manifest| manifest.name == name) {
                drop(fs::remove_file(beside(&path)));
                fs::remove_file(&path).map_err(|error| RegisterError::Store { path, error })?;
            }
        }
        Ok(())
    }

    /// The bytes of a digest: from the store, else from the program or the file that they came from.
    ///
    /// # Errors
    /// When they are there and cannot be read.
    pub fn component(&self, digest: &str, source: &Source) -> Result<Option<Vec<u8>>, RegisterError> {
        let wanted: Digest = digest.parse().map_err(RegisterError::Refused)?;
        if let Some(component) = self.store.get(wanted).map_err(|error| self.store_error(error))? {
            return Ok(Some(component));
        }
        if let Source::Shipped = source {
            let found = self.carried.iter().find(|(_, component)| Digest::of(component) == wanted);
            return Ok(found.map(|(_, component)| component.to_vec()));
        }
        let Source::File(file) = source else { return Ok(None) };
        match fetch::read(&self.root.join(file)) {
            Ok((bytes, _)) if Digest::of(&bytes) == wanted => {
                self.keep(&bytes)?;
                Ok(Some(bytes))
            }
            _ => Ok(None),
        }
    }

    /// Keeps a package, so that it is there when another one takes its place.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn keep(&self, component: &[u8]) -> Result<Digest, RegisterError> {
        self.store.put(component).map_err(|error| self.store_error(error))
    }

    /// What the revision asks for, if its package is here.
    fn declared(&self, digest: &str, source: &Source) -> Option<Manifest> {
        let component = self.component(digest, source).ok().flatten()?;
        read_manifest(&component).ok()
    }

    /// What a plugin declares: the revision that runs, or waits to.
    ///
    /// # Errors
    /// When there is no such plugin, or its package is not here.
    pub fn declares(&self, name: &str) -> Result<Declares, RegisterError> {
        let mut lock = self.read()?;
        let entry = entry(&mut lock, name)?;
        let manifest = self.declared(&entry.digest, &entry.source);
        Ok(manifest.ok_or_else(|| gone(name, &entry.digest, &entry.source))?.declares)
    }

    /// What a plugin declares, if it is installed and its package is here.
    #[must_use]
    pub fn manifest(&self, name: &str) -> Option<Manifest> {
        let lock = self.read().ok()?;
        let entry = lock.get(name)?;
        self.declared(&entry.digest, &entry.source)
    }

    /// What a plugin asks for: the revision that runs, or waits to.
    ///
    /// # Errors
    /// When there is no such plugin, or its package is not here.
    pub fn asked(&self, name: &str) -> Result<Capabilities, RegisterError> {
        let mut lock = self.read()?;
        self.asked_by(entry(&mut lock, name)?)
    }

    fn asked_by(&self, entry: &Entry) -> Result<Capabilities, RegisterError> {
        Ok(self.manifest_of(entry)?.declares.capabilities)
    }

    fn manifest_of(&self, entry: &Entry) -> Result<Manifest, RegisterError> {
        let manifest = self.declared(&entry.digest, &entry.source);
        manifest.ok_or_else(|| gone(&entry.name, &entry.digest, &entry.source))
    }

    /// What is asked for beyond the revision of `digest`; everything, when that is not here to be compared.
    fn beyond(&self, digest: &str, source: &Source, asked: &Capabilities) -> Vec<String> {
        let before = self.declared(digest, source).map(|manifest| manifest.declares.capabilities);
        asked.beyond(&before.unwrap_or_default())
    }

    /// Changes the lock, alone.
    fn change<T>(&self, change: impl FnOnce(&mut Lock) -> Result<T, RegisterError>) -> Result<T, RegisterError> {
        self.write(false, change)
    }

    /// The same; `anew` writes the lock even when nothing in it has changed.
    fn write<T>(
        &self,
        anew: bool,
        change: impl FnOnce(&mut Lock) -> Result<T, RegisterError>,
    ) -> Result<T, RegisterError> {
        let _turn = self.take_turn().map_err(|error| RegisterError::Store { path: self.turn.clone(), error })?;
        let mut lock = self.read()?;
        let before = lock.clone();
        let done = change(&mut lock)?;
        if anew || lock != before {
            let text = lock.to_text()?;
            write_whole(&self.lock, text.as_bytes())
                .map_err(|error| LockError::Io { path: self.lock.clone(), error })?;
        }
        Ok(done)
    }

    fn take_turn(&self) -> io::Result<File> {
        let turn = OpenOptions::new().create(true).truncate(false).write(true).open(&self.turn)?;
        turn.lock()?;
        Ok(turn)
    }

    fn store_error(&self, error: io::Error) -> RegisterError {
        RegisterError::Store { path: self.store.folder().to_owned(), error }
    }
}

fn entry<'a>(lock: &'a mut Lock, name: &str) -> Result<&'a mut Entry, RegisterError> {
    let known = lock.plugins.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
    let broken = lock.broken.iter().find(|broken| broken.name == name).map(is_broken);
    let found = lock.plugins.iter_mut().find(|entry| entry.name == name);
    found.ok_or_else(|| broken.unwrap_or_else(|| RegisterError::Unknown { name: name.to_owned(), known }))
}

fn is_broken(broken: &BrokenEntry) -> RegisterError {
    let BrokenEntry { name, reason, .. } = broken;
    RegisterError::Refused(format!(
        "the entry of `{name}` in {} cannot be used: {reason}; correct it, or remove it with \
         `baton plugin remove {name}`",
        crate::lock::FILE
    ))
}

fn gone(name: &str, digest: &str, source: &Source) -> RegisterError {
    RegisterError::Refused(format!("the package {digest} of `{name}` is not here: `baton plugin install {source}`"))
}

/// Every digest that an entry speaks of.
fn digests(entry: &Entry) -> impl Iterator<Item = Digest> {
    let revisions = entry.pending.iter().chain(&entry.previous).map(|revision| &revision.digest);
    revisions.chain([&entry.digest]).filter_map(|digest| digest.parse().ok())
}

/// Writes a file so that it is the old one or the new one, whatever happens.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary = folder.join(format!(".baton.lock.{}.tmp", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fail_point!("register.written");
    fs::rename(&temporary, path)?;
    fail_point!("register.named");
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
