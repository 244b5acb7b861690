//! What is read out of a pull Secret, without its passwords.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::credential::Fingerprint;

/// A Docker configuration as the model keeps it: no passwords.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub entries: Arc<[EntrySummary]>,
}

/// One key of `auths`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntrySummary {
    /// The key as written: a registry pattern.
    pub server: Arc<str>,
    pub username: Option<Arc<str>>,
    pub fingerprint: Option<Fingerprint>,
}
