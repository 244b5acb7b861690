//! `repository-missing-or-no-access`: the registry does not reveal whether the repository exists.
//!
//! `pull access denied for a/b, repository does not exist or may require 'docker login'`

use super::{CauseInfo, ChainLink, Confidence, FixId, Handler, Refine, Unread};

pub(super) static HANDLER: Handler = Handler {
    info: CauseInfo {
        id: "repository-missing-or-no-access",
        root: None,
        link: ChainLink::Image,
        is_measurable: true,
        fixes: &[
            FixId::CorrectImage,
            FixId::CreateSecret,
            FixId::GrantAccess,
            FixId::LoadImage,
        ],
    },
    refine: Refine::Refusal(&UNREAD),
};

/// For a listed Secret that may not be read.
const UNREAD: Unread = Unread {
    root: None,
    at_most: Confidence::Possible,
    also: &[],
    fixes: &[FixId::CheckSecret, FixId::TestPull, FixId::CorrectImage],
};

#[cfg(test)]
mod tests {
    use super::super::{
        Cause, FixId,
        tests::{Scene, check, check_fix, check_messages, check_no_fix, resolving},
    };

    #[test]
    fn a_login_that_opens_nothing_may_lack_access() {
        let scene = Scene::failed(&resolving("pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed")).lists(&["hub"]).secret("hub", "registry.example");
        check(
            &scene,
            "repository-missing-or-no-access, credential-lacks-access, likely: correct-image, create-secret, grant-access",
        );
        check_fix(&scene, FixId::GrantAccess, &[]);
        check_fix(
            &scene,
            FixId::CorrectImage,
            &["kubectl -n shop set image deployment/web app=IMAGE"],
        );
        check_no_fix(&scene, FixId::AttachSecret);
    }

    #[test]
    fn messages_that_say_so() {
        check_messages(
            Cause::RepositoryMissingOrNoAccess,
            &[
                (
                    "Failed to pull image \"acme/shop:1\": rpc error: code = Unknown desc = Error response from daemon: pull access denied for acme/shop, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
                    &[Cause::NoCredentialsSent, Cause::Unauthorized],
                ),
                (
                    "failed to resolve reference \"docker.io/acme/shop:1\": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
                    &[Cause::NoCredentialsSent],
                ),
                (
                    "reading manifest latest in quay.io/acme/shop: unauthorized: access to the requested resource is not authorized",
                    &[Cause::NoCredentialsSent],
                ),
                (
                    "name unknown: The repository with name 'shop' does not exist in the registry with id '123456789012'",
                    &[],
                ),
                ("repository name not known to registry", &[]),
                // The words of a name say nothing.
                (
                    "failed to resolve reference \"docker.io/acme/payment:1\": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
                    &[Cause::NoCredentialsSent],
                ),
                (
                    "Failed to pull image \"payment\": rpc error: code = Unknown desc = Error response from daemon: pull access denied for payment, repository does not exist or may require 'docker login'",
                    &[Cause::NoCredentialsSent, Cause::Unauthorized],
                ),
            ],
        );
    }
}
