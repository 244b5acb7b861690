//! What a registry was asked about a Pod's image, and what it said.

use jiff::Timestamp;

use super::{inquiry::Inquiry, ticket::Ticket};
use crate::domain::{
    image::ImageRef,
    key::{Key, Name},
    objects::{Pod, Secret},
    probe::Verdict,
    problem::Problem,
};

/// May this image be pulled with these Secrets?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub image: ImageRef,
    /// In the Pod's order, which is the kubelet's.
    pub secrets: Vec<Key<Secret>>,
}

impl Question {
    /// The question that would settle what is wrong with a Pod; `None` for a malformed image.
    pub fn of(inquiry: &Inquiry) -> Option<Self> {
        let image = ImageRef::parse(&inquiry.container()?.image).ok()?;
        let listed = inquiry.case.pod.pull_secrets.iter();
        let here = |name: &Name<Secret>| Key::new(inquiry.pod.namespace.clone(), name.clone());
        Some(Self {
            image,
            secrets: listed.map(here).collect(),
        })
    }
}

/// The last question, about one Pod.
#[derive(Debug)]
pub struct Settled {
    pub pod: Key<Pod>,
    pub state: State,
}

#[derive(Debug)]
pub enum State {
    Asking(Ticket),
    Said { verdict: Verdict, at: Timestamp },
    Failed(Problem),
}
