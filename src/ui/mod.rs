//! The presentation layer: renders the model into cells. Views only read: they own nothing, send nothing and
//! judge nothing.
//!
//! `layout` divides the screen, `frame` draws it and is the entry; text from outside passes `text`, and
//! nothing else makes cells of it.

mod chain;
mod detail;
mod draw_context;
mod footer;
pub mod frame;
mod header;
mod key_hints;
pub mod layout;
mod overlay;
pub mod panes;
mod retry;
mod tabs;
pub mod text;
pub mod theme;
mod widgets;

#[cfg(test)]
mod tests;
