//! Buffer for received bytes that may hold passwords: zeroized on drop and on growth.

use std::{io, ops::Deref};

use zeroize::Zeroizing;

/// Initial capacity.
const FEW: usize = 16 * 1024;

/// A `Vec` that is zeroized when it grows and when it is dropped.
///
/// Copies in the layers below are out of its reach.
#[derive(Default)]
pub(super) struct ZeroizingBuffer(Zeroizing<Vec<u8>>);

impl ZeroizingBuffer {
    /// Creates a buffer with this capacity; without growth nothing is copied.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(bytes)))
    }

    pub(super) fn extend(&mut self, more: &[u8]) {
        let needed = self.0.len() + more.len();
        if needed > self.0.capacity() {
            let room = needed.max(2 * self.0.capacity()).max(FEW);
            let mut larger = Zeroizing::new(Vec::with_capacity(room));
            larger.extend_from_slice(&self.0);
            // The smaller one is wiped here.
            self.0 = larger;
        }
        self.0.extend_from_slice(more);
    }

    /// Removes the first bytes.
    pub(super) fn consume(&mut self, first: usize) {
        self.0.drain(..first);
    }

    /// Converts it to the body of a request, zeroized after it was sent.
    pub(super) fn into_bytes(self) -> bytes::Bytes {
        bytes::Bytes::from_owner(self.0)
    }
}

impl Deref for ZeroizingBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl io::Write for ZeroizingBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_the_same_however_they_come_and_go() {
        let all: Vec<u8> = (0..=255).cycle().take(3 * FEW).collect();
        let mut buffer = ZeroizingBuffer::with_capacity(7);
        for piece in all.chunks(1000) {
            buffer.extend(piece);
        }
        assert_eq!(*buffer, *all);
        buffer.consume(1234);
        assert_eq!(Some(&*buffer), all.get(1234..));
        assert_eq!(Some(&*buffer.into_bytes()), all.get(1234..));
    }
}
