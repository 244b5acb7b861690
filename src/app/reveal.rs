//! Shows the values of a Secret after confirmation, for a limited time.
//!
//! The passwords live in the overlay that shows them and nowhere else; when its time is over, or it is
//! left, they are dropped and thereby wiped.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{list::List, request_id::RequestId};
use crate::domain::{
    error::UserError,
    k8s::{object_ref::ObjectRef, objects::Secret},
    registry_auth::{
        credential::Password,
        docker_config::{AuthConfig, DockerConfig},
    },
};

/// For so long values are shown: enough to read or copy one, not to forget that they are there.
pub const SHOWN_FOR: SignedDuration = SignedDuration::from_secs(30);

#[derive(Debug)]
pub struct Reveal {
    pub secret: ObjectRef<Secret>,
    pub stage: RevealStage,
}

#[derive(Debug)]
pub enum RevealStage {
    /// Nothing has been fetched yet.
    Warning,
    Fetching(RequestId),
    Shown(RevealedSecret),
    /// The time was over; the values are gone.
    Hidden,
    Failed(UserError),
}

/// The values of a Secret, until they are hidden.
#[derive(Debug)]
pub struct RevealedSecret {
    /// `None`: its type holds no credential that the kubelet reads.
    pub config: Option<DockerConfig>,
    /// The entries by their places.
    pub list: List<usize>,
    pub until: Timestamp,
}

/// A password on its way to the clipboard; the same one is the same object.
#[derive(Clone, Debug)]
pub struct ClipboardSecret(pub Arc<Password>);

impl PartialEq for ClipboardSecret {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ClipboardSecret {}

impl Reveal {
    pub fn new(secret: ObjectRef<Secret>) -> Self {
        Self {
            secret,
            stage: RevealStage::Warning,
        }
    }

    /// What is shown at this moment, and for how many seconds still.
    pub fn revealed(&self, now: Timestamp) -> Option<(&RevealedSecret, i64)> {
        let RevealStage::Shown(shown) = &self.stage else {
            return None;
        };
        let left = shown.until.duration_since(now).as_millis();
        let seconds = i64::try_from((left + 999) / 1000).unwrap_or(i64::MAX);
        (left > 0).then_some((shown, seconds))
    }

    /// Drops the values when their time is over.
    pub fn expire(&mut self, now: Timestamp) {
        if matches!(&self.stage, RevealStage::Shown(shown) if shown.until <= now) {
            self.stage = RevealStage::Hidden;
        }
    }

    /// When the countdown reads differently.
    pub fn next_wakeup(&self, now: Timestamp) -> Option<Timestamp> {
        let (shown, seconds) = self.revealed(now)?;
        Some(shown.until - SignedDuration::from_secs(seconds - 1))
    }
}

impl RevealedSecret {
    pub fn new(config: Option<DockerConfig>, now: Timestamp) -> Self {
        let entries = config.as_ref().map_or(0, |config| config.entries.len());
        Self {
            config,
            list: List::unscrolled((0..entries).collect()),
            until: now + SHOWN_FOR,
        }
    }

    pub fn selected(&self) -> Option<&AuthConfig> {
        let at = *self.list.selected()?;
        self.config.as_ref()?.entries.get(at)
    }
}
