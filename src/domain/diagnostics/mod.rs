//! Diagnoses Pods: the causes of failing pulls, the evidence and the fixes.
//!
//! `catalogue` has the words of every cause; `handlers` has one file per cause: how the objects of the cluster
//! refine a finding of it, and its fixes; `fix` has the fixes. What a message can mean is decided by `message`.
//!
//! From a [`PodContext`] to what is wrong: the cause, why, how sure, on what evidence, and what helps.
//!
//! `pull_error` finds what the kubelet last said and `classify` what that means; `auth` decides by the chain
//! what a refusal means: `aggregate` takes the answers to several credentials apart, `sent_credential` is of
//! a credential that went out, `missing_credential` at which link the chain is broken when none did;
//! `attachable` ranks the Secrets that could be attached, by what `peer_pulls` shows of their credentials;
//! `image_evidence` uses what the images of other Pods show; `pending` finds the step at which a Pod is held
//! otherwise, and `pending_findings` names that. `workload` is for those without Pods, and `need` says what
//! is diagnosed at all. `unreadable_secrets` judges where the Pod's Secrets may not be read,
//! `cloud_identity` what a registry with a credential provider tells of it, `node_answers` adds what the API server says
//! of a node when it is asked,
//! `node_credential` what speaks for a credential of the node's own, `never_policy` the pull policy Never, and
//! `rate_limit` which limit it is and whether a login would help; `moved` and `did_you_mean` suggest another
//! image.
//! Nothing here asks a registry; what one has said when somebody asked is added by `probe_evidence`.
//! `preflight` looks at Pods that run. A judgement in the making is a `FindingBuilder`.

mod account_commands;
mod aggregate;
mod attachable;
mod auth;
mod catalogue;
mod cause;
pub mod classify;
mod cloud_identity;
mod did_you_mean;
mod evidence;
mod finding_builder;
pub mod fix;
mod fix_context;
pub mod grouping;
mod handlers;
mod image_evidence;
mod immutable;
mod mirror;
mod missing_credential;
pub mod moved;
mod need;
mod never_policy;
pub mod node_answers;
mod node_credential;
mod node_evidence;
mod peer_pulls;
mod pending;
mod pending_findings;
mod preflight;
mod probe_evidence;
mod pull_error;
mod rate_limit;
pub(in crate::domain) mod refine;
pub mod report;
mod root;
mod sent_credential;
mod summary;
#[cfg(test)]
mod tests;
mod unreadable_secrets;
mod workload;

pub use account_commands::append_to_shared_accounts;
pub use catalogue::{CauseText, LABEL_WIDTH};
pub use cause::CauseInfo;
pub(in crate::domain) use cause::Handler;
pub use fix::{
    CurrentLogin, EntryUse, ErrorDetail, Fix, FixAction, FixContext, FixId, FixTarget, HostFault,
    ListOrigin, MAX_FIXES, NewSecret, PodOwner, TargetContainer, TemplateRollout, applicable_fixes,
    render_fixes,
};
pub(in crate::domain) use fix::{NEW_SECRET, append_to_list, edit_account, unplanned};
pub use handlers::Cause;
pub use root::{ChainLink, RootCause};

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::{
    evidence::{Evidence, EvidenceSource, Fact},
    need::{Need, changes_at, needs_diagnosis, workload_needs_diagnosis},
    node_evidence::NodeKnowledge,
    preflight::{preflight, preflight_refusal},
    probe_evidence::{apply_attach_probe, apply_probe, apply_suggestion_probe},
    workload::workload,
};
use super::{
    context::{PodContext, Visibility},
    k8s::{
        distribution::NodeInfo,
        objects::AnyObjectRef,
        pod_status::pod_status,
        pull_attempt::{PullAttempt, PullTarget},
    },
    registry_auth::image_ref::ImageRef,
};
use classify::{Confidence, classify};
use finding_builder::FindingBuilder;
use pull_error::PullError;
pub(in crate::domain) use rate_limit::root as rate_limit_root;
use refine::PullContext;

/// The findings of a Pod: one per container that cannot start, in the kubelet's order.
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

/// A problem with its cause, evidence and fixes.
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
    pub root: Option<RootCause>,
    pub confidence: Confidence,
    pub alternatives: Vec<Cause>,
    pub evidence: Vec<Evidence>,
    /// What would settle the rest.
    #[serde(rename = "settle")]
    pub confirming_checks: Vec<String>,
    pub fixes: Vec<FixId>,
    #[serde(rename = "names")]
    pub fix_context: FixContext,
    /// The program has run and ended: why stands in its log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub crashed: bool,
}

