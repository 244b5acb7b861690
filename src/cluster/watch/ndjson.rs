//! Reads newline-delimited JSON from a streaming body.

use kube::client::Body;

use crate::cluster::{ApiError, buffer::ZeroizingBuffer, request};

/// No change is longer: etcd takes objects of a megabyte and a half, and JSON makes six bytes out of one
/// at the worst.
const MAX_LINE: usize = 16 << 20;

pub(super) struct LineReader {
    body: Body,
    /// A change of a pull secret is full of passwords.
    buffer: ZeroizingBuffer,
    /// Up to here the buffer has been given out.
    consumed: usize,
    /// Up to here the buffer is known to hold no end of line.
    searched: usize,
}

impl LineReader {
    pub(super) fn new(body: Body) -> Self {
        Self {
            body,
            buffer: ZeroizingBuffer::default(),
            consumed: 0,
            searched: 0,
        }
    }

    /// The next whole line; `None` at the end of the body. A part of a line at the end is no line:
    /// the connection broke within it.
    ///
    /// Loses nothing when dropped before it is done.
    pub(super) async fn next(&mut self) -> Result<Option<&[u8]>, ApiError> {
        let end = loop {
            let unseen = self.buffer.get(self.searched..).unwrap_or_default();
            if let Some(at) = unseen.iter().position(|&byte| byte == b'\n') {
                break self.searched + at;
            }
            self.buffer.consume(self.consumed);
            self.consumed = 0;
            self.searched = self.buffer.len();
            if self.searched > MAX_LINE {
                return Err(ApiError::Decode(format!(
                    "a line is longer than {} MiB",
                    MAX_LINE >> 20
                )));
            }
            match request::chunk(&mut self.body).await? {
                Some(chunk) => self.buffer.extend(&chunk),
                None => return Ok(None),
            }
        };
        let start = std::mem::replace(&mut self.consumed, end + 1);
        self.searched = end + 1;
        Ok(self.buffer.get(start..end))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;
    use kube::Client;

    use super::*;

    async fn lines_of(chunks: &[&'static str]) -> Vec<String> {
        let chunks: Vec<&'static str> = chunks.to_vec();
        let service = tower::service_fn(move |_: http::Request<Body>| {
            let frames: Vec<_> = chunks
                .iter()
                .map(|text| {
                    Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(text.as_bytes())))
                })
                .collect();
            async {
                Ok::<_, std::io::Error>(http::Response::new(StreamBody::new(stream::iter(frames))))
            }
        });
        let client = Client::new(service, "default");
        let request = request::get_request("/").unwrap();
        let mut lines = LineReader::new(request::send(&client, request).await.unwrap());
        let mut seen = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            seen.push(String::from_utf8(line.to_vec()).unwrap());
        }
        seen
    }

    #[tokio::test]
    async fn lines_do_not_depend_on_how_the_bytes_arrive() {
        for chunks in [
            &["one\ntwo\nthr"][..],
            &["o", "ne", "\n", "two\nthr"],
            &["one\n", "two\n", "thr"],
        ] {
            assert_eq!(lines_of(chunks).await, ["one", "two"], "{chunks:?}");
        }
        assert_eq!(lines_of(&["\n\na\n"]).await, ["", "", "a"]);
    }
}
