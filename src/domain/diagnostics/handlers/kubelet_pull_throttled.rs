//! `kubelet-pull-throttled`: the kubelet holds the pull back.
//!
//! `pull QPS exceeded`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::KubeletPullThrottled,
    slug: "kubelet-pull-throttled",
    title: "kubelet throttled",
    meaning: "the kubelet itself holds the pull back: more pulls at once than registryPullQPS allows",
    tells: "the kubelet's configz: registryPullQPS and registryBurst",
    fixes: &[FixId::RaisePullQps],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::KubeletPullThrottled,
            &[(
                "Failed to pull image \"r.example/a:1\": pull QPS exceeded",
                &[Cause::RateLimited],
            )],
        );
    }
}
