//! Messages line by line, plain or as JSON objects.

use std::io::{self, BufRead, Read as _};

use serde_json::Value;

use super::document;

/// A message, or why a line holds none.
pub(super) type MessageResult<'a> = Result<&'a str, &'a str>;

/// Limit of a line, of a message and of an object of a list. The API server takes objects of some 1.5 MiB
/// (etcd's limit for a request).
pub(super) const MAX_LINE_BYTES: usize = 4 << 20;

pub(super) const LINE_TOO_LONG: &str = "line longer than 4 MiB";

/// Outcome of reading a line.
pub(super) enum LineRead {
    Eof,
    Complete,
    /// Longer than a line may be; the rest is still in the input.
    Truncated,
}

pub(super) fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<LineRead> {
    line.clear();
    let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
    let read = input.by_ref().take(limit).read_until(b'\n', line)?;
    Ok(match read {
        0 => LineRead::Eof,
        MAX_LINE_BYTES if !line.ends_with(b"\n") => LineRead::Truncated,
        _ => LineRead::Complete,
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

pub(super) fn read(
    mut input: impl BufRead,
    emit: &mut impl FnMut(MessageResult<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        match read_line(&mut input, &mut line)? {
            LineRead::Eof => return Ok(()),
            LineRead::Truncated => {
                skip_line(&mut input)?;
                emit(Err(LINE_TOO_LONG))?;
                continue;
            }
            LineRead::Complete => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        match parse_json_line(text) {
            Some(JsonLine::Message(message)) => emit(Ok(&message))?,
            Some(JsonLine::Invalid(error)) => emit(Err(error))?,
            Some(JsonLine::ApiObject) => document::read(line.as_slice(), emit)?,
            None => emit(Ok(text))?,
        }
    }
}

/// A line that is a JSON object; a message may look like JSON too.
enum JsonLine {
    Message(String),
    Invalid(&'static str),
    /// A list, an event, or an object with a status.
    ApiObject,
}

fn parse_json_line(line: &str) -> Option<JsonLine> {
    if !line.trim_start().starts_with('{') {
        return None;
    }
    let Ok(Value::Object(mut object)) = serde_json::from_str(line) else {
        return None;
    };
    if object.contains_key("apiVersion") {
        return Some(JsonLine::ApiObject);
    }
    match object.remove("message")? {
        Value::String(message) => Some(JsonLine::Message(message)),
        _ => Some(JsonLine::Invalid("the field \"message\" is not a string")),
    }
}
