//! Responses of a registry (OCI distribution specification 1.1).

use jiff::Timestamp;
use serde_json::json;

use super::{
    Auth, Method, RateLimit, Registry, RegistryHealth, Request, Response, auth::AccessDecision,
    content::INDEX,
};

const RATE_LIMIT: &str = "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit";

/// Message of Amazon ECR for an expired token.
const EXPIRED: &str = "Your authorization token has expired. Reauthenticate and try again.";

impl Registry {
    pub(super) fn answer(&mut self, request: &Request, serial: u64, now: Timestamp) -> Response {
        match self.health {
            RegistryHealth::Failing(403) => return Response::error(403, "DENIED", ""),
            RegistryHealth::Failing(status) => {
                return Response::error(status, "UNKNOWN", "the registry is out of order");
            }
            RegistryHealth::Up
            | RegistryHealth::Refusing
            | RegistryHealth::TimingOut
            | RegistryHealth::Silent => {}
        }
        if self.is_token_request(request) {
            return self.issue(request, serial, now);
        }
        let mut response = self.distribution(request, now);
        if request.method == Method::Head {
            response.body.clear();
        }
        response
    }

    fn is_token_request(&self, request: &Request) -> bool {
        match &self.auth {
            Auth::Token { realm, .. } => {
                let url = format!(
                    "{}://{}{}",
                    request.scheme.as_str(),
                    request.host,
                    request.path
                );
                *realm == url
            }
            Auth::None | Auth::Basic => false,
        }
    }

    fn distribution(&self, request: &Request, now: Timestamp) -> Response {
        let Some(path) = request.path.strip_prefix("/v2/") else {
            return Response::error(404, "UNSUPPORTED", "not a registry path");
        };
        if path.is_empty() {
            return self.base(request, now);
        }
        match self.limit {
            Some(RateLimit::EveryRequest) => {
                return Response::error(429, "TOOMANYREQUESTS", RATE_LIMIT);
            }
            Some(RateLimit::Abuse) => {
                return Response {
                    status: 429,
                    headers: Vec::new(),
                    body: b"Too Many Requests".to_vec(),
                };
            }
            Some(RateLimit::Anonymous) | None => {}
        }
        if path == "_catalog" {
            return self.catalogue(request, now);
        }
        let (repository, reference) = match path.rsplit_once("/manifests/") {
            Some(split) => split,
            None => match path.strip_suffix("/tags/list") {
                Some(repository) => (repository, ""),
                None => return Response::error(404, "UNSUPPORTED", "not served here"),
            },
        };
        match self.authorize(request, repository, now) {
            AccessDecision::Granted if reference.is_empty() => self.tags(repository),
            AccessDecision::Granted => self.manifest(request, repository, reference),
            AccessDecision::Denied => {
                Response::error(403, "DENIED", "requested access to the resource is denied")
            }
            AccessDecision::Expired => Response::error(403, "DENIED", EXPIRED),
            AccessDecision::Challenge { insufficient_scope } => {
                let mut response = Response::error(401, "UNAUTHORIZED", "authentication required");
                response.headers.extend(
                    self.challenge(repository, insufficient_scope)
                        .map(|challenge| ("WWW-Authenticate", challenge)),
                );
                response
            }
        }
    }

    /// `/v2/`: whether the version is spoken, and whether one is known.
    fn base(&self, request: &Request, now: Timestamp) -> Response {
        let is_open = self.auth == Auth::None;
        let is_known = request.authorization.is_some()
            && !matches!(
                self.authorize(request, "", now),
                AccessDecision::Challenge {
                    insufficient_scope: false
                }
            );
        if is_open || is_known {
            return Response::json(200, &json!({}));
        }
        let mut response = Response::error(401, "UNAUTHORIZED", "authentication required");
        response.headers.extend(
            self.challenge("", false)
                .map(|challenge| ("WWW-Authenticate", challenge)),
        );
        response
    }

