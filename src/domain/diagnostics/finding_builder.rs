//! Builds a finding: cause, root cause, evidence and confidence.

use std::sync::Arc;

use super::{Evidence, EvidenceSource, Fact, RootCause};
use crate::domain::{
    diagnostics::{
        Cause, ErrorDetail, FixId,
        classify::{Classification, Confidence},
    },
    k8s::objects::Event,
    message::Clues,
};

/// Builder of a finding.
pub(in crate::domain) struct FindingBuilder {
    pub cause: Cause,
    pub root: Option<RootCause>,
    certainty: ConfidenceBounds,
    /// Other possible causes; with any of them the finding is never certain.
    pub alternatives: Vec<Cause>,
    pub evidence: Vec<Evidence>,
    /// What is known of the Secret that matters.
    pub secret: Option<Arc<str>>,
    pub source_namespace: Option<Arc<str>>,
    /// A Secret that matches the image and is not listed.
    pub matching_secret: Option<Arc<str>>,
    /// Another ServiceAccount that lists it.
    pub other_service_account: Option<Arc<str>>,
    /// The key of its entry, and what the key should be.
    pub current_auth_key: Option<Arc<str>>,
    pub expected_auth_key: Option<String>,
    pub username: Option<Arc<str>>,
    /// The image that is likely meant, or where it has moved to.
    pub suggested_image: Option<String>,
    /// The mirror of the image's registry that the message is about.
    pub mirror: Option<String>,
    /// What the message adds to its cause.
    pub fault: Option<ErrorDetail>,
    pub fixes: Vec<FixId>,
    /// What the message shows of registry and node.
    pub clues: Clues,
    /// The program has run and ended.
    pub crashed: bool,
}

impl FindingBuilder {
    /// Starts a finding with a proven cause; a doubt or an alternative makes it less than certain.
    pub(super) fn new(cause: Cause) -> Self {
        Self {
            cause,
            root: RootCause::from_cause(cause),
            certainty: ConfidenceBounds::new(Confidence::Certain),
            alternatives: Vec::new(),
            evidence: Vec::new(),
            secret: None,
            source_namespace: None,
            matching_secret: None,
            other_service_account: None,
            current_auth_key: None,
            expected_auth_key: None,
            username: None,
            suggested_image: None,
            mirror: None,
            fault: None,
            fixes: cause.info().fixes.to_vec(),
            clues: Clues::default(),
            crashed: false,
        }
    }

    /// Starts a finding with the causes of a message.
    pub(super) fn from_message(found: Classification) -> Self {
        let mut draft = Self::new(found.cause.unwrap_or(Cause::CauseNotStated));
        draft.certainty = ConfidenceBounds::new(found.confidence);
        draft.alternatives = found.alternatives;
        draft.clues = found.clues;
        draft.mirror = found.mirror;
        draft.fixes = draft
            .cause
            .fixes(found.clues.sign, found.fault.as_ref())
            .to_vec();
        if let Some(detail) = found.fault {
            draft.root = detail.root();
            draft.fault = Some(detail);
        }
        draft
    }

    /// Replaces the causes of the whole message by those of a part of it.
    pub(super) fn read_again(&mut self, found: Classification) {
        let read = Self::from_message(found);
        self.cause = read.cause;
        self.root = read.root;
        self.alternatives = read.alternatives;
        self.fault = read.fault;
        self.mirror = read.mirror;
        self.fixes = read.fixes;
        self.certainty.proven = read.certainty.proven;
    }

    /// Concludes a cause and root cause proven by objects. Doubts remain.
    pub(super) fn conclude(&mut self, cause: Cause, root: RootCause) {
        self.cause = cause;
        self.fixes = cause.fixes(self.clues.sign, None).to_vec();
        self.prove_root(root);
    }

    /// Concludes a root cause proven by objects, and drops the alternatives.
    pub(super) fn prove_root(&mut self, root: RootCause) {
        self.root = Some(root);
        self.alternatives.clear();
        self.certainty.proven = Confidence::Certain;
    }

