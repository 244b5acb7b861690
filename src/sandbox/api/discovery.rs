//! What this server serves, for clients that ask: version, groups and resources, in the old form
//! and in the aggregated one.

use crate::sandbox::object::Put;
use http::{HeaderMap, Response, StatusCode, header};
use serde_json::{Value, json};

use super::body::{self, Body};
use crate::sandbox::{
    resources::{RESOURCES, Resource, VERBS},
    status::{Refused, Status},
};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Groups with a resource that is answered and not stored: group, version, plural, kind.
const REVIEWS: &[(&str, &str, &str)] = &[
    (
        "authorization.k8s.io",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
    ),
    (
        "authorization.k8s.io",
        "selfsubjectrulesreviews",
        "SelfSubjectRulesReview",
    ),
    (
        "authentication.k8s.io",
        "selfsubjectreviews",
        "SelfSubjectReview",
    ),
];

pub fn version() -> Value {
    json!({
        "major": "1",
        "minor": "36",
        "gitVersion": "v1.36.3+sandbox",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "sandbox/amd64",
    })
}

pub fn core_versions(headers: &HeaderMap) -> Response<Body> {
    if wants_aggregated(headers) {
        return aggregated(&[""]);
    }
    body::ok(&json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [],
    }))
}

pub fn groups(headers: &HeaderMap) -> Response<Body> {
    let names = group_names();
    if wants_aggregated(headers) {
        return aggregated(&names);
    }
    let groups: Vec<Value> = names.iter().map(|name| group_json(name)).collect();
    body::ok(&json!({
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": groups,
    }))
}

pub fn group(name: &str) -> Refused<Response<Body>> {
    if !group_names().contains(&name) {
        return Err(Status::no_such_path());
    }
    let mut group = group_json(name);
    group.put("kind", "APIGroup");
    group.put("apiVersion", "v1");
    Ok(body::ok(&group))
}

pub fn resources(group: &str, version: &str) -> Refused<Response<Body>> {
    if version != "v1" || !(group.is_empty() || group_names().contains(&group)) {
        return Err(Status::no_such_path());
    }
    let mut rows: Vec<Value> = Vec::new();
    for resource in RESOURCES.iter().filter(|row| row.group == group) {
        rows.push(json!({
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.is_namespaced(),
            "kind": resource.name,
            "verbs": VERBS,
            "shortNames": resource.short,
            "categories": resource.categories,
        }));
        for sub in resource.subresources {
            rows.push(json!({
                "name": format!("{}/{}", resource.plural, sub.as_str()),
                "singularName": "",
                "namespaced": resource.is_namespaced(),
                "kind": sub.kind(resource),
                "verbs": sub.verbs(),
            }));
        }
    }
    for (_, plural, kind) in REVIEWS.iter().filter(|review| review.0 == group) {
        rows.push(json!({
            "name": plural,
            "singularName": kind.to_lowercase(),
            "namespaced": false,
            "kind": kind,
            "verbs": ["create"],
        }));
    }
    let group_version = match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    Ok(body::ok(&json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": rows,
    })))
}

fn wants_aggregated(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    accept.split(',').any(|range| {
        range.contains("as=APIGroupDiscoveryList")
            && range.contains("v=v2")
            && !range.contains("v=v2beta1")
    })
}

fn group_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = RESOURCES
        .iter()
        .map(|row| row.group)
        .chain(REVIEWS.iter().map(|review| review.0))
        .filter(|group| !group.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn group_json(name: &str) -> Value {
    let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn aggregated(groups: &[&str]) -> Response<Body> {
    let items: Vec<Value> = groups
        .iter()
        .map(|group| {
            let stored = RESOURCES.iter().filter(|row| row.group == *group);
            let reviews = REVIEWS.iter().filter(|review| review.0 == *group);
            let resources: Vec<Value> = stored
                .map(discovered)
                .chain(reviews.map(|(group, plural, kind)| {
                    json!({
                        "resource": plural,
                        "responseKind": {"group": group, "version": "v1", "kind": kind},
                        "scope": "Cluster",
                        "singularResource": kind.to_lowercase(),
                        "verbs": ["create"],
                    })
                }))
                .collect();
            let metadata = match *group {
                "" => json!({"creationTimestamp": null}),
                group => json!({"name": group, "creationTimestamp": null}),
            };
            json!({
                "metadata": metadata,
                "versions": [
                    {"version": "v1", "resources": resources, "freshness": "Current"}
                ],
            })
        })
        .collect();
    let list = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    });
    let bytes = list.to_string();
    body::typed(StatusCode::OK, AGGREGATED, bytes)
}

fn discovered(resource: &Resource) -> Value {
    let kind =
        |name: &str| json!({"group": resource.group, "version": resource.version, "kind": name});
    let subresources: Vec<Value> = resource
        .subresources
        .iter()
        .map(|sub| {
            json!({
                "subresource": sub.as_str(),
                "responseKind": kind(sub.kind(resource)),
                "verbs": sub.verbs(),
            })
        })
        .collect();
    json!({
        "resource": resource.plural,
        "responseKind": kind(resource.name),
        "scope": if resource.is_namespaced() { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": VERBS,
        "shortNames": resource.short,
        "categories": resource.categories,
        "subresources": subresources,
    })
}
