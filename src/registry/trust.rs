//! Rules on which hosts may receive a credential.
//!
//! To the registry that the image names, and to the host of its tokens when that is of the same house.
//! A redirect to anywhere else is followed without the credential; a login anywhere else is not
//! answered, and said. Ports count, except between ports of one host that both speak TLS. Which addresses
//! a request may connect to is decided by `address_guard`.

use std::{fmt, net::IpAddr};

use http::{Uri, uri::Scheme};

/// Token hosts that are neither their registry nor a sibling of it.
const KNOWN: &[(&str, &str)] = &[
    ("registry-1.docker.io", "auth.docker.io"),
    ("registry.gitlab.com", "gitlab.com"),
    ("registry.connect.redhat.com", "sso.redhat.com"),
];

/// Origin of a server: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ServerOrigin {
    pub(super) security: Security,
    /// In lower case, an IPv6 address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

/// Whether a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    Tls,
    Plain,
}

impl ServerOrigin {
    /// Parses `host[:port]` of an image reference.
    pub(super) fn from_registry(text: &str, security: Security) -> Option<Self> {
        let scheme = match security {
            Security::Tls => "https",
            Security::Plain => "http",
        };
        Self::from_uri(&format!("{scheme}://{text}/").parse().ok()?)
    }

    /// Origin of an absolute HTTP URL.
    pub(super) fn from_uri(uri: &Uri) -> Option<Self> {
        let security = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => Security::Tls,
            Some(scheme) if *scheme == Scheme::HTTP => Security::Plain,
            Some(_) | None => return None,
        };
        let default = match security {
            Security::Tls => 443,
            Security::Plain => 80,
        };
        let host = uri.host()?.trim_matches(['[', ']']).to_ascii_lowercase();
        (!host.is_empty()).then(|| Self {
            security,
            host,
            port: uri.port_u16().unwrap_or(default),
        })
    }

    /// The same server without TLS.
    pub(super) fn plain(&self) -> Self {
        Self {
            security: Security::Plain,
            ..self.clone()
        }
    }

    /// Whether the server is this machine, by name or address; runtimes use plain HTTP for it (containerd
    /// `MatchLocalhost`).
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.address().is_some_and(|address| address.is_loopback())
    }

    pub(super) fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// URL of the server.
    pub(super) fn uri(&self) -> Option<Uri> {
        let scheme = match self.security {
            Security::Tls => "https",
            Security::Plain => "http",
        };
        format!("{scheme}://{}/", self.authority()).parse().ok()
    }

    /// `host:port`, with the default port too.
    pub(super) fn with_port(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// `host` or `host:port`, as in a `Host` header.
    pub(super) fn authority(&self) -> String {
        let default = match self.security {
            Security::Tls => 443,
            Security::Plain => 80,
        };
        if self.port != default {
            self.with_port()
        } else if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }
}

impl fmt::Display for ServerOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.authority())
    }
}

/// How far a token realm is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RealmTrust {
    /// May receive the registry's credential.
    Trusted,
    /// May issue tokens for anonymous requests, if its address is public: what it gives to anybody, the registry
    /// could get itself. Registries under a name of their own (`lscr.io` for `ghcr.io`) need it.
    AnonymousOnly,
    Refused,
}

/// Trust in a realm that the registry names; `named` are the hosts that the user allows besides, as `host[:port]`.
pub(super) fn realm_trust(
    registry: &ServerOrigin,
    realm: &ServerOrigin,
    named: &[String],
) -> RealmTrust {
    if is_allowed_realm(registry, realm, named) {
        return RealmTrust::Trusted;
    }
    match (registry.security, realm.security) {
        (Security::Tls, Security::Tls) => RealmTrust::AnonymousOnly,
        (Security::Plain, _) | (_, Security::Plain) => RealmTrust::Refused,
    }
}

/// Whether the user allows this host as a realm.
pub(super) fn is_named(server: &ServerOrigin, named: &[String]) -> bool {
    named.iter().any(|named| {
        let named = ServerOrigin::from_registry(named, server.security);
        named.is_some_and(|named| named == *server)
    })
}

/// Allows a registry's credential for a token realm: same origin, another port of the host over TLS, a known pair,
/// or the same parent domain over TLS.
///
/// `named` are the hosts that the user allows besides, as `host[:port]`.
///
/// GitLab's registry is another port of its own host (`gitlab.example.com:5050`). Ports of this machine may be
/// other users', so they are not of one house. A sibling or the parent (`gitlab.example.com` for `registry.example.com`) is of the same house when
/// both speak TLS at the usual port. That rests on the registry's word over TLS, to which the
/// credential goes anyway.
fn is_allowed_realm(registry: &ServerOrigin, realm: &ServerOrigin, named: &[String]) -> bool {
    if realm == registry {
        return true;
    }
    // Never from TLS down to plain text.
    if realm.security == Security::Plain && registry.security == Security::Tls {
        return false;
    }
    let usual = |origin: &ServerOrigin| origin.security == Security::Tls && origin.port == 443;
    let both_usual = usual(registry) && usual(realm);
    let is_tls = |origin: &ServerOrigin| origin.security == Security::Tls;
    let is_other_port =
        is_tls(registry) && is_tls(realm) && registry.host == realm.host && !registry.is_loopback();
    let known = KNOWN.contains(&(registry.host.as_str(), realm.host.as_str()));
    is_other_port
        || (both_usual && (known || is_same_parent_domain(&registry.host, &realm.host)))
        || is_named(realm, named)
}

