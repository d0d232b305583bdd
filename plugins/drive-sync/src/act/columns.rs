//! `approve-deletion` and `adopt-column`: decisions of a person about columns.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use baton_plugin_kit::Findings;
use baton_plugin_sdk::{Error, Outcome, Task};

use super::shared::task_error;
use crate::arguments::text;
use crate::context::{DriveContext, SyncError};
use crate::drive::{find, id_key, read};
use crate::memory::KnownDatabase;
use crate::schema::{Column, Manifest, OWN, SIDECAR, State, unknown_columns};
use crate::sync::{DatabaseSelection, DriveCsv, Origin, drive_csv, gather, known_manifest, settled, sync_command};
use crate::task_arguments;

/// The next step after these actions. A sync does not replace an edited CSV automatically, even after one of these actions.
const NEXT: &str = "Deliver the other changes (sync --arg direction=from-drive); the next sync after that, or \
                    a sync with overwrite=true,";

/// Approves the removal of the column of a missing property.
pub(super) fn approve(task: &Task, context: &DriveContext<'_>) -> Result<Outcome, Error> {
    let id = task_arguments::database(task)?;
    let property = task_arguments::needed(task, "property")?;
    let _held = context.locks.take(&id)?;
    let manifest = remembered(context, &id)?;
    let column = meant(&manifest, &id, &property)?;
    context.memory.approve(&id, &column.key(), &context.now)?;
    if column.is_own() {
        return Ok(Outcome::new(format!(
            "Approved: the next sync removes the column `{}` of {id}. Its data stays in .archive.",
            column.header
        )));
    }
    Ok(Outcome::new(format!(
        "Approved: the column `{}` of {id} is removed after enough complete reads without its property ({} so far). \
         Its data stays in .archive.",
        column.header, column.misses
    )))
}

/// The column with this property id or header whose property does not exist any more. An error if there is no such column or
/// more than one.
fn meant<'a>(manifest: &'a Manifest, id: &str, property: &str) -> Result<&'a Column, Error> {
    let all = || manifest.columns.iter().filter(|column| column.property == property || column.header == property);
    let gone: Vec<_> = all().filter(|column| column.state != State::Live).collect();
    Err(Error::Permanent(match gone.as_slice() {
        [one] => return Ok(one),
        [] if all().next().is_some() => format!(
            "the property `{property}` of {id} still exists; only the column of a missing property can be removed"
        ),
        [] => {
            format!("{id} has no column `{property}`; `baton run drive-sync diagnose` shows those that can be approved")
        }
        several => {
            let headers = several.iter().map(|column| format!("`{}`", column.header)).collect::<Vec<_>>().join(", ");
            format!(
                "`{property}` of {id} matches several columns, {headers}: name one of them with --arg \
                     property=HEADER"
            )
        }
    }))
}

/// Adopts a column that a person added or renamed on the Drive.
pub(super) fn adopt(task: &Task, context: &DriveContext<'_>) -> Result<Outcome, Error> {
    let id = task_arguments::database(task)?;
    let header = task_arguments::needed(task, "column")?;
    let property = text(task, "property")?;
    let _held = context.locks.take(&id)?;
    let folder = match find(&context.root, &id).map_err(|error| task_error(SyncError::from(error)))?.as_slice() {
        [folder] => folder.name.clone(),
        folders => return Err(Error::Permanent(format!("{id} has {} folders on the Drive, not one", folders.len()))),
    };
    let left = drive_csv(&context.root, &folder).map_err(task_error)?;
    let left = left.ok_or_else(|| Error::Permanent(format!("{folder} has no CSV")))?;
    let (mut known, mut manifest) = known_columns(task, context, &id, &folder, &left)?;
    if !unknown_columns(&left.csv, &manifest).contains(&header) {
        return Err(Error::Permanent(format!("the CSV of {id} has no new column `{header}`")));
    }
    if left.csv.header.iter().filter(|there| **there == header).count() > 1 {
        let fix = "remove one first, or rename it";
        return Err(Error::Permanent(format!("the CSV of {id} has the column `{header}` twice; {fix}")));
    }
    let place = left.csv.header.iter().position(|there| *there == header);
    let kind = place.and_then(|place| left.csv.kinds.get(place)).cloned().unwrap_or_default();
    let told = match &property {
        Some(property) => rename(&mut manifest, &left.csv.header, property, &header)?,
        None => keep(&mut manifest, &header, kind, &context.now),
    };
    known.manifest = manifest.text();
    known.source_stamp = String::new();
    (known.next_digest, known.next_manifest) = Default::default();
    context.memory.put(&known)?;
    Ok(Outcome::new(told))
}

