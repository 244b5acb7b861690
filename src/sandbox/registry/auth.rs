//! Registry authentication: accounts, challenges and bearer tokens (distribution specification, *Token
//! Authentication*).

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::json;

use super::{Registry, Request, Response};
use crate::sandbox::clock::later;

/// Authentication scheme of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    None,
    Basic,
    Token {
        /// The URL of the token service.
        realm: String,
        service: String,
        /// Whether one who says nothing gets a token at all. Docker Hub gives one that opens public
        /// repositories, GitHub refuses.
        anonymous: bool,
    },
}

impl Auth {
    pub fn realm_host(&self) -> Option<&str> {
        match self {
            Self::Token { realm, .. } => realm.split("://").nth(1)?.split('/').next(),
            Self::None | Self::Basic => None,
        }
    }
}

/// A user of a registry.
#[derive(Clone)]
pub struct Account {
    pub user: String,
    pub password: String,
    /// Repositories that it may pull; `*` at the end stands for the rest.
    pub pulls: Vec<String>,
    pub expires: Option<Timestamp>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("user", &self.user)
            .field("pulls", &self.pulls)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl Account {
    fn may_pull(&self, repository: &str) -> bool {
        self.pulls
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => repository.starts_with(start),
                None => repository == pattern,
            })
    }
}

/// An issued bearer token.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    user: Option<String>,
    expires: Timestamp,
}

/// How long a bearer token lasts, as at Docker Hub.
const TOKEN_LIFE: Duration = Duration::from_secs(300);

/// Access decision for a repository.
pub(super) enum AccessDecision {
    Granted,
    /// Say who you are (or: that did not convince).
    Challenge {
        insufficient_scope: bool,
    },
    /// You are known, and this is not for you.
    Denied,
    /// You were known: the token has ended.
    Expired,
}

impl Registry {
    pub(super) fn authorize(
        &self,
        request: &Request,
        repository: &str,
        now: Timestamp,
    ) -> AccessDecision {
        let is_public = self
            .repositories
            .get(repository)
            .is_some_and(|repository| repository.public);
        match &self.auth {
            Auth::None => AccessDecision::Granted,
            Auth::Basic => match basic(request) {
                None if is_public => AccessDecision::Granted,
                None => AccessDecision::Challenge {
                    insufficient_scope: false,
                },
                Some((user, password)) => match self.account(&user, &password) {
                    None => AccessDecision::Challenge {
                        insufficient_scope: false,
                    },
                    Some(account) if is_expired(account, now) => AccessDecision::Expired,
                    Some(account) if is_public || account.may_pull(repository) => {
                        AccessDecision::Granted
                    }
                    Some(_) => AccessDecision::Denied,
                },
            },
            Auth::Token { .. } => {
                let Some(token) = self.token(request, now) else {
                    return AccessDecision::Challenge {
                        insufficient_scope: false,
                    };
                };
                let account = token
                    .user
                    .as_ref()
                    .and_then(|user| self.accounts.iter().find(|account| account.user == *user));
                if is_public || account.is_some_and(|account| account.may_pull(repository)) {
                    AccessDecision::Granted
                } else {
                    AccessDecision::Challenge {
                        insufficient_scope: true,
                    }
                }
            }
        }
    }

    pub(super) fn challenge(&self, repository: &str, insufficient_scope: bool) -> Option<String> {
        match &self.auth {
            Auth::None => None,
            Auth::Basic => Some("Basic realm=\"Registry Realm\"".to_owned()),
            Auth::Token { realm, service, .. } => {
                let mut challenge = format!("Bearer realm=\"{realm}\",service=\"{service}\"");
                if !repository.is_empty() {
                    challenge.push_str(",scope=\"repository:");
                    challenge.push_str(repository);
                    challenge.push_str(":pull\"");
                }
                if insufficient_scope {
                    challenge.push_str(",error=\"insufficient_scope\"");
                }
                Some(challenge)
            }
        }
    }

    /// Response of the token service.
    pub(super) fn issue(&mut self, request: &Request, serial: u64, now: Timestamp) -> Response {
        let Auth::Token { anonymous, .. } = &self.auth else {
            return Response::error(404, "NAME_UNKNOWN", "no token service here");
        };
        if let Some(status) = self.token_failure {
            return Response::error(status, "UNKNOWN", "the token service is out of order");
        }
        let user = match basic(request) {
            None if *anonymous => None,
            None => return Response::error(401, "UNAUTHORIZED", "authentication required"),
            Some((user, password)) => match self.account(&user, &password) {
                Some(account) if !is_expired(account, now) => Some(user),
                _ => {
                    let message = "incorrect username or password";
                    return Response::error(self.token_refusal, "UNAUTHORIZED", message);
                }
            },
        };
        let name = format!("sandbox-token-{serial}");
        let expires = later(now, TOKEN_LIFE);
        self.tokens.retain(|_, token| token.expires > now);
        self.tokens
            .insert(name.clone(), IssuedToken { user, expires });
        let body = json!({
            "token": name,
            "access_token": name,
            "expires_in": TOKEN_LIFE.as_secs(),
            "issued_at": now.to_string(),
        });
        Response::json(200, &body)
    }

    /// Whether the request is anonymous.
    pub(super) fn is_anonymous(&self, request: &Request) -> bool {
        let token = request
            .authorization
            .as_deref()
            .and_then(|it| it.strip_prefix("Bearer "))
            .and_then(|token| self.tokens.get(token));
        match token {
            Some(token) => token.user.is_none(),
            None => request.authorization.is_none(),
        }
    }

    fn account(&self, user: &str, password: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.user == user && account.password == password)
    }

    fn token(&self, request: &Request, now: Timestamp) -> Option<&IssuedToken> {
        let token = request.authorization.as_deref()?.strip_prefix("Bearer ")?;
        self.tokens.get(token).filter(|token| token.expires > now)
    }
}

fn is_expired(account: &Account, now: Timestamp) -> bool {
    account.expires.is_some_and(|expires| expires <= now)
}

fn basic(request: &Request) -> Option<(String, String)> {
    let encoded = request.authorization.as_deref()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The `Authorization` header of a user and password.
pub fn basic_header(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}
