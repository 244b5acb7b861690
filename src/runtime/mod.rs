//! Floor 4: the shell around the pure parts: terminal, loop, effects, signals, log.
//!
//! It waits, draws and carries out; it decides nothing.

mod announce;
mod background;
pub mod capabilities;
mod changes;
mod effects;
mod files;
mod frames;
mod import;
mod inbox;
mod input;
mod late_answers;
mod leaving;
pub mod log;
mod nodes;
mod output;
mod reading;
mod run;
mod save;
mod settle;
mod signals;
pub mod source;
mod state;
pub mod terminal;
pub mod wishes;
mod writing;

pub use self::{
    announce::Announce,
    run::{Ending, Start, run},
    signals::Signals,
    state::StateFile,
};