/// The stored manifest or, if none is stored, the manifest beside the CSV. Another workspace may have written that manifest.
fn remembered(context: &DriveContext<'_>, id: &str) -> Result<Manifest, Error> {
    let known = context.memory.get(id)?.unwrap_or_default();
    if let Ok(manifest) = Manifest::read(known.manifest.as_bytes(), id) {
        return Ok(manifest);
    }
    let folders = find(&context.root, id).map_err(|error| task_error(SyncError::from(error)))?;
    let beside = folders.first().filter(|_| folders.len() == 1).map(|folder| &folder.name);
    let path = beside.map(|name| context.root.join(name).join(format!("{name}{SIDECAR}")));
    let found = path.and_then(|path| read(&path).ok()).and_then(|bytes| Manifest::read(&bytes, id).ok());
    found.ok_or_else(|| Error::Permanent(format!("{id} was never synced by this workspace: {}", sync_command(id))))
}

/// The known columns of a database, even if its first sync was rejected because of its columns.
fn known_columns(
    task: &Task,
    context: &DriveContext<'_>,
    id: &str,
    folder: &str,
    left: &DriveCsv,
) -> Result<(KnownDatabase, Manifest), Error> {
    let mut known = context.memory.get(id)?.unwrap_or_default();
    settled(&context.root, folder, &mut known, Some(left));
    let only = BTreeSet::from([id_key(id)]);
    let path = task_arguments::databases(task).map(|mount| PathBuf::from(&mount.path));
    let wanted = DatabaseSelection { folder: path.as_deref(), tables: &[], catalog: None, only: &only };
    let origins = gather(wanted, &BTreeMap::new(), &mut Findings::default()).map_err(task_error)?;
    let origin = origins.into_iter().next().or_else(|| Origin::of_catalog(&id.to_ascii_lowercase()));
    let origin =
        origin.ok_or_else(|| Error::Permanent(format!("no source in the folder `databases` has the id {id}")))?;
    let database = origin.head().map_err(task_error)?;
    let manifest =
        known_manifest(&context.root, folder, &known, Some(left), &database, &context.now).map_err(task_error)?;
    let id = if known.id.is_empty() { id.to_ascii_lowercase() } else { known.id.clone() };
    let known = KnownDatabase { id, title: database.title, folder: folder.to_owned(), ..known };
    let source = if known.source.is_empty() { origin.source().0 } else { known.source.clone() };
    Ok((KnownDatabase { source, ..known }, manifest))
}

/// Gives a column the header that a person changed. A column whose property exists takes precedence.
fn rename(manifest: &mut Manifest, headers: &[String], property: &str, header: &str) -> Result<String, Error> {
    let meant = |column: &&mut Column| column.property == property || column.header == property;
    let mut all: Vec<&mut Column> = manifest.columns.iter_mut().filter(meant).collect();
    let Some(there) = all.first().map(|column| column.header.clone()) else {
        return Err(Error::Permanent(format!("there is no property `{property}` in this database")));
    };
    all.retain(|column| !headers.contains(&column.header));
    if all.iter().any(|column| column.state == State::Live) {
        all.retain(|column| column.state == State::Live);
    }
    match all.as_mut_slice() {
        [] => Err(Error::Permanent(format!("the property `{property}` already has a column: `{there}`"))),
        [column] => {
            header.clone_into(&mut column.header);
            Ok(format!("The column `{header}` now belongs to the property `{property}`. {NEXT} restores its name."))
        }
        several => {
            let headers = several.iter().map(|column| format!("`{}`", column.header)).collect::<Vec<_>>().join(", ");
            let text = format!(
                "`{property}` matches several columns, {headers}: name one of them with --arg \
                                property=HEADER"
            );
            Err(Error::Permanent(text))
        }
    }
}

/// Adds a column that a person added to the CSV. No property supplies its cells.
fn keep(manifest: &mut Manifest, header: &str, kind: String, now: &str) -> String {
    manifest.columns.push(Column {
        property: format!("{OWN}{header}"),
        name: header.to_owned(),
        header: header.to_owned(),
        kind,
        state: State::Missing,
        misses: 0,
        first_seen: now.to_owned(),
        last_seen: now.to_owned(),
    });
    format!(
        "The column `{header}` stays with its data; it does not become a property, and no sync fills it. {NEXT} continues with the CSV."
    )
}
