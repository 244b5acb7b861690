//! What must never happen to whoever runs the real binary: a terminal that is lost, a secret that gets
//! out, an escape out of a hostile object that is obeyed.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[allow(dead_code, reason = "the tests of the terminal use the rest of it")]
#[path = "../terminal/api.rs"]
mod api;
#[allow(dead_code, reason = "the tests of the terminal use the rest of it")]
#[path = "../terminal/drive.rs"]
mod drive;
#[path = "../terminal/session.rs"]
mod session;

mod canary;
mod changes;
mod endings;
mod gate;
mod hostile;
mod memory;

const CTRL_C: &str = "\x03";
const ESCAPE: &str = "\x1b";
