//! `tls-handshake-failure`: the TLS handshake failed.
//!
//! `remote error: tls: handshake failure`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "tls-handshake-failure",
        root: None,
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::AlignTls, FixId::OpenFirewall],
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
    fn both_sides_are_aligned() {
        let scene = Scene::failed(&resolving(
            "failed to do request: Head \"https://registry.example/v2/team/app/manifests/1\": remote error: tls: handshake failure",
        ));
        check(
            &scene,
            "tls-handshake-failure, no root, certain: align-tls, open-firewall",
        );
        check_fix(
            &scene,
            FixId::AlignTls,
            &["openssl s_client -tls1_2 -connect registry.example:443 </dev/null"],
        );
        check_no_fix(&scene, FixId::TrustCa);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
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