impl Finding {
    /// The label of the root cause if proven, else of the cause.
    pub fn title(&self) -> &'static str {
        match self.root {
            _ if self.is_missing_digest() => catalogue::DIGEST_NOT_FOUND,
            _ if self.is_crash() => catalogue::CRASHING,
            Some(root) if RootCause::from_cause(self.cause) != Some(root) => root.title(),
            Some(_) | None => self.cause.label(),
        }
    }

    /// Whether the registry has no such image, and the image is named by its digest.
    fn is_missing_digest(&self) -> bool {
        let is_missing = match self.root {
            Some(root) => root == RootCause::TagMissing,
            None => self.cause == Cause::ImageNotFound,
        };
        is_missing && self.image.as_ref().is_some_and(|image| image.contains('@'))
    }

    /// Whether the image was pulled, and its program ended.
    fn is_crash(&self) -> bool {
        self.crashed && self.cause == Cause::NotAPullFailure
    }

    /// Title of the best fix, as in its plan.
    pub fn first_fix(&self) -> Option<&'static str> {
        let fix = self.fixes.first()?;
        Some(fix.title_for(&self.fix_context))
    }

    /// Whether the finding is a failed pull.
    pub fn is_pull(&self) -> bool {
        self.cause.is_pull_failure()
    }

    /// The broken link of the chain.
    pub fn link(&self) -> ChainLink {
        match self.root {
            Some(root) => root.chain_link(),
            None => match ChainLink::from_cause(self.cause) {
                // Which of several Secrets it is, or whether it is one at all, is not known.
                ChainLink::Secret if self.fix_context.secret.is_none() => ChainLink::Registry,
                link => link,
            },
        }
    }

    /// The Secret that the Pod does not list and that a fix attaches.
    pub fn attachable_secret(&self) -> Option<&str> {
        let is_offered = self.fixes.contains(&FixId::AttachSecret);
        self.fix_context
            .matching_secret
            .as_deref()
            .filter(|_| is_offered)
    }

    /// A summary in one sentence.
    pub fn summary(&self) -> String {
        summary::sentence(self)
    }

    /// Adds the info of the Pod's node: its files, and what its kubelet does not do.
    pub fn add_node_info(&mut self, node: &NodeInfo) {
        self.fix_context.clues.add_node_info(node);
        if node.verifies_credentials() == Some(false) {
            never_policy::rule_out_verification(self);
        }
    }

    /// Whether the info of the Pod's node may change it.
    pub fn depends_on_node(&self) -> bool {
        never_policy::rests_on_verification(self)
            || self.fixes.iter().any(|fix| fix.depends_on_node())
    }

    /// The fixes with the names of this context.
    pub fn filled_fixes(&self) -> Vec<Fix> {
        render_fixes(&self.fixes, &self.fix_context)
    }
}

/// Diagnoses a Pod; a healthy Pod has no findings.
pub fn diagnose(context: &PodContext) -> Diagnosis {
    let mut findings: Vec<Finding> = pull_error::pull_errors(context)
        .into_iter()
        .map(|told| finding(context, &told))
        .collect();
    if findings.is_empty() && !pod_status(&context.pod).health.is_sound() {
        findings.extend(pending_findings::pod(context));
    }
    Diagnosis { findings }
}

fn finding(context: &PodContext, told: &PullError<'_>) -> Finding {
    let mut draft = FindingBuilder::from_message(classify(told.text));
    draft.evidence.push(told.evidence());
    match ImageRef::parse(told.attempt.image()) {
        Err(error) => {
            image_evidence::conclude_invalid_reference(&mut draft, context, told.attempt, &error);
            did_you_mean::refine(&mut draft, context, told.attempt.image());
        }
        Ok(parsed) => {
            let pull = PullContext {
                context,
                told,
                image: &parsed,
            };
            draft.cause.handler().refine.apply(&mut draft, &pull);
            image_evidence::refine(&mut draft, context, told.attempt, &parsed);
            moved::refine(&mut draft, told.text, &parsed);
            did_you_mean::refine(&mut draft, context, told.attempt.image());
            mirror::refine(&mut draft, context, told, &parsed);
        }
    }
    finish(context, told.attempt, told.reason, draft)
}

fn finish(
    context: &PodContext,
    attempt: PullAttempt<'_>,
    reason: &Arc<str>,
    mut draft: FindingBuilder,
) -> Finding {
    if context.secrets_visibility != Visibility::Forbidden {
        // Nobody has been refused: the list is not read to its end, or will be.
        draft.fixes.retain(|fix| *fix != FixId::CheckSecret);
    }
    let fix_context = fix_context::build(context, attempt, &draft);
    if let Some(secret) = fix_context.secret.as_deref() {
        immutable::replace_edits(&mut draft, context, secret);
    }
    let confidence = draft.confidence();
    let settle = open_questions(confidence, draft.cause, &draft.alternatives);
    let fixes = fix_context.applicable_fixes(draft.fixes, draft.root);
    let mut evidence = draft.evidence;
    evidence.extend(managers_of_first_fix(&fixes, &fix_context));
    Finding {
        container: Some(Arc::clone(&attempt.container.name)),
        image: Some(Arc::clone(attempt.image())),
        target: Some(attempt.target()),
        state: Arc::clone(reason),
        cause: draft.cause,
        root: draft.root,
        confidence,
        alternatives: draft.alternatives,
        evidence,
        confirming_checks: settle,
        fixes: fixes.into_iter().take(MAX_FIXES).collect(),
        fix_context,
        crashed: draft.crashed,
    }
}

/// What keeps the objects that the first fix changes.
fn managers_of_first_fix(
    fixes: &[FixId],
    fix_context: &FixContext,
) -> impl Iterator<Item = Evidence> {
    let notes = fixes.iter().map(|fix| fix.manager_notes(fix_context));
    let first: Vec<_> = notes.take(1).flatten().collect();
    first.into_iter().map(|(object, text)| {
        let text = text.trim_end_matches('.').to_owned();
        let source = match object {
            AnyObjectRef::Secret(_) => EvidenceSource::Secret,
            AnyObjectRef::ServiceAccount(_) => EvidenceSource::ServiceAccount,
            AnyObjectRef::Pod(_) => EvidenceSource::Pod,
            AnyObjectRef::Workload(_) | AnyObjectRef::Namespace(_) => EvidenceSource::Workload,
        };
        Evidence::now(Fact::Managed { text }, source)
    })
}

/// What would tell these causes apart; nothing where it is certain which one it is.
fn open_questions(confidence: Confidence, cause: Cause, alternatives: &[Cause]) -> Vec<String> {
    if confidence == Confidence::Certain {
        return Vec::new();
    }
    let causes = std::iter::once(cause).chain(alternatives.iter().copied());
    causes.map(Cause::how_to_confirm).collect()
}
