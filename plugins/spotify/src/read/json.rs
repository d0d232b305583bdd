//! Reads JSON of any length as a stream: one element of a list after another, each as the type that the caller wants. Fields that the type
//! does not have are never stored.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::marker::PhantomData;

use baton_plugin_kit::csv_file::MOST_BYTES;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::error::Category;

use super::bounds::{MOST_ROWS, too_large};
use super::find_exports::FoundFile;
use super::lenient_fields::Object;

/// Passes the objects of a list to `each`, and `None` for any other element.
pub(super) struct EachObject<'a, T> {
    each: &'a mut dyn FnMut(Option<T>),
}

impl<'a, T> EachObject<'a, T> {
    /// Reads at most the number of elements that one file may have.
    pub(super) fn new(each: &'a mut dyn FnMut(Option<T>)) -> Self {
        Self { each }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for EachObject<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        struct List<'a, T>(EachObject<'a, T>, PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<'_, T> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
                let mut count = 0;
                while let Some(Object(element)) = list.next_element::<Object<T>>()? {
                    count += 1;
                    if count > MOST_ROWS {
                        return Err(A::Error::custom(too_many()));
                    }
                    (self.0.each)(element);
                }
                Ok(())
            }
        }
        from.deserialize_seq(List(self, PhantomData))
    }
}

/// Reads a file that is one list.
pub(super) fn list<T: for<'de> Deserialize<'de>>(
    found: &FoundFile,
    each: &mut dyn FnMut(Option<T>),
) -> Result<(), String> {
    with(found, EachObject::new(each))
}

/// Reads a file with a [`DeserializeSeed`].
pub(super) fn with<S: for<'de> DeserializeSeed<'de>>(found: &FoundFile, seed: S) -> Result<(), String> {
    if found.size > MOST_BYTES {
        return Err(too_large(found.size));
    }
    let file = File::open(&found.path).map_err(|error| error.to_string())?;
    let mut reader = BufReader::with_capacity(64 << 10, file.take(MOST_BYTES));
    skip_mark(&mut reader)?;
    let mut json = serde_json::Deserializer::from_reader(reader);
    seed.deserialize(&mut json).map_err(|error| error_text(&error))?;
    json.end().map_err(|error| error_text(&error))
}

/// The position of an error in a file, and the expected value. The message of the error is not used: it quotes the content, which may
/// be an address or a name that must not be stored.
fn error_text(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        Category::Io => format!("it cannot be read after {place}"),
        Category::Eof => format!("it is not the expected JSON: it ends in {place}"),
        Category::Syntax => format!("it is not the expected JSON: {place} cannot be read"),
        Category::Data if error.to_string().starts_with(&too_many()) => too_many(),
        Category::Data => {
            format!("it is not the expected JSON: the value in {place} is not {}", shape(error))
        }
    }
}

fn too_many() -> String {
    format!("more than {MOST_ROWS} entries")
}

/// The value that a visitor expected, as an error message names it. The message has it at its end, after the wrong value.
fn shape(error: &serde_json::Error) -> &'static str {
    let text = error.to_string();
    let expected = text.rsplit_once(", expected ").map_or("", |(_, expected)| expected);
    let shapes = ["an object with a list `tracks`", "an object with a list `playlists`", "a list"];
    shapes.into_iter().find(|shape| expected.starts_with(shape)).unwrap_or("belongs there")
}

/// Skips a byte order mark.
fn skip_mark(reader: &mut impl std::io::BufRead) -> Result<(), String> {
    let begun = reader.fill_buf().map_err(|error| error.to_string())?;
    if begun.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    Ok(())
}
