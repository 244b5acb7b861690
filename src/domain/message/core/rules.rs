//! Rules: which core a message has.
//!
//! One table, read from the top: who speaks of something else, the kubelet's own refusals, the reference, the
//! node, the network (who cannot connect was not refused), the registry's answers, and last the words that
//! many errors share. A rule asks for signs, for the step of the pull and for HTTP statuses.

use super::{
    Core,
    rule::{Rule, rule},
};
use crate::domain::message::{Message, Runtime, Sign, Step};

/// Signs that somebody pulls an image, whatever else is said.
const PULLS: &[Sign] = &[
    Sign::Pull,
    Sign::BackOffPull,
    Sign::SandboxImage,
    Sign::NeverPull,
    Sign::InvalidName,
    Sign::PullSecretMissing,
    Sign::Provider,
    Sign::PullQps,
    Sign::ShortName,
];
/// Signs of other work of the kubelet, the scheduler and the API server.
const OTHER_WORK: &[Sign] = &[
    Sign::Scheduling,
    Sign::Volume,
    Sign::Crash,
    Sign::Start,
    Sign::ContainerConfig,
    Sign::Probe,
    Sign::Pulled,
    Sign::Admission,
    Sign::Eviction,
    Sign::ClusterApi,
    Sign::Network,
    Sign::OtherProgram,
];
const ABOUT_IMAGES: &[Sign] = &[
    Sign::ImageWord,
    Sign::Signature,
    Sign::Trust,
    Sign::Pull,
    Sign::InvalidName,
];
const ABOUT_SECRETS: &[Sign] = &[Sign::Base64, Sign::AuthField, Sign::ConfigWord];
const ABOUT_LOGINS: &[Sign] = &[Sign::Unauthorized, Sign::AccessUnclear, Sign::NothingSent];
const REFUSALS: &[Sign] = &[Sign::Unauthorized, Sign::Forbidden, Sign::Denied];
const SMALL: &[Step] = &[Step::Ping, Step::Token, Step::Manifest];

/// The core of a frame that is not the pull of the Pod's image.
#[rustfmt::skip]
const FRAMES: &[Rule] = &[
    rule(Core::AdmissionSecret).any(ABOUT_IMAGES).all(&[Sign::Webhook]).only_if(|m| m.any(ABOUT_SECRETS)),
    rule(Core::AdmissionLogin).any(ABOUT_IMAGES).all(&[Sign::Webhook]).only_if(|m| m.any(ABOUT_LOGINS) || m.has_status(401)),
    rule(Core::Admission).any(ABOUT_IMAGES).all(&[Sign::Webhook]),
    rule(Core::Elsewhere).any(&[Sign::Webhook]),
    rule(Core::PullQps).any(&[Sign::PullQps]),
    rule(Core::NeverPull).any(&[Sign::NeverPull]),
    rule(Core::ImageVolume).any(&[Sign::ImageVolume]),
    rule(Core::SomeSecretMissing).all(&[Sign::SecretWord, Sign::ObjectMissing]).none(PULLS).only_if(|m| !m.has(Sign::PullSecretWord)),
    rule(Core::ApiCertificate).any(&[Sign::CertificateName, Sign::CertificateTime]).none(PULLS).only_if(|m| m.any(OTHER_WORK) || asks_cluster(m)),
    rule(Core::Elsewhere).all(&[Sign::ObjectWord, Sign::ObjectMissing]).none(PULLS),
    rule(Core::Elsewhere).any(OTHER_WORK).none(PULLS).only_if(|m| !m.has(Sign::ExecFormat)),
    rule(Core::Elsewhere).none(PULLS).only_if(asks_cluster),
    rule(Core::StartFragment).any(&[Sign::ShimError]).none(PULLS),
    rule(Core::ExecFormat).any(&[Sign::ExecFormat]).none(PULLS),
    rule(Core::Elsewhere).any(&[Sign::Sandbox]).none(PULLS).only_if(|m| !m.any(&[Sign::UnixSocket, Sign::Daemon])),
    rule(Core::PullSecretMissing).any(&[Sign::PullSecretMissing]),
    rule(Core::PullSecretMissing).all(&[Sign::PullSecretWord, Sign::ObjectMissing]).none(&[Sign::Pull]),
    // `credentialprovider.DockerConfig` is a Go type of the kubelet: its JSON error is a Secret's.
    rule(Core::CredentialProvider).any(&[Sign::Provider]).none(&[Sign::ProviderType]),
    rule(Core::CredentialProvider).any(&[Sign::ProviderCloud]).none(&[Sign::AuthenticationRequired, Sign::GrantMissing, Sign::Volume]),
];

