//! Container logs: the source, splitting into lines, and the lines kept.

use std::{collections::VecDeque, sync::Arc};

use super::{object_ref::ObjectRef, objects::Pod};

/// The source of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSource {
    pub pod: ObjectRef<Pod>,
    pub container: Arc<str>,
    /// Of the run before this one.
    pub previous: bool,
}

/// Maximum length of a line; the rest is dropped.
const MAX_LINE_BYTES: usize = 16 * 1024;

/// Splits a byte stream into lines; invalid UTF-8 is replaced.
#[derive(Debug, Default)]
pub struct LineSplitter {
    begun: Vec<u8>,
}

impl LineSplitter {
    /// Returns the lines completed by this chunk.
    pub fn push(&mut self, piece: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let text = part.strip_suffix(b"\n");
            let room = MAX_LINE_BYTES.saturating_sub(self.begun.len());
            let more = text.unwrap_or(part);
            self.begun.extend(more.iter().take(room));
            if text.is_some() {
                lines.push(self.end());
            }
        }
        lines
    }

    /// Returns the incomplete last line.
    pub fn rest(&mut self) -> Option<String> {
        (!self.begun.is_empty()).then(|| self.end())
    }

    fn end(&mut self) -> String {
        let line = std::mem::take(&mut self.begun);
        let text = String::from_utf8_lossy(&line);
        text.strip_suffix('\r').unwrap_or(&text).to_owned()
    }
}

/// Maximum number of lines that are kept.
const MAX_LINES: usize = 5000;

/// The last lines of a log.
#[derive(Clone, Debug, Default)]
pub struct LogTail {
    lines: VecDeque<String>,
    /// Lines that were dropped to keep it short.
    pub dropped: usize,
}

impl LogTail {
    pub fn push(&mut self, lines: Vec<String>) {
        self.lines.extend(lines);
        let over = self.lines.len().saturating_sub(MAX_LINES);
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
            let mut splitter = LineSplitter::default();
            let found: Vec<String> = bytes.chunks(cut).flat_map(|piece| splitter.push(piece)).collect();
            let wanted = if lines.is_empty() { vec![String::new()] } else { lines };
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut splitter = LineSplitter::default();
        for _ in 0..100 {
            assert!(splitter.push(&[b'x'; 4096]).is_empty());
        }
        assert_eq!(
            splitter.push(b"\n").first().map(String::len),
            Some(MAX_LINE_BYTES)
        );
        assert_eq!(splitter.push(b"next\r\n"), ["next"]);
    }

    #[test]
    fn the_last_lines_are_kept_and_the_others_counted() {
        let mut tail = LogTail::default();
        tail.push((0..MAX_LINES + 3).map(|n| n.to_string()).collect());
        assert_eq!(tail.dropped, 3);
        assert_eq!(tail.lines().front().map(String::as_str), Some("3"));
    }
}
