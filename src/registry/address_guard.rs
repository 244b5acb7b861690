//! Keeps a registry from sending the probe to servers that only this machine reaches.
//!
//! A realm or a redirect is the registry's word. A public registry must not name a private or link-local
//! address, for what answers there is not meant for it, and a token of it would be handed to the registry
//! (server-side request forgery). Checked on the addresses that are connected to, so a name that resolves
//! to such an address is refused too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::trust::{self, RealmTrust, ServerOrigin};
use crate::domain::probe::ProbeError;

/// Part of the network that an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    Public,
    /// RFC 1918, RFC 4193, RFC 6598 and the like.
    Private,
    /// Also the metadata services of clouds.
    LinkLocal,
    Loopback,
}

/// Purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestPurpose {
    /// `/v2/…` of the registry, and wherever that redirects to.
    Registry,
    /// A token: whoever answers, its answer is handed to the registry.
    Token,
}

/// The addresses that a request may connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddressScope {
    /// Any: the user named the host.
    Any,
    /// Public ones, and those of the registry's own zone.
    RegistryZone,
    PublicOnly,
}

/// Rules on where the requests of one probe may go.
#[derive(Clone, Debug)]
pub(super) struct AddressGuard {
    pub(super) registry: ServerOrigin,
    /// `None` behind a proxy, which resolves the name itself.
    pub(super) zone: Option<Zone>,
    /// Hosts that the user allows as realms.
    pub(super) realms: Vec<String>,
}

impl AddressGuard {
    /// The scope of a request to a server.
    ///
    /// # Errors
    ///
    /// A token request to a realm that may not get the login, or may not issue tokens for the registry.
    pub(super) fn scope(
        &self,
        server: &ServerOrigin,
        purpose: RequestPurpose,
        has_login: bool,
    ) -> Result<AddressScope, ProbeError> {
        if trust::is_named(server, &self.realms) {
            return Ok(AddressScope::Any);
        }
        match purpose {
            RequestPurpose::Registry => Ok(AddressScope::RegistryZone),
            RequestPurpose::Token => match trust::realm_trust(&self.registry, server, &self.realms)
            {
                RealmTrust::Trusted => Ok(AddressScope::RegistryZone),
                RealmTrust::AnonymousOnly if !has_login => Ok(AddressScope::PublicOnly),
                RealmTrust::AnonymousOnly | RealmTrust::Refused if has_login => {
                    Err(ProbeError::ForeignRealm {
                        realm: server.authority(),
                    })
                }
                RealmTrust::AnonymousOnly | RealmTrust::Refused => {
                    Err(ProbeError::UntrustedRealm {
                        realm: server.authority(),
                    })
                }
            },
        }
    }

    /// Whether the scope covers an address; `registry` is the registry's zone.
    pub(super) fn covers(scope: AddressScope, registry: Zone, address: IpAddr) -> bool {
        let zone = Zone::from_address(address);
        match scope {
            AddressScope::Any => true,
            AddressScope::PublicOnly => zone == Zone::Public,
            AddressScope::RegistryZone => {
                // A registry on this machine is the user's own, and so may its storage be.
                let is_local = registry == Zone::Loopback && zone == Zone::Private;
                zone == Zone::Public || zone == registry || is_local
            }
        }
    }

    /// The addresses that the scope covers.
    ///
    /// # Errors
    ///
    /// None of them.
    pub(super) fn filter(
        scope: AddressScope,
        registry: Zone,
        server: &ServerOrigin,
        addresses: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, ProbeError> {
        let refused = addresses.first().map(SocketAddr::ip);
        let covered: Vec<_> = addresses
            .into_iter()
            .filter(|address| Self::covers(scope, registry, address.ip()))
            .collect();
        match refused {
            Some(address) if covered.is_empty() => Err(ProbeError::InternalAddress {
                host: server.authority(),
                address,
            }),
            Some(_) | None => Ok(covered),
        }
    }
}

impl Zone {
    /// Zone of an address; an IPv4 address in an IPv6 one (mapped, NAT64, 6to4) counts as itself.
    pub(super) fn from_address(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::from_v4(address),
            IpAddr::V6(address) => match embedded(address) {
                Some(address) => Self::from_v4(address),
                None => Self::from_v6(address),
            },
        }
    }

    fn from_v4(address: Ipv4Addr) -> Self {
        let [first, second, ..] = address.octets();
        // 0.0.0.0 connects to this machine on Linux.
        if address.is_loopback() || first == 0 {
            Self::Loopback
        } else if address.is_link_local() {
            Self::LinkLocal
        } else if address.is_private()
            || address.is_multicast()
            || address.is_broadcast()
            // Shared address space (RFC 6598), protocol assignments, benchmarks.
            || (first == 100 && (64..128).contains(&second))
            || matches!(address.octets(), [192, 0, 0, _] | [198, 18..=19, ..])
        {
            Self::Private
        } else {
            Self::Public
        }
    }