#[rustfmt::skip]
const RULES: &[Rule] = &[
    // The runtime and the reference.
    rule(Core::RuntimeRefused).any(&[Sign::UnixSocket, Sign::Daemon, Sign::RuntimeApi]).all(&[Sign::Refused]),
    rule(Core::RuntimeDown).any(&[Sign::UnixSocket, Sign::Daemon, Sign::RuntimeApi]),
    rule(Core::Reference).any(&[Sign::InvalidName]),
    rule(Core::ManifestDigest).any(&[Sign::InvalidDigest]).only_if(|m| m.image().is_some()),
    rule(Core::ManifestDigest).all(&[Sign::InvalidDigest, Sign::Descriptor]),
    rule(Core::DigestForm).any(&[Sign::InvalidDigest]),
    rule(Core::ShortName).any(&[Sign::ShortName]),
    // A certificate has a signature too.
    rule(Core::Signature).any(&[Sign::Signature, Sign::Trust]).none(&[Sign::X509]),
    // The node's disk and the image's bytes.
    rule(Core::DiskFull).any(&[Sign::NoSpace]),
    rule(Core::PlatformNotFound).all(&[Sign::Platform, Sign::PlatformInManifest, Sign::NotFound]),
    rule(Core::Platform).any(&[Sign::Platform]),
    rule(Core::PageStored).all(&[Sign::Unsupported, Sign::Html]),
    rule(Core::OldSchemaNotFound).all(&[Sign::OldSchema, Sign::Descriptor]),
    rule(Core::OldSchema).any(&[Sign::OldSchema]),
    rule(Core::ManifestFormat).any(&[Sign::Unsupported]),
    rule(Core::NoSignatures).any(&[Sign::NoSignatures]),
    rule(Core::StoreContent).all(&[Sign::ContentDigest, Sign::NotFound]),
    rule(Core::LocalStore).any(&[Sign::Snapshot, Sign::StoreBroken]),
    rule(Core::RootFs).any(&[Sign::RootFs]),
    rule(Core::DiffId).any(&[Sign::DiffId]),
    rule(Core::TarHeader).any(&[Sign::TarHeader]),
    rule(Core::Unpack).any(&[Sign::Unpack]),
    // The network.
    rule(Core::ProxyRefused).all(&[Sign::ProxyConnect, Sign::Refused]),
    rule(Core::ProxySpeaksHttp).all(&[Sign::ProxyConnect, Sign::FirstRecord]),
    rule(Core::ProxyDns).all(&[Sign::ProxyConnect, Sign::LookupScheme]),
    rule(Core::Proxy).any(&[Sign::ProxyConnect]).status(&[407]),
    rule(Core::ProxyScheme).any(&[Sign::LookupScheme]),
    rule(Core::PlainHttp).any(&[Sign::PlainHttp, Sign::FirstRecord]),
    rule(Core::UnknownAuthority).any(&[Sign::UnknownAuthority]),
    rule(Core::CertificateTime).any(&[Sign::CertificateTime]),
    rule(Core::CertificateValidFor).any(&[Sign::CertificateValidFor]),
    rule(Core::CertificateName).any(&[Sign::CertificateName]),
    rule(Core::Handshake).any(&[Sign::Handshake]),
    rule(Core::Dns).any(&[Sign::NoSuchHost, Sign::NameResolution]),
    rule(Core::DnsTimeout).any(&[Sign::Lookup, Sign::Udp]).all(&[Sign::Timeout]),
    rule(Core::DnsRefused).any(&[Sign::Lookup, Sign::Udp]).all(&[Sign::Refused]),
    rule(Core::DnsNoRoute).any(&[Sign::Lookup, Sign::Udp]).all(&[Sign::NoRoute]),
    rule(Core::Dns).any(&[Sign::Lookup, Sign::Udp]),
    rule(Core::LocalProxyRefused).any(&[Sign::Refused]).only_if(dials_this_machine),
    rule(Core::RefusedHttps).any(&[Sign::Refused]).only_if(is_own_address),
    rule(Core::RefusedAddress).any(&[Sign::Refused]).only_if(|m| m.url().is_none() && dials_https(m)),
    rule(Core::Refused).any(&[Sign::Refused]),
    rule(Core::NoRoute).any(&[Sign::NoRoute]),
    rule(Core::LocalProxyTimeout).any(&[Sign::Timeout]).only_if(dials_this_machine),
    rule(Core::HandshakeTimeout).any(&[Sign::HandshakeTimeout]),
    rule(Core::Timeout).any(&[Sign::Timeout, Sign::WaitingForConnection]),
    // The registry's answers.
    rule(Core::RateLimit).any(&[Sign::RateLimit]).status(&[429]),
    rule(Core::BlobUnknown).all(&[Sign::Descriptor, Sign::LayerDescriptor, Sign::NotFound]),
    rule(Core::TagContentNotFound).any(&[Sign::Descriptor, Sign::ContentAt]).all(&[Sign::NotFound]).at(&[Step::Manifest]).only_if(|m| m.url().is_some_and(|url| !url.by_digest())),
    rule(Core::ContentNotFound).any(&[Sign::Descriptor, Sign::ContentAt]).all(&[Sign::NotFound]),
    rule(Core::ShortBody).all(&[Sign::Digest, Sign::UnexpectedEof]),
    rule(Core::DigestMismatch).any(&[Sign::Digest]),
    rule(Core::BlobUnknown).any(&[Sign::BlobUnknown]),
    rule(Core::TokenBodyCut).all(&[Sign::TokenBody, Sign::UnexpectedEof]),
    rule(Core::Closed).any(&[Sign::UnexpectedEof]).at(SMALL),
    rule(Core::ShortBody).any(&[Sign::UnexpectedEof]),
    rule(Core::BlobUnknown).status(&[404]).at(&[Step::Blob]),
    rule(Core::TokenBodyCut).all(&[Sign::TokenBody, Sign::Eof]),
    rule(Core::LocalProxyReset).any(&[Sign::Reset, Sign::Eof]).only_if(dials_this_machine),
    rule(Core::ResetWhileCopying).any(&[Sign::Reset, Sign::Eof]).at(&[Step::Blob]),
    rule(Core::Closed).any(&[Sign::Reset]).at(&[Step::Token]),
    rule(Core::Reset).any(&[Sign::Reset]),
    rule(Core::Closed).any(&[Sign::Eof]),
    rule(Core::ProxyFault).any(&[Sign::BareFault]).none(&[Sign::UnexpectedStatus]),
    rule(Core::ServerError).any(&[Sign::ServerError]).only_if(|m| !has_client_error(m)),
    rule(Core::ServerError).only_if(has_server_error),
    rule(Core::Expired).any(&[Sign::Expired]),
    rule(Core::ClientSecret).any(&[Sign::ClientSecret]),
    rule(Core::NoBasicAuth).any(&[Sign::NoBasicAuth]),
    rule(Core::GrantOrCredential).all(&[Sign::GrantMissing, Sign::BadCredential]),
    rule(Core::BadCredential).any(&[Sign::BadCredential]).all(&[Sign::TokenLogin]),
    rule(Core::TokenLogin).any(&[Sign::TokenLogin]),
    rule(Core::BadToken).any(&[Sign::BadToken]),
    rule(Core::NothingSentUnclear).any(&[Sign::NothingSent]).only_if(|m| m.has(Sign::DoesNotSayWhich) || is_google(m)),
    rule(Core::NothingSent).any(&[Sign::NothingSent]),
    rule(Core::TokenNotFound).status(&[404]).at(&[Step::Token]),
    rule(Core::AnonymousToken).any(REFUSALS).status(&[401, 403]).all(&[Sign::AnonymousToken]),
    rule(Core::OauthToken).any(REFUSALS).status(&[400, 401, 402, 403]).all(&[Sign::OauthToken]),
    rule(Core::BadCredential).any(&[Sign::BadCredential, Sign::InvalidLogin]),
    rule(Core::SurePolicy).any(&[Sign::SurePolicy]).status(&[402, 451]),
    rule(Core::ForbiddenStore).any(&[Sign::Html, Sign::Xml, Sign::JsonMarkup]).only_if(is_refused).at(&[Step::Blob]),
    rule(Core::ForbiddenStore).status(&[403]).only_if(|m| m.url().is_some_and(|url| url.is_of_store())),
    rule(Core::ForbiddenBlob).any(&[Sign::Denied, Sign::Forbidden]).status(&[403]).at(&[Step::Blob]),
    rule(Core::ForbiddenChild).status(&[403]).all(&[Sign::Copy]).at(&[Step::Manifest]),
    rule(Core::PolicyPage).any(&[Sign::Html, Sign::JsonMarkup]).only_if(is_refused),
    rule(Core::PolicyPage).status(&[412]),
    rule(Core::PolicyPage).status(&[403]).only_if(|m| m.any(&[Sign::HttpBody, Sign::Html])),
    rule(Core::DoesNotSayWhich).any(&[Sign::DoesNotSayWhich]),
    rule(Core::DoesNotSayWhich).any(&[Sign::GrantMissing]).only_if(is_google),
    rule(Core::Policy).any(&[Sign::Policy, Sign::GrantMissing]).only_if(|m| m.any(REFUSALS) || [401, 403, 412, 451].iter().any(|code| m.has_status(*code))),
    rule(Core::AccessUnclear).any(&[Sign::AccessUnclear]),
    rule(Core::RepositoryNamed).any(&[Sign::RepositoryNamed]),
    rule(Core::RepositoryMissing).any(&[Sign::RepositoryMissing]),
    rule(Core::AuthenticationRequired).any(&[Sign::AuthenticationRequired]),
    rule(Core::TokenRefused).any(&[Sign::Unauthorized]).status(&[401]).only_if(|m| m.has(Sign::Bearer) || m.step() == Some(Step::Token)),
    rule(Core::Unauthorized401).status(&[401]),
    rule(Core::Unauthorized).any(&[Sign::Unauthorized]),
    rule(Core::ProxyForbids).any(&[Sign::BareForbidden]).none(&[Sign::UnexpectedStatus, Sign::Denied]).only_if(is_of_connect),
    rule(Core::TokenForbidden).any(&[Sign::Denied, Sign::Forbidden]).status(&[403]).only_if(|m| m.has(Sign::Bearer) || m.step() == Some(Step::Token)),
    rule(Core::Denied).any(&[Sign::Denied]).none(&[Sign::Forbidden]).only_if(|m| !m.has_status(403)),
    rule(Core::Forbidden).any(&[Sign::Denied, Sign::Forbidden]).status(&[403]),
    rule(Core::SecretMalformed).any(&[Sign::AuthField, Sign::Base64]),
    rule(Core::SecretMalformed).any(&[Sign::JsonBroken, Sign::RequiredValue]).all(&[Sign::ConfigWord]),
    rule(Core::BrokenJson).any(&[Sign::JsonBroken, Sign::RequiredValue]).only_if(|m| !is_answer(m)),
    rule(Core::OddAnswerUnknown).all(&[Sign::WrongAnswer, Sign::ManifestUnknown]),
    rule(Core::TokenMissing).any(&[Sign::NoToken]),
    rule(Core::BadRequest).status(&[400]),
    rule(Core::OddAnswer).only_if(|m| has_client_error(m) && !m.has_status(404)),
    rule(Core::OddAnswer).all(&[Sign::HttpBody]).status(&[404]),
    rule(Core::Page).all(&[Sign::HttpBody, Sign::JsonBroken]),
    rule(Core::Page).any(&[Sign::Html, Sign::JsonMarkup]),
    rule(Core::OddAnswer).any(&[Sign::WrongAnswer]),
    rule(Core::OddAnswer).all(&[Sign::JsonBroken]).only_if(is_of_pull),
    rule(Core::OddAnswer).status(&[404]).at(&[Step::Ping]),
    rule(Core::ManifestUnknown).any(&[Sign::ManifestUnknown]),
    rule(Core::NotFound).any(&[Sign::NotFound]).status(&[404]).only_if(|m| m.has(Sign::Pull) || m.image_text().is_some() || m.has_status(404)),
    // What many errors share.
    rule(Core::Inspect).any(&[Sign::Inspect]),
    rule(Core::Cancelled).any(&[Sign::Canceled, Sign::NoProgress, Sign::RequestCanceled, Sign::RefLocked]),
    rule(Core::DeadlineOfRequest).any(&[Sign::Deadline]).at(SMALL),
    rule(Core::Deadline).any(&[Sign::Deadline]).only_if(is_of_pull),
    rule(Core::NotStated).any(&[Sign::BackOffPull, Sign::Pull]),
];

