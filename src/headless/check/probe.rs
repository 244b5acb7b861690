//! `--probe`: asks the registries too, with the pull secrets of the failing Pods.
//!
//! It asks from this machine, which may reach other registries than the node.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use super::findings::{CheckFindings, DiagnosedPod};
use crate::{
    cluster::{ApiError, Connection, nodes, secret_values},
    domain::{
        context::PodContext,
        diagnostics::{self, Finding},
        k8s::{
            object_ref::{Name, Namespace, ObjectRef},
            objects::Secret,
        },
        probe::{PullAnswer, TargetPlatforms},
        registry_auth::image_ref::ImageRef,
    },
    headless::{console::Progress, probe_result::ProbeResult, secrets::SecretSource, verify},
    registry::Prober,
};

/// Probes at the same time.
const MAX_CONCURRENT: usize = 8;

/// Result for an image, or why it was not probed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ProbeOutcome {
    Answered(Box<ProbeResult>),
    Failed { error: String },
}

/// An image, and the pull secrets to probe it with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ProbeRequest {
    namespace: Namespace,
    secrets: Arc<[Name<Secret>]>,
    image: String,
    whose: SecretsOf,
}

/// Which Secrets an image is probed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SecretsOf {
    /// What the Pod lists.
    Pod,
    /// The one that a fix would attach.
    Fix,
}

/// Outcomes by request; Pods of one template share theirs.
#[derive(Debug, Default)]
pub(super) struct ProbeOutcomes(BTreeMap<ProbeRequest, Arc<ProbeOutcome>>);

impl ProbeOutcomes {
    pub(super) fn outcome_for(
        &self,
        pod: &DiagnosedPod,
        finding: &Finding,
    ) -> Option<Arc<ProbeOutcome>> {
        let request = ProbeRequest::for_finding(pod, finding)?;
        self.0.get(&request).map(Arc::clone)
    }

    /// Adds outcomes to findings; a running Pod gets a finding for an image that is refused.
    pub(super) fn apply_to(&self, findings: &mut CheckFindings, now: Timestamp) {
        for pod in &mut findings.pods {
            let mut findings = std::mem::take(&mut pod.findings);
            for finding in &mut findings {
                if let Some(ProbeOutcome::Answered(verified)) =
                    self.outcome_for(pod, finding).as_deref()
                {
                    diagnostics::apply_probe(
                        finding,
                        verified.conclusion(),
                        diagnostics::EvidenceSource::Registry,
                        now,
                    );
                }
                let attachable = ProbeRequest::for_attachable(pod, finding);
                let outcome = attachable.and_then(|request| self.0.get(&request));
                if let Some(ProbeOutcome::Answered(verified)) = outcome.map(|it| &**it) {
                    diagnostics::apply_attach_probe(finding, verified.conclusion(), now);
                }
                let suggested = ProbeRequest::for_suggestion(pod, finding);
                let outcome = suggested.and_then(|request| self.0.get(&request));
                if let Some(ProbeOutcome::Answered(verified)) = outcome.map(|it| &**it) {
                    diagnostics::apply_suggestion_probe(finding, verified.conclusion(), now);
                }
            }
            if pod.is_running {
                findings.extend(self.preflight_refusals(&pod.context, &findings, now));
            }
            pod.findings = findings;
        }
    }

    /// Findings for refused images that have none yet.
    fn preflight_refusals(
        &self,
        context: &PodContext,
        findings: &[Finding],
        now: Timestamp,
    ) -> Vec<Finding> {
        let images: BTreeSet<&str> = context.pod.containers.iter().map(|it| &*it.image).collect();
        let open = images
            .into_iter()
            .filter(|image| findings.iter().all(|it| it.image.as_deref() != Some(image)));
        open.filter_map(|image| {
            let ProbeOutcome::Answered(verified) =
                &**self.0.get(&ProbeRequest::for_image(context, image))?
            else {
                return None;
            };
            Some(diagnostics::preflight_refusal(
                context,
                image,
                verified.conclusion(),
                now,
            ))
        })
        .flatten()
        .collect()
    }

    /// Outcomes with what Pods list, one per namespace, image and list of Secrets.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Namespace, &str, &ProbeOutcome)> {
        let outcomes = self.0.iter();
        outcomes
            .filter(|(request, _)| request.whose == SecretsOf::Pod)
            .map(|(request, outcome)| (&request.namespace, &*request.image, &**outcome))
    }
}

impl ProbeRequest {
    fn for_image(context: &PodContext, image: &str) -> Self {
        Self {
            namespace: context.pod.key.namespace.clone(),
            secrets: Arc::clone(&context.pod.pull_secrets),
            image: image.to_owned(),
            whose: SecretsOf::Pod,
        }
    }

    fn for_finding(pod: &DiagnosedPod, finding: &Finding) -> Option<Self> {
        let image = finding.image.as_deref().filter(|_| finding.is_pull())?;
        Some(Self::for_image(&pod.context, image))
    }

    /// The request for the image that a finding suggests.
    fn for_suggestion(pod: &DiagnosedPod, finding: &Finding) -> Option<Self> {
        let image = finding.fix_context.suggested_image.as_deref()?;
        Some(Self::for_image(&pod.context, image))
    }

