//! The data source to which pages are published, and its properties. The first publication finds the properties by their names.
//! Later publications use the ids of the properties, so people may rename the properties.

use std::collections::BTreeMap;

use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::Error;
use serde_json::Value;

use crate::schema::{Property, properties};
use crate::store::json_of;
use baton_plugin_kit::notion::Api;

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS targets (source TEXT PRIMARY KEY, properties TEXT NOT NULL) STRICT, WITHOUT ROWID";

// Roles of properties. The text of each role is the initial name of its property.
/// The marker of a page.
pub const MARKER: &str = "Baton ID";
/// Audit, Finding or Track.
pub const KIND: &str = "Kind";
/// `Open`, `Fixed` and others.
pub const STATUS: &str = "Status";
/// How much a finding matters.
pub const SEVERITY: &str = "Severity";
/// The file and line of a finding.
pub const PLACE: &str = "Place";
/// The evidence of a finding.
pub const DETAILS: &str = "Details";
/// The page of the audit.
pub const AUDIT: &str = "Audit";
/// When the audit ran.
pub const AUDITED: &str = "Audited";

/// The properties that every page needs, and their types.
const OF_ALL: [(&str, &str); 3] = [(MARKER, "rich_text"), (KIND, "select"), (STATUS, "select")];

/// The properties of audits and findings.
const OF_AUDITS: [(&str, &str); 5] =
    [(SEVERITY, "select"), (PLACE, "rich_text"), (DETAILS, "rich_text"), (AUDIT, "relation"), (AUDITED, "date")];

/// A data source with the properties that publishing needs.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its id.
    pub source: String,
    /// The id of its database.
    pub database: String,
    /// All properties.
    pub all: Vec<Property>,
    /// The ids of the properties by their roles.
    roles: BTreeMap<String, String>,
}

impl Target {
    /// Reads the properties of a data source. The properties of audits are required if `has_audits` is true.
    ///
    /// # Errors
    /// `permanent` if properties are missing or have another type; the text says what to change in Notion.
    pub fn load(api: &Api<'_>, own: &dyn Writable, source: &str, has_audits: bool) -> Result<Self, Error> {
        let described = api.get(&format!("/v1/data_sources/{source}"))?;
        let Some(fields) = described.get("properties").and_then(Value::as_object) else {
            return Err(Error::Retryable("an answer of Notion has no `properties`".to_owned()));
        };
        let database = described.pointer("/parent/database_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut target =
            Self { source: source.to_owned(), database, all: properties(fields), roles: stored(own, source)? };
        let audits = if has_audits { &OF_AUDITS[..] } else { &[] };
        let mut wrong = Vec::new();
        for (role, kind) in OF_ALL.iter().chain(audits) {
            wrong.extend(target.find(role, kind).err());
        }
        let audit = target.property(AUDIT).filter(|_| has_audits);
        let related = audit.and_then(|one| fields.get(&one.name)?.pointer("/relation/data_source_id")?.as_str());
        if related.is_some_and(|related| related != source) {
            wrong.push(format!("change the property {AUDIT:?}: it must relate to this database"));
        }
        if !wrong.is_empty() {
            return Err(Error::Permanent(format!(
                "the database lacks properties for published pages; in Notion: {}. Then run the task again",
                wrong.join("; ")
            )));
        }
        own.execute(
            "INSERT OR REPLACE INTO targets (source, properties) VALUES (?1, ?2)",
            &[source.into(), json_of(&target.roles)?.into()],
        )?;
        Ok(target)
    }

    /// The data source of a plan, with the ids of its properties.
    ///
    /// # Errors
    /// `permanent` if nothing was planned for it.
    pub fn known(own: &dyn Writable, source: &str) -> Result<Self, Error> {
        let roles = stored(own, source)?;
        if roles.is_empty() {
            return Err(Error::Permanent(format!("nothing was planned for the data source {source}")));
        }
        Ok(Self { source: source.to_owned(), database: String::new(), all: Vec::new(), roles })
    }

    /// The id of a property; empty if it is not known.
    #[must_use]
    pub fn id(&self, role: &str) -> &str {
        self.roles.get(role).map_or("", String::as_str)
    }

    /// The property with a role.
    #[must_use]
    pub fn property(&self, role: &str) -> Option<&Property> {
        self.roles.get(role).and_then(|id| self.all.iter().find(|one| one.id == *id))
    }

    /// The property of the titles.
    #[must_use]
    pub fn title(&self) -> Option<&Property> {
        self.all.iter().find(|one| one.kind == "title")
    }

    /// Finds a property by its known id, else by its name. The error says what a person has to change in Notion.
    fn find(&mut self, role: &str, kind: &str) -> Result<(), String> {
        let by_id = self.roles.get(role).and_then(|id| self.all.iter().find(|one| one.id == *id));
        let found = by_id.or_else(|| self.all.iter().find(|one| one.name.trim() == role));
        let shown = shown(kind);
        match found {
            Some(one) if one.kind == kind => {
                let id = one.id.clone();
                self.roles.insert(role.to_owned(), id);
                Ok(())
            }
            Some(one) => Err(format!("change the type of {:?} from {} to {shown}", one.name, one.kind)),
            None if kind == "relation" => {
                Err(format!("add the property {role:?} of the type {shown}, which relates to the same database"))
            }
            None => Err(format!("add the property {role:?} of the type {shown}")),
        }
    }
}

/// The name of a type in Notion's menu.
fn shown(kind: &str) -> &str {
    match kind {
        "rich_text" => "Text",
        "select" => "Select",
        "relation" => "Relation",
        "date" => "Date",
        other => other,
    }
}

fn stored(own: &dyn Writable, source: &str) -> Result<BTreeMap<String, String>, Error> {
    own.execute(TABLE, &[])?;
    let found = own.query("SELECT properties FROM targets WHERE source = ?1", &[source.into()])?;
    let Some(row) = found.rows.first() else { return Ok(BTreeMap::new()) };
    serde_json::from_str(&crate::store::text(row, 0))
        .map_err(|error| Error::Permanent(format!("the plugin's tables are damaged: {error}")))
}
