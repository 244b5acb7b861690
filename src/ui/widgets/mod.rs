//! Shared widgets.

pub mod markdown;
pub mod pane;
pub mod scrollable_text;
pub mod table;