    /// Adds an alternative cause.
    pub(super) fn add_alternative(&mut self, cause: Cause) {
        if self.cause != cause && !self.alternatives.contains(&cause) {
            self.alternatives.push(cause);
        }
    }

    /// Removes an alternative disproved by objects; without alternatives, the root cause is proven.
    pub(super) fn rule_out(&mut self, cause: Cause) {
        let before = self.alternatives.len();
        self.alternatives.retain(|other| *other != cause);
        if before > 0 && self.alternatives.is_empty() && self.root.is_some() {
            self.certainty.proven = Confidence::Certain;
        }
    }

    /// Limits the confidence; nothing raises it again.
    pub(super) fn limit_confidence(&mut self, at_most: Confidence) {
        self.certainty.limit = self.certainty.limit.min(at_most);
    }

    pub(super) fn confidence(&self) -> Confidence {
        let open = if self.alternatives.is_empty() {
            Confidence::Certain
        } else {
            Confidence::Likely
        };
        self.certainty.confidence().min(open)
    }

    /// Suggests another image, as the first fix.
    pub(super) fn suggest_image(&mut self, image: String) {
        self.suggested_image = Some(image);
        self.fixes.insert(0, FixId::UseSuggestedImage);
    }

    /// Adds an event as evidence, unless the finding started from it.
    pub(super) fn add_event(&mut self, event: &Event) {
        let text = Arc::clone(&event.message);
        let fact = Fact::KubeletMessage { text };
        if self.evidence.iter().all(|known| known.fact != fact) {
            self.evidence.push(Evidence {
                fact,
                source: EvidenceSource::Event,
                observed_at: event.last,
            });
        }
    }

    /// Adds evidence from the current objects.
    pub(super) fn add_evidence(&mut self, fact: Fact, source: EvidenceSource) {
        self.evidence.push(Evidence::now(fact, source));
    }
}

/// Bounds of the confidence of a finding.
///
/// Evidence raises the proven bound; a doubt lowers the limit for good, so that their order does not matter.
struct ConfidenceBounds {
    proven: Confidence,
    limit: Confidence,
}

impl ConfidenceBounds {
    fn new(proven: Confidence) -> Self {
        Self {
            proven,
            limit: Confidence::Certain,
        }
    }

    fn confidence(&self) -> Confidence {
        self.proven.min(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> FindingBuilder {
        let mut draft = FindingBuilder::new(Cause::Unauthorized);
        draft.root = Some(RootCause::CredentialRejected);
        draft.alternatives = vec![Cause::RepositoryMissingOrNoAccess];
        draft
    }

    #[test]
    fn a_doubt_outlives_every_proof_whichever_comes_first() {
        type Step = fn(&mut FindingBuilder);
        let steps: [Step; 4] = [
            |draft| draft.limit_confidence(Confidence::Likely),
            |draft| draft.rule_out(Cause::RepositoryMissingOrNoAccess),
            |draft| draft.prove_root(RootCause::CredentialRejected),
            |draft| draft.conclude(Cause::Unauthorized, RootCause::CredentialRejected),
        ];
        for first in 0..steps.len() {
            for second in 0..steps.len() {
                let mut draft = refused();
                steps[first](&mut draft);
                steps[second](&mut draft);
                let doubted = first == 0 || second == 0;
                assert_eq!(
                    draft.confidence() == Confidence::Certain,
                    !doubted,
                    "{first} then {second}"
                );
            }
        }
    }

    #[test]
    fn nothing_is_certain_that_could_be_something_else() {
        let mut draft = refused();
        assert_eq!(draft.confidence(), Confidence::Likely);
        draft.rule_out(Cause::RateLimited);
        assert_eq!(draft.confidence(), Confidence::Likely);
        draft.rule_out(Cause::RepositoryMissingOrNoAccess);
        assert_eq!(draft.confidence(), Confidence::Certain);
    }
}
