//! Lenient deserialization: borrowed strings, times, and lists and maps that may be `null`.

use std::{borrow::Cow, fmt};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// A string, borrowed where JSON allows it.
///
/// Any other type becomes an empty string: no field is worth losing an object for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cluster) struct LenientStr<'a>(Cow<'a, str>);

impl LenientStr<'_> {
    pub(in crate::cluster) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> From<&'a str> for LenientStr<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl<'a> LenientStr<'a> {
    /// Converts bytes to a string; invalid UTF-8 is replaced.
    pub(super) fn lossy(bytes: &'a [u8]) -> Self {
        Self(String::from_utf8_lossy(bytes))
    }
}

/// An optional time; RFC 3339 in JSON, as Kubernetes writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OptTime(pub(super) Option<Timestamp>);

impl<'de> Deserialize<'de> for OptTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        LenientStr::deserialize(deserializer).map(|text| Self(text.0.parse().ok()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for LenientStr<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientStrVisitor)
    }
}

struct LenientStrVisitor;

impl<'de> Visitor<'de> for LenientStrVisitor {
    type Value = LenientStr<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(LenientStr(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(LenientStr(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(LenientStr::default())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(LenientStr(Cow::Owned(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(LenientStr(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(LenientStr::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(LenientStr::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(LenientStr::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(LenientStr::default())
    }
}

/// The entries of a map of strings, in wire order.
#[derive(Debug, Default)]
pub(super) struct StringMap<'a>(pub(super) Vec<(LenientStr<'a>, LenientStr<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for StringMap<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StringMapVisitor)
    }
}

struct StringMapVisitor;

impl<'de> Visitor<'de> for StringMapVisitor {
    type Value = StringMap<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of texts")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(StringMap::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(4));
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(StringMap(pairs))
    }
}

/// A list that Go may write as `null`.
#[derive(Debug)]
pub(super) struct NullableVec<T>(pub(super) Vec<T>);

impl<T> Default for NullableVec<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> IntoIterator for NullableVec<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for NullableVec<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<Vec<T>>::deserialize(deserializer).map(|list| Self(list.unwrap_or_default()))
    }
}

/// A number, or the length of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberOrLength(pub(super) u32);

impl<'de> Deserialize<'de> for NumberOrLength {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrLengthVisitor)
    }
}

struct NumberOrLengthVisitor;

impl<'de> Visitor<'de> for NumberOrLengthVisitor {
    type Value = NumberOrLength;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a list")
    }

    fn visit_u64<E>(self, number: u64) -> Result<NumberOrLength, E> {
        Ok(NumberOrLength(u32::try_from(number).unwrap_or(u32::MAX)))
    }

    fn visit_i64<E>(self, _: i64) -> Result<NumberOrLength, E> {
        Ok(NumberOrLength(0))
    }

    fn visit_unit<E>(self) -> Result<NumberOrLength, E> {
        Ok(NumberOrLength(0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<NumberOrLength, A::Error> {
        let mut count = 0;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(NumberOrLength(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_are_borrowed_and_odd_ones_survived() {
        let text: LenientStr<'_> = serde_json::from_str(r#""app""#).unwrap();
        assert!(matches!(text.0, Cow::Borrowed("app")));
        for (json, expected) in [
            (r#""a\nb""#, "a\nb"),
            ("null", ""),
            ("7", "7"),
            ("-7", "-7"),
            ("true", ""),
            ("1.5", ""),
            (r#"["a",{"b":1}]"#, ""),
            (r#"{"a":{"b":[1]}}"#, ""),
        ] {
            let text: LenientStr<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(text.as_str(), expected, "{json}");
        }
    }

    #[test]
    fn lists_and_maps_may_be_null() {
        assert!(
            serde_json::from_str::<NullableVec<u32>>("null")
                .unwrap()
                .0
                .is_empty()
        );
        assert!(
            serde_json::from_str::<StringMap<'_>>("null")
                .unwrap()
                .0
                .is_empty()
        );
    }
}
