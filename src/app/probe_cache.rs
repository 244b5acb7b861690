//! Cache of registry probes and their results.
//!
//! An answer is kept for the question: this image, with these Secrets as they are. When a Secret
//! changes it is another question, and one that was asked long ago may be asked again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{node_cache::NodeCache, request_id::RequestId};
use crate::domain::{
    context::{PodContext, PullSecretRef},
    diagnostics::EvidenceSource,
    error::UserError,
    k8s::{
        object_ref::ObjectRef,
        objects::{ResourceVersion, Secret},
    },
    probe::ProbeConclusion,
    registry_auth::image_ref::ImageRef,
};

/// A probe query: can this image be pulled with these Secrets?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProbeQuery {
    pub image: ImageRef,
    /// In the Pod's order, which is the kubelet's; each with its version, as far as it is known.
    secrets: Vec<(ObjectRef<Secret>, Option<ResourceVersion>)>,
}

impl ProbeQuery {
    /// The query for the image of a Pod; `None` for a malformed one.
    pub fn for_pod(case: &PodContext, image: &str) -> Option<Self> {
        let namespace = &case.pod.key.namespace;
        let secret = |listed: &PullSecretRef| {
            let found = listed.secret.present();
            let version = found.map(|secret| secret.meta.resource_version);
            (
                ObjectRef::new(namespace.clone(), listed.name.clone()),
                version,
            )
        };
        Some(Self {
            image: ImageRef::parse(image).ok()?,
            secrets: case.pull_secrets.iter().map(secret).collect(),
        })
    }

    /// The query with one Secret only.
    pub fn for_secret(secret: &Secret, image: ImageRef) -> Self {
        let version = Some(secret.meta.resource_version);
        Self {
            image,
            secrets: vec![(secret.key.clone(), version)],
        }
    }

    pub fn secrets(&self) -> impl ExactSizeIterator<Item = &ObjectRef<Secret>> {
        self.secrets.iter().map(|(key, _)| key)
    }
}

#[derive(Debug)]
pub enum ProbeState {
    Pending(RequestId),
    Done(ProbeRecord),
    Failed(UserError),
}

/// A probe result with its source and time.
#[derive(Clone, Debug)]
pub struct ProbeRecord {
    pub conclusion: ProbeConclusion,
    /// The registry, asked from this machine, or the kubelet of a node in a pull test.
    pub source: EvidenceSource,
    pub at: Timestamp,
}

/// How long a result is valid: meanwhile a tag may have been pushed.
const VALID: SignedDuration = SignedDuration::from_mins(10);

/// All probe queries and their results.
#[derive(Debug, Default)]
pub struct ProbeCache {
    entries: BTreeMap<ProbeQuery, ProbeState>,
    /// What nodes have said of themselves: asked for on demand, and evidence, too.
    pub nodes: NodeCache,
    version: u64,
    /// Expiry of the next cache entry.
    next_expiry: Option<Timestamp>,
}

impl ProbeCache {
    pub fn get(&self, query: &ProbeQuery) -> Option<&ProbeState> {
        self.entries.get(query)
    }

    /// True while a probe of this query is running.
    pub fn is_pending(&self, query: &ProbeQuery) -> bool {
        matches!(self.entries.get(query), Some(ProbeState::Pending(_)))
    }

    pub fn begin(&mut self, query: ProbeQuery, request_id: RequestId) {
        self.entries.insert(query, ProbeState::Pending(request_id));
    }

    /// Stores a result that came in another way.
    pub fn insert(&mut self, query: ProbeQuery, said: ProbeRecord) {
        self.note_expiry(&said);
        self.entries.insert(query, ProbeState::Done(said));
        self.version += 1;
    }

    /// Stores the result of the probe with this request ID.
    pub fn finish(&mut self, request_id: RequestId, answer: ProbeState) {
        if let ProbeState::Done(said) = &answer {
            self.note_expiry(said);
        }
        let asking = |state: &ProbeState| matches!(state, ProbeState::Pending(waiting) if *waiting == request_id);
        if let Some(state) = self.entries.values_mut().find(|state| asking(state)) {
            *state = answer;
            self.version += 1;
        }
    }

    fn note_expiry(&mut self, said: &ProbeRecord) {
        let until = said.at + VALID;
        self.next_expiry = Some(self.next_expiry.map_or(until, |lapses| lapses.min(until)));
    }

    /// Expires old results, so that diagnoses that depend on them are computed again.
    pub fn expire(&mut self, now: Timestamp) {
        if self.next_expiry.is_none_or(|lapses| now < lapses) {
            return;
        }
        self.version += 1;
        let ends = self.entries.values().filter_map(|state| match state {
            ProbeState::Done(said) => Some(said.at + VALID),
            ProbeState::Pending(_) | ProbeState::Failed(_) => None,
        });
        self.next_expiry = ends.filter(|end| now < *end).min();
    }

    /// Expiry of the next cache entry.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.next_expiry
    }

    /// Counts answers, and those whose time is over, so that what rests on them can be judged again.
    pub fn version(&self) -> u64 {
        self.version + self.nodes.version()
    }

    /// Recent results for images with this Secret alone, as it is now.
    pub fn for_secret<'a>(
        &'a self,
        secret: &'a Secret,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a ProbeRecord> {
        let alone = move |query: &ProbeQuery| {
            matches!(&query.secrets[..], [(key, Some(version))]
                if *key == secret.key && *version == secret.meta.resource_version)
        };
        let asked = self.entries.keys().filter(move |query| alone(query));
        asked.filter_map(move |query| self.recent(query, now))
    }

    /// Returns the result of a query, if it has not expired.
    pub fn recent(&self, query: &ProbeQuery, now: Timestamp) -> Option<&ProbeRecord> {
        match self.entries.get(query)? {
            ProbeState::Done(said) if now.duration_since(said.at) < VALID => Some(said),
            ProbeState::Done(_) | ProbeState::Pending(_) | ProbeState::Failed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::request_id::RequestIds,
        domain::{
            fixtures::{now, secret},
            k8s::objects::SecretType,
            probe::PullAnswer,
        },
    };

    #[test]
    fn an_answer_is_heard_of_when_it_comes_and_when_its_time_is_over() {
        let regcred = secret("shop", "regcred", SecretType::DockerConfigJson, &[]);
        let image = ImageRef::parse("registry.example/app:1").unwrap();
        let query = ProbeQuery::for_secret(&regcred, image);
        let request_id = RequestIds::default().next_id();
        let mut answers = ProbeCache::default();
        answers.begin(query.clone(), request_id);
        assert_eq!(answers.next_expiry(), None);
        let verdict = ProbeConclusion {
            answer: PullAnswer::Ok,
            cause: None,
            root: None,
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            summary: String::new(),
        };
        let said = ProbeRecord {
            conclusion: verdict,
            source: EvidenceSource::Registry,
            at: now(),
        };
        answers.finish(request_id, ProbeState::Done(said));
        let version = answers.version();
        answers.expire(now() + VALID - SignedDuration::from_secs(1));
        assert_eq!(answers.version(), version);
        let end = now() + VALID;
        assert_eq!(answers.next_expiry(), Some(end));
        answers.expire(end);
        assert!(
            answers.version() > version,
            "what rests on it is judged anew"
        );
        assert!(answers.recent(&query, end).is_none());
        assert_eq!(answers.next_expiry(), None);
    }
}
