//! Container logs: the source, splitting into lines, and the lines kept.

use std::{collections::VecDeque, sync::Arc};

use super::{object_ref::Key, objects::Pod};

/// The source of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub pod: Key<Pod>,
    pub container: Arc<str>,
    /// Of the run before this one.
    pub previous: bool,
}

/// Of one line no more than this is kept: a program may write a megabyte without a line break.
const LONGEST: usize = 16 * 1024;

/// Cuts a stream of bytes into lines. Bytes that are no UTF-8 become replacement characters.
#[derive(Debug, Default)]
pub struct Splitter {
    begun: Vec<u8>,
}

impl Splitter {
    /// The lines that end in this piece.
    pub fn take(&mut self, piece: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let text = part.strip_suffix(b"\n");
            let room = LONGEST.saturating_sub(self.begun.len());
            let more = text.unwrap_or(part);
            self.begun.extend(more.iter().take(room));
            if text.is_some() {
                lines.push(self.end());
            }
        }
        lines
    }

    /// What has no line break yet.
    pub fn rest(&mut self) -> Option<String> {
        (!self.begun.is_empty()).then(|| self.end())
    }

    fn end(&mut self) -> String {
        let line = std::mem::take(&mut self.begun);
        let text = String::from_utf8_lossy(&line);
        text.strip_suffix('\r').unwrap_or(&text).to_owned()
    }
}

/// Lines that are kept: what a reader scrolls back through.
const KEPT: usize = 5000;

/// The last lines of a log.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    lines: VecDeque<String>,
    /// Lines that were dropped to keep it short.
    pub dropped: usize,
}

impl Tail {
    pub fn push(&mut self, lines: Vec<String>) {
        self.lines.extend(lines);
        let over = self.lines.len().saturating_sub(KEPT);
        self.lines.drain(..over);
        self.dropped += over;
    }

    pub fn lines(&self) -> &VecDeque<String> {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_are_the_same_however_the_stream_is_cut(
            lines in proptest::collection::vec("[a-zäß ]{0,12}", 0..8),
            cut in 1_usize..7,
        ) {
            let mut bytes = lines.join("\n").into_bytes();
            bytes.push(b'\n');
            let mut splitter = Splitter::default();
            let found: Vec<String> = bytes.chunks(cut).flat_map(|piece| splitter.take(piece)).collect();
            let wanted = if lines.is_empty() { vec![String::new()] } else { lines };
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut splitter = Splitter::default();
        for _ in 0..100 {
            assert!(splitter.take(&[b'x'; 4096]).is_empty());
        }
        assert_eq!(splitter.take(b"\n").first().map(String::len), Some(LONGEST));
        assert_eq!(splitter.take(b"next\r\n"), ["next"]);
    }

    #[test]
    fn the_last_lines_are_kept_and_the_others_counted() {
        let mut tail = Tail::default();
        tail.push((0..KEPT + 3).map(|n| n.to_string()).collect());
        assert_eq!(tail.dropped, 3);
        assert_eq!(tail.lines().front().map(String::as_str), Some("3"));
    }
}
