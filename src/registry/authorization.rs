//! Authorization headers: basic credentials, and tokens from a realm.
//!
//! The distribution specification's token endpoint: `GET realm?service=…&scope=repository:…:pull`,
//! with the user name and password as Basic login, or without one for a stranger.

use std::{fmt::Write as _, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Uri};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::trust::ServerOrigin;
use crate::domain::{
    probe::ProbeError, registry_auth::auth_attempts::RegistryAuth, sanitize::sanitize,
};

/// A bearer token as `Authorization` header.
pub(super) struct BearerToken {
    pub(super) header: HeaderValue,
    /// The token itself.
    pub(super) text: Zeroizing<String>,
    pub(super) lifetime: Option<Duration>,
}

#[derive(Deserialize)]
struct TokenResponse {
    token: Option<Zeroizing<String>>,
    /// The name that OAuth 2 has for it.
    access_token: Option<Zeroizing<String>>,
    expires_in: Option<u64>,
}

/// Basic authorization header; `None` for an anonymous request.
pub(super) fn basic(auth: &RegistryAuth) -> Option<HeaderValue> {
    let RegistryAuth::Basic { name, password } = auth else {
        return None;
    };
    let pair = Zeroizing::new(format!("{name}:{}", password.expose()));
    let encoded = Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()));
    header("Basic", &encoded)
}

/// The scope of a token to pull from a repository.
pub(super) fn pull_scope(path: &str) -> String {
    format!("repository:{path}:pull")
}

/// URL of the request for a token of this scope, and the origin of its server.
pub(super) fn token_address(
    realm: &str,
    service: Option<&str>,
    scope: &str,
) -> Result<(Uri, ServerOrigin), ProbeError> {
    let mut address = realm.split('#').next().unwrap_or_default().to_owned();
    let mut separator = if address.contains('?') { '&' } else { '?' };
    let service = service.map(|service| ("service", service));
    for (name, value) in service.into_iter().chain([("scope", scope)]) {
        address.push(separator);
        address.push_str(name);
        address.push('=');
        encode(value, &mut address);
        separator = '&';
    }
    let uri: Option<Uri> = address.parse().ok();
    uri.and_then(|uri| ServerOrigin::from_uri(&uri).map(|origin| (uri, origin)))
        .ok_or_else(|| {
            ProbeError::Unreadable(format!("the realm {:?} is not a URL", sanitize(realm)))
        })
}

/// Percent-encodes a value of a query; `:` and `/` may stand there (RFC 3986 §3.4).
fn encode(value: &str, into: &mut String) {
    for byte in value.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte);
        if plain {
            into.push(char::from(byte));
        } else {
            write!(into, "%{byte:02X}").expect("a String takes all text");
        }
    }
}

/// Parses the token response of a realm; an error does not quote the response.
pub(super) fn token(body: &[u8]) -> Result<BearerToken, ProbeError> {
    let unreadable = |why: String| ProbeError::Unreadable(why);
    let wire: TokenResponse = serde_json::from_slice(body).map_err(|error| {
        unreadable(format!(
            "invalid token response: JSON error at line {}, column {}",
            error.line(),
            error.column()
        ))
    })?;
    let mut tokens = [wire.token, wire.access_token].into_iter().flatten();
    let token = tokens.find(|token| !token.is_empty());
    let token = token.ok_or_else(|| unreadable("the response has no token".into()))?;
    let login = header("Bearer", &token);
    Ok(BearerToken {
        header: login
            .ok_or_else(|| unreadable("the token is not valid in an HTTP header".into()))?,
        text: token,
        lifetime: wire.expires_in.map(Duration::from_secs),
    })
}

fn header(scheme: &str, secret: &str) -> Option<HeaderValue> {
    let text = Zeroizing::new(format!("{scheme} {secret}"));
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry_auth::credential::Password;

    #[test]
    fn the_scope_is_to_pull_from_this_repository() {
        for (realm, service, expected) in [
            (
                "https://auth.docker.io/token",
                Some("registry.docker.io"),
                "https://auth.docker.io/token?service=registry.docker.io&scope=repository:a/b:pull",
            ),
            (
                "https://r.example/t?x=y#z",
                Some("a b&c"),
                "https://r.example/t?x=y&service=a%20b%26c&scope=repository:a/b:pull",
            ),
            (
                "http://127.0.0.1:5001",
                None,
                "http://127.0.0.1:5001/?scope=repository:a/b:pull",
            ),
        ] {
            let (uri, _) = token_address(realm, service, &pull_scope("a/b")).unwrap();
            assert_eq!(uri.to_string(), expected);
        }
        for realm in ["", "token", "/token", "ftp://r.example/", "https://"] {
            assert!(
                token_address(realm, None, &pull_scope("a/b")).is_err(),
                "{realm}"
            );
        }
    }

    #[test]
    fn tokens_are_read_and_never_shown() {
        let read = token(br#"{"access_token":"canary","expires_in":300}"#).unwrap();
        assert_eq!(read.lifetime, Some(Duration::from_secs(300)));
        assert_eq!(read.header, "Bearer canary");
        assert!(!format!("{:?}", read.header).contains("canary"));
        let empty = token(br#"{"token":"","access_token":"canary"}"#).unwrap();
        assert_eq!(empty.header, "Bearer canary", "the other name has it");
        for body in [
            &br#"{"token":"cana\nry"}"#[..],
            br#"{"token":""}"#,
            br#"{"token":5,"canary"}"#,
            b"canary",
            b"{}",
        ] {
            let failure = token(body).err().unwrap().to_string();
            assert!(!failure.contains("cana"), "{failure}");
        }
    }

    #[test]
    fn a_password_of_any_text_is_sent() {
        let auth = RegistryAuth::Basic {
            name: "robot$ci".into(),
            password: Password::new("pä:ss\n"),
        };
        assert_eq!(basic(&auth).unwrap(), "Basic cm9ib3QkY2k6cMOkOnNzCg==");
    }
}
