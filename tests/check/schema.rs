//! JSON Schema as far as the schemas in `assets/schema` use it: `type`, `enum`, `required`,
//! `properties`, `items`. A word that is not known here is a fault of the schema.

use std::{fs, path::Path};

use serde_json::Value;

/// Fails unless the value obeys the schema of this name.
pub fn obeys(name: &str, value: &Value) {
    let path = format!("assets/schema/{name}.schema.json");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    check(&schema, value, name);
}

fn check(schema: &Value, value: &Value, at: &str) {
    for (word, rule) in schema.as_object().unwrap() {
        match word.as_str() {
            "$schema" | "title" => {}
            "type" => {
                let allowed = rule
                    .as_array()
                    .map_or_else(|| vec![rule], |all| all.iter().collect());
                let fits = allowed.iter().any(|kind| is(kind.as_str().unwrap(), value));
                assert!(fits, "{at}: {value} is not {rule}");
            }
            "enum" => assert!(
                rule.as_array().unwrap().contains(value),
                "{at}: {value} is not {rule}"
            ),
            "required" => {
                for key in rule.as_array().unwrap() {
                    let has = value
                        .as_object()
                        .is_none_or(|it| it.contains_key(key.as_str().unwrap()));
                    assert!(has, "{at}: no {key} in {value}");
                }
            }
            "properties" => {
                for (key, inner) in value.as_object().into_iter().flatten() {
                    // Not a rule of ours for readers, but for the schema: it names all there is.
                    let rule = rule
                        .get(key)
                        .unwrap_or_else(|| panic!("{at}: {key} is not in the schema"));
                    check(rule, inner, &format!("{at}.{key}"));
                }
            }
            "items" => {
                for inner in value.as_array().unwrap() {
                    check(rule, inner, at);
                }
            }
            other => panic!("{at}: {other} is not understood here"),
        }
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    }
}
