//! The inspected Pod of the chain strip and the detail area, with its diagnosis: recomputed when the store
//! has changed or another Pod is selected.

use std::sync::Arc;

use jiff::Timestamp;

use super::{diagnosis_cache, probe_cache::ProbeCache};
use crate::domain::{
    context::{self, CredentialChain, PodContext},
    diagnostics::{Diagnosis, changes_at, diagnose},
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
    made_from: (Versions, WatchCoverage, u64),
}

impl PodInspection {
    /// Inspects a Pod; returns `before` where nothing has changed.
    pub fn inspect(
        before: Option<Self>,
        pod: Option<ObjectRef<Pod>>,
        store: &Store,
        sight: &WatchCoverage,
        answers: &ProbeCache,
        now: Timestamp,
    ) -> Option<Self> {
        let pod = pod?;
        let versions = store.versions();
        if let Some(before) = before
            && before.pod == pod
            && before.made_from.0 == versions
            && before.made_from.1 == *sight
            && before.made_from.2 == answers.version()
            && before.expires_at.is_none_or(|until| now < until)
        {
            return Some(before);
        }
        let case = context::pod_context(store, sight, &pod, now)?;
        let mut diagnosis = diagnose(&case);
        for finding in &mut diagnosis.findings {
            diagnosis_cache::add_probe_evidence(finding, store, &case, answers, now);
        }
        let container = focused_container(&case, &diagnosis);
        let image = attempt(&case, container).and_then(|it| ImageRef::parse(it.image()).ok());
        Some(Self {
            links: image.map(|image| case.credential_chain(&image)),
            container,
            pod,
            expires_at: changes_at(&case),
            context: case,
            diagnosis,
            made_from: (versions, sight.clone(), answers.version()),
        })
    }

    /// The container that is spoken of.
    pub fn container(&self) -> Option<&Container> {
        self.context.pod.containers.get(self.container)
    }

    /// The pull of the image that is spoken of.
    pub fn attempt(&self) -> Option<PullAttempt<'_>> {
        attempt(&self.context, self.container)
    }

    /// The image that is spoken of: the one that the container waits for, or its own.
    pub fn image(&self) -> Option<&Arc<str>> {
        self.attempt().map(PullAttempt::image)
    }

    /// The image that is suggested in place of the one that is spoken of.
    pub fn suggested_image(&self) -> Option<&str> {
        let mut findings = self.diagnosis.findings.iter();
        let finding = findings.find(|finding| finding.image.as_ref() == self.image())?;
        finding.names.suggested_image.as_deref()
    }
}

fn attempt(case: &PodContext, container: usize) -> Option<PullAttempt<'_>> {
    let container = case.pod.containers.get(container)?;
    Some(pull_failure::waiting_attempt(&case.pod, container))
}

fn focused_container(case: &PodContext, diagnosis: &Diagnosis) -> usize {
    let containers = &case.pod.containers;
    let named = diagnosis
        .first()
        .and_then(|finding| finding.container.as_ref());
    let found = named.and_then(|name| containers.iter().position(|c| c.name == *name));
    found
        .or_else(|| containers.iter().position(|container| !container.ready))
        .unwrap_or(0)
}
