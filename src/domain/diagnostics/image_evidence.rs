//! Evidence from the image reference and from images of other Pods.

use std::sync::Arc;

use super::{EvidenceSource, Fact, FindingBuilder, RootCause};
use crate::domain::{
    context::{PeerContainer, PodContext},
    diagnostics::{Cause, ChainLink, FixId, classify::Confidence},
    k8s::{
        objects::{PullPolicy, Workload},
        pull_attempt::PullAttempt,
    },
    registry_auth::image_ref::{ImageError, ImageRef},
    suggest::is_misspelled,
};

/// The image reference is malformed: the kubelet does not try to pull it.
pub(super) fn conclude_invalid_reference(
    draft: &mut FindingBuilder,
    context: &PodContext,
    attempt: PullAttempt<'_>,
    error: &ImageError,
) {
    draft.conclude(Cause::InvalidImageName, RootCause::ImageNameInvalid);
    let text = format!("{error}: {}", error.problem.hint());
    draft.add_evidence(Fact::ImageProblem { text }, EvidenceSource::Pod);
    older_revision(draft, context, attempt);
}

pub(super) fn refine(
    draft: &mut FindingBuilder,
    context: &PodContext,
    attempt: PullAttempt<'_>,
    image: &ImageRef,
) {
    let neighbours: Vec<(&PeerContainer, ImageRef)> = context
        .peers
        .iter()
        .filter_map(|neighbour| Some((neighbour, ImageRef::parse(&neighbour.image).ok()?)))
        .collect();
    let same: Vec<_> = neighbours
        .iter()
        .filter(|(_, other)| other == image)
        .collect();
    if let Some((neighbour, _)) = same.iter().find(|(neighbour, _)| neighbour.pulled) {
        let fact = Fact::SameImageRuns {
            pod: neighbour.pod.name.shared(),
            node: neighbour.node.clone(),
        };
        draft.add_evidence(fact, EvidenceSource::OtherPods);
        let here = same.iter().map(|(neighbour, _)| neighbour);
        on_the_node(draft, context, attempt, here);
        pulled_elsewhere(draft, context, neighbour);
    } else if let Some((neighbour, _)) = same.first() {
        let fact = Fact::FailsElsewhereToo {
            pod: neighbour.pod.name.shared(),
            node: neighbour.node.clone(),
        };
        draft.add_evidence(fact, EvidenceSource::OtherPods);
    }
    if draft.cause == Cause::ImageNotFound {
        not_found(draft, image, &neighbours);
    }
    older_revision(draft, context, attempt);
}

/// From 1.35 on the kubelet asks the registry although the image is on the node, where the Pod has no
/// credential with which it was pulled (KEP-2535, `imagePullCredentialsVerificationPolicy`).
fn on_the_node<'a>(
    draft: &mut FindingBuilder,
    context: &PodContext,
    attempt: PullAttempt<'_>,
    same: impl Iterator<Item = &'a &'a PeerContainer>,
) {
    let policy = attempt
        .volume
        .map_or(attempt.container.policy, |it| it.policy);
    let refused = matches!(draft.cause, Cause::NoCredentialsSent | Cause::Unauthorized);
    if policy != PullPolicy::IfNotPresent || !refused {
        return;
    }
    let mut nodes = same
        .filter(|it| it.pulled)
        .filter_map(|it| it.node.as_ref());
    if let Some(node) = nodes.find(|node| Some(*node) == context.pod.node.as_ref()) {
        let node = Arc::clone(node);
        draft.add_evidence(Fact::NodeHasImage { node }, EvidenceSource::OtherPods);
    }
}

/// Another node has pulled the image: the problem is on this node or with this Pod.
fn pulled_elsewhere(draft: &mut FindingBuilder, context: &PodContext, neighbour: &PeerContainer) {
    let other_node = neighbour.node.is_some() && neighbour.node != context.pod.node;
    let of_the_wire = matches!(
        draft.root,
        Some(
            RootCause::RegistryDown
                | RootCause::RegistryUnknownHost
                | RootCause::CaUntrusted
                | RootCause::PlainHttp
        )
    );
    if other_node && of_the_wire {
        draft.root = Some(RootCause::NodeProblem);
        draft.limit_confidence(Confidence::Likely);
    }
    if draft.cause == Cause::NoCredentialsSent || draft.cause == Cause::Unauthorized {
        draft.rule_out(Cause::RepositoryMissingOrNoAccess);
    }
}

fn not_found(
    draft: &mut FindingBuilder,
    image: &ImageRef,
    neighbours: &[(&PeerContainer, ImageRef)],
) {
    let sibling = neighbours
        .iter()
        .find(|(neighbour, other)| neighbour.pulled && other.repository() == image.repository());
    if let Some((neighbour, other)) = sibling {
        let fact = Fact::OtherTagRuns {
            pod: neighbour.pod.name.shared(),
            image: Arc::clone(&neighbour.image),
        };
        draft.add_evidence(fact, EvidenceSource::OtherPods);
        if other != image {
            draft.prove_root(RootCause::TagMissing);
        }
        return;
    }
    let similar = neighbours.iter().find(|(neighbour, other)| {
        neighbour.pulled && is_misspelled(&image.repository(), &other.repository())
    });
    if let Some((neighbour, _)) = similar {
        let fact = Fact::SimilarImage {
            image: Arc::clone(&neighbour.image),
        };
        draft.add_evidence(fact, EvidenceSource::OtherPods);
        draft.root = Some(RootCause::RepositoryMissing);
        draft.limit_confidence(Confidence::Likely);
    }
}

/// What the revision before had under this container's name, when it differs. Of the image volumes of a
/// revision nothing is known.
fn older_revision(draft: &mut FindingBuilder, context: &PodContext, attempt: PullAttempt<'_>) {
    if attempt.volume.is_some() {
        return;
    }
    let container = attempt.container;
    let another = |revision: &&Arc<Workload>| {
        let mut images = revision.images.iter();
        images.any(|(name, image)| *name == container.name && *image != container.image)
    };
    let mut older = context.revisions.iter().skip(1).filter(another).peekable();
    let undone = older.peek().is_some()
        && is_of_the_newest(context) == Some(true)
        && link(draft) == ChainLink::Image;
    let serving = older.find(|revision| revision.status.ready > 0);
    if undone {
        // Where it still serves nothing has to be known to go back to it.
        let at = usize::from(serving.is_none()).min(draft.fixes.len());
        draft.fixes.insert(at, FixId::UndoRollout);
    }
    let image = serving.and_then(|revision| {
        let mut images = revision.images.iter();
        images.find_map(|(name, image)| (*name == container.name).then(|| Arc::clone(image)))
    });
    if let Some(image) = image {
        draft.add_evidence(Fact::OlderRevisionHad { image }, EvidenceSource::Workload);
    }
}

/// Whether the Pod is of the newest revision of its Deployment; `None` where there are no revisions.
fn is_of_the_newest(context: &PodContext) -> Option<bool> {
    let (owner, newest) = (context.pod.meta.owner.as_ref(), context.revisions.first());
    let (owner, newest) = owner.zip(newest)?;
    Some(owner.uid == newest.meta.uid)
}

/// Whether the Pod is of a revision that a newer one replaces.
pub(super) fn is_superseded(context: &PodContext) -> bool {
    is_of_the_newest(context) == Some(false)
}

fn link(draft: &FindingBuilder) -> ChainLink {
    draft
        .root
        .map_or_else(|| ChainLink::from_cause(draft.cause), RootCause::chain_link)
}
