//! Proxy variables of the environment, read as Go does: kubectl and the container runtimes are written in it.
//!
//! The rules are those of `golang.org/x/net/http/httpproxy`. The first of `HTTPS_PROXY` and `https_proxy` that
//! is not empty counts, and so on; `NO_PROXY` is matched against the server; this machine itself is never asked
//! through a proxy. curl has other rules: for it `.example.com` is also `example.com`, and `*.example.com` and
//! ports mean nothing.

use std::net::IpAddr;

use ipnet::IpNet;

/// Proxies for HTTPS and HTTP servers, and the servers reached without one.
///
/// Not `Debug`: the address of a proxy may hold a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProxyVariables {
    pub https: Option<String>,
    pub http: Option<String>,
    /// Servers to reach directly, between commas.
    pub no_proxy: String,
}

impl ProxyVariables {
    /// Reads the variables by their names.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&str; 2]| {
            let mut values = names.into_iter().filter_map(&variable);
            values.find(|value| !value.is_empty())
        };
        Self {
            https: first(["HTTPS_PROXY", "https_proxy"]),
            http: first(["HTTP_PROXY", "http_proxy"]),
            no_proxy: first(["NO_PROXY", "no_proxy"]).unwrap_or_default(),
        }
    }

    /// Whether this server is reached without a proxy. An IPv6 address has no brackets.
    pub fn bypasses(&self, host: &str, port: u16) -> bool {
        let host = host.to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        host == "localhost"
            || address.is_some_and(|address| address.is_loopback())
            || self
                .no_proxy
                .split(',')
                .map(|pattern| pattern.trim().to_ascii_lowercase())
                .filter(|pattern| !pattern.is_empty())
                .any(|pattern| matches(&pattern, &host, address, port))
    }
}

fn matches(pattern: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if pattern == "*" {
        return true;
    }
    if let Ok(network) = pattern.parse::<IpNet>() {
        return address.is_some_and(|address| network.contains(&address));
    }
    if let Ok(wanted) = pattern.parse::<IpAddr>() {
        return address == Some(wanted);
    }
    let (name, wanted) = split_port(pattern);
    if wanted.is_some_and(|wanted| wanted != port) {
        return false;
    }
    if let Ok(wanted) = name.parse::<IpAddr>() {
        return address == Some(wanted);
    }
    let name = match name.strip_prefix('*') {
        Some(below) if below.starts_with('.') => below,
        Some(_) | None => name,
    };
    match name.strip_prefix('.') {
        // Only what is below it.
        Some(domain) => is_below(host, domain),
        None => host == name || is_below(host, name),
    }
}

/// Name and port of a pattern; an IPv6 address loses its brackets.
fn split_port(pattern: &str) -> (&str, Option<u16>) {
    let (name, port) = match pattern.rsplit_once(':') {
        Some((name, digits)) if digits.parse::<u16>().is_ok() => (name, digits.parse().ok()),
        Some(_) | None => (pattern, None),
    };
    (name.trim_matches(['[', ']']), port)
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|front| front.len() > 1 && front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_of_no_proxy_are_reached_directly() {
        for (host, port, no_proxy, expected) in [
            ("api.example.com", 6443, "", false),
            ("api.example.com", 6443, "example.com", true),
            ("api.example.com", 6443, ".example.com", true),
            ("example.com", 443, ".example.com", false),
            ("example.com", 443, "*.example.com", false),
            ("cdn.example.com", 443, "*.example.com", true),
            ("api.example.com", 443, "*example.com", false),
            ("notexample.com", 443, "example.com", false),
            ("api.example.com", 6443, "example.com:6443", true),
            ("api.example.com", 6443, "example.com:443", false),
            ("API.example.com", 443, "api.EXAMPLE.com", true),
            ("10.1.2.3", 6443, "10.0.0.0/8", true),
            ("10.1.2.3", 6443, "10.1.2.3", true),
            ("10.1.2.3", 6443, "10.1.2.3:6443", true),
            ("10.1.2.3", 6443, "10.1.2.3:443", false),
            ("11.1.2.3", 6443, "10.0.0.0/8,proxy.lab", false),
            ("11.1.2.3", 6443, "0.0.0.0/0", true),
            ("11.1.2.3", 6443, "11.1.2.3/33", false),
            ("fd00::1", 6443, "fd00::/8", true),
            ("fd00::1", 6443, "fd00::1", true),
            ("fd00::1", 6443, "[fd00::1]:6443", true),
            ("fd00::1", 6443, "[fd00::1]:443", false),
            ("api.example.com", 443, " a, * ", true),
            ("127.0.0.1", 6443, "", true),
            ("localhost", 6443, "", true),
            ("::1", 6443, "", true),
        ] {
            let variables = ProxyVariables {
                no_proxy: no_proxy.to_owned(),
                ..ProxyVariables::default()
            };
            let found = variables.bypasses(host, port);
            assert_eq!(found, expected, "{host}:{port} with NO_PROXY={no_proxy}");
        }
    }

    #[test]
    fn an_empty_variable_gives_way_to_its_other_spelling() {
        let variables = ProxyVariables::read(|name| match name {
            "HTTPS_PROXY" => Some(String::new()),
            "https_proxy" => Some("http://proxy.lab:3128".to_owned()),
            "NO_PROXY" => Some("example.com".to_owned()),
            "no_proxy" => Some("other.example".to_owned()),
            _ => None,
        });
        let expected = ProxyVariables {
            https: Some("http://proxy.lab:3128".to_owned()),
            http: None,
            no_proxy: "example.com".to_owned(),
        };
        assert!(variables == expected);
    }
}
