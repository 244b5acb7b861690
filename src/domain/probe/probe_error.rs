//! Errors of probe steps.

use std::{net::IpAddr, time::Duration};

/// An error of a probe step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeError {
    /// The name has no address.
    UnknownHost,
    /// No name server answered.
    DnsTimeout,
    /// Nobody listens at the port.
    Refused,
    NoRoute,
    /// The other side hung up.
    Reset,
    /// Nothing was heard within this time.
    Timeout(Duration),
    /// The time for one image was used up, in this step and those before it.
    DeadlineExceeded(Duration),
    /// The certificate's authority is not among the trusted ones.
    UntrustedCa,
    /// The certificate is for other names.
    WrongName {
        presented: Vec<String>,
    },
    CertificateExpired,
    CertificateNotYetValid,
    /// The proxy does not lead on; its own words, such as `407 Proxy Authentication Required`.
    ProxyRefuses(String),
    /// TLS was tried on a port that speaks plain HTTP.
    SpeaksPlainHttp,
    /// Plain HTTP was tried on a port that speaks TLS.
    SpeaksTls,
    Handshake(String),
    /// The answer is no HTTP.
    NotHttp(String),
    /// The head of the answer has no end.
    HeadTooLarge,
    /// Informational answers (1xx) without end.
    TooManyInformational,
    /// The body is larger than any honest one.
    BodyTooLarge {
        limit: usize,
    },
    /// The body is not what the specification says.
    Unreadable(String),
    TooManyRedirects,
    /// Sent on from TLS to plain HTTP, or to something that is no address.
    BadRedirect {
        to: String,
    },
    /// Asks for a login and does not say how.
    NoChallenge,
    /// The login is at a host to which this credential must not go.
    ForeignRealm {
        realm: String,
    },
    /// A token for an anonymous request is at a host that this registry may not name.
    UntrustedRealm {
        realm: String,
    },
    /// Sent on to an address that the registry may not name: private, link-local or this machine's.
    InternalAddress {
        host: String,
        address: IpAddr,
    },
    /// The registry answered, and the answer is no.
    Refusal(Refusal),
}

impl ProbeError {
    /// Whether the registry did not respond.
    ///
    /// DNS, route, TLS and trust are those of this machine, and a node may have others: the error says nothing about
    /// nodes.
    pub(super) fn is_before_registry(&self) -> bool {
        match self {
            Self::UnknownHost
            | Self::DnsTimeout
            | Self::Refused
            | Self::NoRoute
            | Self::Reset
            | Self::Timeout(_)
            | Self::DeadlineExceeded(_)
            | Self::UntrustedCa
            | Self::WrongName { .. }
            | Self::CertificateExpired
            | Self::CertificateNotYetValid
            | Self::ProxyRefuses(_)
            | Self::SpeaksPlainHttp
            | Self::SpeaksTls
            | Self::Handshake(_) => true,
            Self::NotHttp(_)
            | Self::HeadTooLarge
            | Self::TooManyInformational
            | Self::BodyTooLarge { .. }
            | Self::Unreadable(_)
            | Self::TooManyRedirects
            | Self::BadRedirect { .. }
            | Self::NoChallenge
            | Self::ForeignRealm { .. }
            | Self::UntrustedRealm { .. }
            | Self::InternalAddress { .. }
            | Self::Refusal(_) => false,
        }
    }
}

/// An error status with its details.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// The error codes of the OCI distribution specification, such as `NAME_UNKNOWN`.
    pub codes: Vec<String>,
    /// The registry's own words.
    pub message: Option<String>,
    pub retry_after: Option<Duration>,
}

impl Refusal {
    pub fn has(&self, code: &str) -> bool {
        self.codes.iter().any(|have| have == code)
    }

    /// Whether the registry says that the credential has expired.
    pub(super) fn is_expired_credential(&self) -> bool {
        let words = self.message.as_deref().unwrap_or_default();
        words.to_ascii_lowercase().contains("expired")
    }

    /// Whether a rate limit was exceeded.
    pub(super) fn is_rate_limit(&self) -> bool {
        self.status == 429 || self.has("TOOMANYREQUESTS")
    }
}
