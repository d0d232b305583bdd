use baton_tests::djay_library::Style;
use baton_tests::djay_library::tsaf::{Tree, encode};
use proptest::prelude::*;

use super::{Blob, Document, Fault, FaultKind, NumberedValue, Url, Value, decode};

const STYLES: [Style; 2] = [Style::Mac, Style::Windows];

/// Rebuilds the tree from which a document was written. The first reference to a numbered value becomes the value; each later
/// reference becomes the number of the value.
fn tree(document: &Document<'_>) -> Tree {
    value_tree(document, document.root(), &mut 0)
}

fn value_tree(document: &Document<'_>, value: &Value<'_>, next: &mut usize) -> Tree {
    match value {
        Value::Nil => Tree::Nil,
        Value::Bool(flag) => Tree::Bool(*flag),
        Value::Integer(number) => Tree::Integer(*number),
        Value::Large(number) => Tree::Large(*number),
        Value::Real(number) => Tree::Real(*number),
        Value::Text(text) => Tree::text(text),
        Value::Url(url) => url_tree(url),
        Value::Numbered(number) if number < next => Tree::Again(*number),
        Value::Numbered(number) => {
            assert_eq!(number, next, "values are numbered in the order in which they begin");
            *next += 1;
            match &document.numbered_values()[*number] {
                NumberedValue::Date(seconds) => Tree::Date(*seconds),
                NumberedValue::Data(bytes) => Tree::Data(bytes.to_vec()),
                NumberedValue::Array(items) => {
                    Tree::Array(items.iter().map(|item| value_tree(document, item, next)).collect())
                }
                NumberedValue::Object { class, fields } => {
                    let field =
                        |(key, value): &(&str, Value<'_>)| ((*key).to_owned(), value_tree(document, value, &mut *next));
                    Tree::Object((*class).to_owned(), fields.iter().map(field).collect())
                }
            }
        }
    }
}

fn url_tree(url: &Url<'_>) -> Tree {
    Tree::Url(url.text.to_owned(), url.base.as_deref().map(|base| Box::new(url_tree(base))))
}

/// Makes a generated tree valid: the tree gets only numbers that the style (Mac or Windows) writes, and references only to
/// values that have begun.
fn make_valid(tree: Tree, style: Style, begun: &mut usize) -> Tree {
    #[expect(clippy::cast_precision_loss, reason = "generated numbers are exact")]
    match tree {
        Tree::Integer(number) if style == Style::Windows => Tree::Real(number as f64),
        Tree::Again(_) if *begun == 0 => Tree::Nil,
        Tree::Again(number) => Tree::Again(number % *begun),
        Tree::Data(_) | Tree::Date(_) => {
            *begun += 1;
            tree
        }
        Tree::Array(items) => {
            *begun += 1;
            Tree::Array(items.into_iter().map(|item| make_valid(item, style, begun)).collect())
        }
        Tree::Object(class, fields) => {
            *begun += 1;
            let field = |(key, value)| (key, make_valid(value, style, begun));
            Tree::Object(class, fields.into_iter().map(field).filter(|(_, value)| *value != Tree::Nil).collect())
        }
        other => other,
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "[^\\x00]{0,12}"]
}

fn url() -> impl Strategy<Value = Tree> {
    text()
        .prop_map(|text| Tree::Url(text, None))
        .prop_recursive(3, 3, 1, |base| (text(), base).prop_map(|(text, base)| Tree::Url(text, Some(Box::new(base)))))
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let real = prop_oneof![any::<f32>().prop_map(f64::from), any::<f64>()].prop_filter("is a number", |n| !n.is_nan());
    let leaf = prop_oneof![
        Just(Tree::Nil),
        any::<bool>().prop_map(Tree::Bool),
        prop_oneof![-3_i64..300, -40_000_i64..40_000, -2_147_483_648_i64..4_294_967_296, 0_i64..1 << 53]
            .prop_map(Tree::Integer),
        ((1_u64 << 63)..u64::MAX).prop_map(Tree::Large),
        real.clone().prop_map(Tree::Real),
        text().prop_map(Tree::Text),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(Tree::Data),
        real.prop_map(Tree::Date),
        url(),
        (0_usize..20).prop_map(Tree::Again),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        let field = (text(), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Tree::Array),
            (text(), prop::collection::vec(field, 0..6)).prop_map(|(class, fields)| Tree::Object(class, fields)),
        ]
    })
}

fn generated() -> impl Strategy<Value = (Tree, Vec<u8>)> {
    (any_tree(), prop::sample::select(STYLES.to_vec())).prop_map(|(tree, style)| {
        let tree = make_valid(tree, style, &mut 0);
        let blob = encode(&tree, style);
        (tree, blob)
    })
}

