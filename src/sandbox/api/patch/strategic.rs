//! Strategic merge patch: a merge patch that merges lists by keys.
//!
//! Directives are those of `k8s.io/apimachinery/pkg/util/strategicpatch`.

use serde_json::{Map, Value};

use crate::sandbox::{
    fields::{ListShape, child, list_shape, strategic_key},
    status::{ApiResult, ApiStatus},
};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_PRIMITIVES: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

pub fn patch(object: &Value, patch: &Value) -> ApiResult<Value> {
    Ok(merge("", Some(object), patch)?.unwrap_or_else(|| Value::Object(Map::new())))
}

/// The merged value; none if the patch deletes it.
fn merge(field: &str, object: Option<&Value>, patch: &Value) -> ApiResult<Option<Value>> {
    let Some(changes) = patch.as_object() else {
        return Ok(Some(patch.clone()));
    };
    let empty = Map::new();
    let mut fields = match changes.get(DIRECTIVE).and_then(Value::as_str) {
        Some("delete") => return Ok(None),
        Some("replace") => Map::new(),
        None | Some("merge") => object.and_then(Value::as_object).unwrap_or(&empty).clone(),
        Some(other) => {
            return Err(ApiStatus::bad_request(format!(
                "unknown patch type: {other}"
            )));
        }
    };
    if let Some(kept) = changes.get(RETAIN_KEYS).and_then(Value::as_array) {
        fields.retain(|name, _| kept.iter().any(|kept| kept == name.as_str()));
    }
    for (name, change) in changes {
        merge_field(field, &mut fields, name, change, changes)?;
    }
    Ok(Some(Value::Object(fields)))
}

fn merge_field(
    parent: &str,
    fields: &mut Map<String, Value>,
    name: &str,
    change: &Value,
    changes: &Map<String, Value>,
) -> ApiResult<()> {
    if name == DIRECTIVE || name == RETAIN_KEYS {
        return Ok(());
    }
    if let Some(list) = name.strip_prefix(DELETE_PRIMITIVES) {
        if let Some(members) = fields.get_mut(list).and_then(Value::as_array_mut) {
            let gone = change.as_array().map_or(&[][..], Vec::as_slice);
            members.retain(|member| !gone.contains(member));
        }
        return Ok(());
    }
    if let Some(list) = name.strip_prefix(ORDER) {
        // With a change of the same list, the order is that change's business.
        if !changes.contains_key(list) {
            order(fields, list, change);
        }
        return Ok(());
    }
    match change {
        Value::Null => {
            fields.remove(name);
        }
        Value::Array(changed) => {
            let members = fields.get(name).and_then(Value::as_array);
            let merged = merge_list(
                child(parent, name),
                members.map_or(&[], Vec::as_slice),
                changed,
            )?;
            fields.insert(name.to_owned(), Value::Array(merged));
            if let Some(wanted) = changes.get(&format!("{ORDER}{name}")) {
                order(fields, name, wanted);
            }
        }
        change => match merge(name, fields.get(name), change)? {
            Some(merged) => {
                fields.insert(name.to_owned(), merged);
            }
            None => {
                fields.remove(name);
            }
        },
    }
    Ok(())
}

fn merge_list(name: &str, members: &[Value], changes: &[Value]) -> ApiResult<Vec<Value>> {
    if list_shape(name) == ListShape::Set {
        let new = changes.iter().filter(|change| !members.contains(change));
        return Ok(members.iter().chain(new).cloned().collect());
    }
    let Some(key) = strategic_key(name) else {
        return Ok(changes.to_vec());
    };
    let directive = |change: &Value| change.get(DIRECTIVE).cloned();
    let replaces = changes
        .iter()
        .any(|change| directive(change).is_some_and(|word| word == "replace"));
    let mut merged = if replaces {
        Vec::new()
    } else {
        members.to_vec()
    };
    for change in changes {
        let is_marker = replaces && change.as_object().is_some_and(|fields| fields.len() == 1);
        if is_marker && directive(change).is_some() {
            continue;
        }
        let Some(wanted) = change.get(key) else {
            return Err(ApiStatus::bad_request(format!(
                "map: {change} does not contain declared merge key: {key}"
            )));
        };
        let place = merged
            .iter()
            .position(|member| member.get(key) == Some(wanted));
        let there = place.and_then(|index| merged.get(index));
        match (merge("", there, change)?, place) {
            (Some(new), Some(index)) => {
                if let Some(member) = merged.get_mut(index) {
                    *member = new;
                }
            }
            (Some(new), None) => merged.push(new),
            (None, Some(index)) => drop(merged.remove(index)),
            (None, None) => {}
        }
    }
    Ok(in_order(merged, members, changes, key))
}

