//! Secrets: the keys that a type asks for, what the two Docker types must contain, and what cannot
//! be changed later (`ValidateSecret`, `ValidateSecretUpdate`).

use base64::{
    DecodeError, Engine, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value, json};

use super::{immutable_field, required};
use crate::{
    domain::registry_auth::docker_config::{self, ConfigFormat},
    sandbox::{
        object::{flag, map, text},
        status::{ApiResult, ApiStatus, StatusCause},
    },
};

pub(super) fn check(secret: &Value) -> Vec<StatusCause> {
    let mut causes = check_keys(secret, "data");
    match text(secret, "/type") {
        "kubernetes.io/dockerconfigjson" => causes.extend(docker(secret, ConfigFormat::ConfigJson)),
        "kubernetes.io/dockercfg" => causes.extend(docker(secret, ConfigFormat::LegacyCfg)),
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                causes.extend(required_key(secret, key));
            }
        }
        "kubernetes.io/ssh-auth" => causes.extend(required_key(secret, "ssh-privatekey")),
        "kubernetes.io/service-account-token" => causes.extend(required(
            secret,
            "/metadata/annotations/kubernetes.io~1service-account.name",
            "metadata.annotations[kubernetes.io/service-account.name]",
        )),
        _ => {}
    }
    causes
}

/// Validates keys of `data`, which are file names.
pub(super) fn check_keys(object: &Value, field: &str) -> Vec<StatusCause> {
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
        .map(|(key, _)| StatusCause::invalid(format!("{field}[{key}]"), &json!(key), RULE))
        .collect()
}

fn data<'a>(secret: &'a Value, key: &str) -> Option<&'a str> {
    map(secret, "/data")?.get(key)?.as_str()
}

fn required_key(secret: &Value, key: &str) -> Option<StatusCause> {
    data(secret, key)
        .is_none()
        .then(|| StatusCause::required(format!("data[{key}]"), ""))
}

/// The content must be JSON; that it has an `auths` level is not asked for.
fn docker(secret: &Value, format: ConfigFormat) -> Option<StatusCause> {
    let key = format.data_key();
    let field = format!("data[{key}]");
    let Some(content) = data(secret, key) else {
        return Some(StatusCause::required(field, ""));
    };
    let bytes = decode(content).unwrap_or_default();
    let error = match serde_json::from_slice::<Value>(&bytes) {
        Ok(Value::Object(_) | Value::Null) => return None,
        Ok(other) => format!(
            "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            go_kind(&other)
        ),
        // The kubelet stumbles over the same byte, with the same words.
        Err(_) => docker_config::read(format, &bytes).malformed.map_or_else(
            || "unexpected end of JSON input".to_owned(),
            |malformed| malformed.text.to_string(),
        ),
    };
    let redacted = json!("<secret contents redacted>");
    Some(StatusCause::invalid(field, &redacted, &error))
}

/// Validates that the values of `data` are base64.
pub(super) fn encoding(secret: &Value) -> ApiResult<()> {
    for content in map(secret, "/data").into_iter().flat_map(Map::values) {
        if let Err(at) = decode(content.as_str().unwrap_or_default()) {
            return Err(ApiStatus::bad_request(format!(
                "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte {at}"
            )));
        }
    }
    Ok(())
}

/// As Go decodes: it skips line ends and does not mind stray bits in the last letter. An error is
/// the place of the byte that it stumbles over.
fn decode(content: &str) -> Result<Vec<u8>, usize> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let content = content.replace(['\r', '\n'], "");
    LENIENT.decode(&content).map_err(|error| match error {
        DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
        DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => {
            content.len() - content.len() % 4
        }
    })
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

pub(super) fn forbidden_changes(old: &Value, new: &Value) -> Vec<StatusCause> {
    let mut causes = immutable_field(old, new, "/type");
    causes.extend(immutable(old, new));
    causes
}

/// Validates that `immutable: true` and the fields it covers are unchanged.
pub(super) fn immutable(old: &Value, new: &Value) -> Vec<StatusCause> {
    if !flag(old, "/immutable") {
        return Vec::new();
    }
    let rule = "field is immutable when `immutable` is set";
    let mut causes = Vec::new();
    if !flag(new, "/immutable") {
        causes.push(StatusCause::forbidden("immutable", rule));
    }
    if old.get("data") != new.get("data") {
        causes.push(StatusCause::forbidden("data", rule));
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

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
            (
                "token",
                Some(
                    "Invalid value: \"<secret contents redacted>\": invalid character 'o' in literal true (expecting 'r')",
                ),
            ),
            (
                "",
                Some("Invalid value: \"<secret contents redacted>\": unexpected end of JSON input"),
            ),
        ] {
            let causes = check(&docker_secret(content));
            let found = causes.first().map(|cause| cause.message.as_str());
            assert_eq!(found, message, "{content}");
        }
    }

    #[test]
    fn data_is_base64_as_go_reads_it() {
        for (content, stumbles_at) in [
            ("eQ==", None),
            ("e\nQ==\n", None),
            ("eR==", None),
            ("", None),
            ("plain text", Some(5)),
            ("!!!!", Some(0)),
            ("hello", Some(4)),
        ] {
            let refused = encoding(&json!({"data": {"k": content}})).err();
            let message = stumbles_at.map(|at| {
                format!("Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte {at}")
            });
            assert_eq!(refused.map(|status| status.message), message, "{content:?}");
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
