//! Rules: which kind of error a message is.
//!
//! One table, read from the top: who speaks of something else, the kubelet's own refusals, the reference, the
//! node, the network (who cannot connect was not refused), the registry's answers, and last the words that
//! many errors share. A rule asks for phrases, for the step of the pull and for HTTP statuses.

use super::{
    ErrorKind,
    rule::{Rule, rule},
};
use crate::domain::message::{ParsedMessage, Phrase, PullStep, Runtime, mask::GoPackage};

/// Phrases that are said of pulling an image, whatever else is said.
const PULLS: &[Phrase] = &[
    Phrase::Pull,
    Phrase::BackOffPull,
    Phrase::SandboxImage,
    Phrase::NeverPull,
    Phrase::InvalidName,
    Phrase::PullSecretMissing,
    Phrase::Provider,
    Phrase::PullQps,
    Phrase::ShortName,
];
/// Phrases of other work of the kubelet, the scheduler and the API server.
const OTHER_WORK: &[Phrase] = &[
    Phrase::Scheduling,
    Phrase::Volume,
    Phrase::Crash,
    Phrase::Start,
    Phrase::ContainerConfig,
    Phrase::Probe,
    Phrase::Pulled,
    Phrase::Admission,
    Phrase::Eviction,
    Phrase::ClusterApi,
    Phrase::Network,
    Phrase::OtherProgram,
    Phrase::NormalEvent,
];
const ABOUT_IMAGES: &[Phrase] = &[
    Phrase::ImageWord,
    Phrase::Signature,
    Phrase::Trust,
    Phrase::Pull,
    Phrase::InvalidName,
];
const ABOUT_SECRETS: &[Phrase] = &[Phrase::Base64, Phrase::AuthField, Phrase::ConfigWord];
const ABOUT_LOGINS: &[Phrase] = &[
    Phrase::Unauthorized,
    Phrase::AccessUnclear,
    Phrase::NothingSent,
];
const REFUSALS: &[Phrase] = &[Phrase::Unauthorized, Phrase::Forbidden, Phrase::Denied];
/// Reasons for which no login helps, in words that only registries have.
const OWN_REFUSALS: &[Phrase] = &[
    Phrase::AddressBlocked,
    Phrase::ContentBlocked,
    Phrase::LegalBlock,
    Phrase::Retired,
];
/// The same in words that other services have, too.
const SHARED_REFUSALS: &[Phrase] = &[Phrase::AccountBlocked, Phrase::SingleSignOn];
const SMALL: &[PullStep] = &[PullStep::Ping, PullStep::Token, PullStep::Manifest];

