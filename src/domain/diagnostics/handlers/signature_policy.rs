//! `signature-policy`: a rule about images says no.
//!
//! `A signature was required, but no signature exists`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::SignaturePolicy,
    slug: "signature-policy",
    title: "image policy",
    meaning: "a policy on images refuses it: no valid signature, or not an allowed registry",
    tells: "who says no: the node's policy.json, or an admission webhook (before any pull)",
    fixes: &[FixId::SignImage, FixId::FixImagePolicy],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::SignaturePolicy,
            &[
                (
                    "Source image rejected: A signature was required, but no signature exists",
                    &[],
                ),
                (
                    "Error from server: admission webhook \"policy.sigstore.dev\" denied the request: validation failed: failed policy: signed: spec.containers[0].image r.example/a@sha256:00 signature key validation failed: no matching signatures",
                    &[],
                ),
            ],
        );
    }
}
