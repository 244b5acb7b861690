//! Worlds to start from.

pub mod founding;
