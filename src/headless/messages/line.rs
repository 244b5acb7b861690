//! One line of the input, as long as a line may be; and what is handed on.

use std::io::{self, BufRead, Read as _};

/// A message, or why a line holds none.
pub(super) type Found<'a> = Result<&'a str, &'a str>;

/// A line, a message and an object of a list are no longer than this. The API server takes objects of some
/// 1.5 MiB (etcd's limit for a request); more is no message of anybody's.
pub(super) const MOST: usize = 4 << 20;

pub(super) const TOO_LONG: &str = "line longer than 4 MiB";

/// What was read of a line.
pub(super) enum Taken {
    End,
    Whole,
    /// It is longer than a line may be; the rest of it is still there.
    Part,
}

pub(super) fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Taken> {
    line.clear();
    let limit = u64::try_from(MOST).unwrap_or(u64::MAX);
    let read = input.by_ref().take(limit).read_until(b'\n', line)?;
    Ok(match read {
        0 => Taken::End,
        MOST if !line.ends_with(b"\n") => Taken::Part,
        _ => Taken::Whole,
    })
}

pub(super) fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let piece = input.fill_buf()?;
        if piece.is_empty() {
            return Ok(());
        }
        let end = piece.iter().position(|byte| *byte == b'\n');
        let read = end.map_or(piece.len(), |end| end + 1);
        input.consume(read);
        if end.is_some() {
            return Ok(());
        }
    }
}