/// The core of a message.
pub(in crate::domain::message) fn core(message: &Message<'_>) -> Core {
    if let Some(core) = frame(message) {
        return core;
    }
    let found = RULES.iter().find(|rule| rule.matches(message));
    found
        .map(|rule| rule.core)
        // All programs connect: the runtimes and the kubelet are written in Go, and say so in its words.
        .filter(|core| {
            !core.is_of_network() || message.has(Sign::GoNetwork) || is_framed(message, *core)
        })
        .unwrap_or(Core::Unknown)
}

/// The core where the frame says more than what it frames.
pub(in crate::domain::message) fn frame(message: &Message<'_>) -> Option<Core> {
    FRAMES
        .iter()
        .find(|rule| rule.matches(message))
        .map(|rule| rule.core)
}

/// Whether the text is known to be about the pull of an image: by its frame, by its image, by the API that was
/// asked, or by words that nothing else has.
pub(in crate::domain::message) fn is_framed(message: &Message<'_>, core: Core) -> bool {
    is_of_pull(message)
        || core.names_itself()
        || message.image_text().is_some()
        || message.url().is_some_and(|url| url.is_of_registry())
}

/// Frames that end a message where it is cut before its core.
const LAST_FRAMES: &[(Core, Sign)] = &[
    (Core::Unpack, Sign::Unpack),
    (Core::Inspect, Sign::Inspect),
    (Core::Elsewhere, Sign::Sandbox),
    (Core::Elsewhere, Sign::Webhook),
    (Core::Cancelled, Sign::RequestCanceled),
];

