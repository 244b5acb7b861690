//! `tls-http-mismatch`: HTTPS was used with a plain HTTP registry, or the reverse.
//!
//! `http: server gave HTTP response to HTTPS client`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "tls-http-mismatch",
        root: Some(RootCause::PlainHttp),
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::AllowPlainHttp, FixId::ServeTls],
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
    fn the_runtime_is_told_that_it_is_plain_http() {
        let scene = Scene::failed(&resolving(
            "failed to do request: Head \"https://registry.example/v2/team/app/manifests/1\": http: server gave HTTP response to HTTPS client",
        ));
        check(
            &scene,
            "tls-http-mismatch, plain-http, certain: allow-plain-http, serve-tls",
        );
        check_fix(
            &scene,
            FixId::AllowPlainHttp,
            &["curl http://registry.example/v2/"],
        );
        check_no_fix(&scene, FixId::TrustCa);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::TlsHttpMismatch,
            &[
                (
                    "Head \"https://r.example:5000/v2/a/manifests/1\": http: server gave HTTP response to HTTPS client",
                    &[],
                ),
                (
                    "Get \"http://r.example/v2/\": net/http: HTTP/1.x transport connection broken: malformed HTTP response \"\\x15\\x03\\x01\"",
                    &[],
                ),
            ],
        );
    }
}