/// The kind of a frame that is not the pull of the Pod's image.
#[rustfmt::skip]
const FRAMES: &[Rule] = &[
    rule(ErrorKind::AdmissionSecret).any(ABOUT_IMAGES).all(&[Phrase::Webhook]).only_if(|m| m.any(ABOUT_SECRETS)),
    rule(ErrorKind::AdmissionLogin).any(ABOUT_IMAGES).all(&[Phrase::Webhook]).only_if(|m| m.any(ABOUT_LOGINS) || m.has_status(401)),
    rule(ErrorKind::Admission).any(ABOUT_IMAGES).all(&[Phrase::Webhook]),
    rule(ErrorKind::Elsewhere).any(&[Phrase::Webhook]),
    rule(ErrorKind::PullQps).any(&[Phrase::PullQps]),
    rule(ErrorKind::NeverPull).any(&[Phrase::NeverPull]),
    rule(ErrorKind::ImageVolume).any(&[Phrase::ImageVolume]),
    // Who pushes, fetches a chart or clones may say all that a registry says.
    rule(ErrorKind::Elsewhere).any(&[Phrase::OtherOperation]).none(&[Phrase::BackOffPull]),
    rule(ErrorKind::Elsewhere).none(&[Phrase::BackOffPull]).only_if(|m| m.url().is_some_and(|url| url.is_of_upload())),
    rule(ErrorKind::SomeSecretMissing).all(&[Phrase::SecretWord, Phrase::ObjectMissing]).none(PULLS).only_if(|m| !m.has(Phrase::PullSecretWord)),
    rule(ErrorKind::ApiCertificate).any(&[Phrase::CertificateName, Phrase::CertificateTime]).none(PULLS).only_if(|m| m.any(OTHER_WORK) || is_cluster_request(m)),
    rule(ErrorKind::Elsewhere).all(&[Phrase::ObjectWord, Phrase::ObjectMissing]).none(PULLS),
    rule(ErrorKind::Elsewhere).any(OTHER_WORK).none(PULLS).only_if(|m| !m.has(Phrase::ExecFormat)),
    rule(ErrorKind::Elsewhere).any(&[Phrase::ApiServer]).none(PULLS).only_if(|m| !m.any(&[Phrase::Signature, Phrase::Trust])),
    rule(ErrorKind::Elsewhere).none(PULLS).only_if(is_cluster_request),
    rule(ErrorKind::Elsewhere).any(&[Phrase::Requested, Phrase::RequestedBefore]).none(PULLS).only_if(is_request_to_other_service),
    rule(ErrorKind::StartFragment).any(&[Phrase::ShimError]).none(PULLS),
    rule(ErrorKind::ExecFormat).any(&[Phrase::ExecFormat]).none(PULLS),
    rule(ErrorKind::Elsewhere).any(&[Phrase::Sandbox]).none(PULLS).only_if(|m| !m.any(&[Phrase::UnixSocket, Phrase::Daemon])),
    rule(ErrorKind::PullSecretMissing).any(&[Phrase::PullSecretMissing]),
    rule(ErrorKind::PullSecretMissing).all(&[Phrase::PullSecretWord, Phrase::ObjectMissing]).none(&[Phrase::Pull]),
    // `credentialprovider.DockerConfig` is a Go type of the kubelet: its JSON error is a Secret's.
    rule(ErrorKind::CredentialProvider).any(&[Phrase::Provider]).none(&[Phrase::ProviderType]),
    rule(ErrorKind::CredentialProvider).any(&[Phrase::ProviderCloud]).none(&[Phrase::AuthenticationRequired, Phrase::GrantMissing, Phrase::Volume]),
];

