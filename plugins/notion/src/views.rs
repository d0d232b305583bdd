//! The views of published findings. A view is not created if the data source has a view with its name. A view that
//! Baton has created or found once is never created again, so that a person may rename or delete it.

use std::collections::BTreeMap;

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Writable;
use baton_plugin_kit::notion::{Api, Refusal, WriteResult, text};
use baton_plugin_sdk::{Error, Severity};
use serde_json::{Value, json};

use crate::journal::{CellChange, Change};
use crate::target::{KIND as PAGE_KIND, PLACE, SEVERITY, STATUS, Target};

/// The type of a change that makes a view.
pub const KIND: &str = "view";

const TABLE: &str = "CREATE TABLE IF NOT EXISTS views (
        source TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (source, name)) STRICT, WITHOUT ROWID";

/// The names of the views.
const BY_SEVERITY: &str = "Open gaps by severity";
const BY_PLAN: &str = "Open gaps by plan";

/// The maximum number of requests to create one view if their results are uncertain.
const ROUNDS: u64 = 3;

/// The changes that create the missing views of a data source.
///
/// # Errors
/// If Notion does not answer. If Notion does not support views, a finding says so, and there are no changes.
pub fn plan(api: &Api<'_>, own: &dyn Writable, target: &Target, findings: &mut Findings) -> Result<Vec<Change>, Error> {
    let mut known = stored(own, &target.source)?;
    let wanted = [(BY_SEVERITY, by_severity(target)), (BY_PLAN, by_plan(target))];
    if wanted.iter().any(|(name, _)| !known.contains_key(*name)) {
        match found(api, &target.source) {
            Ok(all) => {
                for (name, id) in all.iter().filter(|(name, _)| wanted.iter().any(|(wanted, _)| wanted == name)) {
                    store(own, &target.source, name, id)?;
                }
                known.extend(all);
            }
            Err(refusal) => {
                let title =
                    "Notion did not list views, so no view is made: add the views by hand, as the reference says";
                findings.add("views", &target.source, Severity::Info, title, to_warning(refusal)?);
                return Ok(Vec::new());
            }
        }
    }
    let missing = wanted.into_iter().filter(|(name, _)| !known.contains_key(*name));
    Ok(missing.map(|(name, layout)| change(target, name, layout)).collect())
}

/// The body of the view that a change makes.
#[must_use]
pub fn of(change: &Change) -> Option<&Value> {
    change.cells.first().filter(|cell| cell.kind == KIND).map(|cell| &cell.after)
}

/// Creates a view, unless there is one with its name. Returns why it was not created.
///
/// # Errors
/// If Notion does not answer, or the grant is missing.
pub fn create(api: &Api<'_>, own: &dyn Writable, source: &str, body: &Value) -> Result<Option<String>, Error> {
    let name = text(body, "name");
    for round in 1..=ROUNDS {
        let id = match found(api, source) {
            Ok(mut all) => all.remove(&name),
            Err(refusal) => return to_warning(refusal).map(Some),
        };
        let made = id.map_or_else(|| api.create_view(body), |id| WriteResult::Done(json!({ "id": id })));
        match made {
            WriteResult::Done(view) => {
                store(own, source, &name, &text(&view, "id"))?;
                return Ok(None);
            }
            WriteResult::Unknown(why) => api.wait(round, &why)?,
            WriteResult::Refused(refusal) => return to_warning(refusal).map(Some),
        }
    }
    Ok(Some("it is unknown whether the view was made, because Notion did not answer".to_owned()))
}

/// The reason why Notion cannot create a view. Returns an error if Notion does not answer or the grant is missing.
fn to_warning(refusal: Refusal) -> Result<String, Error> {
    match refusal {
        Refusal::Rejected(why) => Ok(why),
        Refusal::Missing => Ok("Notion answers 404 to /v1/views".to_owned()),
        other => Err(other.into()),
    }
}

/// The ids of the views of a data source by their names.
fn found(api: &Api<'_>, source: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let (mut all, mut cursor) = (BTreeMap::new(), None::<String>);
    loop {
        let start = cursor.map(|cursor| format!("&start_cursor={cursor}")).unwrap_or_default();
        let answer = api.get(&format!("/v1/views?data_source_id={source}&page_size=100{start}"))?;
        let results = answer.get("results").and_then(Value::as_array);
        for listed in
            results.ok_or_else(|| Refusal::Failed(Error::Retryable("an answer has no `results`".to_owned())))?
        {
            let id = text(listed, "id");
            match api.get(&format!("/v1/views/{id}")) {
                Ok(view) => drop(all.entry(text(&view, "name")).or_insert(id)),
                // Somebody has deleted the view in the meantime.
                Err(Refusal::Missing) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        cursor = answer.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

fn change(target: &Target, name: &str, mut layout: Value) -> Change {
    if let Value::Object(body) = &mut layout {
        body.insert("database_id".to_owned(), target.database.as_str().into());
        body.insert("data_source_id".to_owned(), target.source.as_str().into());
        body.insert("name".to_owned(), name.into());
        body.insert("type".to_owned(), "table".into());
        body.insert("filter".to_owned(), open(target));
    }
    let cell = CellChange {
        property: String::new(),
        name: "View".to_owned(),
        kind: KIND.to_owned(),
        from: String::new(),
        to: name.to_owned(),
        before: Value::Null,
        after: layout,
    };
    let (source, state) = (target.source.clone(), "planned".to_owned());
    Change {
        number: 0,
        source,
        page: String::new(),
        title: name.to_owned(),
        cells: vec![cell],
        state,
        note: String::new(),
    }
}

/// The filter of a view that shows only open findings.
fn open(target: &Target) -> Value {
    let is = |role, option| json!({ "property": target.id(role), "select": { "equals": option } });
    json!({ "and": [is(PAGE_KIND, "Finding"), is(STATUS, crate::entry::OPEN)] })
}

fn by_severity(target: &Target) -> Value {
    let group = json!({ "type": "select", "property_id": target.id(SEVERITY), "sort": { "type": "manual" } });
    json!({ "configuration": { "type": "table", "group_by": group } })
}

/// A place begins with the path of its plan.
fn by_plan(target: &Target) -> Value {
    json!({ "sorts": [{ "property": target.id(PLACE), "direction": "ascending" }] })
}

fn stored(own: &dyn Writable, source: &str) -> Result<BTreeMap<String, String>, Error> {
    own.execute(TABLE, &[])?;
    let found = own.query("SELECT name, id FROM views WHERE source = ?1", &[source.into()])?;
    Ok(found.rows.iter().map(|row| (crate::store::text(row, 0), crate::store::text(row, 1))).collect())
}

fn store(own: &dyn Writable, source: &str, name: &str, id: &str) -> Result<(), Error> {
    own.execute(TABLE, &[])?;
    own.execute(
        "INSERT OR REPLACE INTO views (source, name, id) VALUES (?1, ?2, ?3)",
        &[source.into(), name.into(), id.into()],
    )?;
    Ok(())
}
