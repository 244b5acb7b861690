//! `registry-unreachable-reset`: the connection was reset.
//!
//! `read tcp 10.0.0.9:4242->10.0.0.7:443: read: connection reset by peer`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "registry-unreachable-reset",
        root: None,
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::OpenFirewall, FixId::FixProxy, FixId::UseMirror],
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
    fn what_cuts_the_connection_is_on_the_way() {
        let scene = Scene::failed(&resolving(
            "failed to do request: Head \"https://registry.example/v2/team/app/manifests/1\": read tcp 10.0.0.9:4242->10.0.0.7:443: read: connection reset by peer",
        ));
        check(
            &scene,
            "registry-unreachable-reset, no root, likely: open-firewall, fix-proxy, use-mirror",
        );
        check_fix(
            &scene,
            FixId::OpenFirewall,
            &["curl -v --max-time 15 https://registry.example/v2/"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::RegistryUnreachableReset,
            &[
                (
                    "failed to do request: Head \"https://r.example/v2/a/manifests/1\": read tcp 10.0.0.9:4242->10.0.0.7:443: read: connection reset by peer",
                    &[Cause::RegistryUnreachableProxy],
                ),
                (
                    "failed to copy: read tcp 10.0.0.9:4242->10.0.0.7:443: read: connection reset by peer",
                    &[Cause::ContentCorrupt, Cause::RegistryUnreachableProxy],
                ),
                ("Get \"https://r.example/v2/\": EOF", &[]),
            ],
        );
    }
}
