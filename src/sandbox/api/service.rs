//! The API as a tower service.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;

use super::{
    access::{self, User},
    body::{self, Body},
    delete, discovery, list, log, negotiate, node_proxy, patch,
    query::QueryString,
    read,
    request::ApiRequest,
    review,
    route::{RequestTarget, Route, route},
    subresources, watch, write,
};
use crate::sandbox::{
    resources::Subresource,
    status::{ApiResult, ApiStatus},
    world::{SharedWorld, World},
};

/// The API as one user sees it, or as whoever's token a request carries.
#[derive(Clone)]
pub struct Service {
    shared: SharedWorld,
    user: Option<User>,
}

impl Service {
    /// For callers in the same process: no token is looked at.
    pub fn for_user(shared: SharedWorld, user: User) -> Self {
        Self {
            shared,
            user: Some(user),
        }
    }

    /// For callers over HTTP: a bearer token says who they are.
    pub fn with_tokens(shared: SharedWorld) -> Self {
        Self { shared, user: None }
    }
}

impl<B> tower::Service<Request<B>> for Service
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::fmt::Display,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let answer = match body.collect().await {
                Ok(body) => ApiRequest {
                    method: head.method,
                    path: head.uri.path().to_owned(),
                    query: QueryString::parse(head.uri.query().unwrap_or_default()),
                    headers: head.headers,
                    body: body.to_bytes(),
                }
                .in_json()
                .and_then(|call| service.respond(&call)),
                Err(error) => Err(ApiStatus::bad_request(format!(
                    "error reading the request body: {error}"
                ))),
            };
            Ok(answer.unwrap_or_else(|status| body::refused(&status)))
        })
    }
}

/// What kubectl asks for before it applies something.
const OPENAPI: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

impl Service {
    fn respond(&self, call: &ApiRequest) -> ApiResult<Response<Body>> {
        let user = match &self.user {
            Some(user) => user.clone(),
            // Whether it lives and which version it is, is open to all.
            None => match (User::from_bearer(&call.headers), route(&call.path)) {
                (Some(user), _) => user,
                (None, Ok(Route::Health | Route::Version)) => User::anonymous(),
                (None, _) => return Err(ApiStatus::unauthorized()),
            },
        };
        let user = user.impersonating(&call.headers)?;
        match route(&call.path)? {
            Route::Health => Ok(body::typed(StatusCode::OK, "text/plain", "ok")),
            Route::Version => Ok(body::ok(&discovery::version())),
            Route::CoreVersions => Ok(discovery::core_versions(&call.headers)),
            Route::Groups => Ok(discovery::groups(&call.headers)),
            Route::Group(group) => discovery::group(&group),
            Route::Resources { group, version } => discovery::resources(&group, &version),
            // A document without definitions, in its binary form: clients skip what they find no
            // schema for, and the server validates for itself.
            Route::OpenApi => Ok(body::typed(StatusCode::OK, OPENAPI, "")),
            Route::Review(review) if call.method == Method::POST => {
                review::answer(&self.shared.world(), &user, review, call)
            }
            Route::Review(_) => Err(ApiStatus::method_not_allowed()),
            Route::NodeProxy { target, path } => {
                let world = self.shared.world();
                access::authorize(&world, &user, verb(call, &target)?, &target)?;
                node_proxy::answer(&world, call, &target, &path)
            }
            Route::Objects(target) => {
                let mut world = self.shared.world();
                let verb = verb(call, &target)?;
                access::authorize(&world, &user, verb, &target)?;
                let answer = self.objects(&mut world, call, verb, &target);
                // What the write set off happens before anyone looks again.
                world.catch_up();
                answer
            }
        }
    }

