//! Certificate verifier that accepts a trusted leaf certificate, as Go does.
//!
//! `openssl req -x509` makes a certificate that is its own authority, and many a registry shows it.
//! Go, and so every runtime, accepts one that is among the trusted (`crypto/x509` `Verify`: the leaf is
//! in `Roots`); rustls refuses any authority's certificate as a server's.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

#[derive(Debug)]
pub(super) struct GoCompatVerifier {
    pub(super) strict: Arc<WebPkiServerVerifier>,
    /// Accepted as servers' own.
    pub(super) trusted: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for GoCompatVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = self
            .strict
            .verify_server_cert(certificate, intermediates, name, ocsp, now);
        match found {
            // webpki has looked at the dates before it looks for this.
            Err(error) if is_authority(&error) && self.trusted.contains(certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            found => found,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}

fn is_authority(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(problem) if is_authority_as_server(problem))
}

/// Whether a CA certificate was used as server certificate: rustls passes on this error of webpki as it is.
pub(super) fn is_authority_as_server(problem: &CertificateError) -> bool {
    matches!(problem, CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity"))
}
