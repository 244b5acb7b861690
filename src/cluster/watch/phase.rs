//! What a list and watch requests next, and which errors end the version that it watches from.
//!
//! The rules are client-go's (`tools/cache/reflector.go`, commit cad7aa5), but where a watch fails for another reason than its
//! version (5xx, 401, a time limit, a broken connection): client-go lists again, from the watch cache, and here, as in
//! kube's `watcher`, the watch goes on from its version. Only these give a version up:
//!
//! | answer to a watch | why |
//! | --- | --- |
//! | 410, or an `ERROR` event with it | `isExpiredError` |
//! | 400, 422 | the version is not one of this server's |
//! | 504 *Too large resource version* | `isTooLargeResourceVersionError`: etcd was restored, or this server is behind |

use std::sync::Arc;

use super::pager::ListStart;
use crate::cluster::ApiError;

/// What is requested next.
#[derive(Clone)]
pub(super) enum ReflectorPhase {
    List(ListStart),
    Watch(WatchPosition),
}

/// From where the changes are watched.
#[derive(Clone)]
pub(super) struct WatchPosition {
    pub(super) version: Arc<str>,
    /// A watch has gone on from the last list: the server still had what came after it.
    pub(super) is_synced: bool,
    /// The last list was of one version.
    pub(super) is_consistent: bool,
}

impl WatchPosition {
    /// How everything is listed again: pages that took too long for one version would do so again.
    pub(super) fn relist(&self) -> ListStart {
        if self.is_consistent {
            return ListStart::Pages;
        }
        ListStart::Whole {
            not_older_than: Arc::clone(&self.version),
        }
    }
}

/// Whether the server cannot go on from the version of a watch.
pub(super) fn loses_version(error: &ApiError) -> bool {
    match error {
        ApiError::Expired | ApiError::Status(400 | 422, _) => true,
        // The cause `ResourceVersionTooLarge`; servers before 1.18.6 say it in the message only, and all do.
        ApiError::Status(504, message) => message.contains("Too large resource version"),
        ApiError::Refused
        | ApiError::NoSuchHost
        | ApiError::Timeout(_)
        | ApiError::ConnectionLost(_)
        | ApiError::Tls(_)
        | ApiError::Proxy(_)
        | ApiError::Plugin(_)
        | ApiError::Unauthorized(_)
        | ApiError::Forbidden(_)
        | ApiError::NotFound(_)
        | ApiError::AlreadyExists(_)
        | ApiError::Conflict(_)
        | ApiError::RetryAfter { .. }
        | ApiError::Status(..)
        | ApiError::Decode(_)
        | ApiError::Transport(_) => false,
    }
}
