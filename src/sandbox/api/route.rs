//! Routes: parses a path into resource, namespace and name.

use super::query::percent_decoded;
use crate::sandbox::{
    resources::{Resource, Review, Subresource},
    status::{ApiResult, ApiStatus},
};

#[derive(Debug)]
pub enum Route {
    Version,
    /// `/healthz`, `/livez`, `/readyz`.
    Health,
    /// `/api`.
    CoreVersions,
    /// `/apis`.
    Groups,
    /// `/apis/apps`.
    Group(String),
    /// `/api/v1`, `/apis/apps/v1`.
    Resources {
        group: String,
        version: String,
    },
    OpenApi,
    Review(Review),
    Objects(RequestTarget),
    /// A path of a kubelet's own server: `/api/v1/nodes/x/proxy/metrics`.
    NodeProxy {
        target: RequestTarget,
        path: String,
    },
}

/// A collection or an object in it.
#[derive(Debug)]
pub struct RequestTarget {
    pub resource: &'static Resource,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub subresource: Option<Subresource>,
}

impl RequestTarget {
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }
}

pub fn route(path: &str) -> ApiResult<Route> {
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(percent_decoded)
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["version"] => Ok(Route::Version),
        ["healthz" | "livez" | "readyz", ..] => Ok(Route::Health),
        ["openapi", "v2"] => Ok(Route::OpenApi),
        ["api"] => Ok(Route::CoreVersions),
        ["apis"] => Ok(Route::Groups),
        ["api", "v1"] => Ok(resources("", "v1")),
        ["apis", group] => Ok(Route::Group((*group).to_owned())),
        ["apis", group, version] => Ok(resources(group, version)),
        ["api", "v1", "nodes", node, "proxy", path @ ..] => {
            let Route::Objects(target) = objects("", "v1", &["nodes", node, "proxy"])? else {
                return Err(ApiStatus::no_such_path());
            };
            let path = format!("/{}", path.join("/"));
            Ok(Route::NodeProxy { target, path })
        }
        ["api", "v1", rest @ ..] => objects("", "v1", rest),
        ["apis", group, version, plural]
            if let Some(review) = Review::find(group, version, plural) =>
        {
            Ok(Route::Review(review))
        }
        ["apis", group, version, rest @ ..] => objects(group, version, rest),
        _ => Err(ApiStatus::no_such_path()),
    }
}

fn resources(group: &str, version: &str) -> Route {
    Route::Resources {
        group: group.to_owned(),
        version: version.to_owned(),
    }
}

fn objects(group: &str, version: &str, rest: &[&str]) -> ApiResult<Route> {
    let (namespace, rest) = match rest {
        // `namespaces/x/status` is about the Namespace, `namespaces/x/pods` about what is in it.
        ["namespaces", _, "status" | "finalize"] | ["namespaces"] | ["namespaces", _] => {
            (None, rest)
        }
        ["namespaces", namespace, inner @ ..] => (Some((*namespace).to_owned()), inner),
        _ => (None, rest),
    };
    let (plural, name, subresource) = match rest {
        [plural] => (plural, None, None),
        [plural, name] => (plural, Some(*name), None),
        [plural, name, subresource] => (plural, Some(*name), Some(*subresource)),
        _ => return Err(ApiStatus::no_such_path()),
    };
    let resource = Resource::find(group, version, plural).ok_or_else(ApiStatus::no_such_path)?;
    let subresource = subresource
        .map(|text| {
            Subresource::parse(text)
                .filter(|sub| resource.subresources.contains(sub))
                .ok_or_else(ApiStatus::no_such_path)
        })
        .transpose()?;
    let is_in_place = match (&namespace, name) {
        (Some(_), _) => resource.is_namespaced(),
        (None, Some(_)) => !resource.is_namespaced(),
        (None, None) => true,
    };
    if !is_in_place {
        return Err(ApiStatus::no_such_path());
    }
    Ok(Route::Objects(RequestTarget {
        resource,
        namespace,
        name: name.map(str::to_owned),
        subresource,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: &str) -> (String, Option<String>, Option<String>, Option<Subresource>) {
        match route(path).unwrap() {
            Route::Objects(target) => (
                target.resource.qualified(),
                target.namespace,
                target.name,
                target.subresource,
            ),
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn paths_name_collections_objects_and_parts() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(target("/api/v1/pods"), ("pods".into(), None, None, None));
        assert_eq!(
            target("/api/v1/namespaces/app/pods/web-1/log"),
            (
                "pods".into(),
                text("app"),
                text("web-1"),
                Some(Subresource::Log)
            )
        );
        assert_eq!(
            target("/api/v1/namespaces/app/status"),
            (
                "namespaces".into(),
                None,
                text("app"),
                Some(Subresource::Status)
            )
        );
        assert_eq!(
            target("/apis/apps/v1/namespaces/app/deployments/web%2D1"),
            ("deployments.apps".into(), text("app"), text("web-1"), None)
        );
        assert_eq!(
            target("/apis/rbac.authorization.k8s.io/v1/clusterroles/a+b").2,
            text("a+b"),
            "a plus sign is a space in a query only"
        );
        for path in [
            "/apis/apps/v1/widgets",
            "/api/v1/namespaces/app/secrets/s/status",
            "/api/v1/namespaces/app/nodes",
            "/api/v1/pods/web-1",
            "/apis/authorization.k8s.io/v1/widgets",
        ] {
            assert!(route(path).is_err(), "{path}");
        }
        assert!(matches!(
            route("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"),
            Ok(Route::Review(Review::Rules))
        ));
    }
}
