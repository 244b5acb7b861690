//! `Table`: the columns that `kubectl get` prints, made by the server.

mod pod;
mod rows;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    object::{StoredObject, metadata_only},
    resources::Resource,
};
use crate::domain::k8s::age::human_duration;
use rows::ColumnDefinition;

pub fn table(resource: &'static Resource, objects: &[StoredObject], now: Timestamp) -> Value {
    let columns: Vec<Value> = rows::columns(resource.kind).map(|it| column(&it)).collect();
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            json!({
                "cells": rows::cells(resource.kind, object, now),
                "object": metadata_only(object),
            })
        })
        .collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {},
        "columnDefinitions": columns,
        "rows": rows,
    })
}

fn column(column: &ColumnDefinition) -> Value {
    json!({
        "name": column.name,
        "type": if column.is_number { "integer" } else { "string" },
        "format": if column.name == "Name" { "name" } else { "" },
        "description": "",
        "priority": column.priority,
    })
}

/// Age of what began at this moment, or `<unknown>`.
fn age_since(moment: Option<Timestamp>, now: Timestamp) -> String {
    moment.map_or_else(
        || "<unknown>".to_owned(),
        |moment| human_duration(now.duration_since(moment).as_secs()),
    )
}
