//! TLS configuration, and errors of failed handshakes.

use std::{io, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, Error, InvalidMessage, RootCertStore,
    client::WebPkiServerVerifier, crypto::ring, pki_types::CertificateDer,
};

use super::verifier::{GoCompatVerifier, is_authority_as_server};
use crate::domain::{probe::ProbeError, sanitize::sanitize};

/// Maximum number of certificate names in an error.
const NAMES: usize = 8;

/// TLS configuration that trusts the system's certificate authorities and these.
pub(super) fn config(authorities: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, Error> {
    let mut roots = RootCertStore::empty();
    // What the system's store holds besides certificates is of no use and no reason to stop.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for authority in authorities {
        roots.add(authority.clone())?;
    }
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    // A verifier of our own cannot be without authorities, and a small machine may have none.
    let mut config = if authorities.is_empty() {
        builder.with_root_certificates(roots).with_no_client_auth()
    } else {
        let strict = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        let verifier = GoCompatVerifier {
            strict,
            trusted: authorities.to_vec(),
        };
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth()
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// True if the response was not TLS.
pub(super) fn is_no_tls(error: &io::Error) -> bool {
    matches!(
        within(error),
        Some(Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ))
    )
}

/// Finds the TLS error inside a socket error.
pub(super) fn failure_within(error: &io::Error) -> Option<ProbeError> {
    within(error).map(failure)
}

fn within(error: &io::Error) -> Option<&Error> {
    let inner = error.get_ref()?;
    inner
        .downcast_ref()
        .or_else(|| inner.source()?.downcast_ref())
}

fn failure(error: &Error) -> ProbeError {
    match error {
        Error::InvalidCertificate(problem) => certificate(problem),
        Error::NoCertificatesPresented => {
            ProbeError::Handshake("no certificate was presented".into())
        }
        other => ProbeError::Handshake(sanitize(&other.to_string())),
    }
}

fn certificate(problem: &CertificateError) -> ProbeError {
    match problem {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => ProbeError::UntrustedCa,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ProbeError::CertificateExpired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ProbeError::CertificateNotYetValid
        }
        CertificateError::NotValidForName => ProbeError::WrongName {
            presented: Vec::new(),
        },
        CertificateError::NotValidForNameContext { presented, .. } => ProbeError::WrongName {
            presented: presented
                .iter()
                .take(NAMES)
                .map(|name| sanitize(&plain_name(name)))
                .collect(),
        },
        problem if is_authority_as_server(problem) => ProbeError::UntrustedCa,
        other => ProbeError::Handshake(sanitize(&other.to_string())),
    }
}

/// `DnsName("a.example")` as `a.example`.
fn plain_name(name: &str) -> String {
    let quoted = name.split('"').nth(1);
    quoted.unwrap_or(name).to_owned()
}
