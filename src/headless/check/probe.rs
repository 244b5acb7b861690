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

use super::findings::{Checked, Found};
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
    headless::{console::Progress, secrets::Source, verified::Verified, verify},
    registry::Prober,
};

/// Registries asked at the same time.
const AT_ONCE: usize = 8;

/// What a registry says of an image, or why it was not asked.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Probed {
    Answered(Box<Verified>),
    Failed { error: String },
}

/// One image, asked for with these Secrets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    namespace: Namespace,
    secrets: Arc<[Name<Secret>]>,
    image: String,
}

/// The answers; Pods of one template share theirs.
#[derive(Debug, Default)]
pub(super) struct Answers(BTreeMap<Question, Arc<Probed>>);

impl Answers {
    pub(super) fn to(&self, checked: &Checked, finding: &Finding) -> Option<Arc<Probed>> {
        let question = Question::of(checked, finding)?;
        self.0.get(&question).map(Arc::clone)
    }

    /// Adds to each finding what the registry says of its image; of a Pod that runs, a refusal is the
    /// finding.
    pub(super) fn settle(&self, found: &mut Found, now: Timestamp) {
        for checked in &mut found.pods {
            let mut findings = std::mem::take(&mut checked.findings);
            for finding in &mut findings {
                if let Some(Probed::Answered(verified)) = self.to(checked, finding).as_deref() {
                    diagnostics::apply_probe(
                        finding,
                        verified.verdict(),
                        diagnostics::EvidenceSource::Registry,
                        now,
                    );
                }
            }
            if checked.runs {
                findings.extend(self.refusals(&checked.case, &findings, now));
            }
            checked.findings = findings;
        }
    }

    /// What is refused of the images of which nothing is found yet.
    fn refusals(&self, case: &PodContext, found: &[Finding], now: Timestamp) -> Vec<Finding> {
        let images: BTreeSet<&str> = case.pod.containers.iter().map(|it| &*it.image).collect();
        let open = images
            .into_iter()
            .filter(|image| found.iter().all(|it| it.image.as_deref() != Some(image)));
        open.filter_map(|image| {
            let Probed::Answered(verified) = &**self.0.get(&Question::about(case, image))? else {
                return None;
            };
            Some(diagnostics::preflight_refusal(
                case,
                image,
                verified.verdict(),
                now,
            ))
        })
        .flatten()
        .collect()
    }

    /// Each image with its answer, once per namespace and list of Secrets.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Namespace, &str, &Probed)> {
        self.0
            .iter()
            .map(|(question, probed)| (&question.namespace, &*question.image, &**probed))
    }
}

impl Question {
    fn about(case: &PodContext, image: &str) -> Self {
        Self {
            namespace: case.pod.key.namespace.clone(),
            secrets: Arc::clone(&case.pod.pull_secrets),
            image: image.to_owned(),
        }
    }

    fn of(checked: &Checked, finding: &Finding) -> Option<Self> {
        let image = finding.image.as_deref().filter(|_| finding.is_pull())?;
        Some(Self::about(&checked.case, image))
    }

    /// All that is to be asked for a Pod.
    fn all(checked: &Checked) -> Vec<Self> {
        if checked.runs {
            let containers = checked.case.pod.containers.iter();
            return containers
                .map(|it| Self::about(&checked.case, &it.image))
                .collect();
        }
        let findings = checked.findings.iter();
        findings.filter_map(|it| Self::of(checked, it)).collect()
    }
}

/// Asks for every image of which a pull is said to fail, and for all of the Pods that run, if those are
/// looked into.
pub(super) async fn ask(
    connection: &Connection,
    prober: &Prober,
    found: &Found,
    progress: &Progress,
) -> Answers {
    let mut questions: Vec<Question> = found.pods.iter().flat_map(Question::all).collect();
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
        let probed = match answer(connection, prober, &question, wanted).await {
            Ok(verified) => Probed::Answered(Box::new(verified)),
            Err(error) => Probed::Failed { error },
        };
        (question, Arc::new(probed))
    });
    let mut answers = std::pin::pin!(answers.buffer_unordered(AT_ONCE));
    let mut kept = BTreeMap::new();
    progress.say(&format!("testing registries: 0 of {all}"));
    while let Some((question, probed)) = answers.next().await {
        kept.insert(question, probed);
        progress.say(&format!("testing registries: {} of {all}", kept.len()));
    }
    Answers(kept)
}

async fn answer(
    connection: &Connection,
    prober: &Prober,
    question: &Question,
    wanted: &TargetPlatforms,
) -> Result<Verified, String> {
    let image = ImageRef::parse(&question.image).map_err(|error| error.to_string())?;
    let mut sources = Vec::new();
    for name in question.secrets.iter() {
        let key = ObjectRef::new(question.namespace.clone(), name.clone());
        match secret_values::pull_secret(connection, &key).await {
            Ok(secret) => sources.push(Source {
                name: name.to_string(),
                config: secret.config,
            }),
            // The kubelet skips a Secret that is not there.
            Err(ApiError::NotFound(_)) => {}
            Err(trouble) => return Err(format!("cannot read Secret {key}: {trouble}")),
        }
    }
    verify::ask(prober, &image, &sources, wanted).await
}

impl Probed {
    /// Whether the registry gives the image; `None` when it was not asked.
    pub(super) fn answer(&self) -> Option<PullAnswer> {
        match self {
            Self::Answered(verified) => Some(verified.answer()),
            Self::Failed { .. } => None,
        }
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Answered(verified) => verified.line(),
            Self::Failed { error } => format!("not tested: {error}"),
        }
    }
}
