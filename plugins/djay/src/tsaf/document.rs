//! The decoded document: values, the numbered values that they refer to, and the fields of objects by name and type.
//!
//! A field of a wrong type is a mismatch, not an absent field: reading the record fails.

use std::borrow::Cow;
use std::fmt;

/// A value. Numbered values are in the document's table, so that a value can refer to a value that contains it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Null.
    Nil,
    /// A Boolean.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// An integer above the range of `Integer`.
    Large(u64),
    /// Any other number; on Windows every number.
    Real(f64),
    /// A string.
    Text(&'a str),
    /// An address.
    Url(Url<'a>),
    /// A reference to a numbered value.
    Numbered(usize),
}

/// An address and its base.
#[derive(Clone, Debug, PartialEq)]
pub struct Url<'a> {
    /// The address, as written.
    pub text: &'a str,
    /// Its base.
    pub base: Option<Box<Self>>,
}

impl<'a> Url<'a> {
    /// The complete address; `None` if its base is unknown or the address is longer than 4 KiB.
    #[must_use]
    pub fn whole(&self) -> Option<Cow<'a, str>> {
        let whole = match &self.base {
            Some(base) if !has_scheme(self.text) => Cow::Owned(resolved(&base.whole()?, self.text)?),
            _ => Cow::Borrowed(self.text),
        };
        Some(whole).filter(|whole| is_short(whole))
    }
}

fn has_scheme(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_part))
}

/// Adds a relative path to the folder of `base`, or a path that begins with `/` to the host of `base`. Rejects `.` and `..`.
fn resolved(base: &str, text: &str) -> Option<String> {
    if text.starts_with("//") || text.split('/').any(|part| part == "." || part == "..") {
        return None;
    }
    let (scheme, rest) = base.split_once("://")?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let kept = if text.starts_with('/') {
        rest.split('/').next().unwrap_or_default()
    } else {
        rest.rsplit_once('/').and_then(|(folder, _)| rest.get(..=folder.len()))?
    };
    Some(format!("{scheme}://{kept}{text}"))
}

/// A numbered value.
#[derive(Clone, Debug, PartialEq)]
pub enum NumberedValue<'a> {
    /// An object; a key can occur twice.
    Object {
        /// Its class.
        class: &'a str,
        /// Its fields, in order.
        fields: Vec<(&'a str, Value<'a>)>,
    },
    /// Values in order.
    Array(Vec<Value<'a>>),
    /// Seconds since 2001-01-01 UTC.
    Date(f64),
    /// Bytes.
    Data(&'a [u8]),
}

/// A decoded blob.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<'a> {
    pub(super) root: Value<'a>,
    pub(super) numbered_values: Vec<NumberedValue<'a>>,
    pub(super) has_wide_references: bool,
}

/// A field of a wrong type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its name; empty for the value of the blob.
    pub key: String,
    /// The expected type.
    pub wanted: &'static str,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "it is not {} {}", article(self.wanted), self.wanted)
        } else {
            write!(f, "`{}` is not {} {}", self.key.escape_debug(), article(self.wanted), self.wanted)
        }
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "an" } else { "a" }
}

/// True if a text has at most 4 KiB. A blob stores each string once and refers to it by number, so without this limit a small
/// blob could expand to much memory.
fn is_short(text: &str) -> bool {
    text.len() <= 4_096
}

impl<'a> Document<'a> {
    /// The value of the blob.
    #[must_use]
    pub fn root(&self) -> &Value<'a> {
        &self.root
    }

    /// True if the blob has references of more than one byte (tags 03, 04, 06, 07). No known blob has such references; they
    /// are read like those of one byte.
    #[must_use]
    pub fn has_wide_references(&self) -> bool {
        self.has_wide_references
    }

    /// All numbered values.
    #[must_use]
    pub fn numbered_values(&self) -> &[NumberedValue<'a>] {
        &self.numbered_values
    }

    /// The value of the blob as an object.
    ///
    /// # Errors
    /// If the value has another type or class.
    pub fn object(&self, class: &'static str) -> Result<Object<'_, 'a>, Mismatch> {
        let mismatch = Mismatch { key: String::new(), wanted: class };
        self.object_at(&self.root).filter(|object| object.class == class).ok_or(mismatch)
    }

    fn numbered_value(&self, value: &Value<'a>) -> Option<&NumberedValue<'a>> {
        if let Value::Numbered(number) = value { self.numbered_values.get(*number) } else { None }
    }

    fn object_at(&self, value: &Value<'a>) -> Option<Object<'_, 'a>> {
        match self.numbered_value(value)? {
            NumberedValue::Object { class, fields } => Some(Object { document: self, class, fields }),
            _ => None,
        }
    }
}

/// An object of a document.
#[derive(Clone, Copy, Debug)]
pub struct Object<'d, 'a> {
    document: &'d Document<'a>,
    /// Its class.
    pub class: &'a str,
    fields: &'d [(&'a str, Value<'a>)],
}

