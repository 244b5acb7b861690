//! Manual fixes at the registry, for its administrator.

use super::Steps;
use crate::domain::{
    diagnostics::{ErrorDetail, FixContext},
    registry_auth::registries::{self, RegistryInfo},
};

/// Steps to replace stored tokens; the advice of a registry whose cloud gives nodes an identity follows.
pub(in crate::domain::diagnostics::fix) fn stop_storing_tokens(_: &FixContext) -> Steps {
    Steps::new([
        "Pull with the cloud identity of the node or ServiceAccount, or let a controller refresh the Secret before the token expires.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn grant_access(_: &FixContext) -> Steps {
    Steps::new([
        "Give the user in the Secret pull permission on the repository, or give its token read scope.",
        "Ask the registry admin. A new token helps only if the old one has expired.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn open_firewall(_: &FixContext) -> Steps {
    Steps::new([
        "The registry's firewall or network rules must allow the node's egress IP address.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn wait(_: &FixContext) -> Steps {
    Steps::new([
        "Public registry: check its status page. Your own: check its log, storage and upstream.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn restore_account(_: &FixContext) -> Steps {
    Steps::new([
        "Neither a login nor a permission helps: pay, raise the quota, or enable the service that the message names.",
    ])
}

/// GitHub's *Authorizing a personal access token for use with single sign-on*.
pub(in crate::domain::diagnostics::fix) fn authorize_sso(_: &FixContext) -> Steps {
    Steps::new([
        "GitHub: Settings, Developer settings, Personal access tokens, Configure SSO, Authorize. The Secret stays.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn sync_clocks(fix_context: &FixContext) -> Steps {
    Steps::new([
        "Compare the clock of the node with those of the registry and its token server; check NTP on each.",
    ])
    .run("date -u")
    .run(format!(
        "curl -sI https://{}/v2/ | grep -i ^date",
        fix_context.endpoint_word()
    ))
}

/// Steps against the abuse limit: it counts each IPv4 address or IPv6 /64, for users of every plan (Docker's *Usage and
/// limits*).
pub(in crate::domain::diagnostics::fix) fn reduce_requests(fix_context: &FixContext) -> Steps {
    let host = fix_context.host.as_deref();
    let is_hub = host
        .and_then(registries::find_by_host)
        .is_some_and(RegistryInfo::is_docker_hub);
    Steps::new([
        if is_hub {
            "A login does not help: the abuse limit counts every request of the IP address."
        } else {
            "A login does not help: the limit is on requests to the registry or project."
        },
        "Set imagePullPolicy: IfNotPresent, stagger rollouts, find other clients behind the same NAT gateway.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn certificate(fix_context: &FixContext) -> Steps {
    let (name, port) = fix_context.endpoint_parts();
    if fix_context.fault == Some(ErrorDetail::UnusableCertificate) {
        return Steps::new([
            "Check each certificate of the chain: key usage, CA flag, path length, name constraints, signature algorithm.",
        ])
        .run(format!(
            "openssl s_client -connect {name}:{port} -servername {name} -showcerts </dev/null"
        ));
    }
    Steps::new([
        "Its subject alternative names must include the host in the image; an IP address needs an IP entry.",
    ])
    .run(format!(
        "openssl s_client -connect {name}:{port} -servername {name} </dev/null | openssl x509 -noout -dates -ext subjectAltName"
    ))
}

pub(in crate::domain::diagnostics::fix) fn align_tls(fix_context: &FixContext) -> Steps {
    let (name, port) = fix_context.endpoint_parts();
    Steps::new(["The server may also require a client certificate."]).run(format!(
        "openssl s_client -tls1_2 -connect {name}:{port} </dev/null"
    ))
}

pub(in crate::domain::diagnostics::fix) fn serve_tls(_: &FixContext) -> Steps {
    Steps::default()
}

pub(in crate::domain::diagnostics::fix) fn check_port(fix_context: &FixContext) -> Steps {
    Steps::new([
        "An image without a port means port 443. localhost is the node itself.",
        "Don't use the web UI's port.",
    ])
    .run(format!(
        "curl -i https://{}/v2/",
        fix_context.endpoint_word()
    ))
}
