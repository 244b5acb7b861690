//! `credentials-not-verified`: the image is on the node, and this Pod has no credential for it.
//!
//! Kubernetes 1.35 and later (KEP-2535). The kubelet says of it what it says of an image that is not there,
//! so no message is recognised as this: it stands beside `never-pull-absent`.

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::CredentialsNotVerified,
    slug: "credentials-not-verified",
    title: "not verified",
    meaning: "the image is on the node, but this Pod lists no credential that it was pulled with (Kubernetes 1.35 and later)",
    tells: "another Pod on that node runs the image with a pull Secret that this Pod does not list",
    fixes: &[FixId::AttachSecret, FixId::PullPolicy, FixId::LoadImage],
};