proptest! {
    #[test]
    fn encoded_trees_are_decoded((written, blob) in generated()) {
        prop_assert_eq!(tree(&decode(&blob).unwrap()), written);
    }

    #[test]
    fn a_blob_that_is_cut_fails((_, blob) in generated(), at in any::<prop::sample::Index>()) {
        prop_assert!(decode(&blob[..at.index(blob.len())]).is_err());
    }

    #[test]
    fn a_changed_bit_of_the_header_fails((_, blob) in generated(), bit in 0..160_usize) {
        let mut blob = blob;
        blob[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(decode(&blob).is_err());
    }

    #[test]
    fn a_changed_bit_fails_or_changes_the_content(
        (written, blob) in generated(), at in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let mut blob = blob;
        let at = at.index(blob.len());
        blob[at] ^= 1_u8 << bit;
        if let Ok(document) = decode(&blob) {
            // Compares texts, because the numbers 0.0 and -0.0 are equal.
            prop_assert_ne!(format!("{:?}", tree(&document)), format!("{written:?}"));
        }
    }

    #[test]
    fn no_bytes_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Blob::decode(&bytes);
        let mut framed = encode(&Tree::Nil, Style::Mac);
        framed.truncate(20);
        framed.extend(bytes);
        let _ = decode(&framed);
    }
}

/// A blob with these counts and this body.
fn blob(objects: u32, strings: u32, body: &[u8]) -> Vec<u8> {
    let mut blob = b"TSAF\x03\0\x03\0".to_vec();
    for count in [objects, 0, strings] {
        blob.extend(count.to_le_bytes());
    }
    blob.extend(body);
    blob
}

fn fault(objects: u32, strings: u32, body: &[u8]) -> Fault {
    decode(&blob(objects, strings, body)).unwrap_err()
}

#[test]
fn a_track_whose_title_is_its_artist_has_both() {
    let blob = blob(1, 4, b"+\x08C\0\x08Low\0\x08title\0\x05\x01\x08artist\0\0");
    let document = decode(&blob).unwrap();
    let track = document.object("C").unwrap();
    assert_eq!((track.text("title"), track.text("artist")), (Ok(Some("Low")), Ok(Some("Low"))));
    assert_eq!(track.text("genre"), Ok(None));
    assert!(document.object("D").is_err());
}

#[test]
fn repeated_keys_and_references_to_objects_are_read() {
    let body = b"+\x08C\0+\x08P\0\x0F\x07\x08n\0\0\x08stamp\0\x02\x01\x05\x03\0";
    let blob = blob(2, 4, body);
    let document = decode(&blob).unwrap();
    let root = document.object("C").unwrap();
    assert_eq!(root.object("stamp").unwrap().unwrap().integer("n"), Ok(Some(7)));
    assert!(root.text("stamp").is_err() && root.date("stamp").is_err() && root.addresses("stamp").is_err());
}

#[test]
fn numbers_are_read_at_their_aligned_positions() {
    // 20: tag, 21: pad, 22: i16; 24: tag, 28: i32; 32: tag, 36: u32; 40: tag, 44: u32; 48: tag, 56: u64.
    let mut body = vec![0x0B, 0, 0, 0, 12, 0, 0, 0];
    let mut put = |tag: u8, size: usize, bytes: &[u8]| {
        body.push(tag);
        body.resize((20 + body.len()).next_multiple_of(size) - 20, 0);
        body.extend(bytes);
    };
    put(0x0A, 2, &(-2_i16).to_le_bytes());
    put(0x0C, 4, &(-3_i32).to_le_bytes());
    put(0x11, 4, &u32::MAX.to_le_bytes());
    put(0x1A, 4, &4_u32.to_le_bytes());
    put(0x12, 8, &5_u64.to_le_bytes());
    put(0x12, 8, &u64::MAX.to_le_bytes());
    put(0x13, 4, &1.5_f32.to_le_bytes());
    put(0x14, 8, &2.5_f64.to_le_bytes());
    put(0x2D, 1, &[]);
    put(0x2E, 1, &[]);
    put(0x0D, 1, &[]);
    put(0x0E, 1, &[]);
    let blob = blob(1, 0, &body);
    let document = decode(&blob).unwrap();
    let NumberedValue::Array(items) = &document.numbered_values()[0] else { panic!("an array") };
    let whole = [-2, -3, i64::from(u32::MAX), 4, 5].map(Value::Integer);
    assert_eq!(items[..5], whole);
    assert_eq!(items[5..8], [Value::Large(u64::MAX), Value::Real(1.5), Value::Real(2.5)]);
    assert_eq!(items[8..], [Value::Integer(1), Value::Integer(0), Value::Bool(true), Value::Bool(false)]);
}

