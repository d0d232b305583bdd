//! Rows of every type are the same after writing and reading a CSV.

use drive_sync::table::{Csv, Kind, Row, Value, format, parse, parse_csv, render_csv};
use proptest::prelude::*;

/// The name of a type and a value of it.
fn typed() -> impl Strategy<Value = (&'static str, Value)> {
    let texts = prop::sample::select(vec![
        "title",
        "rich_text",
        "select",
        "status",
        "url",
        "email",
        "phone_number",
        "unique_id",
    ]);
    let lists = prop::sample::select(vec!["multi_select", "people", "relation", "files"]);
    let dates = prop::sample::select(vec!["date", "created_time", "last_edited_time"]);
    let others = prop::sample::select(vec!["formula", "rollup", "a type of tomorrow"]);
    let moment = "20[0-9]{2}-0[1-9]-[012][1-8](T[01][0-9]:[0-5][0-9]:[0-5][0-9]Z)?";
    let item = prop_oneof!["(?s).{0,6}", "[a-z ]{1,8}", "[\\[\\],\"\r\n]{0,4}"];
    prop_oneof![
        (texts, "(?s).{1,20}").prop_map(|(kind, text)| (kind, Value::Text(text))),
        (lists, prop::collection::vec(item, 1..5)).prop_map(|(kind, items)| (kind, Value::List(items))),
        (dates, moment, prop::option::of(moment)).prop_map(|(kind, start, end)| (kind, Value::Date { start, end })),
        (others, "(?s).{0,9}").prop_map(|(kind, text)| (kind, Value::Json(serde_json::Value::from(text).to_string()))),
        any::<bool>().prop_map(|yes| ("checkbox", Value::Checkbox(yes))),
        any::<i64>().prop_map(|number| ("number", Value::Number(number.to_string()))),
        Just(("number", Value::Empty)),
    ]
}

proptest! {
    #[test]
    fn rows_of_every_type_are_equal_after_writing_and_reading(values in prop::collection::vec(typed(), 1..12), rows in 1_usize..4) {
        let row = |number: usize| Row {
            page_id: format!("p{number}"),
            synced: String::new(),
            cells: values.iter().map(|(_, value)| format(value)).collect(),
        };
        let csv = Csv {
            header: (0..values.len()).map(|number| format!("column {number}")).collect(),
            kinds: values.iter().map(|(kind, _)| (*kind).to_owned()).collect(),
            rows: (0..rows).map(row).collect(),
            ..Csv::default()
        };
        let read = parse_csv(&render_csv(&csv).unwrap()).unwrap();
        for row in &read.rows {
            for ((kind, cell), (_, value)) in read.kinds.iter().zip(&row.cells).zip(&values) {
                prop_assert_eq!(&parse(Kind::from_name(kind), cell), &Ok(value.clone()));
            }
        }
    }
}
