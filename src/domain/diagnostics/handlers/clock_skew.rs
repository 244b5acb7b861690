//! `clock-skew`: a token or a signed URL is not valid at this time.
//!
//! `RequestTimeTooSkewed: The difference between the request time and the current time is too large.`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "clock-skew",
        root: None,
        link: ChainLink::Registry,
        is_measurable: false,
        fixes: &[FixId::SyncClocks, FixId::FixClock],
    },
    refine: Refine::MessageOnly,
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix, pulling},
    };

    #[test]
    fn a_clock_is_no_matter_of_permissions() {
        let scene = Scene::failed(&pulling(
            "failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://bucket.s3.amazonaws.com/x: 403 Forbidden: RequestTimeTooSkewed",
        ))
        .lists(&["hub"])
        .secret("hub", "registry.example");
        check(
            &scene,
            "clock-skew, no root, certain: sync-clocks, fix-clock",
        );
        check_fix(
            &scene,
            FixId::SyncClocks,
            &[
                "date -u",
                "curl -sI https://registry.example/v2/ | grep -i ^date",
            ],
        );
        check_no_fix(&scene, FixId::GrantAccess);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::ClockSkew,
            &[
                (
                    "unauthorized: authentication required: token used before issued",
                    &[],
                ),
                (
                    "failed to authorize: failed to fetch oauth token: 401 Unauthorized: invalid token: token is not valid yet",
                    &[],
                ),
            ],
        );
    }
}
