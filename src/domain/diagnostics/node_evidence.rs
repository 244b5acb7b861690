//! Applies what is known of the Pod's node to a finding: the mirrors that are asked first, the verification of images
//! that are on the node, the queue of its pulls, its image garbage collection and its credential providers.
//!
//! It is added where it bears on the cause, and changes the judgement where it proves something: a copy of the image on
//! the node, a policy that verifies nothing, a kubelet without a credential provider.

use std::sync::Arc;

use super::{
    Evidence, EvidenceSource, Fact, Finding, RootCause,
    node_answers::{self, NodeAnswers, NodeQuestion},
    open_questions, pending_findings,
};
use crate::domain::{
    context::{MAX_PULLS, PodContext},
    diagnostics::{Cause, FixId, MAX_FIXES, classify::Confidence},
    k8s::objects::PullPolicy,
    node::{
        CredentialVerificationPolicy, KubeletConfig, KubeletMetrics, NodeFacts, NodeStatus,
        RegistryConfig,
    },
    registry_auth::image_ref::ImageRef,
};

/// What is known of a Pod's node.
#[derive(Clone, Copy, Debug)]
pub struct NodeKnowledge<'a> {
    /// What the node and its kubelet say of themselves.
    pub facts: Option<&'a NodeFacts>,
    /// The registry configuration that a Pod has read there.
    pub registries: Option<&'a RegistryConfig>,
    /// What the API server says of it.
    pub answers: &'a NodeAnswers,
}

impl NodeKnowledge<'_> {
    /// Adds it to a finding: the facts first, as they may leave nothing to ask.
    pub fn apply(&self, finding: &mut Finding, case: &PodContext) {
        if let Some(facts) = self.facts {
            apply_facts(finding, case, facts, self.registries);
        }
        self.answers.apply(finding);
    }

    /// What would say more of a finding to which this was added.
    pub fn questions(&self, finding: &Finding) -> Vec<NodeQuestion> {
        let status = self.facts.and_then(|facts| facts.status.known());
        node_answers::questions(finding, status.is_some())
    }
}

/// Adds what the node says of itself.
fn apply_facts(
    finding: &mut Finding,
    case: &PodContext,
    facts: &NodeFacts,
    registries: Option<&RegistryConfig>,
) {
    if let Some(status) = facts.status.known() {
        finding.add_node_info(&status.info);
    }
    let image = finding.image.as_deref();
    let Some(image) = image.and_then(|image| ImageRef::parse(image).ok()) else {
        return;
    };
    let mut node = NodeEvidence {
        name: &facts.name,
        finding,
        image,
    };
    if let Some(registries) = registries {
        node.add_mirrors(registries);
    }
    node.add_verification(case, facts.config.known(), facts.status.known());
    if let Some(config) = facts.config.known() {
        node.judge_queue(case, config);
        node.add_garbage_collection(config, facts.status.known());
    }
    if let Some(metrics) = facts.metrics.known() {
        node.add_providers(metrics, facts.status.known());
    }
}

struct NodeEvidence<'a> {
    name: &'a Arc<str>,
    finding: &'a mut Finding,
    image: ImageRef,
}

