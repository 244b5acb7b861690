//! Proxy between this machine and the API server, by the environment.
//!
//! As kubectl has it, `proxy-url` of the kubeconfig wins and knows no exception; else the variables count
//! (`domain::proxy`). kube 5.0 matches `NO_PROXY` against the proxy's own address, so this is decided here.

use std::env;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

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

/// Header for the login that stands in the address of an HTTP proxy.
pub(super) fn basic_auth(address: &Uri) -> Option<HeaderValue> {
    let (login, _) = address.authority()?.as_str().rsplit_once('@')?;
    let login = Zeroizing::new(percent_decode_str(login).collect::<Vec<u8>>());
    let encoded = Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(&*login)));
    let mut header = HeaderValue::from_str(&encoded).ok()?;
    header.set_sensitive(true);
    Some(header)
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

    #[test]
    fn the_login_of_a_proxy_is_decoded_before_it_is_sent() {
        let header = |address: &str| basic_auth(&address.parse().unwrap());
        let sent = header("http://user:pa%40ss%3Aword@proxy.lab:3128").unwrap();
        let expected = BASE64_STANDARD.encode("user:pa@ss:word");
        assert_eq!(sent, format!("Basic {expected}").as_str());
        assert!(sent.is_sensitive());
        assert_eq!(header("http://proxy.lab:3128"), None);
    }
}
