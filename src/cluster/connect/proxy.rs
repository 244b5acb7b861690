//! Proxy between this machine and the API server, by the environment.
//!
//! As kubectl has it, `proxy-url` of the kubeconfig wins and knows no exception; else the variables count
//! (`domain::proxy`). kube 5.0 matches `NO_PROXY` against the proxy's own address, so this is decided here.

use std::env;

use http::Uri;

use crate::domain::proxy::ProxyVariables;

/// Proxy for this server, from the environment.
pub(super) fn from_environment(server: &Uri) -> Option<String> {
    proxy_for(server, &ProxyVariables::read(|name| env::var(name).ok()))
}

fn proxy_for(server: &Uri, variables: &ProxyVariables) -> Option<String> {
    let host = server.host()?.trim_matches(['[', ']']);
    let (proxy, default_port) = match server.scheme_str() {
        Some("http") => (&variables.http, 80),
        Some(_) | None => (&variables.https, 443),
    };
    let proxy = proxy.as_ref()?;
    if variables.bypasses(host, server.port_u16().unwrap_or(default_port)) {
        return None;
    }
    // Go takes a bare `host:port` for an HTTP proxy.
    Some(if proxy.contains("://") {
        proxy.clone()
    } else {
        format!("http://{proxy}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(server: &str) -> Option<String> {
        let variables = ProxyVariables {
            https: Some("proxy.lab:3128".to_owned()),
            http: None,
            no_proxy: "example.com:6443,fd00::/8".to_owned(),
        };
        proxy_for(&server.parse().unwrap(), &variables)
    }

    #[test]
    fn the_server_is_behind_the_proxy_of_its_scheme_unless_it_is_excepted() {
        let bare = Some("http://proxy.lab:3128".to_owned());
        for (server, expected) in [
            ("https://api.example.com", bare),
            ("https://api.example.com:6443", None),
            ("https://[fd00::1]:6443", None),
            ("https://localhost:6443", None),
            ("http://api.example.com", None),
        ] {
            assert_eq!(proxy(server), expected, "{server}");
        }
    }
}
