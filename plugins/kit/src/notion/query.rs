//! All rows of a query. Notion returns at most 10,000 rows of one query. So further rows are read by further queries, each for
//! rows that were created from a certain time on.

use std::collections::BTreeSet;

use baton_plugin_sdk::Error;
use serde_json::{Value, json};

use super::api::{Api, Refusal};
use super::schema::text;

/// The rows of a data source that a filter accepts, the oldest first.
///
/// # Errors
/// As [`Refusal`]. Then the rows cannot be listed completely.
pub fn rows(api: &Api<'_>, source: &str, filter: &Value) -> Result<Vec<Value>, Refusal> {
    let path = format!("/v1/data_sources/{source}/query");
    let (mut found, mut seen) = (Vec::<Value>::new(), BTreeSet::new());
    let (mut window, mut cursor) = (String::new(), None::<String>);
    loop {
        let answer = api.query(&path, &body(filter, &window, cursor.as_deref()))?;
        let results = answer.get("results").and_then(Value::as_array);
        for row in results.ok_or_else(|| Refusal::Failed(Error::Retryable("an answer has no `results`".to_owned())))? {
            if seen.insert(text(row, "id")) {
                found.push(row.clone());
            }
        }
        cursor = answer.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_some() {
            continue;
        }
        if answer.pointer("/request_status/type").and_then(Value::as_str) != Some("incomplete") {
            return Ok(found);
        }
        let last = found.last().map(|row| text(row, "created_time")).unwrap_or_default();
        if last == window {
            return Err(Refusal::Rejected(format!(
                "more than 10,000 pages were created in the minute {last}, and Notion returns no more of them"
            )));
        }
        window = last;
    }
}

fn body(filter: &Value, window: &str, cursor: Option<&str>) -> Value {
    let mut body = json!({ "filter": filter, "page_size": 100, "result_type": "page",
        "sorts": [{ "timestamp": "created_time", "direction": "ascending" }] });
    if let Value::Object(fields) = &mut body {
        if !window.is_empty() {
            let from = json!({ "timestamp": "created_time", "created_time": { "on_or_after": window } });
            fields.insert("filter".to_owned(), json!({ "and": [filter, from] }));
        }
        if let Some(cursor) = cursor {
            fields.insert("start_cursor".to_owned(), cursor.into());
        }
    }
    body
}

/// Finds a data source by its id, or by the id of a database that has only one data source.
///
/// # Errors
/// `permanent` if the database has no data source or several.
pub fn data_source(api: &Api<'_>, id: &str) -> Result<String, Error> {
    let database = match api.get(&format!("/v1/databases/{id}")) {
        Ok(database) => database,
        Err(Refusal::Missing) => return Ok(id.to_owned()),
        Err(refusal) => return Err(refusal.into()),
    };
    let all = database.get("data_sources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if let [one] = all {
        return Ok(text(one, "id"));
    }
    let ids: Vec<String> = all.iter().map(|one| format!("{} ({})", text(one, "id"), text(one, "name"))).collect();
    Err(Error::Permanent(format!(
        "the database has {} data sources; give the id of one as `database`: {}",
        ids.len(),
        ids.join(", ")
    )))
}
