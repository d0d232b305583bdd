//! Decodes tags and tables in one pass.

use super::bytes::Bytes;
use super::document::{Document, NumberedValue, Url, Value};
use super::fault::{Fault, FaultKind};

/// djay nests at most 4 levels: an array of objects with arrays of addresses.
const MOST_DEEP: usize = 64;

/// Decodes a whole blob.
///
/// # Errors
/// For any invalid part; there are no partial documents.
pub fn decode(blob: &[u8]) -> Result<Document<'_>, Fault> {
    let mut bytes = Bytes::new(blob);
    let (objects, strings) = header(&mut bytes)?;
    // The counts are checked at the end. Here they only decide how much memory is reserved, and a value needs at least two
    // bytes of the blob.
    let most = blob.len() / 2;
    let mut decoder = Decoder {
        bytes,
        numbered_values: Vec::with_capacity(objects.min(most)),
        strings: Vec::with_capacity(strings.min(most)),
        has_wide_references: false,
    };
    let root = decoder.value(0)?;
    let Decoder { bytes, numbered_values, strings: known, has_wide_references } = decoder;
    if bytes.left() > 0 {
        return Err(bytes.fault_of_all(FaultKind::Left));
    }
    if numbered_values.len() != objects {
        return Err(bytes.fault_of_all(FaultKind::Objects { declared: objects, found: numbered_values.len() }));
    }
    if known.len() != strings {
        return Err(bytes.fault_of_all(FaultKind::Strings { declared: strings, found: known.len() }));
    }
    Ok(Document { root, numbered_values, has_wide_references })
}

/// The counts of objects and of strings.
fn header(bytes: &mut Bytes<'_>) -> Result<(usize, usize), Fault> {
    if bytes.array::<4>().ok() != Some(*b"TSAF") {
        return Err(Fault { offset: 0, tag: None, why: FaultKind::NoTsaf });
    }
    let (first, second) = (bytes.u16()?, bytes.u16()?);
    if (first, second) != (3, 3) {
        return Err(Fault { offset: 4, tag: None, why: FaultKind::Version { first, second } });
    }
    let objects = bytes.u32()? as usize;
    if bytes.u32()? != 0 {
        return Err(Fault { offset: 12, tag: None, why: FaultKind::Reserved });
    }
    Ok((objects, bytes.u32()? as usize))
}

struct Decoder<'a> {
    bytes: Bytes<'a>,
    /// Objects, arrays, dates and data, numbered by their start.
    numbered_values: Vec<NumberedValue<'a>>,
    strings: Vec<&'a str>,
    /// True if the blob has a reference of more than one byte. No known blob has such a reference.
    has_wide_references: bool,
}

