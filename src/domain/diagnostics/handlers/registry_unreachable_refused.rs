//! `registry-unreachable-refused`: the connection was refused.
//!
//! `dial tcp 10.0.0.7:443: connect: connection refused`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "registry-unreachable-refused",
        root: Some(RootCause::RegistryDown),
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::CheckPort, FixId::OpenFirewall],
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
    fn address_and_port_are_checked() {
        let scene = Scene::failed(&resolving(
            "failed to do request: Head \"https://registry.example/v2/team/app/manifests/1\": dial tcp 10.0.0.7:443: connect: connection refused",
        ));
        check(
            &scene,
            "registry-unreachable-refused, registry-down, certain: check-port, open-firewall",
        );
        check_fix(
            &scene,
            FixId::CheckPort,
            &["curl -i https://registry.example/v2/"],
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
            Cause::RegistryUnreachableRefused,
            &[
                (
                    "failed to do request: Head \"https://r.example:5000/v2/a/manifests/1\": dial tcp 10.0.0.7:5000: connect: connection refused",
                    &[],
                ),
                (
                    "Get \"https://[::1]:5000/v2/\": dial tcp [::1]:5000: connect: connection refused",
                    &[],
                ),
                (
                    "failed to pull and unpack image \"10.0.0.7/a:1\": failed to resolve reference \"10.0.0.7/a:1\": failed to do request: Head \"https://10.0.0.7/v2/a/manifests/1\": dial tcp 10.0.0.7:443: connect: connection refused",
                    &[Cause::TlsHttpMismatch],
                ),
            ],
        );
    }
}
