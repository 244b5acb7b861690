//! Builds a finding: cause, root cause, evidence and confidence.

use std::sync::Arc;

use super::{Evidence, Fact, Root, Source};
use crate::domain::{
    diagnostics::{
        Cause, FixId,
        classify::{Classification, Confidence},
    },
    k8s::objects::Event,
};

/// A finding that is being built.
pub(in crate::domain) struct Draft {
    pub cause: Cause,
    pub root: Option<Root>,
    certainty: Certainty,
    /// Other possible causes; with any of them the finding is never certain.
    pub alternatives: Vec<Cause>,
    pub evidence: Vec<Evidence>,
    /// What is known of the Secret that matters.
    pub secret: Option<Arc<str>>,
    pub from: Option<Arc<str>>,
    /// A Secret that matches the image and is not listed.
    pub matching: Option<Arc<str>>,
    /// Another ServiceAccount that lists it.
    pub holder: Option<Arc<str>>,
    /// The key of its entry, and what the key should be.
    pub entry: Option<Arc<str>>,
    pub server: Option<String>,
    pub username: Option<Arc<str>>,
    pub fixes: Vec<FixId>,
    /// The program has run and ended.
    pub crashed: bool,
}

impl Draft {
    /// A cause that something proves; a doubt or an alternative makes it less than certain.
    pub(super) fn new(cause: Cause) -> Self {
        Self {
            cause,
            root: Root::of_cause(cause),
            certainty: Certainty::new(Confidence::Certain),
            alternatives: Vec::new(),
            evidence: Vec::new(),
            secret: None,
            from: None,
            matching: None,
            holder: None,
            entry: None,
            server: None,
            username: None,
            fixes: cause.entry().fixes.to_vec(),
            crashed: false,
        }
    }

    /// What a message means.
    pub(super) fn of_message(found: Classification) -> Self {
        let mut draft = Self::new(found.cause.unwrap_or(Cause::CauseNotStated));
        draft.certainty = Certainty::new(found.confidence);
        draft.alternatives = found.alternatives;
        draft
    }

    /// Takes the meaning of a part of the message in place of that of the whole.
    pub(super) fn read_again(&mut self, found: Classification) {
        let read = Self::of_message(found);
        self.cause = read.cause;
        self.root = read.root;
        self.alternatives = read.alternatives;
        self.fixes = read.fixes;
        self.certainty.proven = read.certainty.proven;
    }

    /// Concludes this cause and this root cause, proven by objects. What was doubted stays doubted.
    pub(super) fn settle_on(&mut self, cause: Cause, root: Root) {
        self.cause = cause;
        self.fixes = cause.entry().fixes.to_vec();
        self.prove(root);
    }

    /// Concludes this root cause, proven by objects, and drops the alternatives.
    pub(super) fn prove(&mut self, root: Root) {
        self.root = Some(root);
        self.alternatives.clear();
        self.certainty.proven = Confidence::Certain;
    }

    /// Adds an alternative cause.
    pub(super) fn also(&mut self, cause: Cause) {
        if self.cause != cause && !self.alternatives.contains(&cause) {
            self.alternatives.push(cause);
        }
    }

    /// Removes an alternative that the objects disprove. Where it was the last one, the root is proven.
    pub(super) fn rule_out(&mut self, cause: Cause) {
        let before = self.alternatives.len();
        self.alternatives.retain(|other| *other != cause);
        if before > 0 && self.alternatives.is_empty() && self.root.is_some() {
            self.certainty.proven = Confidence::Certain;
        }
    }

    /// Limits the confidence; nothing raises it again.
    pub(super) fn doubt(&mut self, at_most: Confidence) {
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

    /// Adds an event as evidence, unless the finding started from it.
    pub(super) fn hear(&mut self, event: &Event) {
        let text = Arc::clone(&event.message);
        let fact = Fact::Said { text };
        if self.evidence.iter().all(|known| known.fact != fact) {
            self.evidence.push(Evidence {
                fact,
                source: Source::Event,
                seen: event.last,
            });
        }
    }

    /// Adds evidence from the current objects.
    pub(super) fn tell(&mut self, fact: Fact, source: Source) {
        self.evidence.push(Evidence::now(fact, source));
    }
}

/// The confidence of a finding. Evidence raises what is proven; a doubt lowers the limit, and nothing raises
/// that again, so that the order in which both are found does not matter.
struct Certainty {
    proven: Confidence,
    limit: Confidence,
}

impl Certainty {
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

    fn refused() -> Draft {
        let mut draft = Draft::new(Cause::Unauthorized);
        draft.root = Some(Root::CredentialRejected);
        draft.alternatives = vec![Cause::RepositoryMissingOrNoAccess];
        draft
    }

    #[test]
    fn a_doubt_outlives_every_proof_whichever_comes_first() {
        type Step = fn(&mut Draft);
        let steps: [Step; 4] = [
            |draft| draft.doubt(Confidence::Likely),
            |draft| draft.rule_out(Cause::RepositoryMissingOrNoAccess),
            |draft| draft.prove(Root::CredentialRejected),
            |draft| draft.settle_on(Cause::Unauthorized, Root::CredentialRejected),
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
