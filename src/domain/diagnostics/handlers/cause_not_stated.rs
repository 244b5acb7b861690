//! `cause-not-stated`: the message states no cause.
//!
//! `Back-off pulling image "a:1"`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "cause-not-stated",
        root: None,
        link: ChainLink::Pod,
        is_measurable: false,
        fixes: &[FixId::ReadEvents, FixId::RetryNow],
    },
    refine: Refine::NotStated,
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix},
    };

    #[test]
    fn a_back_off_alone_says_nothing() {
        let scene = Scene::failed("").waits(
            "ImagePullBackOff",
            "Back-off pulling image \"registry.example/team/app:1\"",
        );
        check(
            &scene,
            "cause-not-stated, no root, certain: read-events, retry-now",
        );
        check_fix(
            &scene,
            FixId::ReadEvents,
            &[
                "kubectl -n shop get events --field-selector involvedObject.name=web-1 --sort-by=.lastTimestamp",
            ],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn a_broken_chain_says_why_by_itself() {
        let scene = Scene::failed("")
            .waits(
                "ImagePullBackOff",
                "Back-off pulling image \"registry.example/team/app:1\"",
            )
            .lists(&["hub"]);
        check(
            &scene,
            "cause-not-stated, secret-missing, likely: create-secret, correct-secret-name",
        );
        check_fix(
            &scene,
            FixId::CreateSecret,
            &[
                "read -rs TOKEN; export TOKEN",
                "jq -n --arg s registry.example --arg u USER '{auths: {($s): {username: $u, password: env.TOKEN}}}' | kubectl -n shop create secret docker-registry hub --from-file=.dockerconfigjson=/dev/stdin",
                "unset TOKEN",
                "kubectl -n shop delete pod web-1 --wait=false",
            ],
        );
        check_no_fix(&scene, FixId::RetryNow);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::CauseNotStated,
            &[
                ("Back-off pulling image \"r.example/a:1\"", &[]),
                ("Error: ImagePullBackOff", &[]),
            ],
        );
    }
}
