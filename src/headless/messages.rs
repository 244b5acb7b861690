//! Messages out of what people paste and pipe: lines, JSON lines, and what kubectl prints.
//!
//! The first line tells the form. All forms are read as a stream: one message, or one object of a list,
//! is held at a time.

use std::{
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

/// Hands each message of the input to `take`.
pub(super) fn each(
    mut input: impl BufRead,
    mut take: impl FnMut(Found<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut line = Vec::new();
    if input.read_until(b'\n', &mut line)? == 0 {
        return Ok(());
    }
    match Form::of(&String::from_utf8_lossy(&line)) {
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
    while input.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        match field(text) {
            Some(Ok(message)) => take(Ok(&message))?,
            Some(Err(error)) => take(Err(error))?,
            None => take(Ok(text))?,
        }
        line.clear();
    }
    Ok(())
}

/// The `message` of a line that is a JSON object and has one; a message may look like JSON too.
fn field(line: &str) -> Option<Result<String, &'static str>> {
    if !line.trim_start().starts_with('{') {
        return None;
    }
    let Ok(Value::Object(mut object)) = serde_json::from_str(line) else {
        return None;
    };
    Some(match object.remove("message")? {
        Value::String(message) => Ok(message),
        _ => Err("the field \"message\" is not a text"),
    })
}

/// The Warnings of the events that `kubectl describe` lists below each object.
fn description(
    input: impl BufRead,
    take: &mut impl FnMut(Found<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut among_events = false;
    // An event's message may have several lines.
    let mut message: Option<String> = None;
    for line in input.split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
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
        } else if let Some(message) = &mut message {
            message.push('\n');
            message.push_str(&line);
        }
    }
    message.map_or(Ok(()), |message| take(Ok(&message)))
}

/// One object of the API, or a list of them.
fn document(
    input: impl Read,
    take: &mut impl FnMut(Found<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut refused = None;
    let mut give = |message: &str| match take(Ok(message)) {
        Ok(()) => true,
        Err(error) => {
            refused = Some(error);
            false
        }
    };
    let mut reader = serde_json::Deserializer::from_reader(input);
    let read = Document(&mut give)
        .deserialize(&mut reader)
        .and_then(|()| reader.end());
    match (refused, read) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        // serde quotes values in its messages: only the place is said.
        (None, Err(error)) => take(Err(&format!(
            "no JSON at line {} column {}",
            error.line(),
            error.column()
        ))),
    }
}

/// Reads a document and gives away the messages as they come; `false` ends the reading.
struct Document<'a>(&'a mut dyn FnMut(&str) -> bool);

/// The items of a list.
struct Items<'a>(&'a mut dyn FnMut(&str) -> bool);

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
                "items" => map.next_value_seed(Items(self.0))?,
                "message" => {
                    let message: String = map.next_value()?;
                    if !(self.0)(&message) {
                        return Err(stopped());
                    }
                }
                "status" => {
                    let status: Status = map.next_value()?;
                    if !status.messages().all(|message| (self.0)(&message)) {
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
        while let Some(item) = items.next_element::<Item>()? {
            if !item.messages().all(|message| (self.0)(&message)) {
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
