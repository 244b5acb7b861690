//! Protobuf request bodies, converted to the JSON that the rest of the API reads.
//!
//! Clients in Go send the kinds that they know as protobuf, kubectl's `create` and `auth` since 1.32. Responses are
//! JSON, which such clients accept as well.

mod schema;
mod wire;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::sandbox::status::{ApiResult, ApiStatus};
use schema::{Cardinality, FieldSchema};
use wire::FieldContent;

pub const MEDIA: &str = "application/vnd.kubernetes.protobuf";

/// Magic bytes before the envelope (`runtime.Unknown`).
const MAGIC: &[u8] = b"k8s\0";

/// Decodes the object in a body.
pub fn decode(body: &[u8]) -> ApiResult<Value> {
    let wrong = || ApiStatus::bad_request("the body is not an object in Kubernetes' protobuf");
    let (version, kind, raw) = body
        .strip_prefix(MAGIC)
        .and_then(envelope)
        .ok_or_else(wrong)?;
    if schema::message(kind).is_none() {
        return Err(ApiStatus::bad_request(format!(
            "no kind {kind:?} is registered for version {version:?}"
        )));
    }
    let mut object = message(kind, raw).ok_or_else(wrong)?;
    object.insert("apiVersion".to_owned(), version.into());
    object.insert("kind".to_owned(), kind.into());
    Ok(Value::Object(object))
}

