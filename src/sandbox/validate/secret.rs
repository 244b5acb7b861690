//! Secrets: the keys that a type asks for, what the two Docker types must contain, and what cannot
//! be changed later (`ValidateSecret`, `ValidateSecretUpdate`).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::immutable_field;
use crate::sandbox::{
    object::{flag, map, text},
    status::Cause,
};

pub(super) fn check(secret: &Value) -> Vec<Cause> {
    let mut causes = check_keys(secret, "data");
    match text(secret, "/type") {
        "kubernetes.io/dockerconfigjson" => causes.extend(docker(secret, ".dockerconfigjson")),
        "kubernetes.io/dockercfg" => causes.extend(docker(secret, ".dockercfg")),
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                causes.extend(required_key(secret, key));
            }
        }
        "kubernetes.io/ssh-auth" => causes.extend(required_key(secret, "ssh-privatekey")),
        "kubernetes.io/service-account-token" => causes.extend(
            text(
                secret,
                "/metadata/annotations/kubernetes.io~1service-account.name",
            )
            .is_empty()
            .then(|| {
                let field = "metadata.annotations[kubernetes.io/service-account.name]";
                Cause::required(field, "")
            }),
        ),
        _ => {}
    }
    causes
}

/// Keys of `data`: a file name.
pub(super) fn check_keys(object: &Value, field: &str) -> Vec<Cause> {
    const RULE: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    map(object, &format!("/{field}"))
        .into_iter()
        .flatten()
        .filter(|(key, _)| {
            key.is_empty()
                || !key
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        })
        .map(|(key, _)| Cause::invalid(format!("{field}[{key}]"), &json!(key), RULE))
        .collect()
}

fn data<'a>(secret: &'a Value, key: &str) -> Option<&'a str> {
    map(secret, "/data")?.get(key)?.as_str()
}

fn required_key(secret: &Value, key: &str) -> Option<Cause> {
    data(secret, key)
        .is_none()
        .then(|| Cause::required(format!("data[{key}]"), ""))
}

/// The content must be JSON; that it has an `auths` level is not asked for.
fn docker(secret: &Value, key: &str) -> Option<Cause> {
    let field = format!("data[{key}]");
    let Some(content) = data(secret, key) else {
        return Some(Cause::required(field, ""));
    };
    let bytes = STANDARD.decode(content).unwrap_or_default();
    let error = match serde_json::from_slice::<Value>(&bytes) {
        Ok(Value::Object(_) | Value::Null) => return None,
        Ok(other) => format!(
            "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            go_kind(&other)
        ),
        Err(error) => go_error(&bytes, &error),
    };
    let redacted = json!("<secret contents redacted>");
    Some(Cause::invalid(field, &redacted, &error))
}

fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The words of Go's `encoding/json` for the two ways that people meet.
fn go_error(bytes: &[u8], error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".to_owned();
    }
    let first = String::from_utf8_lossy(bytes)
        .trim_start()
        .chars()
        .next()
        .unwrap_or_default();
    if matches!(first, '{' | '[' | '"') {
        return "invalid character in JSON input".to_owned();
    }
    format!("invalid character '{first}' looking for beginning of value")
}

pub(super) fn forbidden_changes(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = immutable_field(old, new, "/type");
    causes.extend(immutable(old, new));
    causes
}

/// `immutable: true` cannot be taken back, and what it covers cannot be changed.
pub(super) fn immutable(old: &Value, new: &Value) -> Vec<Cause> {
    if !flag(old, "/immutable") {
        return Vec::new();
    }
    let rule = "field is immutable when `immutable` is set";
    let mut causes = Vec::new();
    if !flag(new, "/immutable") {
        causes.push(Cause::forbidden("immutable", rule));
    }
    if old.get("data") != new.get("data") {
        causes.push(Cause::forbidden("data", rule));
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docker_secret(content: &str) -> Value {
        json!({
            "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": STANDARD.encode(content)},
        })
    }

    #[test]
    fn a_docker_secret_must_be_json_and_no_more() {
        for (content, message) in [
            (r#"{"auths": {}}"#, None),
            (r#"{"localhost:5000": {}}"#, None),
            (
                r#"{"auths": {"#,
                Some("Invalid value: \"<secret contents redacted>\": unexpected end of JSON input"),
            ),
            (
                "[]",
                Some(
                    "Invalid value: \"<secret contents redacted>\": json: cannot unmarshal array into Go value of type map[string]interface {}",
                ),
            ),
            (
                "hello",
                Some(
                    "Invalid value: \"<secret contents redacted>\": invalid character 'h' looking for beginning of value",
                ),
            ),
        ] {
            let causes = check(&docker_secret(content));
            let found = causes.first().map(|cause| cause.message.as_str());
            assert_eq!(found, message, "{content}");
        }
    }

    #[test]
    fn the_type_stays_and_an_immutable_secret_stays_as_it_is() {
        let old = json!({"type": "Opaque", "immutable": true, "data": {"k": "YQ=="}});
        let new = json!({"type": "x", "data": {"k": "Yg=="}});
        let fields: Vec<String> = forbidden_changes(&old, &new)
            .into_iter()
            .map(|cause| cause.field)
            .collect();
        assert_eq!(fields, ["type", "immutable", "data"]);
    }
}