#[rustfmt::skip]
const RULES: &[Rule] = &[
    // The runtime and the reference.
    rule(ErrorKind::RuntimeRefused).any(&[Phrase::UnixSocket, Phrase::Daemon, Phrase::RuntimeApi]).all(&[Phrase::Refused]),
    rule(ErrorKind::RuntimeDown).any(&[Phrase::UnixSocket, Phrase::Daemon, Phrase::RuntimeApi]),
    rule(ErrorKind::NodeConfig).any(&[Phrase::ConfigFile, Phrase::ConfigBroken]).none(&[Phrase::Signature]).only_if(is_of_pull_or_image),
    rule(ErrorKind::Reference).any(&[Phrase::InvalidName]),
    rule(ErrorKind::ManifestDigest).any(&[Phrase::InvalidDigest]).only_if(|m| m.image().is_some()),
    rule(ErrorKind::ManifestDigest).all(&[Phrase::InvalidDigest, Phrase::Descriptor]),
    rule(ErrorKind::DigestForm).any(&[Phrase::InvalidDigest]),
    rule(ErrorKind::ShortName).any(&[Phrase::ShortName]),
    // A certificate has a signature too.
    rule(ErrorKind::Signature).any(&[Phrase::Signature, Phrase::Trust]).none(&[Phrase::X509]),
    // The node's disk and the image's bytes.
    rule(ErrorKind::DiskFull).any(&[Phrase::NoSpace]),
    rule(ErrorKind::PlatformNotFound).all(&[Phrase::Platform, Phrase::PlatformInManifest, Phrase::NotFound]),
    rule(ErrorKind::Platform).any(&[Phrase::Platform]),
    rule(ErrorKind::PageStored).all(&[Phrase::Unsupported, Phrase::Html]),
    rule(ErrorKind::OldSchemaNotFound).all(&[Phrase::OldSchema, Phrase::Descriptor]),
    rule(ErrorKind::OldSchema).any(&[Phrase::OldSchema]),
    // Some registries refuse in the words of another error: the status is what counts.
    rule(ErrorKind::Policy).all(&[Phrase::Unsupported, Phrase::Policy]).only_if(|m| m.has_status(403)),
    rule(ErrorKind::Forbidden).all(&[Phrase::Unsupported]).status(&[401, 403]),
    rule(ErrorKind::ManifestFormat).any(&[Phrase::Unsupported]),
    rule(ErrorKind::NoSignatures).any(&[Phrase::NoSignatures]),
    rule(ErrorKind::StoreContent).all(&[Phrase::ContentDigest, Phrase::NotFound]),
    rule(ErrorKind::LocalStore).any(&[Phrase::Snapshot, Phrase::StoreBroken]),
    // The file system of a program is read-only on purpose.
    rule(ErrorKind::LocalStore).any(&[Phrase::ReadOnly]).only_if(is_of_pull_or_image),
    rule(ErrorKind::NodeResources).any(&[Phrase::NoResources]).only_if(is_of_pull_or_image),
    rule(ErrorKind::Encrypted).any(&[Phrase::Encrypted]),
    rule(ErrorKind::RootFs).any(&[Phrase::RootFs]),
    rule(ErrorKind::DiffId).any(&[Phrase::DiffId]),
    rule(ErrorKind::TarHeader).any(&[Phrase::TarHeader]),
    rule(ErrorKind::Unpack).any(&[Phrase::Unpack, Phrase::IdMapping]),
    rule(ErrorKind::NodeFile).any(&[Phrase::FileDenied]).only_if(is_of_pull_or_image),
    // The network.
    rule(ErrorKind::ProxyRefused).all(&[Phrase::ProxyConnect, Phrase::Refused]),
    rule(ErrorKind::ProxySpeaksHttp).all(&[Phrase::ProxyConnect, Phrase::FirstRecord]),
    rule(ErrorKind::ProxyDns).all(&[Phrase::ProxyConnect, Phrase::LookupScheme]),
    rule(ErrorKind::Proxy).any(&[Phrase::ProxyConnect]).status(&[407, 511]),
    rule(ErrorKind::ProxyScheme).any(&[Phrase::LookupScheme]),
    rule(ErrorKind::HttpsServer).any(&[Phrase::HttpsServer]),
    rule(ErrorKind::HttpsServer).all(&[Phrase::MalformedResponse]).only_if(quotes_tls_record),
    rule(ErrorKind::OtherProtocol).all(&[Phrase::MalformedResponse]).only_if(|m| m.words_behind(Phrase::MalformedResponse) > Some(0)),
    rule(ErrorKind::MalformedResponse).any(&[Phrase::MalformedResponse]),
    rule(ErrorKind::PlainHttp).any(&[Phrase::PlainHttp, Phrase::FirstRecord]),
    // The other side refuses what this side sent: before all that is said of the registry's own certificate.
    rule(ErrorKind::ClientCertificate).any(&[Phrase::ClientCertificate]),
    rule(ErrorKind::UnknownAuthority).any(&[Phrase::UnknownAuthority]),
    rule(ErrorKind::CertificateTime).any(&[Phrase::CertificateTime]),
    rule(ErrorKind::CertificateValidFor).any(&[Phrase::CertificateValidFor]),
    rule(ErrorKind::CertificateName).any(&[Phrase::CertificateName]),
    rule(ErrorKind::CertificateUnusable).any(&[Phrase::CertificateUnusable]),
    rule(ErrorKind::Handshake).any(&[Phrase::Handshake]),
    rule(ErrorKind::Dns).any(&[Phrase::NoSuchHost, Phrase::NameResolution]),
    rule(ErrorKind::DnsTimeout).any(&[Phrase::Lookup, Phrase::Udp]).all(&[Phrase::Timeout]),
    rule(ErrorKind::DnsRefused).any(&[Phrase::Lookup, Phrase::Udp]).all(&[Phrase::Refused]),
    rule(ErrorKind::DnsNoRoute).any(&[Phrase::Lookup, Phrase::Udp]).all(&[Phrase::NoRoute]),
    rule(ErrorKind::Dns).any(&[Phrase::Lookup, Phrase::Udp]),
    rule(ErrorKind::LocalProxyRefused).any(&[Phrase::Refused]).only_if(dials_this_machine),
    rule(ErrorKind::RefusedHttps).any(&[Phrase::Refused]).only_if(is_own_address),
    rule(ErrorKind::RefusedAddress).any(&[Phrase::Refused]).only_if(|m| m.url().is_none() && dials_https(m)),
    rule(ErrorKind::Refused).any(&[Phrase::Refused]),
    rule(ErrorKind::NoRoute).any(&[Phrase::NoRoute, Phrase::LocalFilter]),
    rule(ErrorKind::LocalProxyTimeout).any(&[Phrase::Timeout]).only_if(dials_this_machine),
    rule(ErrorKind::HandshakeTimeout).any(&[Phrase::HandshakeTimeout]),
    rule(ErrorKind::Timeout).any(&[Phrase::Timeout, Phrase::WaitingForConnection]),
    // No word of an error of crypto/x509 or crypto/tls is a registry's.
    rule(ErrorKind::CertificateOther).only_if(|m| m.is_told_by(GoPackage::X509)),
    rule(ErrorKind::TlsOther).only_if(|m| m.is_told_by(GoPackage::Tls)),
    // The registry's answers.
    rule(ErrorKind::RateLimit).any(&[Phrase::RateLimit]).status(&[429]),
    rule(ErrorKind::BlobUnknown).all(&[Phrase::Descriptor, Phrase::LayerDescriptor, Phrase::NotFound]),
    rule(ErrorKind::TagContentNotFound).any(&[Phrase::Descriptor, Phrase::ContentAt]).all(&[Phrase::NotFound]).at(&[PullStep::Manifest]).only_if(|m| m.url().is_some_and(|url| !url.by_digest())),
    rule(ErrorKind::ContentNotFound).any(&[Phrase::Descriptor, Phrase::ContentAt]).all(&[Phrase::NotFound]),
    rule(ErrorKind::ShortBody).all(&[Phrase::Digest, Phrase::UnexpectedEof]),
    rule(ErrorKind::DigestMismatch).any(&[Phrase::Digest]),
    rule(ErrorKind::BlobUnknown).any(&[Phrase::BlobUnknown]),
    rule(ErrorKind::TokenBodyCut).all(&[Phrase::TokenBody, Phrase::UnexpectedEof]),
    rule(ErrorKind::Closed).any(&[Phrase::UnexpectedEof]).at(SMALL),
    rule(ErrorKind::ShortBody).any(&[Phrase::UnexpectedEof]),
    rule(ErrorKind::BlobUnknown).status(&[404]).at(&[PullStep::Blob]),
    rule(ErrorKind::TokenBodyCut).all(&[Phrase::TokenBody, Phrase::Eof]),
    rule(ErrorKind::LocalProxyReset).any(&[Phrase::Reset, Phrase::Eof]).only_if(dials_this_machine),
    rule(ErrorKind::ResetWhileCopying).any(&[Phrase::Reset, Phrase::Eof]).at(&[PullStep::Blob]),
    rule(ErrorKind::Closed).any(&[Phrase::Reset]).at(&[PullStep::Token]),
    rule(ErrorKind::Reset).any(&[Phrase::Reset]),
    rule(ErrorKind::Closed).any(&[Phrase::Eof]),
    rule(ErrorKind::Clock).any(&[Phrase::Clock]),
    rule(ErrorKind::ProxyFault).any(&[Phrase::BareFault]).none(&[Phrase::UnexpectedStatus]),
    rule(ErrorKind::ServerError).any(&[Phrase::ServerError]).only_if(|m| !has_client_error(m)),
    rule(ErrorKind::ServerError).only_if(has_server_error),
    rule(ErrorKind::Expired).any(&[Phrase::Expired]),
    rule(ErrorKind::ClientSecret).any(&[Phrase::ClientSecret]),
    rule(ErrorKind::SurePolicy).any(OWN_REFUSALS),
    rule(ErrorKind::SurePolicy).any(SHARED_REFUSALS).only_if(has_refusal),
    rule(ErrorKind::NoBasicAuth).any(&[Phrase::NoBasicAuth]),
    rule(ErrorKind::GrantOrCredential).all(&[Phrase::GrantMissing, Phrase::BadCredential]),
    rule(ErrorKind::BadCredential).any(&[Phrase::BadCredential]).all(&[Phrase::TokenLogin]),
    rule(ErrorKind::TokenLogin).any(&[Phrase::TokenLogin]),
    rule(ErrorKind::BadToken).any(&[Phrase::BadToken]),
    rule(ErrorKind::NothingSentUnclear).any(&[Phrase::NothingSent]).only_if(|m| m.has(Phrase::DoesNotSayWhich) || is_google(m)),
    rule(ErrorKind::NothingSent).any(&[Phrase::NothingSent]),
    rule(ErrorKind::TokenNotFound).status(&[404]).at(&[PullStep::Token]),
    rule(ErrorKind::ProxyPage).all(&[Phrase::ProxyPage]).only_if(|m| is_refused(m) || m.any(&[Phrase::HttpBody, Phrase::JsonMarkup])),
    rule(ErrorKind::PolicyPage).all(&[Phrase::Html]).status(&[403]).at(&[PullStep::Token]),
    rule(ErrorKind::AnonymousToken).any(REFUSALS).status(&[401, 403]).all(&[Phrase::AnonymousToken]),
    // The token server took the login, and says what it may not.
    rule(ErrorKind::DoesNotSayWhich).all(&[Phrase::OauthToken, Phrase::GrantMissing]).only_if(is_google),
    rule(ErrorKind::Policy).all(&[Phrase::OauthToken, Phrase::GrantMissing]),
    rule(ErrorKind::OauthToken).any(REFUSALS).status(&[400, 401, 402, 403]).all(&[Phrase::OauthToken]),
    rule(ErrorKind::BadCredential).any(&[Phrase::BadCredential, Phrase::InvalidLogin]),
    rule(ErrorKind::SurePolicy).any(&[Phrase::SurePolicy]).status(&[402, 451]),
    rule(ErrorKind::ForbiddenStore).any(&[Phrase::Html, Phrase::Xml, Phrase::JsonMarkup]).only_if(is_refused).at(&[PullStep::Blob]),
    rule(ErrorKind::ForbiddenStore).status(&[403]).only_if(|m| m.url().is_some_and(|url| url.is_of_store())),
    rule(ErrorKind::ForbiddenBlob).any(&[Phrase::Denied, Phrase::Forbidden]).status(&[403]).at(&[PullStep::Blob]),
    rule(ErrorKind::ForbiddenChild).status(&[403]).all(&[Phrase::Copy]).at(&[PullStep::Manifest]),
    rule(ErrorKind::PolicyPage).any(&[Phrase::Html, Phrase::JsonMarkup]).only_if(is_refused),
    rule(ErrorKind::PolicyPage).status(&[412]),
    rule(ErrorKind::PolicyPage).status(&[403]).only_if(|m| m.any(&[Phrase::HttpBody, Phrase::Html])),
    rule(ErrorKind::DoesNotSayWhich).any(&[Phrase::DoesNotSayWhich]),
    rule(ErrorKind::DoesNotSayWhich).any(&[Phrase::GrantMissing]).only_if(is_google),
    rule(ErrorKind::Policy).any(&[Phrase::Policy, Phrase::GrantMissing]).only_if(|m| m.any(REFUSALS) || [401, 403, 412, 451].iter().any(|code| m.has_status(*code))),
    rule(ErrorKind::SeveralRefused).any(REFUSALS).status(&[401, 403]).none(&[Phrase::AnonymousToken, Phrase::NoBasicAuth]).only_if(has_several_attempts),
    rule(ErrorKind::AccessUnclear).any(&[Phrase::AccessUnclear]),
    rule(ErrorKind::RepositoryNamed).any(&[Phrase::RepositoryNamed]),
    rule(ErrorKind::RepositoryMissing).any(&[Phrase::RepositoryMissing]),
    rule(ErrorKind::AuthenticationRequired).any(&[Phrase::AuthenticationRequired]),
    rule(ErrorKind::TokenRefused).any(&[Phrase::Unauthorized]).status(&[401]).only_if(|m| m.has(Phrase::Bearer) || m.step() == Some(PullStep::Token)),
    rule(ErrorKind::Unauthorized401).status(&[401]),
    rule(ErrorKind::Unauthorized).any(&[Phrase::Unauthorized]),
    rule(ErrorKind::ProxyForbids).any(&[Phrase::BareForbidden]).none(&[Phrase::UnexpectedStatus, Phrase::Denied]).only_if(is_of_connect),
    rule(ErrorKind::TokenForbidden).any(&[Phrase::Denied, Phrase::Forbidden]).status(&[403]).only_if(|m| m.has(Phrase::Bearer) || m.step() == Some(PullStep::Token)),
    rule(ErrorKind::Denied).any(&[Phrase::Denied]).none(&[Phrase::Forbidden]).only_if(|m| !m.has_status(403)),
    rule(ErrorKind::Forbidden).any(&[Phrase::Denied, Phrase::Forbidden]).status(&[403]),
    rule(ErrorKind::SecretMalformed).any(&[Phrase::AuthField, Phrase::Base64]),
    rule(ErrorKind::SecretMalformed).any(&[Phrase::JsonBroken, Phrase::RequiredValue]).all(&[Phrase::ConfigWord]),
    rule(ErrorKind::BrokenJson).any(&[Phrase::JsonBroken, Phrase::RequiredValue]).only_if(|m| !is_answer(m)),
    rule(ErrorKind::OddAnswerUnknown).all(&[Phrase::WrongAnswer, Phrase::ManifestUnknown]),
    rule(ErrorKind::TokenMissing).any(&[Phrase::NoToken]),
    rule(ErrorKind::BadRequest).status(&[400]),
    rule(ErrorKind::OddAnswer).only_if(|m| has_client_error(m) && !m.has_status(404)),
    rule(ErrorKind::OddAnswer).all(&[Phrase::HttpBody]).status(&[404]),
    rule(ErrorKind::Page).all(&[Phrase::HttpBody, Phrase::JsonBroken]),
    rule(ErrorKind::Page).any(&[Phrase::Html, Phrase::JsonMarkup]),
    rule(ErrorKind::OddAnswer).any(&[Phrase::WrongAnswer]),
    rule(ErrorKind::OddAnswer).all(&[Phrase::JsonBroken]).only_if(is_of_pull),
    rule(ErrorKind::OddAnswer).status(&[404]).at(&[PullStep::Ping]),
    rule(ErrorKind::ManifestUnknown).any(&[Phrase::ManifestUnknown]),
    rule(ErrorKind::NotFound).any(&[Phrase::NotFound]).status(&[404]).only_if(|m| m.has(Phrase::Pull) || m.image_text().is_some() || m.has_status(404)),
    // What many errors share.
    rule(ErrorKind::Inspect).any(&[Phrase::Inspect]),
    rule(ErrorKind::Cancelled).any(&[Phrase::Canceled, Phrase::NoProgress, Phrase::RequestCanceled, Phrase::RefLocked]),
    rule(ErrorKind::DeadlineOfRequest).any(&[Phrase::Deadline]).at(SMALL),
    rule(ErrorKind::Deadline).any(&[Phrase::Deadline]).only_if(is_of_pull),
    rule(ErrorKind::NotStated).any(&[Phrase::BackOffPull, Phrase::Pull]),
];

