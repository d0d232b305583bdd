//! Encodes a tree as TSAF, the format of djay's objects, as macOS or Windows writes it.

use std::collections::HashMap;

/// The operating system of the djay that writes the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// An integer has the shortest tag that holds it. Another number is an f32 if that loses nothing, else an f64.
    Mac,
    /// All numbers are f64.
    Windows,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Nothing. Not allowed as a field, because it ends the object.
    Nil,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number that is too large for [`Tree::Integer`].
    Large(u64),
    /// Any other number.
    Real(f64),
    /// A string without NUL.
    Text(String),
    /// Bytes.
    Data(Vec<u8>),
    /// Seconds since 2001.
    Date(f64),
    /// An address and the address that it is relative to.
    Url(String, Option<Box<Self>>),
    /// Values in order.
    Array(Vec<Self>),
    /// A class and its fields.
    Object(String, Vec<(String, Self)>),
    /// A reference to an earlier object, array, date or data, by its number. These values are numbered from their
    /// first byte.
    Again(usize),
}

impl Tree {
    /// A string.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// An object.
    #[must_use]
    pub fn object(class: &str, fields: Vec<(&str, Self)>) -> Self {
        Self::Object(class.to_owned(), fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

/// Encodes a value as a blob.
///
/// # Panics
/// When a count does not fit into 32 bits.
#[must_use]
pub fn encode(tree: &Tree, style: Style) -> Vec<u8> {
    let mut writer = Writer { bytes: vec![0; 20], style, strings: HashMap::new(), shared_values: 0 };
    writer.value(tree);
    let (shared_values, strings) = (count(writer.shared_values), count(writer.strings.len()));
    let mut header = b"TSAF\x03\0\x03\0".to_vec();
    header.extend([shared_values, [0; 4], strings].concat());
    writer.bytes.splice(..20, header);
    writer.bytes
}

fn count(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("a blob is small").to_le_bytes()
}

struct Writer {
    bytes: Vec<u8>,
    style: Style,
    strings: HashMap<String, usize>,
    shared_values: usize,
}

impl Writer {
    /// Writes a tag and a number that is aligned to its size.
    fn put<const N: usize>(&mut self, tag: u8, number: [u8; N]) {
        self.bytes.push(tag);
        self.pad(N);
        self.bytes.extend(number);
    }

    fn pad(&mut self, size: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(size), 0);
    }

    /// Writes an index into a table in the fewest bytes.
    fn reference(&mut self, tag: u8, number: usize) {
        if let Ok(number) = u8::try_from(number) {
            self.put(tag, [number]);
        } else if let Ok(number) = u16::try_from(number) {
            self.put(tag + 1, number.to_le_bytes());
        } else {
            self.put(tag + 2, count(number));
        }
    }

    fn string(&mut self, text: &str) {
        if let Some(number) = self.strings.get(text) {
            return self.reference(0x05, *number);
        }
        self.strings.insert(text.to_owned(), self.strings.len());
        self.bytes.push(0x08);
        self.bytes.extend(text.as_bytes());
        self.bytes.push(0);
    }

    fn value(&mut self, tree: &Tree) {
        match tree {
            Tree::Nil => self.bytes.push(0x00),
            Tree::Bool(true) => self.bytes.push(0x0D),
            Tree::Bool(false) => self.bytes.push(0x0E),
            Tree::Integer(number) => self.integer(*number),
            Tree::Large(number) => self.put(0x12, number.to_le_bytes()),
            Tree::Real(number) => self.real(*number),
            Tree::Text(text) => self.string(text),
            Tree::Url(text, base) => {
                self.bytes.push(0x21);
                self.string(text);
                self.value(base.as_deref().unwrap_or(&Tree::Nil));
            }
            Tree::Again(number) => self.reference(0x02, *number),
            Tree::Data(_) | Tree::Date(_) | Tree::Array(_) | Tree::Object(..) => self.shared_value(tree),
        }
    }

    fn shared_value(&mut self, tree: &Tree) {
        self.shared_values += 1;
        match tree {
            Tree::Date(seconds) => self.put(0x30, seconds.to_le_bytes()),
            Tree::Data(bytes) => {
                self.put(0x15, count(bytes.len()));
                self.bytes.extend(bytes);
                self.pad(4);
            }
            Tree::Array(items) => {
                self.put(0x0B, count(items.len()));
                for item in items {
                    self.value(item);
                }
            }
            Tree::Object(class, fields) => {
                self.bytes.push(0x2B);
                self.string(class);
                for (key, value) in fields {
                    self.value(value);
                    self.string(key);
                }
                self.bytes.push(0x00);
            }
            _ => {}
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "it is what djay does on Windows")]
    fn integer(&mut self, number: i64) {
        match number {
            _ if self.style == Style::Windows => self.put(0x14, (number as f64).to_le_bytes()),
            0 => self.bytes.push(0x2E),
            1 => self.bytes.push(0x2D),
            2..=0xFF => self.put(0x0F, [number.to_le_bytes()[0]]),
            _ => self.wide(number),
        }
    }

    fn wide(&mut self, number: i64) {
        if let Ok(number) = i16::try_from(number) {
            self.put(0x0A, number.to_le_bytes());
        } else if let Ok(number) = i32::try_from(number) {
            self.put(0x0C, number.to_le_bytes());
        } else if let Ok(number) = u32::try_from(number) {
            // Two tags have this meaning. The lowest bit chooses one, so that both occur.
            self.put(if number % 2 == 0 { 0x11 } else { 0x1A }, number.to_le_bytes());
        } else {
            let number = u64::try_from(number).expect("TSAF has no known tag for a negative number of 64 bits");
            self.put(0x12, number.to_le_bytes());
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::float_cmp,
        reason = "it is written as f32 when that is the same"
    )]
    fn real(&mut self, number: f64) {
        let narrow = number as f32;
        if self.style == Style::Mac && f64::from(narrow) == number {
            self.put(0x13, narrow.to_le_bytes());
        } else {
            self.put(0x14, number.to_le_bytes());
        }
    }
}