    fn objects(
        &self,
        world: &mut World,
        call: &ApiRequest,
        verb: &str,
        target: &RequestTarget,
    ) -> ApiResult<Response<Body>> {
        let shape = negotiate::negotiate(&call.headers)?;
        match (verb, target.subresource) {
            ("get", None | Some(Subresource::Status | Subresource::EphemeralContainers)) => {
                read::get(world, target, shape)
            }
            ("get", Some(Subresource::Log)) => log::log(world, target, &call.query),
            ("get", Some(Subresource::Scale)) => {
                Ok(body::ok(&subresources::scale(&*read::find(world, target)?)))
            }
            ("create", Some(Subresource::Eviction)) => subresources::evict(world, call, target),
            ("create", Some(Subresource::Token)) => subresources::token(world, call, target),
            ("list", _) => list::list(world, target, &call.query, shape),
            ("watch", _) => watch::watch(&self.shared, world, target, &call.query, shape),
            ("create", None) => write::create(world, call, target, shape),
            ("update", _) => write::replace(world, call, target, shape),
            ("patch", _) => patch::patch(world, call, target, shape),
            ("delete", None) => delete::one(world, call, target),
            ("deletecollection", None) => delete::many(world, call, target, shape),
            _ => Err(ApiStatus::method_not_allowed()),
        }
    }
}

