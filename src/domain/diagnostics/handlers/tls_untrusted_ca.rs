//! `tls-untrusted-ca`: the registry's certificate is signed by an authority that the node does not trust.
//!
//! `tls: failed to verify certificate: x509: certificate signed by unknown authority`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "tls-untrusted-ca",
        root: Some(RootCause::CaUntrusted),
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::TrustCa],
    },
    refine: Refine::MessageOnly,
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix, resolving},
    };

    #[test]
    fn every_node_trusts_the_ca() {
        let scene = Scene::failed(&resolving(
            "failed to do request: Head \"https://registry.example/v2/team/app/manifests/1\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
        ));
        check(&scene, "tls-untrusted-ca, ca-untrusted, certain: trust-ca");
        check_fix(
            &scene,
            FixId::TrustCa,
            &[
                "openssl s_client -connect registry.example:443 -servername registry.example -showcerts </dev/null",
            ],
        );
        check_no_fix(&scene, FixId::AllowPlainHttp);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::TlsUntrustedCa,
            &[
                (
                    "Head \"https://r.example/v2/a/manifests/1\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
                    &[],
                ),
                (
                    "pinging container registry r.example: Get \"https://r.example/v2/\": x509: certificate signed by unknown authority (possibly because of \"crypto/rsa: verification error\")",
                    &[],
                ),
            ],
        );
    }
}