fn is_same_parent_domain(registry: &str, realm: &str) -> bool {
    if registry.parse::<IpAddr>().is_ok() {
        return false;
    }
    let Some((_, parent)) = registry.split_once('.') else {
        return false;
    };
    // A parent of one label is a top-level domain, and no house.
    let is_house = parent.contains('.');
    let below = realm
        .strip_suffix(parent)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    is_house && below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> ServerOrigin {
        ServerOrigin::from_uri(&text.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_credential_stays_in_its_house() {
        for (registry, realm, expected) in [
            ("https://ghcr.io", "https://ghcr.io/token", true),
            ("https://GHCR.io", "https://ghcr.IO:443/token", true),
            (
                "https://registry-1.docker.io",
                "https://auth.docker.io/token",
                true,
            ),
            (
                "https://registry.gitlab.com",
                "https://gitlab.com/jwt/auth",
                true,
            ),
            (
                "https://registry.git.example.com",
                "https://git.example.com/jwt/auth",
                true,
            ),
            (
                "https://registry.example.com",
                "https://login.example.com/t",
                true,
            ),
            (
                "https://registry.example.com",
                "https://evilexample.com/t",
                false,
            ),
            (
                "https://registry.example.com",
                "https://example.com.evil.net/t",
                false,
            ),
            ("https://evil.io", "https://ghcr.io/token", false),
            (
                "https://registry.example.com",
                "http://registry.example.com/t",
                false,
            ),
            (
                "https://registry.example.com",
                "https://registry.example.com:8443/t",
                true,
            ),
            (
                "https://gitlab.example.com:5050",
                "https://gitlab.example.com/jwt/auth",
                true,
            ),
            (
                "https://registry.connect.redhat.com",
                "https://sso.redhat.com/auth/realms/rhc4tp/protocol/redhat-docker-v2/auth",
                true,
            ),
            ("https://127.0.0.1:5000", "https://127.0.0.1:5001/t", false),
            (
                "http://registry.example.com:5000",
                "http://registry.example.com:5001/t",
                false,
            ),
            (
                "https://registry.example.com:5000",
                "https://login.example.com/t",
                false,
            ),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5000/t", true),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5001/t", false),
            ("https://10.1.2.3", "https://10.1.2.4/t", false),
            ("https://10.1.2.3", "https://x.1.2.3/t", false),
        ] {
            let got = is_allowed_realm(&origin(registry), &origin(realm), &[]);
            assert_eq!(got, expected, "{registry} → {realm}");
        }
    }

    #[test]
    fn a_foreign_realm_over_tls_may_serve_strangers() {
        let registry = origin("https://lscr.io");
        for (realm, expected) in [
            ("https://lscr.io/token", RealmTrust::Trusted),
            ("https://ghcr.io/token", RealmTrust::AnonymousOnly),
            ("http://ghcr.io/token", RealmTrust::Refused),
        ] {
            assert_eq!(realm_trust(&registry, &origin(realm), &[]), expected);
        }
        let plain = origin("http://lscr.io");
        let found = realm_trust(&plain, &origin("https://ghcr.io/token"), &[]);
        assert_eq!(found, RealmTrust::Refused);
    }

    #[test]
    fn the_user_may_name_others_but_not_give_up_tls() {
        let named = ["SSO.example.net:443", "127.0.0.1:5001"].map(str::to_owned);
        let registry = origin("https://registry.example.com");
        assert!(is_allowed_realm(
            &registry,
            &origin("https://sso.example.net/t"),
            &named
        ));
        assert!(!is_allowed_realm(
            &registry,
            &origin("http://sso.example.net/t"),
            &named
        ));
        let local = origin("http://127.0.0.1:5000");
        assert!(is_allowed_realm(
            &local,
            &origin("http://127.0.0.1:5001/t"),
            &named
        ));
    }

    #[test]
    fn registries_are_read_as_images_name_them() {
        for (text, host, port) in [
            ("ghcr.io", "ghcr.io", 443),
            ("localhost:5000", "localhost", 5000),
            ("[::1]:5000", "::1", 5000),
        ] {
            let found = ServerOrigin::from_registry(text, Security::Tls).unwrap();
            assert_eq!((found.host.as_str(), found.port), (host, port));
            assert_eq!(found.authority(), text);
        }
        assert!(
            ServerOrigin::from_registry("[::1]:5000", Security::Tls)
                .unwrap()
                .is_loopback()
        );
        assert!(
            ServerOrigin::from_registry("127.9.9.9", Security::Tls)
                .unwrap()
                .is_loopback()
        );
        assert!(
            !ServerOrigin::from_registry("localhost.example", Security::Tls)
                .unwrap()
                .is_loopback()
        );
    }
}
