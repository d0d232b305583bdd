//! Effective grants: what a plugin declares and the operator granted, with resolved and checked folders.

use std::sync::Arc;

use anyhow::bail;
use baton_core::grants::{Database, FingerprintScope, Grant, GrantSet, GrantedFolder, Mode, Recipients, grant_command};
use baton_core::manifest::{Manifest, SqlCapability};
use baton_dispatch::PluginGrants;
use baton_registry::overlap::{Access, PlacedFolder};
use baton_sandbox::{
    DatabaseGrant, EgressGrants, FingerprintGrants, HostServices, MountGrant, RepositoryGrant, SecretValue, Vault,
};

use super::Workspace;
use super::config::{Config, shown};
use super::folders::{self, OpenFolder, OpenFolderError, PluginFolders};
use crate::accounts;
use crate::secrets::SecretStore;

/// The grants that `manifest` declares and `granted` allows, in `workspace`. `placed` has the folders of all grants of
/// the lock file.
pub(crate) fn effective(
    workspace: &Workspace,
    manifest: &Manifest,
    granted: &GrantSet,
    placed: &[PlacedFolder],
) -> anyhow::Result<PluginGrants> {
    let capabilities = &manifest.declares.capabilities;
    let others = placed.iter().filter(|placed| placed.plugin != manifest.name).cloned().collect();
    let (folders, missing) = (Vec::new(), Vec::new());
    let mut opened =
        PluginFolders { workspace: workspace.clone(), plugin: manifest.name.clone(), folders, missing, others };
    let mut mounts = Vec::new();
    for declared in &capabilities.files {
        let Some(grant) = granted.files.iter().find(|grant| grant.folder == declared.folder) else {
            continue;
        };
        let writable = grant.mode.min(declared.mode) == Mode::Rw;
        for mount in resolve(workspace, &manifest.name, grant, writable)? {
            opened.folders.push(OpenFolder {
                grant: Grant::Files(grant.clone()).to_string(),
                shown: mount.shown_as.clone(),
                access: if writable { Access::Write } else { Access::Read },
                folder: mount.folder.clone(),
            });
            mounts.push(mount);
        }
    }
    let repositories = repositories(workspace, manifest, granted, &mut opened)?;
    if let Err(why) = opened.check() {
        bail!("{why}");
    }
    let services = HostServices {
        grants: granted.allowed(capabilities),
        mounts,
        folder_check: opened.into_check(),
        databases: databases(workspace, manifest, granted),
        repositories,
        fingerprint: fingerprint(workspace, manifest, granted),
        egress: egress(workspace, manifest, granted),
    };
    Ok(PluginGrants {
        services,
        handoffs: if capabilities.handoffs.is_some() { granted.handoffs.clone() } else { Recipients::Nobody },
        triggers_off: capabilities.triggers.is_some() && !granted.triggers,
        // No attempt fails because `triggers` is missing, so no error should suggest this grant.
        missing: granted.missing(capabilities).into_iter().filter(|grant| *grant != Grant::Triggers).collect(),
    })
}

/// The databases that are both declared and granted. If the modes differ, the more restrictive one applies.
fn databases(workspace: &Workspace, manifest: &Manifest, granted: &GrantSet) -> Vec<DatabaseGrant> {
    let database = |declared: &SqlCapability| {
        let grant = granted.sql.iter().find(|grant| grant.database == declared.database)?;
        let path = match declared.database {
            Database::Own => workspace.state.plugin_database(&manifest.name),
            Database::Catalog => workspace.state.catalog(),
            Database::Files => workspace.state.snapshots(),
        };
        Some(DatabaseGrant { database: declared.database, path, writable: grant.mode.min(declared.mode) == Mode::Rw })
    };
    manifest.declares.capabilities.sql.iter().filter_map(database).collect()
}

/// The folders of the repositories that are declared and granted. Also adds these folders to `opened`. If a folder is
/// missing, the plugin gets an error when it uses the repository.
fn repositories(
    workspace: &Workspace,
    manifest: &Manifest,
    granted: &GrantSet,
    opened: &mut PluginFolders,
) -> anyhow::Result<Vec<RepositoryGrant>> {
    let mut repositories = Vec::new();
    let declared = manifest.declares.capabilities.git.iter().map(|git| &git.folder);
    for name in declared.filter(|name| granted.git.contains(name)) {
        let (folders, configured) = folders::repositories(workspace, granted, name);
        let grant = Grant::Git(name.clone()).to_string();
        for written in folders {
            let folder = match folders::open(workspace, &written, configured) {
                Ok(folder) => {
                    let (access, shown) = (Access::Repository, shown(&written));
                    let path = folder.path().to_owned();
                    opened.folders.push(OpenFolder { grant: grant.clone(), shown, access, folder });
                    path
                }
                Err(OpenFolderError::Missing(path)) => {
                    opened.missing.push((grant.clone(), path.clone()));
                    path
                }
                Err(OpenFolderError::LeadsTo(real)) => {
                    bail!("{grant}: `{}` now leads to {}, which was not granted", written.display(), real.display())
                }
                Err(OpenFolderError::Refused(why)) => bail!("{grant}: `{}`: {why}", written.display()),
            };
            repositories.push(RepositoryGrant { name: name.clone(), folder });
        }
    }
    Ok(repositories)
}