    /// The request for the image with the Secret that a fix would attach.
    fn for_attachable(pod: &DiagnosedPod, finding: &Finding) -> Option<Self> {
        let image = finding.image.as_deref()?;
        Some(Self {
            secrets: Arc::from([Name::new(finding.attachable_secret()?)]),
            whose: SecretsOf::Fix,
            ..Self::for_image(&pod.context, image)
        })
    }

    /// All requests for a Pod.
    fn for_pod(pod: &DiagnosedPod) -> Vec<Self> {
        if pod.is_running {
            let containers = pod.context.pod.containers.iter();
            return containers
                .map(|it| Self::for_image(&pod.context, &it.image))
                .collect();
        }
        let findings = pod.findings.iter();
        findings
            .flat_map(|it| {
                let own = Self::for_finding(pod, it);
                own.into_iter()
                    .chain(Self::for_suggestion(pod, it))
                    .chain(Self::for_attachable(pod, it))
            })
            .collect()
    }
}

/// Probes every image whose pull fails, and all images of Pods that run and were diagnosed.
pub(super) async fn probe_all(
    connection: &Connection,
    prober: &Prober,
    findings: &CheckFindings,
    progress: &Progress,
) -> ProbeOutcomes {
    let mut requests: Vec<ProbeRequest> = findings
        .pods
        .iter()
        .flat_map(ProbeRequest::for_pod)
        .collect();
    requests.sort();
    requests.dedup();
    // Whoever may not list nodes gets images that are not compared with them.
    let nodes = if requests.is_empty() {
        None
    } else {
        nodes::platforms(connection).await.ok()
    };
    let platforms = &nodes.map(TargetPlatforms::Nodes).unwrap_or_default();
    let mut kept = probe_each(connection, prober, requests, platforms, progress).await;
    // What the registries suggest is tested before it is proposed.
    let suggested = suggested_requests(&kept);
    kept.extend(probe_each(connection, prober, suggested, platforms, progress).await);
    ProbeOutcomes(kept)
}

/// Requests for the images that registries suggest in place of those that were asked for.
fn suggested_requests(
    outcomes: &BTreeMap<ProbeRequest, Arc<ProbeOutcome>>,
) -> BTreeSet<ProbeRequest> {
    let suggested = outcomes.iter().filter_map(|(request, outcome)| {
        let ProbeOutcome::Answered(verified) = &**outcome else {
            return None;
        };
        Some(ProbeRequest {
            image: verified.conclusion().suggestion.clone()?,
            ..request.clone()
        })
    });
    suggested
        .filter(|request| !outcomes.contains_key(request))
        .collect()
}

async fn probe_each(
    connection: &Connection,
    prober: &Prober,
    requests: impl IntoIterator<Item = ProbeRequest, IntoIter: ExactSizeIterator>,
    platforms: &TargetPlatforms,
    progress: &Progress,
) -> BTreeMap<ProbeRequest, Arc<ProbeOutcome>> {
    let requests = requests.into_iter();
    let all = requests.len();
    let outcomes = stream::iter(requests).map(|request| async move {
        let outcome = match probe_one(connection, prober, &request, platforms).await {
            Ok(verified) => ProbeOutcome::Answered(Box::new(verified)),
            Err(error) => ProbeOutcome::Failed { error },
        };
        (request, Arc::new(outcome))
    });
    let mut outcomes = std::pin::pin!(outcomes.buffer_unordered(MAX_CONCURRENT));
    let mut kept = BTreeMap::new();
    if all > 0 {
        progress.update(&format!("testing registries: 0 of {all}"));
    }
    while let Some((request, outcome)) = outcomes.next().await {
        kept.insert(request, outcome);
        progress.update(&format!("testing registries: {} of {all}", kept.len()));
    }
    kept
}

async fn probe_one(
    connection: &Connection,
    prober: &Prober,
    request: &ProbeRequest,
    platforms: &TargetPlatforms,
) -> Result<ProbeResult, String> {
    let image = ImageRef::parse(&request.image).map_err(|error| error.to_string())?;
    let mut sources = Vec::new();
    for name in request.secrets.iter() {
        let key = ObjectRef::new(request.namespace.clone(), name.clone());
        match secret_values::pull_secret(connection, &key).await {
            Ok(secret) => sources.push(SecretSource {
                name: name.to_string(),
                config: secret.config,
            }),
            // The kubelet skips a Secret that is not there.
            Err(ApiError::NotFound(_)) => {}
            Err(error) => return Err(format!("cannot read Secret {key}: {error}")),
        }
    }
    verify::probe_with_sources(prober, &image, &sources, platforms).await
}

impl ProbeOutcome {
    /// Whether the image can be pulled; `None` when it was not probed.
    pub(super) fn answer(&self) -> Option<PullAnswer> {
        match self {
            Self::Answered(verified) => Some(verified.answer()),
            Self::Failed { .. } => None,
        }
    }

    /// Summary in one line.
    pub(super) fn summary_line(&self) -> String {
        match self {
            Self::Answered(verified) => verified.summary_line(),
            Self::Failed { error } => format!("not tested: {error}"),
        }
    }
}
