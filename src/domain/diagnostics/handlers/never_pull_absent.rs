//! `never-pull-absent`: not there, and not allowed to be pulled.
//!
//! `Container image "a:1" is not present with pull policy of Never`
//!
//! From 1.35 on the kubelet says so of an image that is there, too, if the Pod has no credential for it.

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::NeverPullAbsent,
    slug: "never-pull-absent",
    title: "never pulled",
    meaning: "the policy is Never and the image is not on the node",
    tells: "crictl images on that node lists it under exactly this name?",
    fixes: &[FixId::LoadImage, FixId::PullPolicy],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::NeverPullAbsent,
            &[
                (
                    "Container image \"shop:dev\" is not present with pull policy of Never",
                    &[Cause::CredentialsNotVerified],
                ),
                ("Error: ErrImageNeverPull", &[Cause::CredentialsNotVerified]),
            ],
        );
    }
}
