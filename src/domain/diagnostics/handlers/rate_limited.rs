//! `rate-limited`: the registry's quota is used up.
//!
//! `toomanyrequests: You have reached your pull rate limit.`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RateLimited,
    slug: "rate-limited",
    title: "rate limit",
    meaning: "too many pulls in too short a time for this address or account",
    tells: "the registry's ratelimit headers, or the same pull with a login",
    fixes: &[FixId::Authenticate, FixId::UseMirror],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RateLimited,
            &[
                (
                    "toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
                    &[],
                ),
                (
                    "unexpected status from HEAD request to https://registry-1.docker.io/v2/library/nginx/manifests/1.27: 429 Too Many Requests",
                    &[],
                ),
                (
                    "reading manifest 1 in public.ecr.aws/acme/shop: toomanyrequests: Rate exceeded",
                    &[],
                ),
            ],
        );
    }
}
