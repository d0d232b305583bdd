//! The properties of a data source. A property is identified by its id, which does not change when the property is renamed.

pub use baton_plugin_kit::notion::{Property, decoded, properties};

/// True if the values of rows that were not edited may have changed, because there are new properties or types.
#[must_use]
pub fn has_new_values(before: &[Property], after: &[Property]) -> bool {
    after.iter().any(|one| !before.iter().any(|old| old.id == one.id && old.kind == one.kind))
}

/// The edits of the first row that a CSV file needs before it can be pushed. `known` are the properties when the file
/// was written, `live` the current ones.
#[must_use]
pub fn differences(header: &[String], known: &[Property], live: &[Property]) -> Vec<String> {
    let mut edits = Vec::new();
    for name in header.iter().filter(|name| !name.is_empty()) {
        let now = live.iter().find(|one| one.name.trim() == name);
        // A person may have given the column the new name of its property.
        let renamed = || known.iter().find(|one| now.is_some_and(|now| now.id == one.id));
        let was = known.iter().find(|one| one.name.trim() == name).or_else(renamed);
        let same_id = was.and_then(|was| live.iter().find(|one| one.id == was.id));
        match (was, same_id, now) {
            (Some(was), Some(now), _) if was.kind != now.kind => edits.push(format!(
                "the type of {name:?} changed from {} to {}: remove the column, or read the database again",
                was.kind, now.kind
            )),
            (Some(_), Some(now), _) if now.name.trim() != name => {
                edits.push(format!("the property {name:?} is now called {:?}: rename the column in row 1", now.name));
            }
            (Some(_), None, _) => edits.push(format!("Notion no longer has the property {name:?}: remove the column")),
            (None, _, None) => {
                edits.push(format!("Notion has no property {name:?}: remove or rename the column in row 1"));
            }
            _ => {}
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn property(id: &str, name: &str, kind: &str) -> Property {
        Property { id: id.to_owned(), name: name.to_owned(), kind: kind.to_owned() }
    }

    #[test]
    fn the_title_is_first_and_ids_are_decoded() {
        let described =
            json!({ "BPM": { "id": "J%40cT", "type": "number" }, "Name": { "id": "title", "type": "title" } });
        let all = properties(described.as_object().unwrap());
        assert_eq!(all, [property("title", "Name", "title"), property("J@cT", "BPM", "number")]);
    }

    #[test]
    fn each_changed_property_has_the_edit_that_helps() {
        let known = [property("a", "A", "number"), property("b", "B", "select"), property("c", "C", "url")];
        let live = [property("a", "Alpha", "number"), property("b", "B", "rich_text"), property("d", "D", "url")];
        let header = ["A", "B", "C", "D", "E"].map(str::to_owned);
        let edits = differences(&header, &known, &live);
        let begins = [
            "the property \"A\" is now called \"Alpha\"",
            "the type of \"B\" changed",
            "Notion no longer has",
            "Notion has no property \"E\"",
        ];
        assert_eq!(edits.len(), 4, "{edits:?}");
        assert!(edits.iter().zip(begins).all(|(edit, begin)| edit.starts_with(begin)), "{edits:?}");
        let renamed_and_changed = [property("a", "Alpha", "rich_text")];
        assert_eq!(differences(&["Alpha".to_owned()], &known, &renamed_and_changed).len(), 1);
        assert!(has_new_values(&known, &live) && !has_new_values(&known, &known));
    }
}
