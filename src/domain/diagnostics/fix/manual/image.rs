//! Of the image: to push, build, sign or copy it, and the policies that judge it.

use super::{NodeTopic, Steps};
use crate::domain::diagnostics::FixContext;

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

pub(in crate::domain::diagnostics::fix) fn build_for_platform(fix_context: &FixContext) -> Steps {
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

pub(in crate::domain::diagnostics::fix) fn policy(_: &FixContext) -> Steps {
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