/// Orders a merged list: elements named by the patch keep its order, the others theirs.
///
/// Where the two meet, the existing order decides, and new elements come first (`normalizeElementOrder`).
fn in_order(merged: Vec<Value>, members: &[Value], changes: &[Value], key: &str) -> Vec<Value> {
    let place = |list: &[Value], element: &Value| {
        list.iter()
            .position(|other| other.get(key) == element.get(key))
    };
    let (mut named, others): (Vec<Value>, Vec<Value>) = merged
        .into_iter()
        .partition(|element| place(changes, element).is_some());
    named.sort_by_key(|element| place(changes, element));
    let mut named = named.into_iter().peekable();
    let mut ordered = Vec::new();
    for other in others {
        let before = place(members, &other);
        while let Some(next) =
            named.next_if(|next| place(members, next).is_none_or(|at| Some(at) < before))
        {
            ordered.push(next);
        }
        ordered.push(other);
    }
    ordered.extend(named);
    ordered
}

/// Brings the elements that `wanted` names into its order; others keep theirs, behind them.
fn order(fields: &mut Map<String, Value>, name: &str, wanted: &Value) {
    let key = strategic_key(name);
    let identity = |value: &Value| match key {
        Some(key) => value.get(key).cloned().unwrap_or(Value::Null),
        None => value.clone(),
    };
    let wanted: Vec<Value> = wanted
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .map(identity)
        .collect();
    if let Some(members) = fields.get_mut(name).and_then(Value::as_array_mut) {
        members.sort_by_key(|member| {
            let identity = identity(member);
            wanted
                .iter()
                .position(|there| *there == identity)
                .unwrap_or(usize::MAX)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_merge_by_their_key() {
        for (object, change, result) in [
            (
                json!({"volumes": [{"name": "a"}]}),
                json!({"volumes": [{"name": "b"}]}),
                json!({"volumes": [{"name": "b"}, {"name": "a"}]}),
            ),
            (
                json!({"volumes": [{"name": "a"}, {"name": "b"}]}),
                json!({"volumes": [{"name": "a", "$patch": "delete"}]}),
                json!({"volumes": [{"name": "b"}]}),
            ),
            (
                json!({"containers": [{"name": "a", "image": "x", "tty": true}]}),
                json!({"containers": [{"name": "a", "image": "y"}]}),
                json!({"containers": [{"name": "a", "image": "y", "tty": true}]}),
            ),
            (
                json!({"containers": [{"name": "a"}, {"name": "b"}]}),
                json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
                       "containers": [{"name": "a", "image": "x"}]}),
                json!({"containers": [{"name": "b"}, {"name": "a", "image": "x"}]}),
            ),
            (
                json!({"volumes": [{"name": "a"}]}),
                json!({"volumes": [{"$patch": "replace"}, {"name": "b"}]}),
                json!({"volumes": [{"name": "b"}]}),
            ),
            (
                json!({"args": ["1", "2"], "finalizers": ["x"]}),
                json!({"args": ["3"], "finalizers": ["y"]}),
                json!({"args": ["3"], "finalizers": ["x", "y"]}),
            ),
            (
                json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}),
                json!({"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}),
                json!({"strategy": {"type": "Recreate"}}),
            ),
        ] {
            assert_eq!(
                patch(&object, &change),
                Ok(result),
                "{object} with {change}"
            );
        }
    }

    #[test]
    fn an_element_without_its_key_is_refused() {
        let change = json!({"containers": [{"image": "x"}]});
        let status = patch(&json!({}), &change).unwrap_err();
        assert_eq!(
            status.message,
            "map: {\"image\":\"x\"} does not contain declared merge key: name"
        );
    }
}
