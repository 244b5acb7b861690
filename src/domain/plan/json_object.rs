//! A JSON object whose members keep their order and their text: what is not changed stays as it was written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// A JSON object with its members as text, zeroized on drop.
#[derive(Default)]
pub(super) struct JsonObject(Vec<(String, Zeroizing<String>)>);

/// The members as they stand in the text.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl JsonObject {
    /// Parses a JSON object; `None` for other text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Members(members) = serde_json::from_str(text).ok()?;
        let owned =
            |(name, value): (String, &RawValue)| (name, Zeroizing::new(value.get().to_owned()));
        Some(Self(members.into_iter().map(owned).collect()))
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        let members = self.0.iter();
        members.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a member; of duplicates the last, as in Go.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rfind(|(there, _)| there == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Sets a member, in its place or at the end; returns `false` if unchanged.
    pub(super) fn set(&mut self, name: &str, value: &str) -> bool {
        self.set_where(name, value, |there| there == name)
    }

    /// Like `set`, but matches names ignoring case: Go reads all of them into one field.
    pub(super) fn set_blind_to_case(&mut self, name: &str, value: &str) -> bool {
        self.set_where(name, value, |there| there.eq_ignore_ascii_case(name))
    }

    fn set_where(&mut self, name: &str, value: &str, is_it: impl Fn(&str) -> bool) -> bool {
        let (mut is_there, mut is_changed) = (false, false);
        for (_, old) in self.0.iter_mut().filter(|(there, _)| is_it(there)) {
            is_there = true;
            if !is_same(old, value) {
                *old = Zeroizing::new(value.to_owned());
                is_changed = true;
            }
        }
        if !is_there {
            self.0
                .push((name.to_owned(), Zeroizing::new(value.to_owned())));
        }
        is_changed || !is_there
    }

    /// Removes a member; returns `false` if there is none.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        self.remove_where(|there| there == name)
    }

    pub(super) fn remove_blind_to_case(&mut self, name: &str) -> bool {
        self.remove_where(|there| there.eq_ignore_ascii_case(name))
    }

    fn remove_where(&mut self, is_it: impl Fn(&str) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|(there, _)| !is_it(there));
        self.0.len() != before
    }

    /// Renames members; they keep their place.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        for (name, _) in self.0.iter_mut().filter(|(name, _)| name == from) {
            to.clone_into(name);
        }
    }

    /// The object as JSON text.
    pub(super) fn rendered(&self) -> Zeroizing<String> {
        let names: Vec<String> = self.0.iter().map(|(name, _)| quoted(name)).collect();
        let sizes = names.iter().zip(&self.0);
        let size: usize = sizes
            .map(|(name, (_, value))| name.len() + value.len() + 2)
            .sum();
        // With room for all of it, no copy is left behind that is not wiped.
        let mut text = Zeroizing::new(String::with_capacity(size + 2));
        text.push('{');
        for (name, (_, value)) in names.iter().zip(&self.0) {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(name);
            text.push(':');
            text.push_str(value);
        }
        text.push('}');
        text
    }
}

fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// Whether two JSON texts are the same, or strings that differ in their escapes only.
fn is_same(one: &str, other: &str) -> bool {
    let string = |text: &str| {
        serde_json::from_str::<String>(text)
            .ok()
            .map(Zeroizing::new)
    };
    one == other || string(one).is_some_and(|one| string(other) == Some(one))
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Read)
    }
}
