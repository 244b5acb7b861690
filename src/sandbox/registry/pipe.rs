//! In-memory connection to a registry: HTTP over a pipe.

use std::future::ready;

use http::Uri;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{DuplexStream, duplex};

use super::{InMemoryNetwork, Scheme};

/// Buffer size, like that of a socket.
const BUFFER: usize = 64 * 1024;

impl InMemoryNetwork {
    /// Opens the client's end of a connection to `host`.
    ///
    /// Whether the host is reachable is checked by [`InMemoryNetwork::check_connection`]. The connection ends with the
    /// client.
    pub fn open(&self, host: &str, scheme: Scheme) -> DuplexStream {
        let (near, far) = duplex(BUFFER);
        let (transport, host) = (self.clone(), host.to_owned());
        let answer = service_fn(move |mut request: http::Request<Incoming>| {
            // A path is all that stands in the request; to whom it goes, the connection knows.
            if let Some(whole) = absolute(scheme, &host, request.uri()) {
                *request.uri_mut() = whole;
            }
            ready(transport.answer(&request))
        });
        tokio::spawn(async move {
            let served = http1::Builder::new().serve_connection(TokioIo::new(far), answer);
            // A registry that goes down hangs up; the client is told by that.
            let _ = served.await;
        });
        near
    }
}

fn absolute(scheme: Scheme, host: &str, uri: &Uri) -> Option<Uri> {
    let path = uri.path_and_query()?;
    format!("{}://{host}{path}", scheme.as_str()).parse().ok()
}
