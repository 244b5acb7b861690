//! Reading and writing untyped objects by JSON pointer.
//!
//! The sandbox is a server: it keeps every field that a client sends, so its objects are plain JSON.
//! A field that is absent reads as the empty value of its kind, as it does in the Go types that the
//! real server decodes into.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// An object shared by the store, its history and every list.
pub type StoredObject = Arc<Value>;

/// The value at `pointer`: `Value::pointer` without its two copies of every name on the way.
fn at<'a>(object: &'a Value, pointer: &str) -> Option<&'a Value> {
    if pointer.contains('~') {
        return object.pointer(pointer);
    }
    let mut names = pointer.split('/');
    names.next();
    names.try_fold(object, |value, name| match value {
        Value::Object(fields) => fields.get(name),
        Value::Array(elements) => elements.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The key of one segment of a JSON pointer (RFC 6901).
pub fn key(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The text at `pointer`, or `""`.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    at(object, pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The number at `pointer`, or 0.
pub fn number(object: &Value, pointer: &str) -> i64 {
    at(object, pointer)
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

/// Whether the boolean at `pointer` is there and true.
pub fn flag(object: &Value, pointer: &str) -> bool {
    at(object, pointer)
        .and_then(Value::as_bool)
        .unwrap_or_default()
}

/// The elements of the list at `pointer`; none if it is absent.
pub fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    at(object, pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The fields of the map at `pointer`, if it is one.
pub fn map<'a>(object: &'a Value, pointer: &str) -> Option<&'a Map<String, Value>> {
    at(object, pointer).and_then(Value::as_object)
}

/// The time at `pointer`.
pub fn time(object: &Value, pointer: &str) -> Option<Timestamp> {
    text(object, pointer).parse().ok()
}

/// Sets the field at `pointer` and creates missing maps; a value in the way that is no map is replaced.
pub fn put(object: &mut Value, pointer: &str, value: impl Into<Value>) {
    let mut here = object;
    for step in pointer.split('/').skip(1) {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        let fields = here.as_object_mut().expect("made a map just above");
        here = fields.entry(key(step)).or_insert(Value::Null);
    }
    *here = value.into();
}

/// Sets the field only if it is absent.
pub fn put_default(object: &mut Value, pointer: &str, value: impl Into<Value>) {
    if object.pointer(pointer).is_none_or(Value::is_null) {
        put(object, pointer, value);
    }
}

/// Removes the field at `pointer`.
pub fn remove(object: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, step) = pointer.rsplit_once('/')?;
    object
        .pointer_mut(parent)?
        .as_object_mut()?
        .remove(&key(step))
}

/// Copies the field at `pointer` from `source`, or removes it if absent there.
pub fn copy(target: &mut Value, source: &Value, pointer: &str) {
    match source.pointer(pointer) {
        Some(value) => put(target, pointer, value.clone()),
        None => drop(remove(target, pointer)),
    }
}

pub fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

pub fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

pub fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

pub fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    map(object, "/metadata/labels")?.get(key)?.as_str()
}

/// Formats a time like `metav1.Time`, in whole seconds.
pub fn seconds(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Formats a time like `metav1.MicroTime`.
pub fn micros(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// Whether the object is being deleted and waits for finalizers or its grace period.
pub fn is_terminating(object: &Value) -> bool {
    at(object, "/metadata/deletionTimestamp").is_some()
}

/// The owner reference with `controller: true`.
pub fn controller(object: &Value) -> Option<&Value> {
    list(object, "/metadata/ownerReferences")
        .iter()
        .find(|owner| flag(owner, "/controller"))
}

/// The object without its content, for requests of metadata only.
pub fn metadata_only(object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": object.get("metadata"),
    })
}

/// Sets a field of a JSON object; other values stay as they are.
pub trait Put {
    fn put(&mut self, field: &str, value: impl Into<Value>);
}

impl Put for Value {
    fn put(&mut self, field: &str, value: impl Into<Value>) {
        if let Some(fields) = self.as_object_mut() {
            fields.insert(field.to_owned(), value.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn put_makes_the_way_and_remove_takes_the_leaf() {
        let mut object = json!({"metadata": {"name": "a"}});
        put(&mut object, "/metadata/annotations/x.io~1y", "1");
        put(&mut object, "/metadata/annotations/~01", "2");
        assert_eq!(
            object,
            json!({"metadata": {"name": "a", "annotations": {"x.io/y": "1", "~1": "2"}}})
        );
        assert_eq!(
            remove(&mut object, "/metadata/annotations/~01"),
            Some(json!("2"))
        );
        assert_eq!(
            remove(&mut object, "/metadata/annotations/x.io~1y"),
            Some(json!("1"))
        );
        assert_eq!(remove(&mut object, "/status/phase"), None);
    }

    #[test]
    fn times_are_written_as_the_api_writes_them() {
        let moment: Timestamp = "2026-11-23T23:49:18.5Z".parse().unwrap();
        assert_eq!(seconds(moment), "2026-11-23T23:49:18Z");
        assert_eq!(micros(moment), "2026-11-23T23:49:18.500000Z");
    }
}
