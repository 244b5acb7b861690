//! The runtime: terminal, event loop, effects, signals and log.
//!
//! It waits, draws and carries out; it decides nothing.

mod active_changes;
mod background_color;
pub mod capabilities;
pub mod cluster_source;
mod cluster_writer;
mod effects;
mod event_loop;
mod export_file;
mod fetch;
mod frame_scheduler;
mod import;
mod input;
pub mod log;
mod mailbox;
mod node_platforms;
mod notify;
mod output;
mod private_files;
mod registry_probe;
pub mod resolved_settings;
mod shutdown;
mod signals;
mod state_file;
pub mod terminal;
mod terminal_replies;
mod watch_plan;

pub use self::{
    event_loop::{DashboardOptions, Ending, run},
    notify::NotifyMethod,
    signals::Signals,
    state_file::StateFile,
};
