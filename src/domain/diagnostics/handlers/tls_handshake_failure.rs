//! `tls-handshake-failure`: TLS does not come about.
//!
//! `remote error: tls: handshake failure`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::TlsHandshakeFailure,
    slug: "tls-handshake-failure",
    title: "TLS handshake",
    meaning: "the two sides find no common way to speak TLS, or someone cuts it short",
    tells: "openssl s_client -tls1_2 and -tls1_3 -connect HOST:443 on the node",
    fixes: &[FixId::AlignTls, FixId::OpenFirewall],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::TlsHandshakeFailure,
            &[
                (
                    "Get \"https://r.example/v2/\": remote error: tls: handshake failure",
                    &[],
                ),
                ("tls: protocol version not supported", &[]),
            ],
        );
    }
}
