//! From a [`Case`] to what is wrong: the cause, why, how sure, on what evidence, and what helps.
//!
//! `message` finds what the kubelet last said and `classify` what that means; `access` decides by the
//! chain what a refusal means: `aggregate` takes the answers to several credentials apart, `sent` is of a credential that went out, `unsent` at which link the chain is
//! broken when none did; `image` uses what the
//! images of other Pods show; `pending` finds the step at which a Pod is held otherwise, and `stuck` names
//! that. `workload` is for those without Pods, and `needed` says what is diagnosed at all. `hidden` judges
//! where the Pod's Secrets may not be read, `node_credential` what speaks for a credential of the node's own, `never` the
//! pull policy Never. Nothing here asks a registry; what one has said when somebody asked is added by
//! `settled`. `foresee` looks at Pods that run. A judgement in the making is a `Draft`.

mod access;
mod aggregate;
mod draft;
mod evidence;
mod foresee;
mod hidden;
mod image;
mod message;
mod names;
mod needed;
mod never;
mod node_credential;
mod pending;
pub(in crate::domain) mod refine;
mod sent;
mod sentence;
mod settled;
mod stuck;
#[cfg(test)]
mod tests;
mod unsent;
mod workload;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::{
    evidence::{Evidence, Fact, Source},
    foresee::{foresee, foresee_refusal},
    needed::{Need, changes_at, needs_diagnosis, workload_needs_diagnosis},
    settled::settle,
    workload::workload,
};
pub use super::cause::{Link, Root};
use super::{
    cause::{BEST, Cause, Fix, FixId, Names, suitable},
    chain::Case,
    classify::{Confidence, classify},
    image::ImageRef,
    pull_attempt::{PullAttempt, PullTarget},
    status::pod_status,
};
use draft::Draft;
use message::Told;
use refine::PullContext;

/// What is wrong with a Pod: one finding per container that waits in vain, in the kubelet's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// The finding to show first.
    pub fn first(&self) -> Option<&Finding> {
        self.findings.first()
    }
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The container that waits.
    pub container: Option<Arc<str>>,
    /// As the spec writes it: of the container, or of the image volume that it mounts.
    pub image: Option<Arc<str>>,
    /// Whose image that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<PullTarget>,
    /// The waiting reason.
    pub state: Arc<str>,
    pub cause: Cause,
    /// `None` where neither message nor objects prove it.
    pub root: Option<Root>,
    pub confidence: Confidence,
    pub alternatives: Vec<Cause>,
    pub evidence: Vec<Evidence>,
    /// What would settle the rest.
    pub settle: Vec<String>,
    pub fixes: Vec<FixId>,
    pub names: Names,
    /// The program has run and ended: why stands in its log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub crashed: bool,
}

impl Finding {
    /// What it is in two words: why, where the objects prove it, or else what the message says.
    pub fn title(&self) -> &'static str {
        match self.root {
            _ if self.is_missing_digest() => "digest not found",
            Some(root) if Root::of_cause(self.cause) != Some(root) => root.title(),
            Some(_) | None => self.cause.title(),
        }
    }

    /// Whether the registry has no such image, and the image is named by its digest.
    fn is_missing_digest(&self) -> bool {
        let is_missing = match self.root {
            Some(root) => root == Root::TagMissing,
            None => self.cause == Cause::ImageNotFound,
        };
        is_missing && self.image.as_ref().is_some_and(|image| image.contains('@'))
    }

    /// The title of the best fix, as its plan has it.
    pub fn first_fix(&self) -> Option<&'static str> {
        let fix = self.fixes.first()?;
        Some(fix.title_for(&self.names))
    }

    /// Whether a pull is what fails.
    pub fn is_pull(&self) -> bool {
        self.cause.is_pull_failure()
    }

    /// The link of the chain that is broken.
    pub fn link(&self) -> Link {
        match self.root {
            Some(root) => root.link(),
            None => match Link::of_cause(self.cause) {
                // Which of several Secrets it is, or whether it is one at all, is not known.
                Link::Secret if self.names.secret.is_none() => Link::Registry,
                link => link,
            },
        }
    }

    /// A summary in one sentence.
    pub fn summary(&self) -> String {
        sentence::of(self)
    }

    /// The fixes with the names of this case.
    pub fn filled_fixes(&self) -> Vec<Fix> {
        self.fixes.iter().map(|fix| fix.fill(&self.names)).collect()
    }
}

/// Diagnoses one Pod; a Pod that wants nothing has no findings.
pub fn diagnose(case: &Case) -> Diagnosis {
    let mut findings: Vec<Finding> = message::told(case)
        .into_iter()
        .map(|told| finding(case, &told))
        .collect();
    if findings.is_empty() && !pod_status(&case.pod).health.is_sound() {
        findings.extend(stuck::pod(case));
    }
    Diagnosis { findings }
}

fn finding(case: &Case, told: &Told<'_>) -> Finding {
    let mut draft = Draft::of_message(classify(told.text));
    draft.evidence.push(told.evidence());
    match ImageRef::parse(told.attempt.image()) {
        Err(error) => image::invalid(&mut draft, case, told.attempt, &error),
        Ok(parsed) => {
            let pull = PullContext {
                case,
                told,
                image: &parsed,
            };
            draft.cause.handler().refine.apply(&mut draft, &pull);
            image::judge(&mut draft, case, told.attempt, &parsed);
        }
    }
    finish(case, told.attempt, told.reason, draft)
}

fn finish(case: &Case, attempt: PullAttempt<'_>, reason: &Arc<str>, draft: Draft) -> Finding {
    let names = names::of(case, attempt, &draft);
    let confidence = draft.confidence();
    let settle = open_questions(confidence, draft.cause, &draft.alternatives);
    let fixes = match names.target.as_deref() {
        Some(target) => suitable(draft.fixes, target, draft.root),
        None => draft.fixes,
    };
    Finding {
        container: Some(Arc::clone(&attempt.container.name)),
        image: Some(Arc::clone(attempt.image())),
        target: Some(attempt.target()),
        state: Arc::clone(reason),
        cause: draft.cause,
        root: draft.root,
        confidence,
        alternatives: draft.alternatives,
        evidence: draft.evidence,
        settle,
        fixes: fixes.into_iter().take(BEST).collect(),
        names,
        crashed: draft.crashed,
    }
}

/// What would tell these causes apart; nothing where it is certain which one it is.
fn open_questions(confidence: Confidence, cause: Cause, alternatives: &[Cause]) -> Vec<String> {
    if confidence == Confidence::Certain {
        return Vec::new();
    }
    let causes = std::iter::once(cause).chain(alternatives.iter().copied());
    causes.map(Cause::question).collect()
}
