//! Floor 1: everything that can be right or wrong, as pure data and functions.
//!
//! Knows no async, no client, no terminal, no file, no environment and no clock: time and salt
//! come in as values. Nothing here imports another room.

pub mod batch;
pub mod cause;
pub mod classify;
pub mod credential;
pub mod dockerconfig;
pub mod image;
pub mod key;
pub mod keyring;
pub mod objects;
pub mod presets;
pub mod rights;
pub mod watch;
