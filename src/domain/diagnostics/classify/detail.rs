//! Finds what a message adds to its cause.

use crate::domain::{
    diagnostics::{Cause, ErrorDetail, HostFault},
    message::{ErrorKind, ParsedMessage, Phrase},
    registry_auth::registries::{RegistryId, RegistryInfo},
};

/// Rows of a phrase and the detail that it is; the first that belongs to the cause counts.
const DETAILS: &[(Phrase, ErrorDetail)] = &[
    (Phrase::VolumeSubPath, ErrorDetail::VolumeSubPath),
    (Phrase::ImageVolume, ErrorDetail::VolumeMount),
    (Phrase::LocalFilter, ErrorDetail::LocalFilter),
    (Phrase::ReadOnly, ErrorDetail::ReadOnlyRoot),
    (Phrase::FileDenied, ErrorDetail::FileAccess),
    (Phrase::Encrypted, ErrorDetail::EncryptedLayers),
    (Phrase::FileSystem, ErrorDetail::FileSystem),
    (Phrase::IdMapping, ErrorDetail::IdMapping),
    (Phrase::ClientCertificate, ErrorDetail::ClientCertificate),
    (Phrase::ServerName, ErrorDetail::UnknownServerName),
    (
        Phrase::CertificateUnusable,
        ErrorDetail::UnusableCertificate,
    ),
    (Phrase::AddressBlocked, ErrorDetail::AddressBlocked),
    (Phrase::ContentBlocked, ErrorDetail::ContentBlocked),
    (Phrase::AccountBlocked, ErrorDetail::AccountBlocked),
    (Phrase::LegalBlock, ErrorDetail::LegalBlock),
    (Phrase::SingleSignOn, ErrorDetail::SingleSignOn),
    (Phrase::Retired, ErrorDetail::Retired),
    (Phrase::AccountLimit, ErrorDetail::AccountLimit),
    (Phrase::RequestLimit, ErrorDetail::RequestLimit),
];

/// The detail that a message adds to this cause.
pub(super) fn detail(message: &ParsedMessage<'_>, cause: Option<Cause>) -> Option<ErrorDetail> {
    let stated = DETAILS
        .iter()
        .filter(|(phrase, _)| message.has(*phrase))
        .filter(|(_, detail)| !is_raised_by_login(detail, message))
        .map(|(_, detail)| detail.clone());
    stated
        .chain(by_kind(message))
        .chain(by_status(message))
        .chain(unresolved(message))
        .chain(failed_host(message, cause))
        .find(|detail| Some(detail.cause()) == cause)
}

/// Whether the limit is one that a login raises: then the fixes of the cause hold.
fn is_raised_by_login(detail: &ErrorDetail, message: &ParsedMessage<'_>) -> bool {
    *detail == ErrorDetail::RequestLimit && message.has(Phrase::LoginRaisesLimit)
}

/// What the kind of error says by itself.
fn by_kind(message: &ParsedMessage<'_>) -> Option<ErrorDetail> {
    let details = [
        (ErrorKind::HttpsServer, ErrorDetail::HttpsServer),
        (ErrorKind::OtherProtocol, ErrorDetail::OtherProtocol),
    ];
    let found = details
        .into_iter()
        .find(|(kind, _)| *kind == message.error_kind());
    found.map(|(_, detail)| detail)
}

/// Statuses that state a reason (RFC 9110, RFC 7725). Docker Hub's abuse limit has no text of its own.
fn by_status(message: &ParsedMessage<'_>) -> Option<ErrorDetail> {
    let is_gcr = message.preset().is_some_and(|it| it.id == RegistryId::Gcr);
    let is_hub = message.preset().is_some_and(RegistryInfo::is_docker_hub);
    match message.statuses().last()? {
        402 => Some(ErrorDetail::AccountBlocked),
        // What gcr.io answers for an image that was not migrated: <https://github.com/kubernetes-up-and-running/kuard/issues/59>.
        412 if is_gcr => Some(ErrorDetail::Retired),
        451 => Some(ErrorDetail::LegalBlock),
        429 if is_hub && !message.has(Phrase::PullLimit) => Some(ErrorDetail::RequestLimit),
        _ => None,
    }
}

fn unresolved(message: &ParsedMessage<'_>) -> Option<ErrorDetail> {
    let host = message.other_lookup()?;
    Some(ErrorDetail::UnresolvedHost(host.to_owned()))
}

/// The host that failed, where it is not the registry.
fn failed_host(message: &ParsedMessage<'_>, cause: Option<Cause>) -> Option<ErrorDetail> {
    let fault = HostFault::from_cause(cause?)?;
    let host = message.other_host()?.to_owned();
    Some(ErrorDetail::FailedHost { host, fault })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::classify::classify;

    #[test]
    fn a_token_server_or_blob_store_that_fails_is_named() {
        for (url, error, named) in [
            (
                "https://auth.example/token?service=registry",
                "dial tcp 10.0.0.5:443: connect: connection refused",
                Some("auth.example"),
            ),
            (
                "https://auth.example/token?service=registry",
                "tls: failed to verify certificate: x509: certificate signed by unknown authority",
                Some("auth.example"),
            ),
            (
                "https://store.example/v2/a/blobs/sha256:0a",
                "dial tcp 10.0.0.5:443: i/o timeout",
                Some("store.example"),
            ),
            (
                "https://store.example/a?part=1",
                "dial tcp 10.0.0.5:443: i/o timeout",
                None,
            ),
            (
                "https://registry.example/token?service=registry",
                "dial tcp 10.0.0.5:443: connect: connection refused",
                None,
            ),
            (
                "https://registry.example/v2/a/manifests/1",
                "dial tcp 10.0.0.5:443: connect: connection refused",
                None,
            ),
        ] {
            let text = format!(
                "Failed to pull image \"registry.example/a:1\": failed to do request: Get \"{url}\": {error}"
            );
            let fault = classify(&text).fault;
            let host = fault.as_ref().and_then(ErrorDetail::failed_host);
            assert_eq!(host, named, "{text}");
            let is_told = fault.is_some_and(|it| it.summary().contains("auth.example"));
            assert_eq!(is_told, named == Some("auth.example"), "{text}");
        }
    }
}
