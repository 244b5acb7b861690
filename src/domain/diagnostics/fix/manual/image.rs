//! Manual fixes of the image: push, build, sign or copy it, or change the policy that rejects it.

use super::{NodeTopic, Steps, node_setup};
use crate::domain::diagnostics::{ErrorDetail, FixContext};

pub(in crate::domain::diagnostics::fix) fn push(fix_context: &FixContext) -> Steps {
    Steps::new(["It was never pushed under this name, or a clean-up removed it."])
        .run(format!("docker push {}", fix_context.image_word()))
}

pub(in crate::domain::diagnostics::fix) fn load(fix_context: &FixContext) -> Steps {
    Steps::new(["Load it into the runtime's store under exactly the name in the Pod."]).run(
        format!(
            "docker save {} | ctr -n k8s.io images import -",
            fix_context.image_word()
        ),
    )
}

/// Windows runs an image of its own build only: <https://kubernetes.io/docs/concepts/windows/intro/>,
/// <https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility>. The message
/// is `checkImageCompatibility` of moby, `daemon/internal/distribution/pull_v2_windows.go`.
pub(in crate::domain::diagnostics::fix) fn build_for_platform(fix_context: &FixContext) -> Steps {
    if node_setup::is_windows(fix_context) {
        return Steps::new([
            "Build it from the node's Windows: 10.0.20348 is Server 2022 (tag ltsc2022), 10.0.26100 Server 2025 (ltsc2025).",
        ])
        .run(format!(
            "docker buildx build --platform windows/amd64 --push -t {} .",
            fix_context.image_word()
        ));
    }
    Steps::default().run(format!(
        "docker buildx build --platform linux/amd64,linux/arm64 --push -t {} .",
        fix_context.image_word()
    ))
}

pub(in crate::domain::diagnostics::fix) fn rebuild(_: &FixContext) -> Steps {
    Steps::new([
        "Use Docker schema 2 or OCI. A Helm chart or other artifact is not a container image.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn sign(fix_context: &FixContext) -> Steps {
    Steps::default().run(format!("cosign sign {}", fix_context.image_word()))
}

/// A policy of the registry is told by its own advice.
pub(in crate::domain::diagnostics::fix) fn policy(fix_context: &FixContext) -> Steps {
    if fix_context.clues.sign.is_some() {
        return Steps::default();
    }
    if fix_context.fault == Some(ErrorDetail::ContentBlocked) {
        return Steps::new([
            "Use a build without what the scan found, or ask the registry admin for an exception.",
        ]);
    }
    Steps::new([
        "On the node: /etc/containers/policy.json. In the cluster: the webhook in the message; it needs its own registry access.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn use_mirror(fix_context: &FixContext) -> Steps {
    Steps::new(["Or copy the image to your own registry."])
        .run(format!(
            "crane copy {} REGISTRY/REPO:TAG",
            fix_context.image_word()
        ))
        .at(NodeTopic::Mirror, fix_context)
}