/// The kind of error that a message is.
pub(in crate::domain::message) fn error_kind(message: &ParsedMessage<'_>) -> ErrorKind {
    if let Some(error_kind) = frame(message) {
        return error_kind;
    }
    let found = RULES.iter().find(|rule| rule.matches(message));
    found
        .map(|rule| rule.error_kind)
        // All programs connect: the runtimes and the kubelet are written in Go, and say so in its words.
        .filter(|error_kind| {
            !error_kind.is_of_network()
                || is_framed(message, *error_kind)
                || message.has(Phrase::GoNetwork) && !looks_up_service(message)
        })
        .unwrap_or(ErrorKind::Unknown)
}

/// The kind where the frame says more than what it frames.
pub(in crate::domain::message) fn frame(message: &ParsedMessage<'_>) -> Option<ErrorKind> {
    FRAMES
        .iter()
        .find(|rule| rule.matches(message))
        .map(|rule| rule.error_kind)
}

/// Whether the text is known to be about the pull of an image: by its frame, by its image, by the API that was
/// asked, or by words that nothing else has.
pub(in crate::domain::message) fn is_framed(
    message: &ParsedMessage<'_>,
    error_kind: ErrorKind,
) -> bool {
    is_of_pull(message)
        || error_kind.names_itself()
        || message.has(Phrase::RegistryCode)
        || message.image_text().is_some()
        || message.url().is_some_and(|url| url.is_of_registry())
}

