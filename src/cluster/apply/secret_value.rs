//! A JSON object that may hold passwords: its strings are zeroized on drop.

use std::ops::{Deref, DerefMut};

use serde::{Serialize, Serializer};
use serde_json::Value;
use zeroize::Zeroize;

/// A JSON value with passwords; it has no `Debug`, so that it cannot be printed.
pub(super) struct SecretValue(Value);

impl From<Value> for SecretValue {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl Deref for SecretValue {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl DerefMut for SecretValue {
    fn deref_mut(&mut self) -> &mut Value {
        &mut self.0
    }
}

impl Serialize for SecretValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Drop for SecretValue {
    fn drop(&mut self) {
        zeroize(&mut self.0);
    }
}

fn zeroize(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(zeroize),
        Value::Object(fields) => fields.values_mut().for_each(zeroize),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_is_wiped() {
        let mut object =
            json!({"data": {"a": "canary"}, "list": ["canary", {"b": "canary"}], "n": 7});
        zeroize(&mut object);
        assert_eq!(
            object,
            json!({"data": {"a": ""}, "list": ["", {"b": ""}], "n": 7})
        );
    }
}
