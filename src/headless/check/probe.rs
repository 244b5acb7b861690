//! `--probe`: asks the registries too, with the credentials that the failing Pods list.
//!
//! The question is put from this machine, which may see the registry otherwise than the node does.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use super::findings::{CheckFindings, DiagnosedPod};
use crate::{
    cluster::{Connection, Trouble, fetch, nodes},
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

/// Registries asked at the same time.
const MAX_CONCURRENT: usize = 8;

/// What a registry says of an image, or why it was not asked.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ProbeOutcome {
    Answered(Box<ProbeResult>),
    Failed { error: String },
}

/// One image, asked for with these Secrets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ProbeRequest {
    namespace: Namespace,
    secrets: Arc<[Name<Secret>]>,
    image: String,
}

/// The answers; Pods of one template share theirs.
#[derive(Debug, Default)]
pub(super) struct ProbeOutcomes(BTreeMap<ProbeRequest, Arc<ProbeOutcome>>);

impl ProbeOutcomes {
    pub(super) fn outcome_for(
        &self,
        checked: &DiagnosedPod,
        finding: &Finding,
    ) -> Option<Arc<ProbeOutcome>> {
        let question = ProbeRequest::for_finding(checked, finding)?;
        self.0.get(&question).map(Arc::clone)
    }

    /// Adds to each finding what the registry says of its image; of a Pod that runs, a refusal is the
    /// finding.
    pub(super) fn apply_to(&self, found: &mut CheckFindings, now: Timestamp) {
        for checked in &mut found.pods {
            let mut findings = std::mem::take(&mut checked.findings);
            for finding in &mut findings {
                if let Some(ProbeOutcome::Answered(verified)) =
                    self.outcome_for(checked, finding).as_deref()
                {
                    diagnostics::apply_probe(
                        finding,
                        verified.conclusion(),
                        diagnostics::EvidenceSource::Registry,
                        now,
                    );
                }
            }
            if checked.is_running {
                findings.extend(self.preflight_refusals(&checked.context, &findings, now));
            }
            checked.findings = findings;
        }
    }

    /// What is refused of the images of which nothing is found yet.
    fn preflight_refusals(
        &self,
        case: &PodContext,
        found: &[Finding],
        now: Timestamp,
    ) -> Vec<Finding> {
        let images: BTreeSet<&str> = case.pod.containers.iter().map(|it| &*it.image).collect();
        let open = images
            .into_iter()
            .filter(|image| found.iter().all(|it| it.image.as_deref() != Some(image)));
        open.filter_map(|image| {
            let ProbeOutcome::Answered(verified) =
                &**self.0.get(&ProbeRequest::for_image(case, image))?
            else {
                return None;
            };
            Some(diagnostics::preflight_refusal(
                case,
                image,
                verified.conclusion(),
                now,
            ))
        })
        .flatten()
        .collect()
    }

    /// Each image with its answer, once per namespace and list of Secrets.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Namespace, &str, &ProbeOutcome)> {
        self.0
            .iter()
            .map(|(question, probed)| (&question.namespace, &*question.image, &**probed))
    }
}

impl ProbeRequest {
    fn for_image(case: &PodContext, image: &str) -> Self {
        Self {
            namespace: case.pod.key.namespace.clone(),
            secrets: Arc::clone(&case.pod.pull_secrets),
            image: image.to_owned(),
        }
    }

    fn for_finding(checked: &DiagnosedPod, finding: &Finding) -> Option<Self> {
        let image = finding.image.as_deref().filter(|_| finding.is_pull())?;
        Some(Self::for_image(&checked.context, image))
    }

    /// All that is to be asked for a Pod.
    fn for_pod(checked: &DiagnosedPod) -> Vec<Self> {
        if checked.is_running {
            let containers = checked.context.pod.containers.iter();
            return containers
                .map(|it| Self::for_image(&checked.context, &it.image))
                .collect();
        }
        let findings = checked.findings.iter();
        findings
            .filter_map(|it| Self::for_finding(checked, it))
            .collect()
    }
}

/// Asks for every image of which a pull is said to fail, and for all of the Pods that run, if those are
/// looked into.
pub(super) async fn probe_all(
    connection: &Connection,
    prober: &Prober,
    found: &CheckFindings,
    progress: &Progress,
) -> ProbeOutcomes {
    let mut questions: Vec<ProbeRequest> =
        found.pods.iter().flat_map(ProbeRequest::for_pod).collect();
    questions.sort();
    questions.dedup();
    let all = questions.len();
    // Whoever may not list nodes gets images that are not compared with them.
    let nodes = if all > 0 {
        nodes::platforms(connection).await.ok()
    } else {
        None
    };
    let wanted = &nodes.map(TargetPlatforms::Nodes).unwrap_or_default();
    let answers = stream::iter(questions).map(|question| async move {
        let probed = match probe_one(connection, prober, &question, wanted).await {
            Ok(verified) => ProbeOutcome::Answered(Box::new(verified)),
            Err(error) => ProbeOutcome::Failed { error },
        };
        (question, Arc::new(probed))
    });
    let mut answers = std::pin::pin!(answers.buffer_unordered(MAX_CONCURRENT));
    let mut kept = BTreeMap::new();
    progress.update(&format!("asking registries: 0 of {all}"));
    while let Some((question, probed)) = answers.next().await {
        kept.insert(question, probed);
        progress.update(&format!("asking registries: {} of {all}", kept.len()));
    }
    ProbeOutcomes(kept)
}

async fn probe_one(
    connection: &Connection,
    prober: &Prober,
    question: &ProbeRequest,
    wanted: &TargetPlatforms,
) -> Result<ProbeResult, String> {
    let image = ImageRef::parse(&question.image).map_err(|error| error.to_string())?;
    let mut sources = Vec::new();
    for name in question.secrets.iter() {
        let key = ObjectRef::new(question.namespace.clone(), name.clone());
        match fetch::pull_secret(connection, &key).await {
            Ok(secret) => sources.push(SecretSource {
                name: name.to_string(),
                config: secret.config,
            }),
            // The kubelet skips a Secret that is not there.
            Err(Trouble::NotFound(_)) => {}
            Err(trouble) => return Err(format!("cannot read Secret {key}: {trouble}")),
        }
    }
    verify::probe_with_sources(prober, &image, &sources, wanted).await
}

impl ProbeOutcome {
    /// Whether the registry gives the image; `None` when it was not asked.
    pub(super) fn answer(&self) -> Option<PullAnswer> {
        match self {
            Self::Answered(verified) => Some(verified.answer()),
            Self::Failed { .. } => None,
        }
    }

    /// One line for people.
    pub(super) fn summary_line(&self) -> String {
        match self {
            Self::Answered(verified) => verified.summary_line(),
            Self::Failed { error } => format!("not asked: {error}"),
        }
    }
}
