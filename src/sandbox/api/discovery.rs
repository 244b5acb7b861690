//! Discovery: version, groups and resources, in the legacy and the aggregated format.

use http::{HeaderMap, Response, StatusCode, header};
use serde_json::{Value, json};

use super::body::{self, Body};
use crate::sandbox::{
    object::Put,
    resources::{RESOURCES, Resource, Review, Subresource},
    status::{ApiResult, ApiStatus},
};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

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
    if accepts_aggregated(headers) {
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
    if accepts_aggregated(headers) {
        return aggregated(&names);
    }
    let groups: Vec<Value> = names.iter().map(|name| group_json(name)).collect();
    body::ok(&json!({
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": groups,
    }))
}

pub fn group(name: &str) -> ApiResult<Response<Body>> {
    if !group_names().contains(&name) {
        return Err(ApiStatus::no_such_path());
    }
    let mut group = group_json(name);
    group.put("kind", "APIGroup");
    group.put("apiVersion", "v1");
    Ok(body::ok(&group))
}

pub fn resources(group: &str, version: &str) -> ApiResult<Response<Body>> {
    if version != "v1" || !(group.is_empty() || group_names().contains(&group)) {
        return Err(ApiStatus::no_such_path());
    }
    let mut rows: Vec<Value> = Vec::new();
    for resource in RESOURCES.iter().filter(|row| row.group == group) {
        rows.push(json!({
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.is_namespaced(),
            "kind": resource.name,
            "verbs": resource.verbs(),
            "shortNames": resource.short,
            "categories": resource.categories,
        }));
        for sub in resource.subresources {
            rows.push(below(resource, *sub));
        }
    }
    for review in reviews(group) {
        rows.push(json!({
            "name": review.plural(),
            "singularName": review.singular(),
            "namespaced": false,
            "kind": review.name(),
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

/// A resource that is below another, in the old form.
fn below(resource: &Resource, sub: Subresource) -> Value {
    let mut row = json!({
        "name": format!("{}/{}", resource.plural, sub.as_str()),
        "singularName": "",
        "namespaced": resource.is_namespaced(),
        "kind": resource.name,
        "verbs": sub.verbs(),
    });
    if let Some((group, version, kind)) = sub.own_type() {
        row.put("group", group);
        row.put("version", version);
        row.put("kind", kind);
    }
    row
}

fn reviews(group: &str) -> impl Iterator<Item = Review> {
    Review::ALL
        .into_iter()
        .filter(move |review| review.group() == group)
}

fn accepts_aggregated(headers: &HeaderMap) -> bool {
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
        .chain(Review::ALL.into_iter().map(Review::group))
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
            let resources: Vec<Value> = stored
                .map(discovered)
                .chain(reviews(group).map(|review| {
                    json!({
                        "resource": review.plural(),
                        "responseKind": type_of(group, Review::VERSION, review.name()),
                        "scope": "Cluster",
                        "singularResource": review.singular(),
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
    let own = (resource.group, resource.version, resource.name);
    let subresources: Vec<Value> = resource
        .subresources
        .iter()
        .map(|sub| {
            let (group, version, kind) = sub.own_type().unwrap_or(own);
            json!({
                "subresource": sub.as_str(),
                "responseKind": type_of(group, version, kind),
                "verbs": sub.verbs(),
            })
        })
        .collect();
    json!({
        "resource": resource.plural,
        "responseKind": type_of(resource.group, resource.version, resource.name),
        "scope": if resource.is_namespaced() { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs(),
        "shortNames": resource.short,
        "categories": resource.categories,
        "subresources": subresources,
    })
}

fn type_of(group: &str, version: &str, kind: &str) -> Value {
    json!({"group": group, "version": version, "kind": kind})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::resources::ResourceKind;

    #[test]
    fn a_scale_is_of_its_own_group_in_both_forms() {
        let deployment = ResourceKind::Deployment.resource();
        assert_eq!(
            below(deployment, Subresource::Scale),
            json!({
                "name": "deployments/scale", "singularName": "", "namespaced": true,
                "group": "autoscaling", "version": "v1", "kind": "Scale",
                "verbs": ["get", "patch", "update"],
            })
        );
        let subresources = &discovered(deployment)["subresources"];
        assert_eq!(
            subresources[0]["responseKind"],
            json!({"group": "autoscaling", "version": "v1", "kind": "Scale"})
        );
        assert_eq!(
            subresources[1]["responseKind"],
            json!({"group": "apps", "version": "v1", "kind": "Deployment"})
        );
    }
}
