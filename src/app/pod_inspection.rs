//! The inspected Pod of the chain strip and the detail area, with its diagnosis: recomputed when the store
//! has changed or another Pod is selected.

use std::sync::Arc;

use jiff::Timestamp;

use super::{diagnosis_cache, node_cache::NodeCache, probe_cache::ProbeCache};
use crate::domain::{
    context::{self, CredentialChain, PodContext},
    diagnostics::{Diagnosis, Finding, changes_at, diagnose},
    k8s::{
        object_ref::ObjectRef,
        objects::{Container, Pod},
        pull_attempt::PullAttempt,
        pull_failure,
    },
    registry_auth::image_ref::ImageRef,
    store::{Store, Versions, watch::WatchCoverage},
};

/// An inspected Pod with its diagnosis.
#[derive(Debug)]
pub struct PodInspection {
    pub pod: ObjectRef<Pod>,
    pub context: PodContext,
    pub diagnosis: Diagnosis,
    /// The container that the finding is about, or the first that does not run, or the first.
    pub container: usize,
    /// The chain of the image that is spoken of; `None` where its reference is malformed.
    pub links: Option<CredentialChain>,
    /// When the clock alone may change the diagnosis.
    pub expires_at: Option<Timestamp>,
    /// The versions of what it was made from; the last two are those of probes and of nodes.
    made_from: (Versions, WatchCoverage, (u64, u64)),
}

impl PodInspection {
    /// Inspects a Pod; returns `before` if nothing has changed.
    pub fn inspect(
        before: Option<Self>,
        pod: Option<ObjectRef<Pod>>,
        store: &Store,
        sight: &WatchCoverage,
        answers: &ProbeCache,
        nodes: &NodeCache,
        now: Timestamp,
    ) -> Option<Self> {
        let pod = pod?;
        let versions = store.versions();
        if let Some(before) = before
            && before.pod == pod
            && before.made_from.0 == versions
            && before.made_from.1 == *sight
            && before.made_from.2 == (answers.version(), nodes.version())
            && before.expires_at.is_none_or(|until| now < until)
        {
            return Some(before);
        }
        let pod_context = context::pod_context(store, sight, &pod, now)?;
        let mut diagnosis = diagnose(&pod_context);
        for finding in &mut diagnosis.findings {
            diagnosis_cache::add_probe_evidence(finding, &pod_context, answers, now);
            nodes.knowledge(&pod_context).apply(finding, &pod_context);
        }
        let container = focused_container(&pod_context, &diagnosis);
        let image =
            attempt(&pod_context, container).and_then(|it| ImageRef::parse(it.image()).ok());
        Some(Self {
            links: image.map(|image| pod_context.credential_chain(&image)),
            container,
            pod,
            expires_at: changes_at(&pod_context),
            context: pod_context,
            diagnosis,
            made_from: (
                versions,
                sight.clone(),
                (answers.version(), nodes.version()),
            ),
        })
    }

    /// The inspected container.
    pub fn container(&self) -> Option<&Container> {
        self.context.pod.containers.get(self.container)
    }

    /// The pull attempt of the inspected image.
    pub fn attempt(&self) -> Option<PullAttempt<'_>> {
        attempt(&self.context, self.container)
    }

    /// The inspected image: the one that the container waits for, or its own.
    pub fn image(&self) -> Option<&Arc<str>> {
        self.attempt().map(PullAttempt::image)
    }

    /// The finding about the inspected image.
    pub fn finding(&self) -> Option<&Finding> {
        let mut findings = self.diagnosis.findings.iter();
        findings.find(|finding| finding.image.as_ref() == self.image())
    }

    /// The image suggested in place of the inspected one.
    pub fn suggested_image(&self) -> Option<&str> {
        self.finding()?.fix_context.suggested_image.as_deref()
    }
}

fn attempt(context: &PodContext, container: usize) -> Option<PullAttempt<'_>> {
    let container = context.pod.containers.get(container)?;
    Some(pull_failure::waiting_attempt(&context.pod, container))
}

fn focused_container(context: &PodContext, diagnosis: &Diagnosis) -> usize {
    let containers = &context.pod.containers;
    let named = diagnosis
        .first()
        .and_then(|finding| finding.container.as_ref());
    let found = named.and_then(|name| containers.iter().position(|c| c.name == *name));
    found
        .or_else(|| containers.iter().position(|container| !container.ready))
        .unwrap_or(0)
}