    /// The repositories, to users of a registry with basic logins and to all of one without.
    fn catalogue(&self, request: &Request, now: Timestamp) -> Response {
        let is_closed = matches!(self.auth, Auth::Token { .. });
        let decision = self.authorize(request, "", now);
        if is_closed || matches!(decision, AccessDecision::Challenge { .. }) {
            return Response::error(401, "UNAUTHORIZED", "authentication required");
        }
        let names: Vec<&String> = self.repositories.keys().collect();
        Response::json(200, &json!({ "repositories": names }))
    }

    fn tags(&self, repository: &str) -> Response {
        match self.repositories.get(repository) {
            None => Response::error(404, "NAME_UNKNOWN", "repository name not known to registry"),
            Some(found) => {
                let tags: Vec<&String> = found.tags.keys().collect();
                Response::json(200, &json!({"name": repository, "tags": tags}))
            }
        }
    }

    fn manifest(&self, request: &Request, repository: &str, reference: &str) -> Response {
        let Some(found) = self.repositories.get(repository) else {
            return Response::error(404, "NAME_UNKNOWN", "repository name not known to registry");
        };
        let Some(image) = found.find(reference) else {
            return Response::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        if request.method == Method::Get
            && self.limit == Some(RateLimit::Anonymous)
            && self.is_anonymous(request)
        {
            return Response::error(429, "TOOMANYREQUESTS", RATE_LIMIT);
        }
        let body = image.index().to_string().into_bytes();
        Response {
            status: 200,
            headers: vec![
                ("Content-Type", INDEX.to_owned()),
                ("Docker-Content-Digest", image.digest.clone()),
                ("Docker-Distribution-API-Version", "registry/2.0".to_owned()),
                ("Content-Length", body.len().to_string()),
            ],
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::sandbox::registry::{
        Account, Image, Program, RegistryNetwork, Repository, Scheme, basic_header, digest,
    };

    fn hub() -> RegistryNetwork {
        let mut registry = Registry::new("docker.io");
        registry.auth = Auth::Token {
            realm: "https://auth.docker.io/token".to_owned(),
            service: "registry.docker.io".to_owned(),
            anonymous: true,
        };
        registry.accounts.push(Account {
            user: "acme".to_owned(),
            password: "right".to_owned(),
            pulls: vec!["acme/*".to_owned()],
            expires: None,
        });
        let mut repository = Repository::default();
        let image = Image {
            digest: digest("acme/app:1"),
            architectures: vec!["amd64".to_owned()],
            bytes: 1,
            program: Program::Serve,
        };
        repository.tags.insert("1".to_owned(), image);
        registry
            .repositories
            .insert("acme/app".to_owned(), repository);
        let mut network = RegistryNetwork::default();
        network.add(registry);
        network
    }

    fn ask(
        network: &mut RegistryNetwork,
        host: &str,
        path: &str,
        authorization: Option<String>,
    ) -> Response {
        let request = Request {
            method: Method::Get,
            scheme: Scheme::Https,
            host: host.to_owned(),
            path: path.to_owned(),
            authorization,
        };
        network.exchange(&request, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn token(network: &mut RegistryNetwork, authorization: Option<String>) -> Option<String> {
        let response = ask(network, "auth.docker.io", "/token", authorization);
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        Some(format!("Bearer {}", body.get("token")?.as_str()?))
    }

    #[test]
    fn the_token_dance_opens_what_the_account_may_pull() {
        let mut network = hub();
        let (host, path) = ("registry-1.docker.io", "/v2/acme/app/manifests/1");
        let first = ask(&mut network, host, path, None);
        assert_eq!(first.status, 401);
        assert_eq!(
            first.header("www-authenticate"),
            Some(
                "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:acme/app:pull\""
            )
        );
        let known = token(&mut network, Some(basic_header("acme", "right")));
        assert_eq!(ask(&mut network, host, path, known.clone()).status, 200);
        let missing = ask(&mut network, host, "/v2/acme/app/manifests/2", known);
        assert_eq!(missing.status, 404);

        let stranger = token(&mut network, None);
        let refused = ask(&mut network, host, path, stranger);
        assert!(
            refused
                .header("WWW-Authenticate")
                .unwrap()
                .contains("insufficient_scope")
        );
        assert_eq!(
            token(&mut network, Some(basic_header("acme", "wrong"))),
            None
        );
    }
}