/// API version, kind, and the bytes of the object.
fn envelope(bytes: &[u8]) -> Option<(&str, &str, &[u8])> {
    let (mut version, mut kind, mut raw): (_, _, &[u8]) = ("", "", &[]);
    for (number, content) in wire::fields(bytes)? {
        match (number, content) {
            (1, FieldContent::Bytes(of_type)) => {
                for (number, content) in wire::fields(of_type)? {
                    match (number, content) {
                        (1, FieldContent::Bytes(text)) => {
                            version = std::str::from_utf8(text).ok()?;
                        }
                        (2, FieldContent::Bytes(text)) => kind = std::str::from_utf8(text).ok()?,
                        _ => {}
                    }
                }
            }
            (2, FieldContent::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    Some((version, kind, raw))
}

/// A message without any field is an empty object.
fn message(name: &str, bytes: &[u8]) -> Option<Map<String, Value>> {
    let known = schema::message(name);
    let mut object = Map::new();
    for (number, content) in wire::fields(bytes)? {
        // What is newer than the table is left out, as an older server does.
        if let Some(field) = known.and_then(|fields| fields.get(&number)) {
            add(&mut object, field, content)?;
        }
    }
    Some(object)
}

fn add(
    object: &mut Map<String, Value>,
    field: &FieldSchema,
    content: FieldContent<'_>,
) -> Option<()> {
    let name = || field.name.to_owned();
    match (field.count, content) {
        (Cardinality::Map, FieldContent::Bytes(entry)) => {
            let (key, value) = pair(field.type_name, entry)?;
            let map = object.entry(name()).or_insert_with(|| json!({}));
            map.as_object_mut()?.insert(key, value);
        }
        (Cardinality::Map, FieldContent::Number(_)) => return None,
        (Cardinality::List, content) => {
            let list = object.entry(name()).or_insert_with(|| json!([]));
            list.as_array_mut()?.push(value(field.type_name, content)?);
        }
        (Cardinality::One, FieldContent::Bytes(bytes)) if field.is_inline() => {
            object.extend(message(field.type_name, bytes)?);
        }
        (Cardinality::One, content) => {
            let value = value(field.type_name, content)?;
            if !(field.omit_empty && is_empty(&value)) {
                object.insert(name(), value);
            }
        }
    }
    Some(())
}

fn pair(of: &str, entry: &[u8]) -> Option<(String, Value)> {
    let (mut key, mut found) = (String::new(), value(of, FieldContent::Bytes(&[]))?);
    for (number, content) in wire::fields(entry)? {
        match (number, content) {
            (1, FieldContent::Bytes(bytes)) => key = String::from_utf8(bytes.to_vec()).ok()?,
            (2, content) => found = value(of, content)?,
            _ => {}
        }
    }
    Some((key, found))
}

fn value(of: &str, content: FieldContent<'_>) -> Option<Value> {
    Some(match (of, content) {
        ("bool", FieldContent::Number(number)) => (number != 0).into(),
        ("int", FieldContent::Number(number)) => number.cast_signed().into(),
        ("string", FieldContent::Bytes(bytes)) => std::str::from_utf8(bytes).ok()?.into(),
        ("bytes", FieldContent::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        ("Time" | "MicroTime", FieldContent::Bytes(bytes)) => time(bytes)?,
        ("Quantity", FieldContent::Bytes(bytes)) => only_text(bytes)?,
        ("FieldsV1", FieldContent::Bytes(bytes)) => match wire::fields(bytes)?.first() {
            Some((1, FieldContent::Bytes(json))) => serde_json::from_slice(json).ok()?,
            _ => json!({}),
        },
        ("ExtraValue", FieldContent::Bytes(bytes)) => wire::fields(bytes)?
            .into_iter()
            .map(|(_, content)| value("string", content))
            .collect::<Option<Vec<Value>>>()?
            .into(),
        ("IntOrString", FieldContent::Bytes(bytes)) => int_or_string(bytes)?,
        (_, FieldContent::Bytes(bytes)) => message(of, bytes)?.into(),
        (_, FieldContent::Number(_)) => return None,
    })
}

/// A message that is one text.
fn only_text(bytes: &[u8]) -> Option<Value> {
    match wire::fields(bytes)?.first() {
        Some((1, content)) => value("string", *content),
        _ => Some("".into()),
    }
}

/// Seconds and nanoseconds since 1970; without any it is no time.
fn time(bytes: &[u8]) -> Option<Value> {
    let (mut seconds, mut nanos) = (None, 0);
    for (number, content) in wire::fields(bytes)? {
        match (number, content) {
            (1, FieldContent::Number(number)) => seconds = Some(number.cast_signed()),
            (2, FieldContent::Number(number)) => nanos = i32::try_from(number).ok()?,
            _ => {}
        }
    }
    Some(match seconds {
        Some(seconds) => Timestamp::new(seconds, nanos).ok()?.to_string().into(),
        None => Value::Null,
    })
}

fn int_or_string(bytes: &[u8]) -> Option<Value> {
    let (mut is_text, mut number, mut text) = (false, json!(0), json!(""));
    for (field, content) in wire::fields(bytes)? {
        match (field, content) {
            (1, FieldContent::Number(kind)) => is_text = kind == 1,
            (2, content) => number = value("int", content)?,
            (3, content) => text = value("string", content)?,
            _ => {}
        }
    }
    Some(if is_text { text } else { number })
}

/// What Go's `omitempty` leaves out, and times that are none.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of bytes: number, content.
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        assert!(length < 0x80);
        [&[number << 3 | 2, length], content].concat()
    }

    fn body(version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let of_type = [field(1, version.as_bytes()), field(2, kind.as_bytes())].concat();
        [MAGIC, &field(1, &of_type), &field(2, raw)].concat()
    }

    #[test]
    fn a_secret_reads_as_its_json_does() {
        let metadata = [
            field(1, b"regcred"),
            field(2, b""),
            field(3, b"app"),
            field(8, b""),
        ]
        .concat();
        let entry = [field(1, b"user"), field(2, b"ci")].concat();
        let raw = [field(1, &metadata), field(2, &entry), field(3, b"Opaque")].concat();
        assert_eq!(
            decode(&body("v1", "Secret", &raw)).unwrap(),
            json!({
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                "metadata": {"name": "regcred", "namespace": "app"},
                "data": {"user": "Y2k="},
            })
        );
    }

    #[test]
    fn what_is_inline_in_go_is_inline_here() {
        // A volume of a Secret: the source is a message of its own on the wire.
        let source = field(6, &field(1, b"keys"));
        let volume = [field(1, b"v"), field(2, &source)].concat();
        let limits = [field(1, b"cpu"), field(2, &field(1, b"2"))].concat();
        let port = field(2, &[0x08, 0x01, 0x1a, 0x04, b'h', b't', b't', b'p']);
        let get = field(2, &port);
        let probe = field(1, &get);
        let container = [
            field(1, b"c"),
            field(8, &field(1, &limits)),
            field(10, &probe),
        ]
        .concat();
        let raw = field(2, &[field(1, &volume), field(2, &container)].concat());
        assert_eq!(
            decode(&body("v1", "Pod", &raw)).unwrap()["spec"],
            json!({
                "volumes": [{"name": "v", "secret": {"secretName": "keys"}}],
                "containers": [{
                    "name": "c",
                    "resources": {"limits": {"cpu": "2"}},
                    "livenessProbe": {"httpGet": {"port": "http"}},
                }],
            })
        );
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for (bytes, says) in [
            (b"{}".to_vec(), "not an object"),
            (MAGIC.to_vec(), "no kind \"\""),
            (body("v1", "Widget", &[]), "no kind \"Widget\""),
            (body("v1", "Secret", &[0x0a, 0x7f]), "not an object"),
            (body("v1", "Secret", &[0x08, 0x01]), "not an object"),
        ] {
            let message = decode(&bytes).unwrap_err().message;
            assert!(message.contains(says), "{message}");
        }
    }
}
