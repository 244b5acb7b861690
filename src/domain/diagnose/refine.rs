//! How the objects of the cluster refine what a message means: the shared helpers of the handlers.

use super::{Draft, access, message::Told, never};
use crate::domain::{chain::Case, image::ImageRef};

/// A pull that failed: its Pod with all around it, what the kubelet said, and the image.
pub(in crate::domain) struct PullContext<'a> {
    pub case: &'a Case,
    pub told: &'a Told<'a>,
    pub image: &'a ImageRef,
}

/// Refines a finding in the making.
pub(in crate::domain) type Refine = fn(&mut Draft, &PullContext<'_>);

/// The message says all there is to say.
pub(in crate::domain) fn message_only(_: &mut Draft, _: &PullContext<'_>) {}

/// A refusal: the same text has many causes, and only the Secrets that the Pod lists tell them apart.
pub(in crate::domain) fn refusal(draft: &mut Draft, pull: &PullContext<'_>) {
    access::judge(draft, pull.case, pull.told, pull.image);
}

/// Nothing tells the cause: the objects may.
pub(in crate::domain) fn not_stated(draft: &mut Draft, pull: &PullContext<'_>) {
    access::unsaid(draft, pull.case, pull.image);
}

/// The pull policy Never: other Pods of the node may show that the image is there.
pub(in crate::domain) fn never_pulled(draft: &mut Draft, pull: &PullContext<'_>) {
    never::judge(draft, pull.case, pull.image);
}
