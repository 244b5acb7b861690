//! Passwords and their fingerprints.
//!
//! `Password` is the one type that holds a credential: it cannot be printed, and it is zeroised when
//! dropped. A `Fingerprint` tells two credentials apart and nothing else.

mod detect;
pub mod kind;

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

pub use detect::Credential;
pub(crate) use detect::{is_encoded_token, is_truncated_robot_name};

/// A password, token or key. It has no `Display`, and its `Debug` shows nothing.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Returns the value. What is derived from it must be zeroized, and neither stored nor printed.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Key of the fingerprints of this process.
///
/// A keyed hash (SipHash with a random key), so that a fingerprint in a bug report cannot be tried
/// against a list of passwords; two runs give different fingerprints on purpose.
#[derive(Clone, Default)]
pub struct FingerprintKey(RandomState);

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(…)")
    }
}

impl FingerprintKey {
    /// Fingerprint of a user name and password: equal for equal pairs.
    pub fn fingerprint(&self, username: &str, password: &Password) -> Fingerprint {
        Fingerprint(self.0.hash_one((username, password.expose())))
    }
}

/// Fingerprint of a credential: equal for equal credentials within one process; it reveals nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