/// The verb that access rules speak of.
fn verb(call: &ApiRequest, target: &RequestTarget) -> ApiResult<&'static str> {
    let named = target.name.is_some();
    match (&call.method, named) {
        (&Method::GET, _) if call.query.flag("watch") && target.subresource.is_none() => {
            Ok("watch")
        }
        (&Method::GET | &Method::HEAD, true) => Ok("get"),
        (&Method::GET | &Method::HEAD, false) => Ok("list"),
        (&Method::POST, named) if named == target.subresource.is_some() => Ok("create"),
        (&Method::PUT, true) => Ok("update"),
        (&Method::PATCH, true) => Ok("patch"),
        (&Method::DELETE, true) => Ok("delete"),
        // In one namespace only, and of Namespaces not at all.
        (&Method::DELETE, false)
            if target.resource.is_namespaced() == target.namespace.is_some()
                && target.resource.verbs().contains(&"deletecollection") =>
        {
            Ok("deletecollection")
        }
        _ => Err(ApiStatus::method_not_allowed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{Pace, Sandbox};
    use futures::FutureExt;
    use serde_json::{Value, json};
    use tower::Service as _;

    const APP: &str = "/api/v1/namespaces/app";

    struct Api(Sandbox);

    impl Api {
        /// A sandbox with a Namespace `app`.
        fn new() -> Self {
            let start = "2026-11-23T12:00:00Z".parse().unwrap();
            let api = Self(Sandbox::empty(start, Pace::Manual));
            let app = json!({"metadata": {"name": "app"}});
            assert_eq!(api.ask("POST", "/api/v1/namespaces", &app).0, 201);
            api
        }

        fn open(&self, method: &str, path: &str, body: &Value) -> Response<Body> {
            let body = match body {
                Value::Null => String::new(),
                body => body.to_string(),
            };
            let request = Request::builder().method(method).uri(path).body(body);
            let answer = self.0.service(User::admin()).call(request.unwrap());
            answer.now_or_never().unwrap().unwrap()
        }

        /// The code and the object of an answer that comes at once.
        fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
            let answer = self.open(method, path, body);
            let code = answer.status().as_u16();
            let body = answer.into_body().collect().now_or_never().unwrap();
            (
                code,
                serde_json::from_slice(&body.unwrap().to_bytes()).unwrap(),
            )
        }

        fn make(&self, path: &str, object: &Value) -> Value {
            let (code, made) = self.ask("POST", path, object);
            assert_eq!(code, 201, "{made}");
            made
        }

        fn count(&self, path: &str) -> usize {
            let (_, list) = self.ask("GET", path, &Value::Null);
            list["items"].as_array().map_or(0, Vec::len)
        }
    }

    fn config(name: &str, label: &str) -> Value {
        json!({"metadata": {"name": name, "labels": {"tier": label}}})
    }

    #[test]
    fn a_namespace_that_is_replaced_still_waits_for_its_content() {
        let api = Api::new();
        let mut bare = json!({"metadata": {"name": "app"}, "spec": {"finalizers": []}});
        let (_, replaced) = api.ask("PUT", APP, &bare);
        assert_eq!(replaced["spec"]["finalizers"], json!(["kubernetes"]));
        assert_eq!(
            replaced["metadata"]["labels"]["kubernetes.io/metadata.name"],
            "app"
        );

        // Its own subresource lets it go.
        bare["metadata"]["finalizers"] = json!(["example.com/not-this-one"]);
        let (_, finalized) = api.ask("PUT", &format!("{APP}/finalize"), &bare);
        assert_eq!(finalized["spec"]["finalizers"], json!([]));
        assert_eq!(finalized["metadata"]["finalizers"], Value::Null);
    }

    #[test]
    fn many_are_deleted_in_one_namespace_only() {
        let api = Api::new();
        let configs = format!("{APP}/configmaps");
        for (name, label) in [("a", "front"), ("b", "back")] {
            api.make(&configs, &config(name, label));
        }
        let before = api.count("/api/v1/configmaps");
        for path in [
            "/api/v1/configmaps",
            "/api/v1/namespaces",
            "/api/v1/nodes/x/y",
        ] {
            let (code, _) = api.ask("DELETE", path, &Value::Null);
            assert!(matches!(code, 404 | 405), "{path}: {code}");
        }
        assert_eq!(api.count("/api/v1/configmaps"), before);

        let of_another = json!({"preconditions": {"uid": "x"}});
        assert_eq!(api.ask("DELETE", &configs, &of_another).0, 409);
        let (code, list) = api.ask(
            "DELETE",
            &format!("{configs}?labelSelector=tier=back"),
            &Value::Null,
        );
        assert_eq!((code, &list["kind"]), (200, &json!("ConfigMapList")));
        assert_eq!(list["items"][0]["metadata"]["name"], "b");
        assert_eq!(api.ask("GET", &format!("{configs}/b"), &Value::Null).0, 404);
    }

    #[test]
    fn options_are_the_body_or_the_query() {
        let api = Api::new();
        let configs = format!("{APP}/configmaps");
        api.make(&configs, &config("a", "x"));
        let rehearsal = format!("{configs}/a?dryRun=All");
        assert_eq!(api.ask("DELETE", &rehearsal, &Value::Null).0, 200);
        assert_eq!(api.ask("GET", &format!("{configs}/a"), &Value::Null).0, 200);
        // With a body nobody looks at the query.
        assert_eq!(api.ask("DELETE", &rehearsal, &json!({"dryRun": []})).0, 200);
        assert_eq!(api.ask("GET", &format!("{configs}/a"), &Value::Null).0, 404);
    }

    #[test]
    fn the_pods_of_a_job_stay_unless_it_is_said() {
        for (options, left) in [
            (json!({}), 1),
            (json!({"propagationPolicy": "Background"}), 0),
        ] {
            let api = Api::new();
            let jobs = "/apis/batch/v1/namespaces/app/jobs";
            let container = json!({"name": "a", "image": "registry.example/app:1"});
            api.make(
                jobs,
                &json!({"metadata": {"name": "j"}, "spec": {"template": {"spec": {
                "restartPolicy": "Never", "containers": [container]}}}}),
            );
            assert_eq!(api.count(&format!("{APP}/pods")), 1);
            assert_eq!(api.ask("DELETE", &format!("{jobs}/j"), &options).0, 200);
            api.0.advance(std::time::Duration::from_secs(60));
            assert_eq!(api.count(&format!("{APP}/pods")), left, "{options}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_before_that_it_exists() {
        let api = Api::new();
        let secrets = format!("{APP}/secrets");
        let good = json!({"metadata": {"name": "s"}, "data": {"k": "eQ=="}});
        api.make(&secrets, &good);
        for (change, code) in [
            (json!({}), 409),
            (json!({"type": "kubernetes.io/dockerconfigjson"}), 422),
            (json!({"data": {"k": "no base64"}}), 400),
        ] {
            let mut secret = good.clone();
            crate::sandbox::api::merge_patch(&mut secret, &change);
            assert_eq!(api.ask("POST", &secrets, &secret).0, code, "{change}");
        }
    }

    #[test]
    fn a_review_is_posted_and_an_object() {
        let api = Api::new();
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let (_, review) = api.ask("POST", path, &json!({}));
        assert_eq!(review["status"]["userInfo"]["username"], "admin");
        assert_eq!(api.ask("POST", path, &json!([])).0, 400);
        assert_eq!(api.ask("GET", path, &Value::Null).0, 405);
    }

    /// As a kubelet of 1.37.2 answered, and who may ask.
    #[test]
    fn a_kubelet_answers_through_the_proxy_of_its_node() {
        let scenario = crate::sandbox::Scenario::named("new-node").unwrap();
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let sandbox = Sandbox::start(&scenario, now, Pace::Manual);
        let ask = |user: User, path: &str| {
            let request = Request::builder().uri(path).body(String::new());
            let answer = sandbox.service(user).call(request.unwrap());
            let answer = answer.now_or_never().unwrap().unwrap();
            let code = answer.status().as_u16();
            let body = answer.into_body().collect().now_or_never().unwrap();
            let body = body.unwrap().to_bytes();
            (code, String::from_utf8(body.to_vec()).unwrap())
        };
        let (_, list) = ask(User::admin(), "/api/v1/nodes");
        let list: Value = serde_json::from_str(&list).unwrap();
        let name = list["items"][0]["metadata"]["name"].as_str().unwrap();
        let node = format!("/api/v1/nodes/{name}");
        let (code, config) = ask(User::admin(), &format!("{node}/proxy/configz"));
        assert_eq!(code, 200);
        let config: Value = serde_json::from_str(&config).unwrap();
        assert_eq!(config["kubeletconfig"]["serializeImagePulls"], json!(true));
        let (_, metrics) = ask(User::admin(), &format!("{node}/proxy/metrics"));
        let requests = "kubelet_image_manager_ensure_image_requests_total{";
        assert!(metrics.contains(requests), "{metrics}");
        let (_, whole) = ask(User::admin(), &node);
        let whole: Value = serde_json::from_str(&whole).unwrap();
        assert!(!whole["status"]["images"].as_array().unwrap().is_empty());

        let (code, why) = ask(User::no_secrets(), &format!("{node}/proxy/configz"));
        assert_eq!(code, 403);
        assert!(why.contains("nodes/proxy"), "{why}");
        for (path, code) in [
            (format!("{node}/proxy/exec"), 404),
            ("/api/v1/nodes/nowhere/proxy/configz".to_owned(), 404),
        ] {
            assert_eq!(ask(User::admin(), &path).0, code, "{path}");
        }
    }

    #[tokio::test]
    async fn a_watch_is_told_what_it_last_saw_of_what_leaves_it() {
        let api = Api::new();
        let configs = format!("{APP}/configmaps");
        let made = api.make(&configs, &config("a", "front"));
        let version = made["metadata"]["resourceVersion"].as_str().unwrap();
        let longest = u64::MAX;
        let watch = format!(
            "{configs}?watch&labelSelector=tier=front&resourceVersion={version}&timeoutSeconds={longest}"
        );
        let mut lines = api.open("GET", &watch, &Value::Null).into_body();
        let (_, moved) = api.ask("PUT", &format!("{configs}/a"), &config("a", "back"));
        let line = lines.frame().await.unwrap().unwrap().into_data().unwrap();
        let event: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(event["type"], "DELETED");
        assert_eq!(event["object"]["metadata"]["labels"]["tier"], "front");
        assert_eq!(
            event["object"]["metadata"]["resourceVersion"],
            moved["metadata"]["resourceVersion"]
        );
    }
}
