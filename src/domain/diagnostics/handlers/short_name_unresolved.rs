//! `short-name-unresolved`: CRI-O and Podman cannot resolve an image name without a registry.
//!
//! `short-name "alpine" did not resolve to an alias and no unqualified-search registries are defined`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "short-name-unresolved",
        root: Some(RootCause::NodeProblem),
        link: ChainLink::Image,
        is_measurable: false,
        fixes: &[FixId::WriteFullName],
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
    fn the_name_is_written_with_its_registry() {
        let scene = Scene::failed("short-name \"alpine:3\" did not resolve to an alias and no unqualified-search registries are defined in \"/etc/containers/registries.conf\"").image("alpine:3");
        check(
            &scene,
            "short-name-unresolved, node-problem, certain: write-full-name",
        );
        check_fix(
            &scene,
            FixId::WriteFullName,
            &["kubectl -n shop set image deployment/web app=docker.io/library/alpine:3"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::ShortNameUnresolved,
            &[
                (
                    "short-name \"alpine:3\" did not resolve to an alias and no unqualified-search registries are defined in \"/etc/containers/registries.conf\"",
                    &[],
                ),
                (
                    "Failed to inspect image \"\": rpc error: code = Unknown desc = short name mode is enforcing, but image name alpine:latest returns ambiguous list",
                    &[],
                ),
            ],
        );
    }
}
