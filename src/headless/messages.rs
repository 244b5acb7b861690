//! Messages out of what people paste and pipe: lines, JSON lines, and what kubectl prints.
//!
//! The first line tells the form. All forms are read as a stream: one message, or one object of a list,
//! is held at a time.

use std::{
    cell::Cell,
    fmt,
    io::{self, BufRead, Read},
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// A message, or why a line holds none.
type Found<'a> = Result<&'a str, &'a str>;

/// A line, a message and an object of a list are no longer than this. The API server takes objects of some
/// 1.5 MiB (etcd's limit for a request); more is no message of anybody's.
const MOST: usize = 4 << 20;

/// Hands each message of the input to `take`.
pub(super) fn each(
    mut input: impl BufRead,
    mut take: impl FnMut(Found<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut line = Vec::new();
    let read = read_line(&mut input, &mut line)?;
    let form = match read {
        Taken::End => return Ok(()),
        // A list in one line, as the API server itself writes it.
        Taken::Part if line.trim_ascii_start().starts_with(b"{") => Form::Document,
        Taken::Part => Form::Lines,
        Taken::Whole => Form::of(&String::from_utf8_lossy(&line)),
    };
    match form {
        Form::Document => document(line.as_slice().chain(input), &mut take),
        Form::Description => description(line.as_slice().chain(input), &mut take),
        Form::Table => lines(input, &mut take),
        Form::Lines => lines(line.as_slice().chain(input), &mut take),
    }
}

/// What the input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Lines,
    /// `kubectl get events`: a heading above lines.
    Table,
    /// `kubectl get … -o json`, which kubectl prints over many lines.
    Document,
    /// `kubectl describe`.
    Description,
}

impl Form {
    fn of(first: &str) -> Self {
        let heading: Vec<&str> = first.split_whitespace().collect();
        if first.trim() == "{" {
            Self::Document
        } else if first.starts_with("Name:  ") {
            Self::Description
        } else if heading.ends_with(&["TYPE", "REASON", "OBJECT", "MESSAGE"]) {
            Self::Table
        } else {
            Self::Lines
        }
    }
}

fn lines(
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
            Some(Object::OfTheApi) => document(line.as_slice(), take)?,
            None => take(Ok(text))?,
        }
    }
}

const TOO_LONG: &str = "a line of more than 4 MiB";

/// What was read of a line.
enum Taken {
    End,
    Whole,
    /// It is longer than a line may be; the rest of it is still there.
    Part,
}

fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Taken> {
    line.clear();
    let limit = u64::try_from(MOST).unwrap_or(u64::MAX);
    let read = input.by_ref().take(limit).read_until(b'\n', line)?;
    Ok(match read {
        0 => Taken::End,
        MOST if !line.ends_with(b"\n") => Taken::Part,
        _ => Taken::Whole,
    })
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
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

/// A line that is a JSON object; a message may look like JSON too.
enum Object {
    Message(String),
    Wrong(&'static str),
    /// A list, or an object that says something by its status.
    OfTheApi,
}

fn object(line: &str) -> Option<Object> {
    if !line.trim_start().starts_with('{') {
        return None;
    }
    let Ok(Value::Object(mut object)) = serde_json::from_str(line) else {
        return None;
    };
    match object.remove("message") {
        Some(Value::String(message)) => Some(Object::Message(message)),
        Some(_) => Some(Object::Wrong("the field \"message\" is not a text")),
        None if object.contains_key("apiVersion") => Some(Object::OfTheApi),
        None => None,
    }
}

/// The Warnings of the events that `kubectl describe` lists below each object.
fn description(
    mut input: impl BufRead,
    take: &mut impl FnMut(Found<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut among_events = false;
    // An event's message may have several lines.
    let mut message: Option<String> = None;
    let mut line = Vec::new();
    loop {
        match read_line(&mut input, &mut line)? {
            Taken::End => break,
            // An annotation, for one.
            Taken::Part => skip_line(&mut input)?,
            Taken::Whole => {}
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\n', '\r']);
        let is_heading = !line.starts_with(' ') && line.contains(':');
        let is_event = line.starts_with("  Warning  ") || line.starts_with("  Normal  ");
        if !among_events || is_heading || is_event || line.trim().is_empty() {
            if let Some(message) = message.take() {
                take(Ok(&message))?;
            }
            if is_heading {
                among_events = line.starts_with("Events:");
            } else if among_events && line.starts_with("  Warning  ") {
                message = Some(line.trim().to_owned());
            }
        } else if let Some(message) = &mut message
            && message.len() < MOST
        {
            message.push('\n');
            message.push_str(line);
        }
    }
    message.map_or(Ok(()), |message| take(Ok(&message)))
}

/// Objects of the API, or lists of them: one, or one after the other as `--watch` prints them.
fn document(
    input: impl Read,
    take: &mut impl FnMut(Found<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut refused = None;
    let room = Cell::new(MOST);
    let mut give = |message: &str| match take(Ok(message)) {
        Ok(()) => true,
        Err(error) => {
            refused = Some(error);
            false
        }
    };
    let mut reader = serde_json::Deserializer::from_reader(Measured {
        input: io::BufReader::new(input).bytes(),
        room: &room,
    });
    let read = loop {
        let document = Document {
            give: &mut give,
            room: &room,
        };
        let read = document.deserialize(&mut reader);
        room.set(MOST);
        // What follows is looked at only when this one has been answered for.
        if read.is_err() || reader.end().is_ok() {
            break read;
        }
    };
    match (refused, read) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) if error.is_io() => match error.io_error_kind() {
            Some(io::ErrorKind::FileTooLarge) => take(Err("an object of more than 4 MiB")),
            _ => Err(error.into()),
        },
        // serde quotes values in its messages: only the place is said.
        (None, Err(error)) => take(Err(&format!(
            "no JSON at line {} column {}",
            error.line(),
            error.column()
        ))),
    }
}

/// An input of which no more may be read at a time than an object has.
struct Measured<'a, I> {
    input: I,
    room: &'a Cell<usize>,
}

impl<I: Iterator<Item = io::Result<u8>>> Read for Measured<'_, I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(left) = self.room.get().checked_sub(1) else {
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        let (Some(first), Some(byte)) = (buffer.first_mut(), self.input.next()) else {
            return Ok(0);
        };
        *first = byte?;
        self.room.set(left);
        Ok(1)
    }
}

/// Reads a document and gives away the messages as they come; `false` ends the reading.
struct Document<'a> {
    give: &'a mut dyn FnMut(&str) -> bool,
    room: &'a Cell<usize>,
}

/// The items of a list.
struct Items<'a>(Document<'a>);

/// What an event or a Pod says. Events that tell of no trouble (`Normal`) say nothing here, as they say
/// nothing in a description.
#[derive(Deserialize)]
struct Item {
    /// Of an event.
    #[serde(rename = "type")]
    event_type: Option<String>,
    message: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default, rename = "initContainerStatuses")]
    init: Vec<ContainerStatus>,
    #[serde(default, rename = "containerStatuses")]
    app: Vec<ContainerStatus>,
    #[serde(default, rename = "ephemeralContainerStatuses")]
    ephemeral: Vec<ContainerStatus>,
}

#[derive(Deserialize)]
struct ContainerStatus {
    #[serde(default)]
    state: State,
}

#[derive(Default, Deserialize)]
struct State {
    waiting: Option<Waiting>,
}

#[derive(Deserialize)]
struct Waiting {
    message: Option<String>,
}

impl Status {
    fn messages(self) -> impl Iterator<Item = String> {
        let init = self.init.into_iter();
        init.chain(self.app)
            .chain(self.ephemeral)
            .filter_map(|container| container.state.waiting?.message)
    }
}

impl Item {
    fn messages(self) -> impl Iterator<Item = String> {
        let is_normal = self.event_type.as_deref() == Some("Normal");
        let message = self.message.filter(|_| !is_normal);
        let waiting = self.status.into_iter().flat_map(Status::messages);
        message.into_iter().chain(waiting)
    }
}

