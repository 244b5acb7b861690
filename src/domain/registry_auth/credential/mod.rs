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

    /// The value. What is derived from it must be zeroised, and neither stored nor printed.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The key of all fingerprints of one run of the program.
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
    /// What may be kept of this user name and password: the same pair gives the same value.
    pub fn fingerprint(&self, username: &str, password: &Password) -> Fingerprint {
        Fingerprint(self.0.hash_one((username, password.expose())))
    }
}

/// Equal for equal credentials within one run; says nothing else about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
