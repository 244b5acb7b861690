//! `forbidden-by-policy`: the registry denies access by policy, whatever the credentials.
//!
//! `denied: client with IP '…' is not allowed access`

use super::{Cause, CauseInfo, ChainLink, Confidence, FixId, Handler, Refine, Unread};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "forbidden-by-policy",
        root: None,
        link: ChainLink::Secret,
        is_measurable: true,
        fixes: &[FixId::GrantAccess, FixId::OpenRegistryFirewall],
    },
    refine: Refine::Refusal(&UNREAD),
};

/// For a listed Secret that may not be read.
///
/// Registries answer so to a token that has ended, too, and its age stands in the Secret.
const UNREAD: Unread = Unread {
    root: None,
    at_most: Confidence::Possible,
    also: &[Cause::TokenExpired],
    fixes: &[FixId::CheckSecret, FixId::TestPull, FixId::GrantAccess],
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix, resolving},
    };

    #[test]
    fn a_403_for_a_login_is_about_its_access() {
        let scene = Scene::failed(&resolving("unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 403 Forbidden")).lists(&["hub"]).secret("hub", "registry.example");
        check(
            &scene,
            "forbidden-by-policy, credential-lacks-access, likely: recreate-secret, grant-access, open-registry-firewall",
        );
        check_fix(
            &scene,
            FixId::RecreateSecret,
            &[
                "read -rs TOKEN; export TOKEN",
                r#"kubectl -n shop get secret hub -o json | jq --arg s registry.example --arg u bot '.data[".dockerconfigjson"] = (.data[".dockerconfigjson"] | (try (@base64d | fromjson | objects) catch {}) // {} | .auths[$s] |= ((objects // {}) + {username: $u, password: env.TOKEN, auth: ($u + ":" + env.TOKEN | @base64)}) | tojson | @base64)' | kubectl -n shop replace -f -"#,
                "unset TOKEN",
                "kubectl -n shop delete pod web-1 --wait=false",
            ],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn an_address_that_is_not_allowed_needs_no_secret() {
        let scene = Scene::failed(&resolving("denied: client with IP '10.0.0.4' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.")).image("acme.azurecr.io/shop:1");
        check(
            &scene,
            "forbidden-by-policy, no root, certain: open-registry-firewall",
        );
        check_fix(
            &scene,
            FixId::OpenRegistryFirewall,
            &["az acr network-rule add --name acme --ip-address ADDRESS"],
        );
        check_no_fix(&scene, FixId::CreateSecret);
        // A login that is there is not what is refused.
        check(
            &scene.lists(&["hub"]).secret("hub", "acme.azurecr.io"),
            "forbidden-by-policy, no root, certain: open-registry-firewall",
        );
    }

    #[test]
    fn a_rule_about_images_is_not_answered_by_a_permission() {
        let blocked = resolving(
            "unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 412 Precondition Failed: projectpolicyviolation: The image is not signed by cosign.",
        );
        let scene = Scene::failed(&blocked)
            .lists(&["hub"])
            .secret("hub", "registry.example");
        let finding = scene.finding();
        let steps = FixId::FixImagePolicy.render(&finding.fix_context).steps;
        assert_eq!(
            steps,
            [
                "Project team admits signed images only: sign the image, or change the project's configuration."
            ],
            "{finding:?}"
        );
        check_no_fix(&scene, FixId::GrantAccess);
    }

    #[test]
    fn a_stated_reason_holds_whatever_login_is_sent() {
        for (text, fixes) in [
            (
                "denied: Resource protected by organization SAML enforcement.",
                "forbidden-by-policy, no root, certain: authorize-sso, new-token",
            ),
            (
                "unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 402 Payment Required",
                "forbidden-by-policy, no root, certain: restore-account, use-mirror",
            ),
            (
                "failed to authorize: failed to fetch oauth token: denied: current image with 3 vulnerabilities cannot be pulled due to configured policy",
                "forbidden-by-policy, no root, certain: fix-image-policy, correct-image",
            ),
        ] {
            let scene = Scene::failed(&resolving(text))
                .lists(&["hub"])
                .secret("hub", "registry.example");
            check(&scene, fixes);
            check_no_fix(&scene, FixId::RecreateSecret);
        }
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::ForbiddenByPolicy,
            &[
                (
                    "Head \"https://acme.azurecr.io/v2/shop/manifests/1\": denied: client with IP '10.0.0.4' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
                    &[],
                ),
                (
                    "failed to resolve reference \"registry.k8s.io/pause:3.9\": unexpected status from HEAD request to https://registry.k8s.io/v2/pause/manifests/3.9: 403 Forbidden",
                    &[],
                ),
                (
                    "denied: Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \"projects/p/locations/eu/repositories/r\" (or it may not exist)",
                    &[Cause::RepositoryMissingOrNoAccess],
                ),
                (
                    "denied: User: arn:aws:iam::123456789012:role/node is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:123456789012:repository/shop because no resource-based policy allows the ecr:BatchGetImage action",
                    &[],
                ),
            ],
        );
    }
}
