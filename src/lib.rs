//! pullscope: see why an image will not pull, and fix it, without leaving the terminal.
//!
//! The rooms and the one-way doors between them are drawn in `src/ARCHITECTURE.md`;
//! `tests/architecture.rs` holds the code against that page.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice
    )
)]

pub mod app;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod domain;
pub mod headless;
mod process_group;
pub mod registry;
pub mod runtime;
pub mod sandbox;
pub mod ui;