/// Frames that end a message where it is cut before what it frames.
const LAST_FRAMES: &[(ErrorKind, Phrase)] = &[
    (ErrorKind::Unpack, Phrase::Unpack),
    (ErrorKind::Inspect, Phrase::Inspect),
    (ErrorKind::Elsewhere, Phrase::Sandbox),
    (ErrorKind::Elsewhere, Phrase::Webhook),
    (ErrorKind::Cancelled, Phrase::RequestCanceled),
];

/// Whether less is told than happened: the frame of another error is all that is told, for the message is cut
/// where what it frames would begin.
pub(in crate::domain::message) fn is_cut(
    message: &ParsedMessage<'_>,
    error_kind: ErrorKind,
) -> bool {
    let ends = |frame: Phrase| {
        let words = message.words_behind(frame);
        words.is_some_and(|words| words <= WORDS_OF_A_FRAME)
    };
    LAST_FRAMES
        .iter()
        .any(|(framed, frame)| *framed == error_kind && ends(*frame))
        || error_kind == ErrorKind::NotStated && has_unknown_error(message)
}

/// Whether more follows than the frames of the kubelet and gRPC: an error that is not known, or is cut.
fn has_unknown_error(message: &ParsedMessage<'_>) -> bool {
    // `image`; `rpc error: code = Unknown desc =`.
    let of_frame = if message.has(Phrase::Rpc) { 6 } else { 1 };
    [Phrase::Pull, Phrase::BackOffPull]
        .iter()
        .filter_map(|frame| message.words_behind(*frame))
        .min()
        .is_some_and(|words| words > of_frame)
}

