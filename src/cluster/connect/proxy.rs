//! Chooses the proxy for the API server.
//!
//! The rules are Go's, because kubectl's are (`golang.org/x/net/http/httpproxy`): `proxy-url` of the
//! kubeconfig wins and knows no exception; else `HTTPS_PROXY` (or `HTTP_PROXY` for a plain server),
//! with `NO_PROXY` matched against the *server*; loopback addresses never go through a proxy of the
//! environment. kube 5.0 holds `NO_PROXY` against the proxy's own address, so this is decided here.

use std::{env, net::IpAddr};

use http::Uri;

/// Proxy settings of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ProxyVariables {
    https: Option<String>,
    http: Option<String>,
    except: Option<String>,
}

impl ProxyVariables {
    pub(super) fn from_environment() -> Self {
        let read = |upper: &str, lower: &str| {
            [upper, lower]
                .into_iter()
                .filter_map(|name| env::var(name).ok())
                .find(|value| !value.is_empty())
        };
        Self {
            https: read("HTTPS_PROXY", "https_proxy"),
            http: read("HTTP_PROXY", "http_proxy"),
            except: read("NO_PROXY", "no_proxy"),
        }
    }

    /// The proxy for this server.
    pub(super) fn proxy_for(&self, server: &Uri) -> Option<String> {
        let host = server.host()?.trim_matches(['[', ']']);
        let plain = server.scheme_str() == Some("http");
        let proxy = if plain { &self.http } else { &self.https }.as_ref()?;
        let port = server.port_u16().unwrap_or(if plain { 80 } else { 443 });
        let loopback = host == "localhost"
            || host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if loopback || self.is_excepted(host, port) {
            return None;
        }
        // Go takes a bare `host:port` for an HTTP proxy.
        Some(if proxy.contains("://") {
            proxy.clone()
        } else {
            format!("http://{proxy}")
        })
    }

    fn is_excepted(&self, host: &str, port: u16) -> bool {
        self.except
            .iter()
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .filter(|pattern| !pattern.is_empty())
            .any(|pattern| {
                matches(
                    &pattern.to_ascii_lowercase(),
                    &host.to_ascii_lowercase(),
                    port,
                )
            })
    }
}

fn matches(pattern: &str, host: &str, port: u16) -> bool {
    if pattern == "*" {
        return true;
    }
    if let Some((network, bits)) = pattern.split_once('/') {
        return in_network(network, bits, host);
    }
    if let (Ok(wanted), Ok(address)) = (pattern.parse::<IpAddr>(), host.parse::<IpAddr>()) {
        return wanted == address;
    }
    let pattern = match pattern.rsplit_once(':') {
        Some((name, digits)) if digits.parse::<u16>().is_ok() => {
            if digits.parse() != Ok(port) {
                return false;
            }
            name
        }
        _ => pattern,
    };
    let pattern = match pattern.strip_prefix('*') {
        Some(below) if below.starts_with('.') => below,
        _ => pattern,
    };
    match pattern.strip_prefix('.') {
        // `.example.com` is for what is below it only.
        Some(domain) => is_below(host, domain),
        None => host == pattern || is_below(host, pattern),
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|front| front.len() > 1 && front.ends_with('.'))
}

fn in_network(network: &str, bits: &str, host: &str) -> bool {
    let (Ok(network), Ok(bits), Ok(host)) =
        (network.parse(), bits.parse::<u32>(), host.parse::<IpAddr>())
    else {
        return false;
    };
    match (network, host) {
        (IpAddr::V4(network), IpAddr::V4(host)) => {
            let mask = u32::MAX
                .checked_shl(32_u32.saturating_sub(bits))
                .unwrap_or(0);
            network.to_bits() & mask == host.to_bits() & mask
        }
        (IpAddr::V6(network), IpAddr::V6(host)) => {
            let mask = u128::MAX
                .checked_shl(128_u32.saturating_sub(bits))
                .unwrap_or(0);
            network.to_bits() & mask == host.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(server: &str, except: &str) -> bool {
        let variables = ProxyVariables {
            https: Some("http://proxy.lab:3128".into()),
            http: None,
            except: Some(except.into()),
        };
        variables.proxy_for(&server.parse().unwrap()).is_some()
    }

    #[test]
    fn exceptions_are_held_against_the_server() {
        let table = [
            ("https://api.example.com:6443", "", true),
            ("https://api.example.com:6443", "example.com", false),
            ("https://api.example.com:6443", ".example.com", false),
            ("https://example.com", ".example.com", true),
            ("https://example.com", "*.example.com", true),
            ("https://api.example.com", "*example.com", true),
            ("https://notexample.com", "example.com", true),
            ("https://api.example.com:6443", "example.com:6443", false),
            ("https://api.example.com:6443", "example.com:443", true),
            ("https://API.example.com", "api.EXAMPLE.com", false),
            ("https://10.1.2.3:6443", "10.0.0.0/8", false),
            ("https://10.1.2.3:6443", "10.1.2.3", false),
            ("https://11.1.2.3:6443", "10.0.0.0/8,proxy.lab", true),
            ("https://11.1.2.3:6443", "0.0.0.0/0", false),
            ("https://[fd00::1]:6443", "fd00::/8", false),
            ("https://api.example.com", " a, * ", false),
            ("https://127.0.0.1:6443", "", false),
            ("https://localhost:6443", "", false),
            ("https://[::1]:6443", "", false),
            ("http://api.example.com", "", false),
        ];
        for (server, except, expected) in table {
            assert_eq!(
                through(server, except),
                expected,
                "{server} with NO_PROXY={except}"
            );
        }
    }

    #[test]
    fn a_bare_address_is_an_http_proxy() {
        let variables = ProxyVariables {
            https: Some("proxy.lab:3128".into()),
            ..ProxyVariables::default()
        };
        let server = "https://api.example.com".parse().unwrap();
        assert_eq!(
            variables.proxy_for(&server).as_deref(),
            Some("http://proxy.lab:3128")
        );
    }
}
