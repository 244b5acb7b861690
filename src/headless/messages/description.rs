//! Messages in the output of `kubectl describe`.

use std::io::{self, BufRead};

use super::lines::{LineRead, MAX_LINE_BYTES, MessageResult, read_line, skip_line};

/// Reads the Warning events that are listed below each object.
pub(super) fn read(
    mut input: impl BufRead,
    emit: &mut impl FnMut(MessageResult<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut among_events = false;
    // An event's message may have several lines.
    let mut message: Option<String> = None;
    let mut line = Vec::new();
    loop {
        match read_line(&mut input, &mut line)? {
            LineRead::Eof => break,
            // An annotation, for one.
            LineRead::Truncated => skip_line(&mut input)?,
            LineRead::Complete => {}
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\n', '\r']);
        // The events are the last of an object, and a line of a message may begin with anything.
        let begins = if among_events {
            line.starts_with("Name:  ")
        } else {
            line.starts_with("Events:")
        };
        let is_event = line.starts_with("  Warning  ") || line.starts_with("  Normal  ");
        if !among_events || begins || is_event || line.trim().is_empty() {
            if let Some(message) = message.take() {
                emit(Ok(&message))?;
            }
            if begins {
                among_events = !among_events;
            } else if among_events && line.starts_with("  Warning  ") {
                message = Some(line.trim().to_owned());
            }
        } else if let Some(message) = &mut message
            && message.len() < MAX_LINE_BYTES
        {
            message.push('\n');
            message.push_str(line);
        }
    }
    message.map_or(Ok(()), |message| emit(Ok(&message)))
}