/// Whether less is told than happened: the frame of another error is all that is told, for the message is cut
/// where its core would begin.
pub(in crate::domain::message) fn is_cut(message: &Message<'_>, core: Core) -> bool {
    let ends = |frame: Sign| {
        let words = message.words_behind(frame);
        words.is_some_and(|words| words <= WORDS_OF_A_FRAME)
    };
    LAST_FRAMES
        .iter()
        .any(|(framed, frame)| *framed == core && ends(*frame))
}

/// So many words can follow a frame that belong to it: `to overlayfs as`, `rpc error code Unknown desc`.
const WORDS_OF_A_FRAME: usize = 12;

/// Whether the text speaks of the pause image.
pub(in crate::domain::message) fn is_of_sandbox(message: &Message<'_>) -> bool {
    message.has(Sign::SandboxImage)
        || (message.has(Sign::Sandbox) && message.has(Sign::Pull) && !message.has(Sign::Network))
        || (message.has(Sign::PodContainer) && message.any(&[Sign::Pull, Sign::BackOffPull]))
}

/// Whether anything says that an image is pulled: a deadline alone may be anybody's.
fn is_of_pull(message: &Message<'_>) -> bool {
    message.any(PULLS) || message.has(Sign::Rpc) || message.runtime() != Runtime::Unknown
}

