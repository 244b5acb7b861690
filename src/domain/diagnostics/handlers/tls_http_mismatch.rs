//! `tls-http-mismatch`: https asked of a plain http registry, or the other way.
//!
//! `http: server gave HTTP response to HTTPS client`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::TlsHttpMismatch,
    slug: "tls-http-mismatch",
    title: "plain http",
    meaning: "one side speaks TLS and the other plain http",
    tells: "curl http://HOST/v2/ on the node answers",
    fixes: &[FixId::AllowPlainHttp, FixId::ServeTls],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
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
