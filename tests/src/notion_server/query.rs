//! The filters and sorts of queries and views.

use baton_plugin_kit::time;
use serde_json::Value;

use super::model::FakeRow;
use super::values::BEGIN;

/// The filter of a query: limits of the creation or edit time, and conditions for text properties.
#[derive(Default)]
pub(super) struct Filter {
    /// Each limit has three values: true for the creation time, false for the edit time; true for a lower limit, false for
    /// an upper one; and the minutes since [`BEGIN`].
    bounds: Vec<(bool, bool, i64)>,
    texts: Vec<TextFilter>,
}

/// A condition for a text property. As in Notion, case is ignored.
struct TextFilter {
    /// The id of the property.
    property: String,
    is_whole: bool,
    text: String,
}

impl TextFilter {
    fn accepts(&self, row: &FakeRow) -> bool {
        let pieces = row.values.get(&self.property).and_then(|value| value.get("rich_text")?.as_array());
        let text: String = pieces.into_iter().flatten().filter_map(|piece| piece.get("plain_text")?.as_str()).collect();
        let (text, wanted) = (text.to_lowercase(), self.text.to_lowercase());
        if self.is_whole { text == wanted } else { text.starts_with(&wanted) }
    }
}

impl Filter {
    pub(super) fn accepts(&self, row: &FakeRow) -> bool {
        self.texts.iter().all(|text| text.accepts(row))
            && self.bounds.iter().all(|(is_created, is_from, at)| {
                let own = if *is_created { row.created } else { row.edited };
                if *is_from { own >= *at } else { own <= *at }
            })
    }
}

pub(super) fn filter(value: &Value) -> Option<Filter> {
    if let Some(all) = value.get("and").and_then(Value::as_array) {
        let mut both = Filter::default();
        for one in all {
            let Filter { bounds, texts } = filter(one)?;
            both.bounds.extend(bounds);
            both.texts.extend(texts);
        }
        return Some(both);
    }
    if let Some(property) = value.get("property") {
        let condition = value.get("rich_text")?.as_object().filter(|condition| condition.len() == 1)?;
        let (operator, text) = condition.iter().next()?;
        let is_whole = match operator.as_str() {
            "equals" => true,
            "starts_with" => false,
            _ => return None,
        };
        let (property, text) = (property.as_str()?.to_owned(), text.as_str()?.to_owned());
        return Some(Filter { texts: vec![TextFilter { property, is_whole, text }], ..Filter::default() });
    }
    let name = value.get("timestamp")?.as_str().filter(|name| ["created_time", "last_edited_time"].contains(name))?;
    let condition = value.get(name)?.as_object().filter(|condition| condition.len() == 1)?;
    let (operator, at) = condition.iter().next()?;
    let minutes = (time::parse(at.as_str()?)? - BEGIN).div_euclid(60_000);
    let is_from = match operator.as_str() {
        "on_or_after" => true,
        "on_or_before" => false,
        _ => return None,
    };
    Some(Filter { bounds: vec![(name == "created_time", is_from, minutes)], ..Filter::default() })
}

/// The properties that a filter of `select` conditions names. `None` if the filter has any other condition.
pub(super) fn filter_properties(value: &Value) -> Option<Vec<String>> {
    if let Some(all) = value.get("and").and_then(Value::as_array) {
        return all.iter().map(filter_properties).collect::<Option<Vec<_>>>().map(|all| all.concat());
    }
    value.pointer("/select/equals")?.as_str()?;
    Some(vec![value.get("property")?.as_str()?.to_owned()])
}

pub(super) struct Sort {
    is_created: bool,
    is_descending: bool,
}

impl Sort {
    pub(super) fn key(&self, row: &FakeRow) -> i64 {
        let at = if self.is_created { row.created } else { row.edited };
        if self.is_descending { -at } else { at }
    }
}

pub(super) fn sorts(value: Option<&Value>) -> Option<Sort> {
    let Some(value) = value else { return Some(Sort { is_created: true, is_descending: true }) };
    let [one] = value.as_array()?.as_slice() else { return None };
    let is_created = match one.get("timestamp")?.as_str()? {
        "created_time" => true,
        "last_edited_time" => false,
        _ => return None,
    };
    let is_descending = match one.get("direction")?.as_str()? {
        "descending" => true,
        "ascending" => false,
        _ => return None,
    };
    Some(Sort { is_created, is_descending })
}
