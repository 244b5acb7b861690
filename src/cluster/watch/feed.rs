//! What comes out of the watches.

use crate::domain::{
    batch::Batch,
    watch::{WatchId, WatchState},
};

/// One piece of news, of any watch.
#[derive(Clone, Debug, PartialEq)]
pub enum Feed {
    Batch(Batch),
    State(WatchId, WatchState),
    /// This watch is no more; its objects were taken back or are another watch's now.
    Ended(WatchId),
}
