//! `--probe`: asks the registries too, with the credentials that the failing Pods list.
//!
//! The question is put from this machine, which may see the registry otherwise than the node does.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use super::findings::{Checked, Found};
use crate::{
    cluster::{Connection, Trouble, fetch},
    domain::{
        diagnose::{self, Finding},
        image::ImageRef,
        key::{Key, Name, Namespace},
        objects::Secret,
        problem::Problem,
    },
    headless::{
        verified::Verified,
        verify::{self, Source},
    },
    registry::{Prober, Settings},
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
}

impl Answers {
    /// Adds to each finding what the registry says of its image.
    pub(super) fn settle(&self, found: &mut Found, now: Timestamp) {
        for checked in &mut found.pods {
            let mut findings = std::mem::take(&mut checked.findings);
            for finding in &mut findings {
                if let Some(Probed::Answered(verified)) = self.to(checked, finding).as_deref() {
                    diagnose::settle(finding, verified.verdict(), diagnose::Source::Registry, now);
                }
            }
            checked.findings = findings;
        }
    }
}

impl Question {
    fn of(checked: &Checked, finding: &Finding) -> Option<Self> {
        let image = finding.image.as_deref().filter(|_| finding.is_pull())?;
        Some(Self {
            namespace: checked.case.pod.key.namespace.clone(),
            secrets: Arc::clone(&checked.case.pod.pull_secrets),
            image: image.to_owned(),
        })
    }
}

/// Asks for every image of which a pull is said to fail.
pub(super) async fn ask(
    connection: &Connection,
    asking: Settings,
    found: &Found,
) -> Result<Answers, Problem> {
    let prober = Prober::new(asking)
        .map_err(|error| Problem::new("cannot ask registries").because(error.to_string()))?;
    let rows = found.pods.iter();
    let mut questions: Vec<Question> = rows
        .flat_map(|checked| checked.findings.iter().map(move |it| (checked, it)))
        .filter_map(|(checked, finding)| Question::of(checked, finding))
        .collect();
    questions.sort();
    questions.dedup();
    let answers = stream::iter(questions).map(|question| {
        let prober = &prober;
        async move {
            let probed = match answer(connection, prober, &question).await {
                Ok(verified) => Probed::Answered(Box::new(verified)),
                Err(error) => Probed::Failed { error },
            };
            (question, Arc::new(probed))
        }
    });
    Ok(Answers(answers.buffer_unordered(AT_ONCE).collect().await))
}

async fn answer(
    connection: &Connection,
    prober: &Prober,
    question: &Question,
) -> Result<Verified, String> {
    let image = ImageRef::parse(&question.image).map_err(|error| error.to_string())?;
    let mut sources = Vec::new();
    for name in question.secrets.iter() {
        let key = Key::new(question.namespace.clone(), name.clone());
        match fetch::pull_secret(connection, &key).await {
            Ok(secret) => sources.push(Source {
                name: name.to_string(),
                config: secret.config,
            }),
            // The kubelet skips a Secret that is not there.
            Err(Trouble::NotFound(_)) => {}
            Err(trouble) => return Err(format!("cannot read Secret {key}: {trouble}")),
        }
    }
    verify::ask(prober, &image, &sources, &[]).await
}

impl Probed {
    /// One line for people.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Answered(verified) => verified.line(),
            Self::Failed { error } => format!("not asked: {error}"),
        }
    }
}
