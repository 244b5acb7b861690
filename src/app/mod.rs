//! The application layer: model, messages, effects and `update`. Pure: no async, no Kubernetes client, no
//! terminal.
//!
//! `update` takes messages and answers with effects; `refresh` makes rows before a frame. Views read
//! the model and never change it.

pub mod action;
mod action_table;
pub mod command_palette;
pub mod connection;
pub mod coverage;
pub mod coverage_gap;
pub mod demo_intro;
pub mod detail;
pub mod diagnosis_cache;
pub mod effect;
pub mod fault_list;
pub mod fetched_view;
pub mod filter;
pub mod form;
pub mod guide;
pub mod guide_view;
pub mod jump_list;
mod k9s;
pub mod key;
pub mod key_config;
pub mod keymap;
pub mod list;
pub mod lost_secrets;
pub mod menu;
pub mod message;
pub mod model;
pub mod node_cache;
pub mod node_view;
pub mod notices;
pub mod overlay;
pub mod panes;
pub mod plan_dialog;
pub mod pod_inspection;
pub mod preferences;
pub mod probe_cache;
pub mod pull_test;
pub mod rbac_cache;
pub mod refresh;
pub mod request_id;
pub mod reveal;
pub mod scroll;
pub mod secret_test;
pub mod session_state;
pub mod shutdown;
mod text_field;
pub mod theme_name;
mod update;
pub mod views;

pub use self::update::{
    active_contexts, contexts_of, default_tab, save_location, selected_pod, shown, update,
};
