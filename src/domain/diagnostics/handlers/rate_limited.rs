//! `rate-limited`: the registry's pull rate limit was reached.
//!
//! `toomanyrequests: You have reached your pull rate limit.`

use super::{CauseInfo, ChainLink, FixId, Handler, Refine, RootCause};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "rate-limited",
        root: Some(RootCause::RateLimit),
        link: ChainLink::Registry,
        is_measurable: true,
        fixes: &[FixId::Authenticate, FixId::UseMirror],
    },
    refine: Refine::RateLimited,
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix},
    };

    #[test]
    fn a_login_has_a_quota_of_its_own() {
        let scene = Scene::failed("toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit").image("docker.io/acme/shop:1");
        check(
            &scene,
            "rate-limited, rate-limit, certain: authenticate, use-mirror",
        );
        check_fix(
            &scene,
            FixId::Authenticate,
            &[
                "read -rs TOKEN; export TOKEN",
                "jq -n --arg s https://index.docker.io/v1/ --arg u USER '{auths: {($s): {username: $u, password: env.TOKEN}}}' | kubectl -n shop create secret docker-registry regcred --from-file=.dockerconfigjson=/dev/stdin",
                "unset TOKEN",
                r#"kubectl -n shop patch serviceaccount runner -p '{"imagePullSecrets":[{"name":"regcred"}]}'"#,
                "kubectl -n shop rollout restart deployment/web",
            ],
        );
        check_fix(
            &scene,
            FixId::UseMirror,
            &["crane copy docker.io/acme/shop:1 REGISTRY/REPO:TAG"],
        );
        check_no_fix(&scene, FixId::CorrectImage);
    }

    #[test]
    fn whoever_sends_a_login_is_not_told_to() {
        let scene = Scene::failed("toomanyrequests: You have reached your pull rate limit.")
            .lists(&["hub"])
            .secret("hub", "registry.example");
        check(
            &scene,
            "rate-limited, rate-limit, certain: use-mirror, wait-for-registry",
        );
        check_no_fix(&scene, FixId::Authenticate);
    }

    #[test]
    fn a_limit_that_no_login_lifts_offers_none() {
        for (text, fixes) in [
            (
                "toomanyrequests: You have reached your pull rate limit as 'acmebot': dckr_jti_abc=.",
                "rate-limited, rate-limit, certain: use-mirror, wait-for-registry",
            ),
            (
                "toomanyrequests: request rate exceeded for registry acme.azurecr.io",
                "rate-limited, rate-limit, certain: reduce-requests, use-mirror",
            ),
        ] {
            // A Secret that would be attached to a Pod without a login.
            let scene = Scene::failed(text).secret("hub", "registry.example");
            check(&scene, fixes);
            check_no_fix(&scene, FixId::AttachSecret);
        }
    }

    #[test]
    fn a_login_that_is_there_is_attached() {
        let scene = Scene::failed("toomanyrequests: You have reached your pull rate limit.")
            .secret("hub", "registry.example");
        check(
            &scene,
            "rate-limited, rate-limit, certain: attach-secret, authenticate, use-mirror",
        );
    }

    #[test]
    fn the_abuse_limit_is_told_from_the_pull_limit() {
        let plain = "unexpected status from HEAD request to https://registry-1.docker.io/v2/acme/shop/manifests/1: 429 Too Many Requests";
        let scene = Scene::failed(plain)
            .image("docker.io/acme/shop:1")
            .secret("hub", "https://index.docker.io/v1/");
        check(
            &scene,
            "rate-limited, abuse-limit, likely: reduce-requests, use-mirror",
        );
        check_no_fix(&scene, FixId::AttachSecret);
        // Other registries have one limit.
        let scene = Scene::failed(&plain.replace("registry-1.docker.io", "registry.example"));
        check(
            &scene,
            "rate-limited, rate-limit, certain: authenticate, use-mirror",
        );
    }

    #[test]
    fn who_is_counted_and_until_when() {
        let limit = "Failed to pull image \"docker.io/acme/shop:1\": toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit";
        let scene = Scene::failed(limit)
            .image("docker.io/acme/shop:1")
            .event("Failed", limit)
            .secret("hub", "https://index.docker.io/v1/");
        let facts = scene.facts();
        let ends = crate::domain::fixtures::seconds_ago(900 - 6 * 3600);
        for fact in [
            "Secret hub is not attached; bot has a pull limit of its own".to_owned(),
            format!(
                "without a login Docker Hub counts the node's IP address (100 pulls in 6 h); the limit ends by {ends}"
            ),
        ] {
            assert!(facts.contains(&fact), "{fact}: {facts:?}");
        }
        let listed = Scene::failed(limit)
            .image("docker.io/acme/shop:1")
            .lists(&["hub"])
            .secret("hub", "https://index.docker.io/v1/");
        let counted = "Docker Hub counts the pulls of bot (200 in 6 h for Personal accounts)";
        assert!(listed.facts().iter().any(|fact| fact.starts_with(counted)));
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
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
