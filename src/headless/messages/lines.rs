//! A message in each line: as it stands, or in an object of JSON.

use std::io::{self, BufRead};

use serde_json::Value;

use super::{
    document,
    line::{Found, TOO_LONG, Taken, read_line, skip_line},
};

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
        _ => Some(Object::Wrong("the field \"message\" is not a string")),
    }
}
