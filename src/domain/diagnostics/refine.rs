//! How the objects of the cluster refine what a message means: the shared helpers of the handlers.

use super::{FindingBuilder, auth, never_policy, pull_error::PullError, rate_limit};
use crate::domain::{
    context::PodContext,
    diagnostics::{Cause, FixId, RootCause, classify::Confidence},
    registry_auth::image_ref::ImageRef,
};

/// A pull that failed: its Pod with all around it, what the kubelet said, and the image.
pub(in crate::domain) struct PullContext<'a> {
    pub context: &'a PodContext,
    pub told: &'a PullError<'a>,
    pub image: &'a ImageRef,
}

/// What the objects of the cluster add to what a message says.
pub(in crate::domain) enum Refine {
    /// The message says all there is to say.
    MessageOnly,
    /// A refusal: the same text has many causes, and only the Secrets that the Pod lists tell them apart.
    Refusal(&'static Unread),
    /// Nothing tells the cause: the objects may.
    NotStated,
    /// The pull policy Never: other Pods of the node may show that the image is there.
    NeverPulled,
    /// A quota: the Secrets show whether a login was sent.
    RateLimited,
}

impl Refine {
    /// Refines a finding in the making.
    pub(super) fn apply(&self, draft: &mut FindingBuilder, pull: &PullContext<'_>) {
        match self {
            Self::MessageOnly => {}
            Self::Refusal(unread) => {
                auth::refine(draft, pull.context, pull.told, pull.image, unread);
            }
            Self::NotStated => auth::refine_unstated(draft, pull.context, pull.image),
            Self::NeverPulled => never_policy::refine(draft, pull.context, pull.image),
            Self::RateLimited => rate_limit::refine(draft, pull.context, pull.told, pull.image),
        }
    }
}

/// What a refusal means where a Secret that the Pod lists may not be read: what the message says, and no more.
pub(in crate::domain) struct Unread {
    /// The root that the message itself proves.
    pub root: Option<RootCause>,
    /// With one Secret; with several it is likely at most.
    pub at_most: Confidence,
    /// What the Secret would rule out.
    pub also: &'static [Cause],
    /// Whoever may read the Secret can tell; a node can try; a new login may be right all the same.
    pub fixes: &'static [FixId],
}

impl Unread {
    /// The message proves nothing of the Secret, and only its content would.
    pub(in crate::domain) const UNDECIDED: Self = Self {
        root: None,
        at_most: Confidence::Possible,
        also: &[],
        fixes: &[FixId::CheckSecret, FixId::TestPull, FixId::RecreateSecret],
    };
}
