//! JSON of any length, read as a stream: of a list one element after another, each in the shape that the caller wants, so that what
//! the shape does not name is never kept anywhere.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::marker::PhantomData;

use baton_plugin_kit::sheet::MOST_BYTES;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};

use super::content::{MOST_ROWS, too_large};
use super::found::Found;
use super::loose::Object;

/// Hands the objects of a list to `each`; whatever else stands in the list is handed on as nothing.
pub(super) struct Each<'a, T> {
    each: &'a mut dyn FnMut(Option<T>),
    most: usize,
}

impl<'a, T> Each<'a, T> {
    /// At most as many elements as are read of one file.
    pub(super) fn of(each: &'a mut dyn FnMut(Option<T>)) -> Self {
        Self { each, most: MOST_ROWS }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Each<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        struct List<'a, T>(Each<'a, T>, PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<'_, T> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
                let mut count = 0;
                while let Some(Object(element)) = list.next_element::<Object<T>>()? {
                    count += 1;
                    if count > self.0.most {
                        return Err(A::Error::custom(format!("more than {} entries", self.0.most)));
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
///
/// # Errors
/// When it is too large, breaks off, or is no such list; the text says where.
pub(super) fn list<T: for<'de> Deserialize<'de>>(found: &Found, each: &mut dyn FnMut(Option<T>)) -> Result<(), String> {
    with(found, Each::of(each))
}

/// Reads a file as a seed wants it.
///
/// # Errors
/// As [`list`].
pub(super) fn with<S: for<'de> DeserializeSeed<'de>>(found: &Found, seed: S) -> Result<(), String> {
    if found.size > MOST_BYTES {
        return Err(too_large(found.size));
    }
    let file = File::open(&found.path).map_err(|error| error.to_string())?;
    let mut reader = BufReader::with_capacity(64 << 10, file.take(MOST_BYTES));
    skip_mark(&mut reader)?;
    let mut json = serde_json::Deserializer::from_reader(reader);
    seed.deserialize(&mut json).map_err(|error| format!("it is no such JSON: {error}"))?;
    json.end().map_err(|error| format!("it is no such JSON: {error}"))
}

/// Goes over a byte order mark.
fn skip_mark(reader: &mut impl std::io::BufRead) -> Result<(), String> {
    let begun = reader.fill_buf().map_err(|error| error.to_string())?;
    if begun.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    Ok(())
}