/// Whether the registry refused, and not only for want of a login.
fn is_refused(message: &Message<'_>) -> bool {
    message.any(&[Sign::Denied, Sign::Forbidden]) || message.has_status(403)
}

/// Whether the client was still connecting: the first request of dockerd, any of containerd's.
fn is_of_connect(message: &Message<'_>) -> bool {
    message.has(Sign::ByRequest) || message.step() == Some(Step::Ping)
}

fn dials_this_machine(message: &Message<'_>) -> bool {
    message.peer_is_local()
}

fn asks_cluster(message: &Message<'_>) -> bool {
    message.url().is_some_and(|url| url.is_of_cluster())
}

fn has_server_error(message: &Message<'_>) -> bool {
    message
        .statuses()
        .iter()
        .any(|code| (500..600).contains(code))
}

fn has_client_error(message: &Message<'_>) -> bool {
    message
        .statuses()
        .iter()
        .any(|code| (400..500).contains(code))
}

fn is_google(message: &Message<'_>) -> bool {
    message.registry_kind().as_str() == "google"
}

/// The image's host is an address without a port, and port 443 of it was dialled.
fn is_own_address(message: &Message<'_>) -> bool {
    let host = message.image().map(|image| image.host().to_owned());
    let own = host.is_some_and(|host| {
        let address = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        address && message.url().is_some_and(|url| url.host == host)
    });
    own && dials_https(message)
}

fn dials_https(message: &Message<'_>) -> bool {
    message.peer().is_some_and(|peer| peer.ends_with(":443"))
}

/// Whether the answer of a registry is told, or the work of a runtime.
fn is_answer(message: &Message<'_>) -> bool {
    let words = [
        Sign::HttpBody,
        Sign::UnexpectedStatus,
        Sign::JsonMarkup,
        Sign::Html,
        Sign::Pull,
    ];
    message.any(&words)
        || message.runtime() != Runtime::Unknown
        || message.url().is_some()
        || message.image_text().is_some()
}