fn stopped<E: serde::de::Error>() -> E {
    E::custom("the reader has had enough")
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of the Kubernetes API")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "items" => map.next_value_seed(Items(Document {
                    give: &mut *self.give,
                    room: self.room,
                }))?,
                "message" => {
                    let message: String = map.next_value()?;
                    if !(self.give)(&message) {
                        return Err(stopped());
                    }
                }
                "status" => {
                    let status: Status = map.next_value()?;
                    if !status.messages().all(|message| (self.give)(&message)) {
                        return Err(stopped());
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Document { give, room } = self.0;
        while let Some(item) = items.next_element::<Item>()? {
            room.set(MOST);
            if !item.messages().all(|message| give(&message)) {
                return Err(stopped());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(input: &str) -> Vec<Result<String, String>> {
        let mut all = Vec::new();
        each(input.as_bytes(), |found| {
            all.push(found.map(str::to_owned).map_err(str::to_owned));
            Ok(())
        })
        .unwrap();
        all
    }

    fn messages(input: &str) -> Vec<String> {
        found(input).into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn events_and_pods_as_kubectl_prints_them_in_json() {
        let pod = json!({"status": {
            "containerStatuses": [
                {"state": {"waiting": {"reason": "ErrImagePull", "message": "second"}}},
                {"state": {"running": {}}},
            ],
            "initContainerStatuses": [{"state": {"waiting": {"message": "first"}}}],
        }});
        let list = json!({"kind": "List", "items": [{"type": "Normal", "message": "Pulling"}, {"message": "event"}, pod], "metadata": {}});
        let pretty = serde_json::to_string_pretty(&list).unwrap();
        assert_eq!(messages(&pretty), ["event", "first", "second"]);
        let event = json!({"reason": "Failed", "message": "alone"});
        let pretty = serde_json::to_string_pretty(&event).unwrap();
        assert_eq!(messages(&pretty), ["alone"]);
    }

    #[test]
    fn lists_in_one_line_and_one_object_behind_the_other() {
        let list = json!({"apiVersion": "v1", "items": [{"message": "one"}, {"message": "two"}]});
        assert_eq!(messages(&format!("{list}\n")), ["one", "two"]);
        let pretty = serde_json::to_string_pretty(&json!({"message": "again"})).unwrap();
        let watched = format!("{pretty}\n{pretty}\n");
        assert_eq!(messages(&watched), ["again", "again"]);
    }

    #[test]
    fn what_is_too_long_is_said_and_the_rest_answered() {
        let long = "x".repeat(MOST + 1);
        let text = format!("first\n{long}\nlast\n");
        let all = found(&text);
        assert_eq!(
            all,
            [
                Ok("first".to_owned()),
                Err(TOO_LONG.to_owned()),
                Ok("last".to_owned())
            ]
        );
        let pretty = format!("{{\n\"message\": \"{long}\"}}");
        assert_eq!(found(&pretty), [Err("an object of more than 4 MiB".into())]);
    }

    #[test]
    fn a_document_that_breaks_off_is_said_after_what_it_held() {
        let text = "{\n\"items\": [{\"message\": \"one\"},\n {\"mess";
        let all = found(text);
        assert_eq!(all[0], Ok("one".to_owned()));
        assert_eq!(all[1], Err("no JSON at line 3 column 7".to_owned()));
    }

    #[test]
    fn the_warnings_of_a_description() {
        let text = "Name:             web-1\nNamespace:        shop\nContainers:\n  app:\n    Image:  a/b\nEvents:\n  \
            Type     Reason   Age   From     Message\n  ----     ------   ----  ----     -------\n  \
            Normal   Pulling  2m    kubelet  Pulling image \"a/b\"\n  \
            Warning  Failed   2m    kubelet  Failed to pull image \"a/b\": no\nsecond line\n  \
            Normal   BackOff  1m    kubelet  Back-off pulling image \"a/b\"\n\n\n\
            Name:             web-2\nEvents:\n  Warning  Failed   2m    kubelet  last\n";
        assert_eq!(
            messages(text),
            [
                "Warning  Failed   2m    kubelet  Failed to pull image \"a/b\": no\nsecond line",
                "Warning  Failed   2m    kubelet  last",
            ]
        );
    }

    #[test]
    fn a_heading_is_no_message() {
        let table = "LAST SEEN   TYPE      REASON   OBJECT      MESSAGE\n2m   Warning   Failed   pod/web   no\n";
        assert_eq!(messages(table), ["2m   Warning   Failed   pod/web   no"]);
    }

    #[test]
    fn what_looks_like_json_and_is_none_is_a_message() {
        for line in ["{", "{\"a\":", "{\"a\": 1}", "{}"] {
            let text = format!("first\n{line}\n");
            assert_eq!(messages(&text), ["first", line]);
        }
    }
}
