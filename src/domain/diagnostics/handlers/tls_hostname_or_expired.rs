//! `tls-hostname-or-expired`: the certificate's name or time is wrong.
//!
//! `x509: certificate is valid for a.example, not b.example`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::TlsHostnameOrExpired,
    slug: "tls-hostname-or-expired",
    title: "certificate",
    meaning: "the registry's certificate is for another name, or its time is over, or the node's clock is wrong",
    tells: "date -u on the node; openssl x509 -noout -dates -ext subjectAltName of the certificate",
    fixes: &[FixId::FixCertificate, FixId::FixClock],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
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
