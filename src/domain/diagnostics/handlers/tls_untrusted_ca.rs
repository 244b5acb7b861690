//! `tls-untrusted-ca`: the registry's certificate is signed by someone the node does not know.
//!
//! `tls: failed to verify certificate: x509: certificate signed by unknown authority`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::TlsUntrustedCa,
    slug: "tls-untrusted-ca",
    title: "CA untrusted",
    meaning: "the node does not trust whoever signed the registry's certificate",
    tells: "openssl s_client -connect HOST:443 -servername HOST -showcerts on the node: who issued it?",
    fixes: &[FixId::TrustCa],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
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
