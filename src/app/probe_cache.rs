//! What registries were asked about images, and what they said.
//!
//! An answer is kept for the question: this image, with these Secrets as they are. When a Secret
//! changes it is another question, and one that was asked long ago may be asked again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::request_id::Ticket;
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

/// May this image be pulled with these Secrets?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub image: ImageRef,
    /// In the Pod's order, which is the kubelet's; each with its version, as far as it is known.
    secrets: Vec<(ObjectRef<Secret>, Option<ResourceVersion>)>,
}

impl Question {
    /// The question that would settle what is wrong with a Pod's image; `None` for a malformed one.
    pub fn of(case: &PodContext, image: &str) -> Option<Self> {
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

    /// The question that tries one Secret, whatever else a Pod may list.
    pub fn of_secret(secret: &Secret, image: ImageRef) -> Self {
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
pub enum State {
    Asking(Ticket),
    Said(Said),
    Failed(UserError),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Said {
    pub verdict: ProbeConclusion,
    /// The registry, asked from this machine, or the kubelet of a node in a pull test.
    pub by: EvidenceSource,
    pub at: Timestamp,
}

/// For so long an answer settles what is wrong: meanwhile a tag may have been pushed.
const VALID: SignedDuration = SignedDuration::from_mins(10);

/// All questions that were asked.
#[derive(Debug, Default)]
pub struct Answers {
    kept: BTreeMap<Question, State>,
    version: u64,
    /// When the next answer ceases to settle anything.
    lapses: Option<Timestamp>,
}

impl Answers {
    pub fn to(&self, question: &Question) -> Option<&State> {
        self.kept.get(question)
    }

    /// Whether the registry has not answered this question yet.
    pub fn awaits(&self, question: &Question) -> bool {
        matches!(self.kept.get(question), Some(State::Asking(_)))
    }

    pub fn ask(&mut self, question: Question, ticket: Ticket) {
        self.kept.insert(question, State::Asking(ticket));
    }

    /// Takes an answer that came in another way.
    pub fn told(&mut self, question: Question, said: Said) {
        self.note(&said);
        self.kept.insert(question, State::Said(said));
        self.version += 1;
    }

    /// Takes the answer to the question of this ticket.
    pub fn answered(&mut self, ticket: Ticket, answer: State) {
        if let State::Said(said) = &answer {
            self.note(said);
        }
        let asking = |state: &State| matches!(state, State::Asking(waiting) if *waiting == ticket);
        if let Some(state) = self.kept.values_mut().find(|state| asking(state)) {
            *state = answer;
            self.version += 1;
        }
    }

    fn note(&mut self, said: &Said) {
        let until = said.at + VALID;
        self.lapses = Some(self.lapses.map_or(until, |lapses| lapses.min(until)));
    }

    /// Counts the answers whose time is over, so that what rests on them is judged again.
    pub fn age(&mut self, now: Timestamp) {
        if self.lapses.is_none_or(|lapses| now < lapses) {
            return;
        }
        self.version += 1;
        let ends = self.kept.values().filter_map(|state| match state {
            State::Said(said) => Some(said.at + VALID),
            State::Asking(_) | State::Failed(_) => None,
        });
        self.lapses = ends.filter(|end| now < *end).min();
    }

    /// When the next answer ceases to settle anything.
    pub fn wake(&self) -> Option<Timestamp> {
        self.lapses
    }

    /// Counts answers, and those whose time is over, so that what rests on them can be judged again.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What registries said, not long ago, of images with this Secret alone, as it is now.
    pub fn of_secret<'a>(
        &'a self,
        secret: &'a Secret,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Said> {
        let alone = move |question: &Question| {
            matches!(&question.secrets[..], [(key, Some(version))]
                if *key == secret.key && *version == secret.meta.resource_version)
        };
        let asked = self.kept.keys().filter(move |question| alone(question));
        asked.filter_map(move |question| self.said(question, now))
    }

    /// What the registry said not long ago.
    pub fn said(&self, question: &Question, now: Timestamp) -> Option<&Said> {
        match self.kept.get(question)? {
            State::Said(said) if now.duration_since(said.at) < VALID => Some(said),
            State::Said(_) | State::Asking(_) | State::Failed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::request_id::Tickets,
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
        let question = Question::of_secret(&regcred, image);
        let ticket = Tickets::default().issue();
        let mut answers = Answers::default();
        answers.ask(question.clone(), ticket);
        assert_eq!(answers.wake(), None);
        let verdict = ProbeConclusion {
            answer: PullAnswer::Ok,
            cause: None,
            root: None,
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            summary: String::new(),
        };
        let said = Said {
            verdict,
            by: EvidenceSource::Registry,
            at: now(),
        };
        answers.answered(ticket, State::Said(said));
        let version = answers.version();
        answers.age(now() + VALID - SignedDuration::from_secs(1));
        assert_eq!(answers.version(), version);
        let end = now() + VALID;
        assert_eq!(answers.wake(), Some(end));
        answers.age(end);
        assert!(
            answers.version() > version,
            "what rests on it is judged anew"
        );
        assert!(answers.said(&question, end).is_none());
        assert_eq!(answers.wake(), None);
    }
}