/// So many words can follow a frame that belong to it: `to overlayfs as`, `rpc error code Unknown desc`.
const WORDS_OF_A_FRAME: usize = 12;

/// Whether the text speaks of the pause image.
pub(in crate::domain::message) fn is_of_sandbox(message: &ParsedMessage<'_>) -> bool {
    message.has(Phrase::SandboxImage)
        || (message.has(Phrase::Sandbox)
            && message.has(Phrase::Pull)
            && !message.has(Phrase::Network))
        || (message.has(Phrase::PodContainer) && message.any(&[Phrase::Pull, Phrase::BackOffPull]))
}

/// Whether anything says that an image is pulled: a deadline alone may be anybody's.
fn is_of_pull(message: &ParsedMessage<'_>) -> bool {
    message.any(PULLS) || message.has(Phrase::Rpc) || message.runtime() != Runtime::Unknown
}

fn is_of_pull_or_image(message: &ParsedMessage<'_>) -> bool {
    is_of_pull(message) || message.image_text().is_some()
}

/// Whether something is refused, in words or by its status.
fn has_refusal(message: &ParsedMessage<'_>) -> bool {
    message.any(REFUSALS) || has_client_error(message) || is_of_pull_or_image(message)
}

/// Whether the registry refused, and not only for want of a login.
fn is_refused(message: &ParsedMessage<'_>) -> bool {
    message.any(&[Phrase::Denied, Phrase::Forbidden]) || message.has_status(403)
}

