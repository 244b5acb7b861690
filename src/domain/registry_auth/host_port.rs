//! Host and port of a registry, as image references and keys of `auths` write them.
//!
//! How Go parts them for the kubelet's keyring (`net.SplitHostPort`) is in `keyring::url`.

/// Splits `host:port`. An IPv6 address keeps its brackets, and without them it has no port.
pub fn split_host_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|byte| byte.is_ascii_digit())
                && (!host.contains(':') || host.ends_with(']')) =>
        {
            (host, Some(port))
        }
        Some(_) | None => (authority, None),
    }
}

/// Host of a server string, which may have a scheme and a path: `ghcr.io` of `https://ghcr.io/v2/`.
pub fn server_host(server: &str) -> &str {
    let bare = server.split_once("://").map_or(server, |(_, rest)| rest);
    bare.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_parted_from_their_ports() {
        for (authority, expected) in [
            ("ghcr.io", ("ghcr.io", None)),
            ("ghcr.io:443", ("ghcr.io", Some("443"))),
            ("ghcr.io:", ("ghcr.io", Some(""))),
            ("ghcr.io:latest", ("ghcr.io:latest", None)),
            ("[::1]", ("[::1]", None)),
            ("[::1]:5000", ("[::1]", Some("5000"))),
            ("fd00::1", ("fd00::1", None)),
        ] {
            assert_eq!(split_host_port(authority), expected, "{authority}");
        }
    }

    #[test]
    fn a_server_has_a_host_with_or_without_scheme_and_path() {
        for server in [
            "ghcr.io",
            "https://ghcr.io",
            "http://ghcr.io/v2/",
            "ghcr.io/acme",
        ] {
            assert_eq!(server_host(server), "ghcr.io", "{server}");
        }
    }
}
