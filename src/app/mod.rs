//! Floor 2: what the user sees and wants. Pure: no async, no Kubernetes client, no terminal.
//!
//! `update` takes messages and answers with effects; `refresh` makes rows before a frame. Views read
//! the model and never change it.

pub mod action;
mod action_table;
pub mod connection;
pub mod coverage;
pub mod detail;
pub mod effect;
pub mod explain;
pub mod fault_list;
mod field;
pub mod filter;
pub mod finishing;
pub mod form;
pub mod gap;
pub mod inquiry;
mod k9s;
pub mod key;
pub mod keymap;
pub mod learn;
pub mod list;
pub mod look;
pub mod lost;
pub mod memory;
pub mod menu;
pub mod message;
pub mod model;
mod motion;
pub mod notices;
pub mod overlay;
pub mod palette;
pub mod panes;
pub mod preferences;
pub mod proposal;
pub mod pull_test;
pub mod reading;
pub mod rebind;
pub mod refresh;
pub mod reveal;
pub mod rights;
pub mod scroll;
pub mod secret_test;
pub mod settled;
pub mod story;
pub mod ticket;
pub mod trail;
mod update;
pub mod verdicts;
pub mod views;

pub use self::update::{fitting, leave, path, selected_pod, shown, update};
