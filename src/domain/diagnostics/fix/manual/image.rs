//! Of the image: to push, build, sign or copy it, and the policies that judge it.

use super::Steps;
use crate::domain::diagnostics::FixContext;

pub(in crate::domain::diagnostics::fix) fn push(names: &FixContext) -> Steps {
    Steps::new(["It was built under this name and not pushed, or a clean-up removed it."])
        .run(format!("docker push {}", names.image_word()))
}

pub(in crate::domain::diagnostics::fix) fn load(names: &FixContext) -> Steps {
    Steps::new(["Into the runtime's own store, under exactly the name of the Pod."]).run(format!(
        "docker save {} | ctr -n k8s.io images import -",
        names.image_word()
    ))
}

pub(in crate::domain::diagnostics::fix) fn build_for_platform(names: &FixContext) -> Steps {
    Steps::default().run(format!(
        "docker buildx build --platform linux/amd64,linux/arm64 --push -t {} .",
        names.image_word()
    ))
}

pub(in crate::domain::diagnostics::fix) fn rebuild(_: &FixContext) -> Steps {
    Steps::new(["As Docker schema 2 or OCI; a chart or artifact cannot be run as an image."])
}

pub(in crate::domain::diagnostics::fix) fn sign(names: &FixContext) -> Steps {
    Steps::default().run(format!("cosign sign {}", names.image_word()))
}

pub(in crate::domain::diagnostics::fix) fn policy(_: &FixContext) -> Steps {
    Steps::new([
        "On the node: /etc/containers/policy.json; in the cluster: the webhook named in the message, which needs registry access of its own.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn use_mirror(names: &FixContext) -> Steps {
    Steps::new(["Copy the image there, or configure the runtime's mirror on the nodes."]).run(
        format!("crane copy {} REGISTRY/REPO:TAG", names.image_word()),
    )
}