    fn from_v6(address: Ipv6Addr) -> Self {
        if address.is_loopback() || address.is_unspecified() {
            Self::Loopback
        } else if address.is_unicast_link_local() {
            Self::LinkLocal
        } else if address.is_unique_local() || address.is_multicast() {
            Self::Private
        } else {
            Self::Public
        }
    }
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let two = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0x2002, high, low, ..] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(two(high, low)),
        _ => address.to_ipv4_mapped(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> ServerOrigin {
        ServerOrigin::from_uri(&text.parse().unwrap()).unwrap()
    }

    #[test]
    fn addresses_have_zones() {
        for (zone, addresses) in [
            (
                Zone::Public,
                &["8.8.8.8", "2606:4700::1", "64:ff9b::808:808"][..],
            ),
            (
                Zone::Private,
                &[
                    "10.0.0.1",
                    "172.16.3.4",
                    "192.168.1.1",
                    "100.64.0.1",
                    "198.18.0.5",
                    "fd00::1",
                    "::ffff:10.0.0.1",
                    "64:ff9b::a00:1",
                    "2002:a00:1::",
                    "224.0.0.1",
                ],
            ),
            (Zone::LinkLocal, &["169.254.169.254", "fe80::1"]),
            (
                Zone::Loopback,
                &["127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"],
            ),
        ] {
            for address in addresses {
                assert_eq!(
                    Zone::from_address(address.parse().unwrap()),
                    zone,
                    "{address}"
                );
            }
        }
    }

    #[test]
    fn a_registry_names_no_servers_of_a_nearer_zone() {
        use AddressScope::{Any, PublicOnly, RegistryZone};
        for (scope, registry, address, expected) in [
            (RegistryZone, Zone::Public, "8.8.8.8", true),
            (RegistryZone, Zone::Public, "10.0.0.1", false),
            (RegistryZone, Zone::Public, "127.0.0.1", false),
            (RegistryZone, Zone::Public, "169.254.169.254", false),
            (RegistryZone, Zone::Private, "10.0.0.1", true),
            (RegistryZone, Zone::Private, "169.254.169.254", false),
            (RegistryZone, Zone::Private, "127.0.0.1", false),
            (RegistryZone, Zone::Loopback, "10.0.0.1", true),
            (RegistryZone, Zone::Loopback, "169.254.169.254", false),
            (PublicOnly, Zone::Private, "10.0.0.1", false),
            (PublicOnly, Zone::Private, "8.8.8.8", true),
            (Any, Zone::Public, "127.0.0.1", true),
        ] {
            let got = AddressGuard::covers(scope, registry, address.parse().unwrap());
            assert_eq!(got, expected, "{scope:?} {registry:?} {address}");
        }
    }

    #[test]
    fn of_several_addresses_those_that_may_be_asked_stay() {
        let server = origin("https://login.example.com");
        let both = vec![
            "10.0.0.1:443".parse().unwrap(),
            "8.8.8.8:443".parse().unwrap(),
        ];
        let filter = |addresses| {
            AddressGuard::filter(AddressScope::RegistryZone, Zone::Public, &server, addresses)
        };
        assert_eq!(filter(both), Ok(vec!["8.8.8.8:443".parse().unwrap()]));
        assert_eq!(
            filter(vec!["169.254.169.254:443".parse().unwrap()]),
            Err(ProbeError::InternalAddress {
                host: "login.example.com".into(),
                address: "169.254.169.254".parse().unwrap()
            })
        );
    }

    #[test]
    fn a_token_comes_from_a_trusted_realm_or_from_a_public_one_for_nobody() {
        let guard = AddressGuard {
            registry: origin("https://registry.example.com"),
            zone: Some(Zone::Public),
            realms: vec!["sso.example.net".into()],
        };
        let scope = |realm: &str, has_login| {
            guard
                .scope(&origin(realm), RequestPurpose::Token, has_login)
                .map_err(|error| error.to_string())
        };
        let near = Ok(AddressScope::RegistryZone);
        assert_eq!(scope("https://login.example.com", true), near);
        assert_eq!(scope("https://login.example.com", false), near);
        assert_eq!(
            scope("https://sso.example.net", true),
            Ok(AddressScope::Any)
        );
        let vanity = scope("https://ghcr.io/token", false);
        assert_eq!(vanity, Ok(AddressScope::PublicOnly));
        assert!(scope("https://ghcr.io/token", true).is_err());
        for plain in ["http://ghcr.io/token", "http://127.0.0.1:8080/"] {
            assert!(scope(plain, false).is_err(), "{plain}");
            assert!(scope(plain, true).is_err(), "{plain}");
        }
    }
}