impl NodeEvidence<'_> {
    fn add(&mut self, fact: Fact) {
        let evidence = Evidence::now(fact, EvidenceSource::Node);
        self.finding.evidence.push(evidence);
    }

    fn name(&self) -> Arc<str> {
        Arc::clone(self.name)
    }

    /// Every pull goes to the mirrors first, whatever became of it.
    fn add_mirrors(&mut self, registries: &RegistryConfig) {
        if !self.finding.is_pull() {
            return;
        }
        let Some(hosts) = registries.endpoints(&self.image) else {
            return;
        };
        let file: Arc<str> = hosts.file.as_str().into();
        if hosts.is_blocked {
            self.add(Fact::NodeBlocksRegistry {
                node: self.name(),
                file: Arc::clone(&file),
            });
        }
        let mirrors = registries.mirrors(&self.image).into_iter();
        let mirrors: Vec<Arc<str>> = mirrors.map(|it| it.location.as_str().into()).collect();
        if !mirrors.is_empty() {
            self.add(Fact::NodeAsksMirrors {
                node: self.name(),
                registry: self.image.host().into(),
                mirrors,
                file,
            });
        }
    }

    /// Whether the image is on the node, and who may use it then (KEP-2535).
    fn add_verification(
        &mut self,
        case: &PodContext,
        config: Option<&KubeletConfig>,
        status: Option<&NodeStatus>,
    ) {
        if !self.rests_on_local_image(case) {
            return;
        }
        let is_listed = status.is_some_and(|status| status.lists(&self.image));
        let policy = config.and_then(|config| config.verification.as_ref());
        if let Some(policy) = policy {
            self.add(Fact::NodeVerifies {
                node: self.name(),
                policy: policy.to_string().into(),
                has_image: is_listed,
            });
        } else if is_listed {
            self.add(Fact::NodeListsImage { node: self.name() });
        }
        let is_never = matches!(
            self.finding.cause,
            Cause::NeverPullAbsent | Cause::CredentialsNotVerified
        );
        if !is_never {
            return;
        }
        if policy == Some(&CredentialVerificationPolicy::NeverVerify) {
            self.conclude(
                Cause::NeverPullAbsent,
                Cause::CredentialsNotVerified,
                Confidence::Certain,
            );
        } else if is_listed && policy.is_some() {
            self.conclude(
                Cause::CredentialsNotVerified,
                Cause::NeverPullAbsent,
                Confidence::Likely,
            );
        }
    }

    /// Whether a copy on the node would have been enough.
    fn rests_on_local_image(&self, case: &PodContext) -> bool {
        let name = self.finding.container.as_ref();
        let mut containers = case.pod.containers.iter();
        let container = containers.find(|container| Some(&container.name) == name);
        let is_pulled_always = container.is_some_and(|it| it.policy == PullPolicy::Always);
        let asks_for_credential = matches!(
            self.finding.cause,
            Cause::NeverPullAbsent
                | Cause::CredentialsNotVerified
                | Cause::NoCredentialsSent
                | Cause::Unauthorized
        );
        asks_for_credential && !is_pulled_always
    }

    fn conclude(&mut self, cause: Cause, other: Cause, confidence: Confidence) {
        let finding = &mut *self.finding;
        if finding.cause != cause {
            finding.cause = cause;
            finding.root = RootCause::from_cause(cause);
            let fixes = cause.info().fixes.iter().copied();
            finding.fixes = finding.fix_context.applicable_fixes(fixes, finding.root);
            finding.fixes.truncate(MAX_FIXES);
        }
        finding
            .alternatives
            .retain(|it| *it != cause && *it != other);
        if confidence != Confidence::Certain {
            finding.alternatives.insert(0, other);
        }
        finding.confidence = confidence;
        finding.confirming_checks = open_questions(confidence, cause, &finding.alternatives);
    }

    /// Whether a pull that others were asked for before waits for them.
    fn judge_queue(&mut self, case: &PodContext, config: &KubeletConfig) {
        if self.finding.root != Some(RootCause::PullQueued) {
            return;
        }
        let Some(concurrency) = config.pull_concurrency() else {
            return;
        };
        let ahead = case.pulls_ahead.len();
        let limit = concurrency.limit();
        if limit.is_some_and(|most| ahead >= most) {
            pending_findings::prove_queue(self.finding, concurrency);
        } else if limit.is_none() || ahead < MAX_PULLS {
            pending_findings::rule_out_queue(self.finding);
        }
    }

    /// Why an image that ran here before may be gone.
    fn add_garbage_collection(&mut self, config: &KubeletConfig, status: Option<&NodeStatus>) {
        let Some(percent) = config.image_gc_high_threshold_percent else {
            return;
        };
        if self.finding.cause == Cause::NeverPullAbsent {
            let max_age = config.image_maximum_gc_age.as_deref();
            let max_age = max_age.filter(|age| !matches!(*age, "" | "0s"));
            self.add(Fact::NodeDeletesImages {
                node: self.name(),
                percent,
                max_age: max_age.map(Into::into),
                has_disk_pressure: status.is_some_and(|status| status.has_disk_pressure),
            });
        }
    }

    /// Whether the kubelet has a credential provider, and whether it works.
    fn add_providers(&mut self, metrics: &KubeletMetrics, status: Option<&NodeStatus>) {
        let is_suspect = |finding: &Finding| {
            finding.cause == Cause::CredentialProviderFailure
                || finding
                    .alternatives
                    .contains(&Cause::CredentialProviderFailure)
        };
        if !is_suspect(self.finding) {
            return;
        }
        for (plugin, errors) in metrics
            .provider_errors
            .iter()
            .filter(|(_, errors)| **errors > 0)
        {
            let calls = metrics.provider_calls.get(plugin).copied();
            self.add(Fact::NodeProviderFails {
                node: self.name(),
                plugin: plugin.as_str().into(),
                errors: *errors,
                calls,
            });
        }
        let reports_providers = status.and_then(|status| minor(&status.info.kubelet_version));
        if metrics.provider_config_hash.is_none() && reports_providers.is_some_and(|it| it >= 34) {
            self.add(Fact::NodeHasNoProvider { node: self.name() });
            let finding = &mut *self.finding;
            if finding.cause != Cause::CredentialProviderFailure {
                finding
                    .alternatives
                    .retain(|cause| *cause != Cause::CredentialProviderFailure);
                finding
                    .fixes
                    .retain(|fix| *fix != FixId::CredentialProvider);
                let (confidence, cause) = (finding.confidence, finding.cause);
                finding.confirming_checks =
                    open_questions(confidence, cause, &finding.alternatives);
            }
        }
    }
}

/// 34 of `v1.34.2+k3s1`.
fn minor(version: &str) -> Option<u32> {
    let rest = version.strip_prefix("v1.")?;
    let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
#[path = "node_evidence/tests.rs"]
mod tests;
