//! Settings of the prober: limits, and exceptions to the strict defaults.

use std::{net::IpAddr, time::Duration};

use rustls::pki_types::{CertificateDer, pem::PemObject};

use super::proxy::Proxies;

#[derive(Clone, Debug, Default)]
pub struct ProbeSettings {
    pub limits: ProbeLimits,
    /// What stands between this machine and the registries; by default nothing.
    pub proxies: Proxies,
    /// Trusted besides the system's authorities.
    pub authorities: Vec<CertificateDer<'static>>,
    pub plain_http: PlainHttp,
    /// Registries, as `host[:port]`, that may be asked in plain HTTP too.
    pub insecure: Vec<String>,
    /// Hosts, as `host[:port]`, that may get the credential when the registry wants the login there.
    pub realms: Vec<String>,
    /// Addresses of names that are not looked up.
    pub addresses: Vec<(String, IpAddr)>,
}

impl ProbeSettings {
    /// Whether plain HTTP is allowed for this registry, as written in the image.
    pub(super) fn allows_plain(&self, host: &str) -> bool {
        let mut insecure = self.insecure.iter();
        insecure.any(|known| known.eq_ignore_ascii_case(host))
    }

    /// Also trusts the certificates of a PEM text; returns their number.
    pub fn trust_pem(&mut self, pem: &[u8]) -> usize {
        let before = self.authorities.len();
        let certificates = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
        self.authorities.extend(certificates);
        self.authorities.len() - before
    }
}

/// The hosts for which plain HTTP is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// To this machine, when it speaks no TLS.
    #[default]
    Loopback,
    /// To the registry, as the user chose.
    Registry,
}

/// Limits of a probe: the server may send slowly, or without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeLimits {
    /// The time of one step, redirects included.
    pub step: Duration,
    /// The time of one image, with all its credentials.
    pub image: Duration,
    /// Bytes of the head of an answer.
    pub head: usize,
    /// Bytes of a token's answer and of an error's: the longest honest tokens are some 10 KiB.
    pub answer: usize,
    /// Bytes of a manifest: what distribution and containerd accept.
    pub manifest: usize,
}

impl Default for ProbeLimits {
    fn default() -> Self {
        Self {
            step: Duration::from_secs(15),
            image: Duration::from_secs(45),
            head: 64 * 1024,
            answer: 256 * 1024,
            manifest: 4 * 1024 * 1024,
        }
    }
}
