//! The door: a tower service from HTTP requests to HTTP responses.

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
    call::Call,
    delete, discovery, list, log, negotiate, parts, patch,
    query::Query,
    read, review,
    route::{Route, Target, route},
    watch, write,
};
use crate::sandbox::{
    resources::Subresource,
    status::{Refused, Status},
    world::{Shared, World},
};

/// The API as one user sees it, or as whoever's token a request carries.
#[derive(Clone)]
pub struct Service {
    shared: Shared,
    user: Option<User>,
}

impl Service {
    /// For callers in the same process: no token is looked at.
    pub fn of_user(shared: Shared, user: User) -> Self {
        Self {
            shared,
            user: Some(user),
        }
    }

    /// For callers over HTTP: a bearer token says who they are.
    pub fn of_tokens(shared: Shared) -> Self {
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
                Ok(body) => Call {
                    method: head.method,
                    path: head.uri.path().to_owned(),
                    query: Query::parse(head.uri.query().unwrap_or_default()),
                    headers: head.headers,
                    body: body.to_bytes(),
                }
                .in_json()
                .and_then(|call| service.answer(&call)),
                Err(error) => Err(Status::bad_request(format!(
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
    fn answer(&self, call: &Call) -> Refused<Response<Body>> {
        let user = match &self.user {
            Some(user) => user.clone(),
            // Whether it lives and which version it is, is open to all.
            None => match (User::of_token(&call.headers), route(&call.path)) {
                (Some(user), _) => user,
                (None, Ok(Route::Health | Route::Version)) => User::anonymous(),
                (None, _) => return Err(Status::unauthorized()),
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
            Route::Review(_) => Err(Status::method_not_allowed()),
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
        call: &Call,
        verb: &str,
        target: &Target,
    ) -> Refused<Response<Body>> {
        let shape = negotiate::shape(&call.headers)?;
        match (verb, target.subresource) {
            ("get", None | Some(Subresource::Status)) => read::get(world, target, shape),
            ("get", Some(Subresource::Log)) => log::log(world, target, &call.query),
            ("get", Some(Subresource::Scale)) => {
                Ok(body::ok(&parts::scale(&*read::find(world, target)?)))
            }
            ("create", Some(Subresource::Eviction)) => parts::evict(world, call, target),
            ("create", Some(Subresource::Token)) => parts::token(world, call, target),
            ("list", _) => list::list(world, target, &call.query, shape),
            ("watch", _) => watch::watch(&self.shared, world, target, &call.query, shape),
            ("create", None) => write::create(world, call, target, shape),
            ("update", _) => write::replace(world, call, target, shape),
            ("patch", _) => patch::patch(world, call, target, shape),
            ("delete", None) => delete::one(world, call, target),
            ("deletecollection", None) => delete::many(world, call, target, shape),
            _ => Err(Status::method_not_allowed()),
        }
    }
}

/// The verb that access rules speak of.
fn verb(call: &Call, target: &Target) -> Refused<&'static str> {
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
        _ => Err(Status::method_not_allowed()),
    }
}