impl<'a> Decoder<'a> {
    fn value(&mut self, depth: usize) -> Result<Value<'a>, Fault> {
        let tag = self.bytes.tag()?;
        if depth > MOST_DEEP {
            return Err(self.bytes.fault(FaultKind::TooDeep));
        }
        match tag {
            0x00 => Ok(Value::Nil),
            0x02..=0x04 => self.object_reference(tag),
            0x05..=0x08 => self.string(tag).map(Value::Text),
            0x0D => Ok(Value::Bool(true)),
            0x0E => Ok(Value::Bool(false)),
            0x0B => self.array(depth),
            0x15 => self.data(),
            0x21 => self.address(depth).map(Value::Url),
            0x2B => self.object(depth),
            0x30 => {
                let seconds = f64::from_bits(self.bytes.u64()?);
                Ok(self.begin(NumberedValue::Date(seconds)))
            }
            _ => self.number(tag),
        }
    }

    fn number(&mut self, tag: u8) -> Result<Value<'a>, Fault> {
        let bytes = &mut self.bytes;
        Ok(match tag {
            0x2D => Value::Integer(1),
            0x2E => Value::Integer(0),
            0x0F => Value::Integer(bytes.u8()?.into()),
            0x0A => Value::Integer(bytes.u16()?.cast_signed().into()),
            0x0C => Value::Integer(bytes.u32()?.cast_signed().into()),
            0x11 | 0x1A => Value::Integer(bytes.u32()?.into()),
            0x12 => {
                let number = bytes.u64()?;
                i64::try_from(number).map_or(Value::Large(number), Value::Integer)
            }
            0x13 => Value::Real(f32::from_bits(bytes.u32()?).into()),
            0x14 => Value::Real(f64::from_bits(bytes.u64()?)),
            _ => return Err(bytes.fault(FaultKind::UnknownTag)),
        })
    }

    /// The number of a reference: one, two or four bytes, aligned like a number. Known blobs have only references of one
    /// byte.
    fn reference(&mut self, wide: u8) -> Result<usize, Fault> {
        self.has_wide_references |= wide > 0;
        Ok(match wide {
            0 => self.bytes.u8()?.into(),
            1 => self.bytes.u16()?.into(),
            _ => self.bytes.u32()? as usize,
        })
    }

    fn object_reference(&mut self, tag: u8) -> Result<Value<'a>, Fault> {
        let number = self.reference(tag - 0x02)?;
        let known = self.numbered_values.len();
        if number < known {
            Ok(Value::Numbered(number))
        } else {
            Err(self.bytes.fault(FaultKind::NoObject { number, known }))
        }
    }

    /// Reads a new string, or a reference to an earlier string. The caller has read the tag.
    fn string(&mut self, tag: u8) -> Result<&'a str, Fault> {
        if tag == 0x08 {
            let text = self.bytes.text()?;
            self.strings.push(text);
            return Ok(text);
        }
        let number = self.reference(tag - 0x05)?;
        let known = self.strings.len();
        self.strings.get(number).copied().ok_or_else(|| self.bytes.fault(FaultKind::NoSuchString { number, known }))
    }

    fn string_here(&mut self) -> Result<&'a str, Fault> {
        match self.bytes.tag()? {
            tag @ 0x05..=0x08 => self.string(tag),
            _ => Err(self.bytes.fault(FaultKind::NoString)),
        }
    }

    /// Assigns the next number.
    fn begin(&mut self, numbered_value: NumberedValue<'a>) -> Value<'a> {
        self.numbered_values.push(numbered_value);
        Value::Numbered(self.numbered_values.len() - 1)
    }

    /// Stores a complete value under its number.
    fn end(&mut self, value: Value<'a>, numbered_value: NumberedValue<'a>) -> Value<'a> {
        if let Value::Numbered(number) = value
            && let Some(place) = self.numbered_values.get_mut(number)
        {
            *place = numbered_value;
        }
        value
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, Fault> {
        let begun = self.begin(NumberedValue::Array(Vec::new()));
        let count = self.bytes.count()?;
        // The count in the blob can be wrong, so it does not decide how much memory is reserved.
        let mut items = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            items.push(self.value(depth + 1)?);
        }
        Ok(self.end(begun, NumberedValue::Array(items)))
    }

    fn data(&mut self) -> Result<Value<'a>, Fault> {
        let count = self.bytes.count()?;
        let data = self.bytes.take(count)?;
        self.bytes.align(4)?;
        Ok(self.begin(NumberedValue::Data(data)))
    }

    fn address(&mut self, depth: usize) -> Result<Url<'a>, Fault> {
        let text = self.string_here()?;
        let base = match self.value(depth + 1)? {
            Value::Nil => None,
            Value::Url(base) => Some(Box::new(base)),
            _ => return Err(self.bytes.fault(FaultKind::NoBase)),
        };
        Ok(Url { text, base })
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, Fault> {
        let class = self.string_here()?;
        let begun = self.begin(NumberedValue::Object { class, fields: Vec::new() });
        let mut fields = Vec::with_capacity(6);
        while self.bytes.peek() != Some(0) {
            let value = self.value(depth + 1)?;
            let key = self.string_here()?;
            fields.push((key, value));
        }
        self.bytes.tag()?;
        Ok(self.end(begun, NumberedValue::Object { class, fields }))
    }
}
