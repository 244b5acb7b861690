//! Floor 3: cells from the model. Views only read: they own nothing, send nothing and judge nothing.
//!
//! `frame` divides the screen and is the entry; text from outside passes `text`, and nothing else
//! makes cells of it.

mod chain;
mod chrome;
mod detail;
pub mod frame;
mod overlay;
pub mod panes;
pub mod text;
pub mod theme;
mod widgets;

#[cfg(test)]
mod tests;
