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
pub mod domain;
pub mod headless;
pub mod registry;
pub mod runtime;
// Under construction: the controllers and the kubelet that use all of it are not here yet.
#[allow(
    dead_code,
    clippy::assigning_clones,
    clippy::enum_variant_names,
    clippy::indexing_slicing,
    clippy::match_same_arms,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::unnecessary_wraps
)]
pub mod sandbox;
pub mod ui;
