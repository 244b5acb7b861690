//! At the registry, by whoever administers it.

use super::Steps;
use crate::domain::diagnostics::FixContext;

pub(in crate::domain::diagnostics::fix) fn stop_storing_tokens(_: &FixContext) -> Steps {
    Steps::new([
        "ECR: node role, IRSA or pod identity with the ECR credential provider. Google: node service account. Azure: kubelet identity with AcrPull.",
        "Elsewhere: a controller that refreshes the Secret before the token ends.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn grant_access(_: &FixContext) -> Steps {
    Steps::new([
        "To the identity whose credential is sent: role Reader or AcrPull, read on the repository, the token's scope.",
        "Ask whoever administers the registry. Only if the token has ended, a new one helps.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn open_firewall(_: &FixContext) -> Steps {
    Steps::new([
        "The registry's firewall or network rules name the allowed addresses; the node's egress address has to be among them.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn wait(_: &FixContext) -> Steps {
    Steps::new([
        "If it is a public one: its status page. If it is yours: its log, its storage, its upstream.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn certificate(names: &FixContext) -> Steps {
    let (name, port) = names.endpoint_parts();
    Steps::new([
        "For the name that the image uses, as subject alternative name; an IP address needs an IP entry.",
    ])
    .run(format!(
        "openssl s_client -connect {name}:{port} -servername {name} </dev/null | openssl x509 -noout -dates -ext subjectAltName"
    ))
}

pub(in crate::domain::diagnostics::fix) fn align_tls(names: &FixContext) -> Steps {
    let (name, port) = names.endpoint_parts();
    Steps::new(["Or the client certificate that the server asks for."]).run(format!(
        "openssl s_client -tls1_2 -connect {name}:{port} </dev/null"
    ))
}

pub(in crate::domain::diagnostics::fix) fn serve_tls(_: &FixContext) -> Steps {
    Steps::default()
}

pub(in crate::domain::diagnostics::fix) fn check_port(names: &FixContext) -> Steps {
    Steps::new([
        "An image without a port means 443; localhost is the node itself.",
        "A web page's port is not the registry's.",
    ])
    .run(format!("curl -i https://{}/v2/", names.endpoint_word()))
}