#[test]
fn references_are_as_wide_as_the_tables_need() {
    for many in [255, 256, 257, 70_000] {
        let names = (0..many).map(|number| Tree::Text(number.to_string()));
        let dates = (0..many).map(|_| Tree::Date(1.0));
        let last = [Tree::Text((many - 1).to_string()), Tree::Again(many - 1), Tree::text("0"), Tree::Again(0)];
        let written = Tree::Array(names.chain(dates).chain(last).collect());
        let blob = encode(&written, Style::Mac);
        let document = decode(&blob).unwrap();
        assert_eq!(tree(&document), written, "{many}");
        assert_eq!(document.has_wide_references(), many > 256, "{many}");
    }
}

/// Checks reader and generator with blobs that djay or a third program wrote. Otherwise an error that both share would stay
/// unnoticed.
#[test]
fn blobs_of_other_programs_are_written_again_byte_by_byte() {
    let mut written = 0;
    for entry in baton_tests::corpora("djay-blobs").iter().flat_map(|blobs| std::fs::read_dir(blobs).unwrap()) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "bin") {
            let bytes = std::fs::read(&path).unwrap();
            let document = decode(&bytes).unwrap();
            assert!(!document.has_wide_references());
            let tree = tree(&document);
            assert!(
                [Style::Mac, Style::Windows].iter().any(|style| encode(&tree, *style) == bytes),
                "{}",
                path.display()
            );
            written += 1;
        }
    }
    assert!(written >= 8, "{written} blobs");
}

#[test]
fn faults_have_position_tag_and_reason() {
    let text = |fault: Fault| fault.to_string();
    assert_eq!(text(fault(0, 0, &[0x99])), "at byte 21 (tag 99): the tag is unknown");
    assert_eq!(fault(0, 0, b"\x05\x00").why, FaultKind::NoSuchString { number: 0, known: 0 });
    assert_eq!(fault(0, 0, b"\x02\x00").why, FaultKind::NoObject { number: 0, known: 0 });
    assert_eq!(fault(0, 1, b"\x08\xff\0").why, FaultKind::NoUtf8);
    assert_eq!(fault(0, 1, b"\x08abc").why, FaultKind::Cut);
    assert_eq!(fault(1, 0, &[0x0B, 0, 0, 0, 9, 0, 0, 0, 0]).why, FaultKind::TooMany { count: 9, left: 1 });
    assert_eq!(fault(1, 0, &[0x15, 0, 0, 0, 9, 0, 0, 0, 0]).why, FaultKind::TooMany { count: 9, left: 1 });
    assert_eq!(fault(1, 0, &[0x15, 0, 0, 0, 1, 0, 0, 0, 7, 0, 1, 0]).why, FaultKind::Padding);
    assert_eq!(fault(1, 0, &[0x0B, 1, 0, 0, 0, 0, 0, 0]).why, FaultKind::Padding);
    assert_eq!(fault(1, 0, b"+\x0F").why, FaultKind::NoString);
    assert_eq!(fault(0, 1, b"\x21\x08a\0\x2D").why, FaultKind::NoBase);
    assert_eq!(text(fault(0, 0, &[0, 0])), "at byte 21: there are bytes after the last value");
    assert_eq!(text(fault(2, 0, &[0])), "at byte 21: the header declares 2 objects, but the blob has 0");
    assert_eq!(text(fault(0, 1, &[0])), "at byte 21: the header declares 1 strings, but the blob has 0");
    assert_eq!(text(decode(b"SQLite").unwrap_err()), "at byte 0: it does not begin with TSAF");
    assert_eq!(decode(b"TSAF\x04\0\x03\0").unwrap_err().why, FaultKind::Version { first: 4, second: 3 });
    assert_eq!(decode(b"TSAF").unwrap_err().why, FaultKind::Cut);
}

#[test]
fn too_deep_nesting_is_a_fault() {
    let nest = |deep: usize| (0..deep).fold(Tree::Nil, |inner, _| Tree::Array(vec![inner]));
    assert!(decode(&encode(&nest(64), Style::Mac)).is_ok());
    let blob = encode(&nest(65), Style::Mac);
    assert_eq!(decode(&blob).unwrap_err().why, FaultKind::TooDeep);
    let urls = (0..100).fold(None, |base, _| Some(Box::new(Tree::Url("a".to_owned(), base)))).unwrap();
    assert_eq!(decode(&encode(&urls, Style::Mac)).unwrap_err().why, FaultKind::TooDeep);
}

#[test]
fn a_property_list_is_recognised() {
    assert!(matches!(Blob::decode(b"bplist00\xd1"), Ok(Blob::BinaryPlist)));
    assert!(Blob::decode(b"").is_err());
}
