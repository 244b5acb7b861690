//! Messages line by line, plain or as JSON objects; and how a line is read.

use std::io::{self, BufRead, Read as _};

use serde_json::Value;

use super::document;

/// A message, or why a line holds none.
pub(super) type Found<'a> = Result<&'a str, &'a str>;

/// A line, a message and an object of a list are no longer than this. The API server takes objects of some
/// 1.5 MiB (etcd's limit for a request); more is no message of anybody's.
pub(super) const MOST: usize = 4 << 20;

pub(super) const TOO_LONG: &str = "a line of more than 4 MiB";

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

pub(super) fn read(
    mut input: impl BufRead,
    take: &mut impl FnMut(Found<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        match read_line(&mut input, &mut line)? {
            Taken::End => return Ok(()),
            Taken::Part => {
                skip_line(&mut input)?;
                take(Err(TOO_LONG))?;
                continue;
            }
            Taken::Whole => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        match object(text) {
            Some(Object::Message(message)) => take(Ok(&message))?,
            Some(Object::Wrong(error)) => take(Err(error))?,
            Some(Object::OfTheApi) => document::read(line.as_slice(), take)?,
            None => take(Ok(text))?,
        }
    }
}

/// A line that is a JSON object; a message may look like JSON too.
enum Object {
    Message(String),
    Wrong(&'static str),
    /// A list, an event, or an object that says something by its status.
    OfTheApi,
}

fn object(line: &str) -> Option<Object> {
    if !line.trim_start().starts_with('{') {
        return None;
    }
    let Ok(Value::Object(mut object)) = serde_json::from_str(line) else {
        return None;
    };
    if object.contains_key("apiVersion") {
        return Some(Object::OfTheApi);
    }
    match object.remove("message")? {
        Value::String(message) => Some(Object::Message(message)),
        _ => Some(Object::Wrong("the field \"message\" is not a text")),
    }
}
