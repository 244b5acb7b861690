//! `signature-policy`: a rule about images says no.
//!
//! `A signature was required, but no signature exists`

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::SignaturePolicy,
    slug: "signature-policy",
    title: "image policy",
    meaning: "a policy on images refuses it: no valid signature, or not an allowed registry",
    tells: "who says no: the node's policy.json, or an admission webhook (before any pull)",
    fixes: &[FixId::SignImage, FixId::FixImagePolicy],
};

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    // A certificate has a signature too.
    (reading.any(&[Sign::Signature, Sign::Trust]) && !reading.has(Sign::X509))
        .then(|| Verdict::sure(Cause::SignaturePolicy))
}

/// An admission webhook speaks of images: it refuses before any pull, and needs registry access of
/// its own.
pub(crate) fn webhook_says(reading: &Reading<'_>) -> Option<Verdict> {
    if !reading.has(Sign::Webhook) {
        return None;
    }
    let about_images = reading.any(&[
        Sign::ImageWord,
        Sign::Signature,
        Sign::Trust,
        Sign::Pull,
        Sign::InvalidName,
    ]);
    if !about_images {
        return Some(Verdict::sure(Cause::NotAPullFailure));
    }
    let policy = Cause::SignaturePolicy;
    Some(
        if reading.any(&[Sign::Base64, Sign::AuthField, Sign::ConfigWord]) {
            Verdict::or(policy, &[Cause::PullSecretMalformed])
        } else if reading.any(&[Sign::Unauthorized, Sign::AccessUnclear, Sign::NothingSent])
            || reading.status(401)
        {
            Verdict::or(policy, &[Cause::NoCredentialsSent])
        } else {
            Verdict::sure(policy)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

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
