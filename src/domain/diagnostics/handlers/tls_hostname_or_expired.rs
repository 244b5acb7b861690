//! `tls-hostname-or-expired`: the certificate is for another host, expired or not yet valid.
//!
//! `x509: certificate is valid for a.example, not b.example`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "tls-hostname-or-expired",
        root: Some(RootCause::CertificateWrong),
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::FixCertificate, FixId::FixClock],
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
    fn the_certificate_is_issued_again() {
        let scene = Scene::failed(&resolving(
            "failed to do request: Head \"https://registry.example/v2/team/app/manifests/1\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-01-01T00:00:00Z",
        ));
        check(
            &scene,
            "tls-hostname-or-expired, certificate-wrong, certain: fix-certificate, fix-clock",
        );
        check_fix(
            &scene,
            FixId::FixCertificate,
            &[
                "openssl s_client -connect registry.example:443 -servername registry.example </dev/null | openssl x509 -noout -dates -ext subjectAltName",
            ],
        );
        check_no_fix(&scene, FixId::TrustCa);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::TlsHostnameOrExpired,
            &[
                (
                    "Get \"https://r.example/v2/\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-01-01T00:00:00Z",
                    &[],
                ),
                (
                    "x509: cannot validate certificate for 10.0.0.7 because it doesn't contain any IP SANs",
                    &[],
                ),
                (
                    "Get \"https://registry-1.docker.io/v2/\": x509: certificate is valid for *.apps.example.com, not registry-1.docker.io",
                    &[Cause::RegistryUnreachableDns],
                ),
            ],
        );
    }
}
