//! Random numbers for jitter and names. Not for secrets.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Returns a random number: hash maps are seeded by the system's random source.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
