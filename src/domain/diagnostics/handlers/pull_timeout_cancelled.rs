//! `pull-timeout-cancelled`: the client cancelled the pull or its deadline passed.
//!
//! `rpc error: code = Canceled desc = failed to pull and unpack image: context canceled`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "pull-timeout-cancelled",
        root: None,
        link: ChainLink::Image,
        is_measurable: true,
        fixes: &[FixId::FasterPull],
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
    fn a_cancelled_pull_may_be_slow() {
        let scene = Scene::failed(&pulling("context canceled"));
        check(
            &scene,
            "pull-timeout-cancelled, no root, certain: faster-pull",
        );
        check_fix(&scene, FixId::FasterPull, &[]);
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::PullTimeoutCancelled,
            &[
                (
                    "Failed to pull image \"r.example/big:1\": rpc error: code = Canceled desc = failed to pull and unpack image \"r.example/big:1\": context canceled",
                    &[],
                ),
                (
                    "Failed to pull image \"r.example/big:1\": rpc error: code = DeadlineExceeded desc = context deadline exceeded",
                    &[Cause::RegistryUnreachableTimeout],
                ),
            ],
        );
    }
}