/// The fingerprints that are declared and granted.
fn fingerprint(workspace: &Workspace, manifest: &Manifest, granted: &GrantSet) -> FingerprintGrants {
    let declared = &manifest.declares.capabilities.fingerprint;
    let allows = |of| granted.fingerprint.contains(&of) && declared.iter().any(|declared| declared.of == of);
    let library = allows(FingerprintScope::Library).then(|| workspace.state.catalog());
    FingerprintGrants { files: allows(FingerprintScope::Files), library }
}

/// The granted hosts, requests and secrets. The sandbox compares each request with the manifest and with these grants,
/// so its error says whether the manifest or the grants lack a rule.
fn egress(workspace: &Workspace, manifest: &Manifest, granted: &GrantSet) -> EgressGrants {
    let declared = &manifest.declares.capabilities.hosts;
    let mut hosts = granted.hosts.clone();
    hosts.retain(|name, _| declared.iter().any(|host| host.name == *name));
    // HTTP rules are resolved only with addresses that were granted. Default addresses are added afterwards: they only tell
    // the plugin which address it may ask for.
    let http = granted.http.iter().filter_map(|rule| rule.resolved(&hosts)).collect();
    hosts.extend(manifest.declares.capabilities.default_hosts(&hosts));
    EgressGrants {
        http: Arc::new(http),
        hosts: Arc::new(hosts),
        secrets: Arc::new(granted.secrets.clone()),
        vault: Some(vault(workspace)),
    }
}

/// The source of the values of secrets.
fn vault(workspace: &Workspace) -> Vault {
    if let Some(stubs) = workspace.stubs.clone() {
        return Arc::new(move |name| Ok(stubs.secrets.get(name).cloned().map(|value| SecretValue::new(value).into())));
    }
    let store = SecretStore::of(&workspace.state);
    Arc::new(move |name| {
        // A secret of the operator has precedence over the account of the same name.
        match store.get(name).map_err(|error| format!("{error:#}"))? {
            Some(value) => Ok(Some(value.into())),
            None => accounts::source(&store, name),
        }
    })
}

/// The real folders of a grant. Missing folders are left out.
fn resolve(
    workspace: &Workspace,
    plugin: &str,
    grant: &GrantedFolder,
    writable: bool,
) -> anyhow::Result<Vec<MountGrant>> {
    let name = &grant.folder;
    if grant.path.is_none() && !Config::FOLDERS.contains(&name.as_str()) {
        bail!(
            "baton.toml has no folder `{name}` (it has: {}); grant a path: files:{}={name}=PATH",
            Config::FOLDERS.join(", "),
            grant.mode
        );
    }
    let mut mounts = Vec::new();
    let (folders, configured) = folders::written(workspace, grant);
    for (number, written) in folders.iter().enumerate() {
        let folder = match folders::open(workspace, written, configured) {
            Ok(folder) => folder,
            Err(OpenFolderError::Missing(_)) => {
                let written = written.display();
                tracing::warn!("the folder `{written}` of {name} does not exist; make it or change the grant");
                continue;
            }
            Err(OpenFolderError::LeadsTo(real)) => {
                let path = Some(real.clone());
                let command = grant_command(plugin, &[Grant::Files(GrantedFolder { path, ..grant.clone() })]);
                let (written, real) = (written.display(), real.display());
                bail!(
                    "`{written}` now leads to {real} (a link, or another spelling), which was not granted; to grant \
                     it: {command}"
                )
            }
            Err(OpenFolderError::Refused(why)) => bail!("`{}` cannot be granted: {why}", written.display()),
        };
        let guest = format!("/{name}/{number}");
        let (host, shown_as) = (folder.path().to_owned(), shown(written));
        mounts.push(MountGrant { name: name.clone(), host, folder, guest, shown_as, writable });
    }
    Ok(mounts)
}

#[cfg(test)]
mod tests {
    use baton_core::grants::GrantedDatabase;

    use super::*;

