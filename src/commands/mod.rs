//! Joins what a command needs from several layers: settings, cluster, registries, the demo.
//!
//! A command that needs one layer more than its arguments is a file of its own; the others are here.
//! Only `demo` and `demo_registries` may know the sandbox.

pub mod args;
pub mod check;
pub mod config;
pub mod dashboard;
pub mod demo;
mod demo_registries;
pub mod doctor;
pub mod output;
