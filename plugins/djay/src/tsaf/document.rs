//! What was read: values, the things that they refer to, and an object's fields by name and kind.
//!
//! A field of another kind than it should have is a mismatch and not an absent field: the record that wants it fails and says
//! so.

use std::borrow::Cow;
use std::fmt;

/// A value. What is numbered lies in the document's table, so that a thing may be referred to from within itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Nil,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number above those.
    Large(u64),
    /// Any other number; on Windows all of them.
    Real(f64),
    /// A string.
    Text(&'a str),
    /// An address.
    Url(Url<'a>),
    /// The thing of that number.
    Thing(usize),
}

/// An address and what it is relative to.
#[derive(Clone, Debug, PartialEq)]
pub struct Url<'a> {
    /// The address as it is written.
    pub text: &'a str,
    /// What it is relative to.
    pub base: Option<Box<Self>>,
}

impl<'a> Url<'a> {
    /// The whole address; none where its base leads nowhere, or above 4 KiB.
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

/// A path below the folder of its base, or from its root; steps upwards are not followed.
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

/// What has a number.
#[derive(Clone, Debug, PartialEq)]
pub enum NumberedValue<'a> {
    /// An object of a class; a key may be there twice.
    Object {
        /// Its class.
        class: &'a str,
        /// Its fields in their order.
        fields: Vec<(&'a str, Value<'a>)>,
    },
    /// Values in order.
    Array(Vec<Value<'a>>),
    /// Seconds since 2001-01-01 UTC.
    Date(f64),
    /// Bytes.
    Data(&'a [u8]),
}

/// A whole blob.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<'a> {
    pub(super) root: Value<'a>,
    pub(super) things: Vec<NumberedValue<'a>>,
    pub(super) is_guessed: bool,
}

/// A field that is of another kind than it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its name; empty for the blob's own value.
    pub key: String,
    /// What it should be.
    pub wanted: &'static str,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "it is no {}", self.wanted)
        } else {
            write!(f, "`{}` is no {}", self.key.escape_debug(), self.wanted)
        }
    }
}

/// Strings are written once and referred to, so a small blob could ask for much memory.
fn is_short(text: &str) -> bool {
    text.len() <= 4_096
}

impl<'a> Document<'a> {
    /// The value of the blob.
    #[must_use]
    pub fn root(&self) -> &Value<'a> {
        &self.root
    }

    /// Whether it has references of more than one byte (tags 03, 04, 06, 07): how they are read follows from the others, and no real
    /// blob has shown it.
    #[must_use]
    pub fn is_guessed(&self) -> bool {
        self.is_guessed
    }

    /// All things by their numbers.
    #[must_use]
    pub fn things(&self) -> &[NumberedValue<'a>] {
        &self.things
    }

    /// The object that the blob is.
    ///
    /// # Errors
    /// When it is something else, or of another class.
    pub fn object(&self, class: &'static str) -> Result<Object<'_, 'a>, Mismatch> {
        let mismatch = Mismatch { key: String::new(), wanted: class };
        self.object_at(&self.root).filter(|object| object.class == class).ok_or(mismatch)
    }

    fn thing(&self, value: &Value<'a>) -> Option<&NumberedValue<'a>> {
        if let Value::Thing(number) = value { self.things.get(*number) } else { None }
    }

    fn object_at(&self, value: &Value<'a>) -> Option<Object<'_, 'a>> {
        match self.thing(value)? {
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
    /// The first value of that name that is something.
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
    /// When the field is something else, or longer.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, Mismatch> {
        let text = self.typed(key, "string", |value| if let Value::Text(text) = value { Some(*text) } else { None })?;
        let wanted = "string of at most 4096 bytes";
        if text.is_none_or(is_short) { Ok(text) } else { Err(Mismatch { key: key.to_owned(), wanted }) }
    }

    /// A number.
    ///
    /// # Errors
    /// When the field is something else, or not finite.
    #[expect(clippy::cast_precision_loss, reason = "djay itself keeps lengths and tempos as f32")]
    pub fn number(&self, key: &str) -> Result<Option<f64>, Mismatch> {
        self.typed(key, "number", |value| match value {
            Value::Integer(number) => Some(*number as f64),
            Value::Large(number) => Some(*number as f64),
            Value::Real(number) => number.is_finite().then_some(*number),
            _ => None,
        })
    }

    /// A whole number, also one that Windows writes as 3.0.
    ///
    /// # Errors
    /// When the field is something else.
    #[expect(clippy::cast_possible_truncation, reason = "it was checked to be whole and small")]
    pub fn integer(&self, key: &str) -> Result<Option<i64>, Mismatch> {
        /// Up to here each whole number is an f64 of its own.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        self.typed(key, "whole number", |value| match value {
            Value::Integer(number) => Some(*number),
            Value::Real(number) if number.fract() == 0.0 && number.abs() <= EXACT => Some(*number as i64),
            _ => None,
        })
    }

    /// A date, also one that is written as a number: seconds since 2001-01-01 UTC.
    ///
    /// # Errors
    /// When the field is something else.
    #[expect(clippy::cast_precision_loss, reason = "seconds of the calendar's years are exact")]
    pub fn date(&self, key: &str) -> Result<Option<f64>, Mismatch> {
        self.typed(key, "date", |value| match (value, self.document.thing(value)) {
            (Value::Integer(seconds), _) => Some(*seconds as f64),
            (_, Some(NumberedValue::Date(seconds))) | (Value::Real(seconds), _) => Some(*seconds),
            _ => None,
        })
    }

    /// A string, also where a whole number stands for a word.
    ///
    /// # Errors
    /// When the field is something else.
    pub fn word(&self, key: &str) -> Result<Option<String>, Mismatch> {
        match self.text(key) {
            Ok(text) => Ok(text.filter(|text| !text.is_empty()).map(str::to_owned)),
            Err(_) => self.integer(key).map(|number| number.map(|number| number.to_string())),
        }
    }

    /// An object.
    ///
    /// # Errors
    /// When the field is something else.
    pub fn object(&self, key: &str) -> Result<Option<Self>, Mismatch> {
        self.typed(key, "object", |value| self.document.object_at(value))
    }

    /// The objects of an array; none when it is absent.
    ///
    /// # Errors
    /// When the field is something else, or has something else in it.
    pub fn objects(&self, key: &str) -> Result<Vec<Self>, Mismatch> {
        self.items(key, "array of objects", |value| self.document.object_at(value))
    }

    /// The addresses of an array, none when it is absent, and how many entries are none: empty, above 4 KiB, or relative to an
    /// address that is not known.
    ///
    /// # Errors
    /// When the field is something else.
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

    /// The strings of an array; none when it is absent.
    ///
    /// # Errors
    /// When the field is something else, or has something else in it.
    pub fn texts(&self, key: &str) -> Result<Vec<&'a str>, Mismatch> {
        self.items(key, "array of strings", |value| if let Value::Text(text) = value { Some(*text) } else { None })
    }

    fn items<T>(
        &self,
        key: &str,
        wanted: &'static str,
        read: impl Fn(&'d Value<'a>) -> Option<T>,
    ) -> Result<Vec<T>, Mismatch> {
        let list = self.typed(key, wanted, |value| match self.document.thing(value) {
            Some(NumberedValue::Array(items)) => items.iter().map(read).collect::<Option<Vec<T>>>(),
            _ => None,
        })?;
        Ok(list.unwrap_or_default())
    }
}
