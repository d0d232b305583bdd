//! Resources: the inbox, the open tasks of the agent, and the guide to the inbox. Reading a resource changes
//! nothing.

use rmcp::ErrorData;
use rmcp::model::{ListResourcesResult, ReadResourceResponse, ReadResourceResult, Resource, ResourceContents};
use serde_json::Value;

use super::server::McpServer;
use super::{guide, present};

const INBOX: &str = "baton://inbox";
const GUIDE: &str = "baton://guide";
const TASK: &str = "baton://task/";

pub(super) async fn list(server: &McpServer) -> Result<ListResourcesResult, ErrorData> {
    let mut resources = vec![Resource::new(INBOX, "inbox"), Resource::new(GUIDE, "guide")];
    let open = server.session().inbox().await.map_err(internal)?;
    for item in open.items {
        resources.push(Resource::new(format!("{TASK}{}", item.id), present::line(&item.title)));
    }
    Ok(ListResourcesResult::with_all_items(resources))
}

pub(super) async fn read(server: &McpServer, uri: &str) -> Result<ReadResourceResponse, ErrorData> {
    let text = match (uri, uri.strip_prefix(TASK)) {
        (INBOX, _) => json(&present::work(&server.session().inbox().await.map_err(internal)?)),
        (GUIDE, _) => guide::work_inbox(server.session().agent()),
        (_, Some(id)) => {
            let (task, events) = server.session().events(id).await.map_err(|error| missing(uri, &error.to_string()))?;
            let events: Vec<Value> = events.iter().map(present::event).collect();
            json(&serde_json::json!({ "task": present::task(&task), "events": events }))
        }
        _ => return Err(missing(uri, "there are baton://inbox, baton://guide and baton://task/ID")),
    };
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri)]).into())
}

fn json(value: &Value) -> String {
    format!("{value:#}")
}

fn missing(uri: &str, why: &str) -> ErrorData {
    ErrorData::resource_not_found(format!("there is no resource {}: {why}", present::line(uri)), None)
}

fn internal(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}
