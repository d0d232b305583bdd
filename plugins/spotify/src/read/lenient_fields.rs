//! Fields of JSON that accept a value of any type. If a newer export has a number instead of a text, or `null` instead of an object, only
//! that field is lost, not the file.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text of bounded length; `None` if the value is not a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) Option<String>);

/// A whole number; `None` if the value is not a whole number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WholeNumber(pub(super) Option<i64>);

/// An object that `T` describes; `None` if the value is not an object.
#[derive(Clone, Debug)]
pub(super) struct Object<T>(pub(super) Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl Text {
    /// The text, empty when there is none.
    pub(super) fn or_empty(self) -> String {
        self.0.unwrap_or_default()
    }

    /// The text, unless it is empty.
    pub(super) fn some(self) -> Option<String> {
        self.0.filter(|text| !text.is_empty())
    }
}

/// Visitor methods that accept and ignore values of other types.
macro_rules! ignores {
    ($none:expr; $($kind:ident),*) => {
        $(ignores!(@ $kind, $none);)*
    };
    (@ unit, $none:expr) => {
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok($none)
        }
    };
    (@ bool, $none:expr) => {
        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($none)
        }
    };
    (@ float, $none:expr) => {
        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($none)
        }
    };
    (@ whole, $none:expr) => {
        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($none)
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($none)
        }
    };
    (@ text, $none:expr) => {
        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok($none)
        }
    };
    (@ list, $none:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok($none)
        }
    };
    (@ object, $none:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($none)
        }
    };
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AnyValue;
        impl<'de> Visitor<'de> for AnyValue {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Some(super::bounds::text(text))))
            }

            ignores!(Text(None); unit, bool, float, whole, list, object);
        }
        from.deserialize_any(AnyValue)
    }
}

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AnyValue;
        impl<'de> Visitor<'de> for AnyValue {
            type Value = WholeNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<WholeNumber, E> {
                Ok(WholeNumber(Some(number)))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<WholeNumber, E> {
                Ok(WholeNumber(i64::try_from(number).ok()))
            }

            ignores!(WholeNumber(None); unit, bool, float, text, list, object);
        }
        from.deserialize_any(AnyValue)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AnyValue<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for AnyValue<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|value| Object(Some(value)))
            }

            ignores!(Object(None); unit, bool, float, whole, text, list);
        }
        from.deserialize_any(AnyValue(PhantomData))
    }
}

/// Passes a list to a seed. Skips a value that is not a list.
pub(super) struct LenientList<S>(pub(super) S);

impl<'de, S: DeserializeSeed<'de, Value = ()>> DeserializeSeed<'de> for LenientList<S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> Visitor<'de> for LenientList<S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.deserialize(SeqAccessDeserializer::new(list))
    }

    ignores!((); unit, bool, float, whole, text, object);
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct AllFields {
        text: Text,
        number: WholeNumber,
        inner: Object<Inner>,
    }

    #[derive(Clone, Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Inner {
        text: Text,
    }

    #[test]
    fn another_type_loses_the_field_and_not_the_object() {
        for other in ["null", "true", "1.5", "[1, [2]]", r#"{"a": {"b": 1}}"#] {
            let read: AllFields =
                serde_json::from_str(&format!(r#"{{"text": {other}, "number": {other}, "x": {other}}}"#)).unwrap();
            assert_eq!((read.text, read.number), (Text(None), WholeNumber(None)), "{other}");
        }
        for other in ["null", "3", r#""x""#, "[{}]"] {
            let read: AllFields = serde_json::from_str(&format!(r#"{{"inner": {other}}}"#)).unwrap();
            assert_eq!(read.inner.0, None, "{other}");
        }
        let read: AllFields =
            serde_json::from_str(r#"{"text": " a\nb ", "number": 7, "inner": {"text": "c"}}"#).unwrap();
        assert_eq!((read.text.some().as_deref(), read.number.0), (Some("a b"), Some(7)));
        assert_eq!(read.inner.0.unwrap().text.or_empty(), "c");
    }
}
