//! `kubelet-pull-throttled`: the kubelet's pull QPS limit was exceeded.
//!
//! `pull QPS exceeded`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "kubelet-pull-throttled",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Node,
        is_measurable: false,
        fixes: &[FixId::RaisePullQps],
    },
    refine: Refine::MessageOnly,
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix},
    };

    #[test]
    fn the_kubelets_own_limit_needs_no_login() {
        let scene = Scene::failed("pull QPS exceeded");
        check(
            &scene,
            "kubelet-pull-throttled, node-problem, likely: raise-pull-qps",
        );
        check_fix(
            &scene,
            FixId::RaisePullQps,
            &["kubectl get --raw /api/v1/nodes/node-1/proxy/configz"],
        );
        check_no_fix(&scene, FixId::Authenticate);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::KubeletPullThrottled,
            &[(
                "Failed to pull image \"r.example/a:1\": pull QPS exceeded",
                &[Cause::RateLimited],
            )],
        );
    }
}
