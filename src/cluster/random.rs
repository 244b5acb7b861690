//! Random numbers for jitter and names. Not for secrets.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    ops::Range,
};

/// Returns a random number: hash maps are seeded by the system's random source.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Returns a random number of this range, which must not be empty.
pub(super) fn random_in(range: Range<u32>) -> u32 {
    let width = u64::from((range.end - range.start).max(1));
    range.start + u32::try_from(random() % width).unwrap_or_default()
}
