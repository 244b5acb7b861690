//! What the image itself and the images of other Pods show.

use std::sync::Arc;

use super::{Draft, Evidence, Fact, Root, Source};
use crate::domain::{
    cause::{Cause, FixId},
    chain::{Case, Neighbour},
    classify::Confidence,
    image::{ImageError, ImageRef},
    objects::Container,
};

/// The reference is malformed: no pull is tried, so nothing else can be the cause.
pub(super) fn invalid(draft: &mut Draft, error: &ImageError) {
    draft.cause = Cause::InvalidImageName;
    draft.root = Some(Root::ImageNameInvalid);
    draft.confidence = Confidence::Certain;
    draft.alternatives.clear();
    draft.fixes = vec![FixId::CorrectImage];
    let text = format!("{error}: {}", error.problem.hint());
    draft
        .evidence
        .push(Evidence::now(Fact::ImageProblem { text }, Source::Pod));
}

pub(super) fn judge(draft: &mut Draft, case: &Case, container: &Container, image: &ImageRef) {
    let neighbours: Vec<(&Neighbour, ImageRef)> = case
        .neighbours
        .iter()
        .filter_map(|neighbour| Some((neighbour, ImageRef::parse(&neighbour.image).ok()?)))
        .collect();
    let same: Vec<_> = neighbours
        .iter()
        .filter(|(_, other)| other == image)
        .collect();
    if let Some((neighbour, _)) = same.iter().find(|(neighbour, _)| neighbour.pulled) {
        draft.evidence.push(Evidence::now(
            Fact::SameImageRuns {
                pod: neighbour.pod.name.shared(),
                node: neighbour.node.clone(),
            },
            Source::OtherPods,
        ));
        pulled_elsewhere(draft, case, neighbour);
    } else if let Some((neighbour, _)) = same.first() {
        draft.evidence.push(Evidence::now(
            Fact::FailsElsewhereToo {
                pod: neighbour.pod.name.shared(),
                node: neighbour.node.clone(),
            },
            Source::OtherPods,
        ));
    }
    if draft.cause == Cause::ImageNotFound {
        not_found(draft, image, &neighbours);
    }
    older_revision(draft, case, container);
}

/// The image exists, and another node got it: what is wrong is on this node, or with this Pod.
fn pulled_elsewhere(draft: &mut Draft, case: &Case, neighbour: &Neighbour) {
    let other_node = neighbour.node.is_some() && neighbour.node != case.pod.node;
    let of_the_wire = matches!(
        draft.root,
        Some(Root::RegistryDown | Root::RegistryUnknownHost | Root::CaUntrusted | Root::PlainHttp)
    );
    if other_node && of_the_wire {
        draft.root = Some(Root::NodeProblem);
        draft.confidence = draft.confidence.min(Confidence::Likely);
    }
    if draft.cause == Cause::NoCredentialsSent || draft.cause == Cause::Unauthorized {
        draft
            .alternatives
            .retain(|cause| *cause != Cause::RepositoryMissingOrNoAccess);
        if draft.alternatives.is_empty() && draft.root.is_some() {
            draft.confidence = Confidence::Certain;
        }
    }
}

fn not_found(draft: &mut Draft, image: &ImageRef, neighbours: &[(&Neighbour, ImageRef)]) {
    let sibling = neighbours
        .iter()
        .find(|(neighbour, other)| neighbour.pulled && other.repository() == image.repository());
    if let Some((neighbour, other)) = sibling {
        draft.evidence.push(Evidence::now(
            Fact::OtherTagRuns {
                pod: neighbour.pod.name.shared(),
                image: Arc::clone(&neighbour.image),
            },
            Source::OtherPods,
        ));
        if other != image {
            draft.root = Some(Root::TagMissing);
            draft.alternatives.clear();
            draft.confidence = Confidence::Certain;
        }
        return;
    }
    let similar = neighbours.iter().find(|(neighbour, other)| {
        neighbour.pulled && close(&other.repository(), &image.repository())
    });
    if let Some((neighbour, _)) = similar {
        let fact = Fact::SimilarImage {
            image: Arc::clone(&neighbour.image),
        };
        draft.evidence.push(Evidence::now(fact, Source::OtherPods));
        draft.root = Some(Root::RepositoryMissing);
        draft.confidence = Confidence::Likely;
    }
}

/// At most two slips of the pen apart (and not the same).
fn close(left: &str, right: &str) -> bool {
    const SLIPS: usize = 2;
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len().abs_diff(right.len()) > SLIPS || left == right {
        return false;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, here) in left.iter().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        let mut next = vec![before];
        for (there, above) in right.iter().zip(row.iter().skip(1)) {
            before = (diagonal + usize::from(here != there))
                .min(before + 1)
                .min(above + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().is_some_and(|distance| *distance <= SLIPS)
}

/// What the revision before had under this container's name, when it differs.
fn older_revision(draft: &mut Draft, case: &Case, container: &Container) {
    let older = case.revisions.iter().skip(1).find_map(|revision| {
        let (_, image) = revision
            .images
            .iter()
            .find(|(name, _)| *name == container.name)?;
        (*image != container.image && revision.rollout.ready > 0).then(|| Arc::clone(image))
    });
    if let Some(image) = older {
        let fact = Fact::OlderRevisionHad { image };
        draft.evidence.push(Evidence::now(fact, Source::Workload));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_slip_or_two_apart_are_close() {
        assert!(close("team/privat-app", "team/private-app"));
        assert!(close("team/pirvate-app", "team/private-app"));
        assert!(!close("team/app", "team/app"));
        assert!(!close("team/app", "team/other"));
    }
}
