//! What kubectl prints with `-o json`: objects of the Kubernetes API and lists of them.

use std::{
    cell::Cell,
    fmt,
    io::{self, Read},
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::line::{Found, MOST};

/// Objects of the API, or lists of them: one, or one after the other as `--watch` prints them.
pub(super) fn read(
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
            Some(io::ErrorKind::FileTooLarge) => take(Err("object larger than 4 MiB")),
            _ => Err(error.into()),
        },
        // serde quotes values in its messages: only the place is said.
        (None, Err(error)) => {
            let what = if error.is_data() {
                "not a Kubernetes object"
            } else {
                "invalid JSON"
            };
            let (line, column) = (error.line(), error.column());
            take(Err(&format!("{what} at line {line}, column {column}")))
        }
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

/// What an event or a Pod says.
#[derive(Deserialize)]
struct Item {
    /// Of an event.
    #[serde(rename = "type")]
    event_type: Option<String>,
    message: Option<String>,
    status: Option<Told>,
}

/// The status of an object; of one kind (`Status`) it is a word.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Status(Status),
    Other(IgnoredAny),
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

impl Told {
    fn messages(self) -> impl Iterator<Item = String> {
        let status = match self {
            Self::Status(status) => Some(status),
            Self::Other(IgnoredAny) => None,
        };
        status.into_iter().flat_map(Status::messages)
    }
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
        let waiting = self.status.into_iter().flat_map(Told::messages);
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
        // Of an event the type stands behind the message.
        let (mut message, mut is_normal) = (None, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "items" => map.next_value_seed(Items(Document {
                    give: &mut *self.give,
                    room: self.room,
                }))?,
                "message" => message = map.next_value::<Option<String>>()?,
                "type" => is_normal = map.next_value::<Value>()? == "Normal",
                "status" => {
                    let status: Told = map.next_value()?;
                    if !status.messages().all(|message| (self.give)(&message)) {
                        return Err(stopped());
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match message.filter(|_| !is_normal) {
            Some(message) if !(self.give)(&message) => Err(stopped()),
            _ => Ok(()),
        }
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
