//! The task that drives an HTTP connection, the user agent, and what a failed connection means.

use std::{error::Error as _, future::Future, io};

use tokio::task::JoinHandle;

use super::dial;
use crate::domain::{probe::ProbeError, sanitize::sanitize};

/// What a `User-Agent` says.
pub(super) const CLIENT_NAME: &str = concat!("pullscope/", env!("CARGO_PKG_VERSION"));

/// The task that drives a connection; aborted on drop. Ends with it, whatever the other side does.
pub(super) struct ConnectionTask(JoinHandle<()>);

impl ConnectionTask {
    pub(super) fn spawn<E>(
        connection: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> Self {
        Self(tokio::spawn(async move {
            // How it ends is told to the one who asks.
            let _ = connection.await;
        }))
    }
}

impl Drop for ConnectionTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What went wrong on a connection.
pub(super) fn failure(error: &hyper::Error) -> ProbeError {
    let socket = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    if let Some(socket) = socket {
        return dial::io_failure(socket);
    }
    if error.is_parse_too_large() {
        ProbeError::HeadTooLarge
    } else if error.is_parse() {
        ProbeError::NotHttp(sanitize(&error.to_string()))
    } else {
        ProbeError::Reset
    }
}
