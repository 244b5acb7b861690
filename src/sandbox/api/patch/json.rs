//! JSON patch (RFC 6902): a list of operations at JSON pointers.

use serde_json::Value;

use crate::sandbox::{
    object::{key, text},
    status::{ApiResult, ApiStatus},
};

pub fn patch(object: &mut Value, body: &[u8]) -> ApiResult<()> {
    let operations: Vec<Value> = serde_json::from_slice(body)
        .map_err(|error| ApiStatus::bad_request(format!("error decoding patch: {error}")))?;
    for operation in &operations {
        apply(object, operation).map_err(|why| ApiStatus::unprocessable(&why))?;
    }
    Ok(())
}

fn apply(object: &mut Value, operation: &Value) -> Result<(), String> {
    let (path, from) = (text(operation, "/path"), text(operation, "/from"));
    let value = || {
        operation
            .get("value")
            .cloned()
            .ok_or_else(|| "missing value".to_owned())
    };
    match text(operation, "/op") {
        "add" => add(object, path, value()?),
        "remove" => remove(object, path).map(drop),
        "replace" => {
            let place = object
                .pointer_mut(path)
                .ok_or_else(|| missing("replace", path))?;
            *place = value()?;
            Ok(())
        }
        "move" => {
            let value = remove(object, from)?;
            add(object, path, value)
        }
        "copy" => {
            let value = object
                .pointer(from)
                .cloned()
                .ok_or_else(|| missing("copy", from))?;
            add(object, path, value)
        }
        "test" => {
            if object.pointer(path) == Some(&value()?) {
                Ok(())
            } else {
                Err(format!("testing value {path} failed: test failed"))
            }
        }
        other => Err(format!("Unexpected kind: {other}")),
    }
}

fn missing(operation: &str, path: &str) -> String {
    format!("{operation} operation does not apply: doc is missing path: {path}: missing value")
}

fn parent<'a>(
    object: &'a mut Value,
    path: &str,
    operation: &str,
) -> Result<(&'a mut Value, String), String> {
    let (parent, step) = path
        .rsplit_once('/')
        .ok_or_else(|| missing(operation, path))?;
    let parent = object
        .pointer_mut(parent)
        .ok_or_else(|| missing(operation, path))?;
    Ok((parent, key(step)))
}

fn add(object: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *object = value;
        return Ok(());
    }
    let (parent, key) = parent(object, path, "add")?;
    match parent {
        Value::Object(fields) => {
            fields.insert(key, value);
            Ok(())
        }
        Value::Array(members) => {
            let index = match key.as_str() {
                "-" => members.len(),
                digits => digits.parse().map_err(|_| missing("add", path))?,
            };
            if index > members.len() {
                return Err(missing("add", path));
            }
            members.insert(index, value);
            Ok(())
        }
        _ => Err(missing("add", path)),
    }
}

fn remove(object: &mut Value, path: &str) -> Result<Value, String> {
    let (parent, key) = parent(object, path, "remove")?;
    match parent {
        Value::Object(fields) => fields.remove(&key).ok_or_else(|| missing("remove", path)),
        Value::Array(members) => {
            let index: usize = key.parse().map_err(|_| missing("remove", path))?;
            if index >= members.len() {
                return Err(missing("remove", path));
            }
            Ok(members.remove(index))
        }
        _ => Err(missing("remove", path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patched(object: &Value, operations: &Value) -> ApiResult<Value> {
        let mut object = object.clone();
        patch(&mut object, operations.to_string().as_bytes())?;
        Ok(object)
    }

    #[test]
    fn operations_apply_in_order() {
        let account = json!({"imagePullSecrets": [{"name": "a"}]});
        let operations = json!([
            {"op": "test", "path": "/imagePullSecrets/0/name", "value": "a"},
            {"op": "add", "path": "/imagePullSecrets/-", "value": {"name": "b"}},
            {"op": "remove", "path": "/imagePullSecrets/0"},
            {"op": "add", "path": "/labels", "value": {}},
            {"op": "add", "path": "/labels/x.io~1y", "value": "1"},
        ]);
        assert_eq!(
            patched(&account, &operations),
            Ok(json!({"imagePullSecrets": [{"name": "b"}], "labels": {"x.io/y": "1"}}))
        );
    }

    #[test]
    fn what_does_not_apply_is_refused() {
        let object = json!({"a": [1]});
        for operation in [
            json!({"op": "remove", "path": "/b"}),
            json!({"op": "add", "path": "/a/7", "value": 1}),
            json!({"op": "test", "path": "/a/0", "value": 2}),
            json!({"op": "turn", "path": "/a"}),
        ] {
            let status = patched(&object, &json!([operation])).unwrap_err();
            assert_eq!(status.code(), 422, "{operation}");
        }
    }
}
