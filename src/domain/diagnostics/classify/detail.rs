//! Finds what a message adds to its cause.

use crate::domain::{
    diagnostics::{Cause, ErrorDetail},
    message::{ErrorKind, ParsedMessage, Phrase},
    registry_auth::registries::RegistryInfo,
};

/// Rows of a phrase and the detail that it is; the first that belongs to the cause counts.
const DETAILS: &[(Phrase, ErrorDetail)] = &[
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
    let is_hub = message.preset().is_some_and(RegistryInfo::is_docker_hub);
    match message.statuses().last()? {
        402 => Some(ErrorDetail::AccountBlocked),
        451 => Some(ErrorDetail::LegalBlock),
        429 if is_hub && !message.has(Phrase::PullLimit) => Some(ErrorDetail::RequestLimit),
        _ => None,
    }
}

fn unresolved(message: &ParsedMessage<'_>) -> Option<ErrorDetail> {
    let host = message.other_lookup()?;
    Some(ErrorDetail::UnresolvedHost(host.to_owned()))
}
