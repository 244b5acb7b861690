//! The probe against registries: Debian's `docker-registry`, and servers of our own that mean harm.
//! Everything is on loopback.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod certificate;
mod distribution;
mod harm;
mod leaks;
mod peer;
mod proxied;
mod real;