impl<'d, 'a> Object<'d, 'a> {
    /// The first non-null value of a field.
    fn get(&self, key: &str) -> Option<&'d Value<'a>> {
        self.fields.iter().find(|(known, value)| *known == key && *value != Value::Nil).map(|(_, value)| value)
    }

    fn typed<T>(
        &self,
        key: &str,
        wanted: &'static str,
        read: impl FnOnce(&'d Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, Mismatch> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| Mismatch { key: key.to_owned(), wanted }),
        }
    }

    /// A string of at most 4 KiB.
    ///
    /// # Errors
    /// If the field has another type, or is longer.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, Mismatch> {
        let text = self.typed(key, "string", |value| if let Value::Text(text) = value { Some(*text) } else { None })?;
        let wanted = "string of at most 4096 bytes";
        if text.is_none_or(is_short) { Ok(text) } else { Err(Mismatch { key: key.to_owned(), wanted }) }
    }

    /// A number.
    ///
    /// # Errors
    /// If the field has another type, or is not finite.
    #[expect(clippy::cast_precision_loss, reason = "djay itself keeps lengths and tempos as f32")]
    pub fn number(&self, key: &str) -> Result<Option<f64>, Mismatch> {
        self.typed(key, "number", |value| match value {
            Value::Integer(number) => Some(*number as f64),
            Value::Large(number) => Some(*number as f64),
            Value::Real(number) => number.is_finite().then_some(*number),
            _ => None,
        })
    }

    /// An integer, also in the form 3.0 of Windows.
    ///
    /// # Errors
    /// If the field has another type.
    #[expect(clippy::cast_possible_truncation, reason = "the guard checks that it is whole and small")]
    pub fn integer(&self, key: &str) -> Result<Option<i64>, Mismatch> {
        /// Each integer up to here has an exact f64.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        self.typed(key, "whole number", |value| match value {
            Value::Integer(number) => Some(*number),
            Value::Real(number) if number.fract() == 0.0 && number.abs() <= EXACT => Some(*number as i64),
            _ => None,
        })
    }

    /// A date, also as a number: seconds since 2001-01-01 UTC.
    ///
    /// # Errors
    /// If the field has another type.
    #[expect(clippy::cast_precision_loss, reason = "seconds of the calendar's years are exact")]
    pub fn date(&self, key: &str) -> Result<Option<f64>, Mismatch> {
        self.typed(key, "date", |value| match (value, self.document.numbered_value(value)) {
            (Value::Integer(seconds), _) => Some(*seconds as f64),
            (_, Some(NumberedValue::Date(seconds))) | (Value::Real(seconds), _) => Some(*seconds),
            _ => None,
        })
    }

    /// A string, or an integer in place of a string.
    ///
    /// # Errors
    /// If the field has another type.
    pub fn word(&self, key: &str) -> Result<Option<String>, Mismatch> {
        match self.text(key) {
            Ok(text) => Ok(text.filter(|text| !text.is_empty()).map(str::to_owned)),
            Err(_) => self.integer(key).map(|number| number.map(|number| number.to_string())),
        }
    }

    /// An object.
    ///
    /// # Errors
    /// If the field has another type.
    pub fn object(&self, key: &str) -> Result<Option<Self>, Mismatch> {
        self.typed(key, "object", |value| self.document.object_at(value))
    }

    /// The objects of an array; empty if it is absent.
    ///
    /// # Errors
    /// If the field or an item has another type.
    pub fn objects(&self, key: &str) -> Result<Vec<Self>, Mismatch> {
        self.items(key, "array of objects", |value| self.document.object_at(value))
    }

    /// The addresses of an array, and the number of invalid ones: empty, above 4 KiB, or with an unknown base.
    ///
    /// # Errors
    /// If the field has another type.
    pub fn addresses(&self, key: &str) -> Result<(Vec<Cow<'a, str>>, usize), Mismatch> {
        let all = self.items(key, "array of addresses", |value| {
            Some(match value {
                Value::Url(url) => url.whole(),
                Value::Text(text) => Some(Cow::Borrowed(*text)).filter(|text| is_short(text)),
                _ => None,
            })
        })?;
        let odd = all.iter().filter(|address| address.is_none()).count();
        Ok((all.into_iter().flatten().collect(), odd))
    }

    /// The strings of an array; empty if it is absent.
    ///
    /// # Errors
    /// If the field or an item has another type.
    pub fn texts(&self, key: &str) -> Result<Vec<&'a str>, Mismatch> {
        self.items(key, "array of strings", |value| if let Value::Text(text) = value { Some(*text) } else { None })
    }

    fn items<T>(
        &self,
        key: &str,
        wanted: &'static str,
        read: impl Fn(&'d Value<'a>) -> Option<T>,
    ) -> Result<Vec<T>, Mismatch> {
        let list = self.typed(key, wanted, |value| match self.document.numbered_value(value) {
            Some(NumberedValue::Array(items)) => items.iter().map(read).collect::<Option<Vec<T>>>(),
            _ => None,
        })?;
        Ok(list.unwrap_or_default())
    }
}