/// Whether the client was still connecting: the first request of dockerd, any of containerd's.
fn is_of_connect(message: &ParsedMessage<'_>) -> bool {
    message.has(Phrase::ByRequest) || message.step() == Some(PullStep::Ping)
}

fn quotes_tls_record(message: &ParsedMessage<'_>) -> bool {
    message.quotes_tls_record()
}

fn dials_this_machine(message: &ParsedMessage<'_>) -> bool {
    message.is_remote_loopback()
}

fn is_cluster_request(message: &ParsedMessage<'_>) -> bool {
    message.url().is_some_and(|url| url.is_of_cluster())
}

/// Whether the last request went to something that is no registry: its API has other paths.
fn is_request_to_other_service(message: &ParsedMessage<'_>) -> bool {
    let is_unframed = message.runtime() == Runtime::Unknown
        && message.image_text().is_none()
        && !message.has(Phrase::RegistryCode);
    // A URL that ends the text may be cut: its path would tell.
    let is_whole = message.has(Phrase::RequestedBefore)
        || message
            .words_behind(Phrase::Requested)
            .is_some_and(|words| words > 0);
    is_unframed
        && is_whole
        && message.url().is_some_and(|url| {
            url.step == PullStep::Other && !url.is_of_registry() && !url.is_of_store()
        })
}