    fn manifest(mode: &str) -> Manifest {
        let text = format!(
            r#"{{"name":"x","version":"1","declares":{{"description":"","default_action":"a","actions":{{"a":{{"description":""}}}},
                "capabilities":{{"files":[{{"folder":"plans","mode":"{mode}","reason":""}},{{"folder":"root","mode":"{mode}","reason":""}}]}}}}}}"#
        );
        Manifest::parse(text.as_bytes()).unwrap()
    }

    fn granted(mode: Mode, folders: &[&str]) -> GrantSet {
        let files =
            folders.iter().map(|folder| GrantedFolder { folder: (*folder).to_owned(), mode, path: None }).collect();
        GrantSet { files, handoffs: Recipients::Any, ledger: true, ..GrantSet::default() }
    }

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("w");
        std::fs::create_dir_all(root.join("plans")).unwrap();
        std::fs::write(root.join("baton.toml"), "").unwrap();
        let workspace = Workspace::at(&root, Some(&folder.path().join("state"))).unwrap();
        (folder, workspace)
    }

    #[test]
    fn only_declared_and_granted_folders_are_mounted_with_the_lower_mode() {
        let (_folder, workspace) = workspace();
        let grants = effective(&workspace, &manifest("ro"), &granted(Mode::Rw, &["plans"]), &[]).unwrap();
        let mounted: Vec<_> = grants.services.mounts.iter().map(|m| (m.name.as_str(), m.writable)).collect();
        assert_eq!(mounted, [("plans", false)]);
        assert!(grants.handoffs.is_nobody() && !grants.services.allows(&Grant::Ledger), "not declared");
        assert!(effective(&workspace, &manifest("ro"), &GrantSet::default(), &[]).unwrap().services.mounts.is_empty());
    }

    #[test]
    fn handoffs_and_the_ledger_are_allowed_if_declared_and_granted() {
        let (_folder, workspace) = workspace();
        let mut manifest = manifest("ro");
        let asked = r#"{"handoffs":{"reason":""},"ledger":{"reason":""}}"#;
        manifest.declares.capabilities = serde_json::from_str(asked).unwrap();
        let some = || Recipients::parse("audit").unwrap();
        for (handoffs, ledger) in
            [(Recipients::Nobody, false), (Recipients::Any, false), (Recipients::Nobody, true), (some(), true)]
        {
            let granted = GrantSet { handoffs: handoffs.clone(), ledger, ..GrantSet::default() };
            let grants = effective(&workspace, &manifest, &granted, &[]).unwrap();
            assert_eq!((grants.handoffs, grants.services.allows(&Grant::Ledger)), (handoffs, ledger));
        }
    }

    #[test]
    fn databases_and_repositories_are_allowed_if_declared_and_granted() {
        let (_folder, workspace) = workspace();
        let mut manifest = manifest("ro");
        let asked = r#"{"sql":[{"database":"own","mode":"ro","reason":""},{"database":"catalog","mode":"rw","reason":""}],
            "git":[{"folder":"root","reason":""}]}"#;
        manifest.declares.capabilities = serde_json::from_str(asked).unwrap();
        assert!(effective(&workspace, &manifest, &GrantSet::default(), &[]).unwrap().services.databases.is_empty());
        let sql = [Database::Own, Database::Catalog].map(|database| GrantedDatabase { database, mode: Mode::Rw });
        let git = vec!["root".to_owned(), "plans".to_owned()];
        let all = GrantSet { sql: sql.to_vec(), git, ..GrantSet::default() };
        let grants = effective(&workspace, &manifest, &all, &[]).unwrap();
        let allowed: Vec<_> = grants.services.databases.iter().map(|grant| (grant.database, grant.writable)).collect();
        assert_eq!(allowed, [(Database::Own, false), (Database::Catalog, true)]);
        assert!(grants.services.databases[0].path.ends_with("plugins/x.db"));
        let repositories: Vec<_> = grants.services.repositories.iter().map(|grant| grant.name.as_str()).collect();
        assert_eq!(repositories, ["root"]);
    }

    #[test]
    fn fingerprints_are_allowed_if_declared_and_granted() {
        let (_folder, workspace) = workspace();
        let mut manifest = manifest("ro");
        let all =
            GrantSet { fingerprint: vec![FingerprintScope::Files, FingerprintScope::Library], ..GrantSet::default() };
        assert_eq!(
            effective(&workspace, &manifest, &all, &[]).unwrap().services.fingerprint,
            FingerprintGrants::default(),
            "not declared"
        );
        let asked = r#"{"fingerprint":[{"of":"library","reason":""}]}"#;
        manifest.declares.capabilities = serde_json::from_str(asked).unwrap();
        assert_eq!(
            effective(&workspace, &manifest, &GrantSet::default(), &[]).unwrap().services.fingerprint,
            FingerprintGrants::default(),
            "not granted"
        );
        let allowed = effective(&workspace, &manifest, &all, &[]).unwrap().services.fingerprint;
        assert_eq!(allowed, FingerprintGrants { files: false, library: Some(workspace.state.catalog()) });
    }

    #[test]
    fn errors_when_a_writable_grant_contains_files_that_control_grants() {
        let (_folder, workspace) = workspace();
        assert!(effective(&workspace, &manifest("rw"), &granted(Mode::Rw, &["root"]), &[]).is_err());
        assert!(effective(&workspace, &manifest("rw"), &granted(Mode::Rw, &["plans"]), &[]).is_ok());
    }

    #[test]
    fn errors_when_a_grant_contains_the_state() {
        let (_folder, mut workspace) = workspace();
        workspace.state = super::super::State::of(&workspace.root, Some(&workspace.root.join("state"))).unwrap();
        assert!(effective(&workspace, &manifest("ro"), &granted(Mode::Ro, &["root"]), &[]).is_err());
    }
}