fn has_several_attempts(message: &ParsedMessage<'_>) -> bool {
    message.has_several_attempts()
}

/// Whether the name of a Service was looked up: nodes do not resolve those, and programs in Pods do.
fn looks_up_service(message: &ParsedMessage<'_>) -> bool {
    message.looked_up().is_some_and(|name| {
        let mut labels = name.rsplit('.');
        let (last, second) = (labels.next(), labels.next());
        second.is_none()
            || last == Some("svc")
            || (second, last) == (Some("cluster"), Some("local"))
    })
}

fn has_server_error(message: &ParsedMessage<'_>) -> bool {
    message
        .statuses()
        .iter()
        .any(|code| (500..600).contains(code))
}

fn has_client_error(message: &ParsedMessage<'_>) -> bool {
    message
        .statuses()
        .iter()
        .any(|code| (400..500).contains(code))
}

fn is_google(message: &ParsedMessage<'_>) -> bool {
    message.registry_kind().as_str() == "google"
}

/// The image's host is an address without a port, and port 443 of it was dialled.
fn is_own_address(message: &ParsedMessage<'_>) -> bool {
    let host = message.image().map(|image| image.host().to_owned());
    let own = host.is_some_and(|host| {
        let address = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        address && message.url().is_some_and(|url| url.host == host)
    });
    own && dials_https(message)
}

fn dials_https(message: &ParsedMessage<'_>) -> bool {
    message
        .remote_addr()
        .is_some_and(|peer| peer.ends_with(":443"))
}

/// Whether the answer of a registry is told, or the work of a runtime.
fn is_answer(message: &ParsedMessage<'_>) -> bool {
    let words = [
        Phrase::HttpBody,
        Phrase::UnexpectedStatus,
        Phrase::JsonMarkup,
        Phrase::Html,
        Phrase::Pull,
    ];
    message.any(&words)
        || message.runtime() != Runtime::Unknown
        || message.url().is_some()
        || message.image_text().is_some()
}
