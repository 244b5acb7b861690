//! Messages in the output of `kubectl -o json`: objects of the Kubernetes API and lists of them.

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

use super::lines::{MAX_LINE_BYTES, MessageResult};

/// Reads objects or lists, one after the other as `--watch` prints them.
pub(super) fn read(
    input: impl Read,
    emit: &mut impl FnMut(MessageResult<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut emit_error = None;
    let budget = Cell::new(MAX_LINE_BYTES);
    let mut on_message = |message: &str| match emit(Ok(message)) {
        Ok(()) => true,
        Err(error) => {
            emit_error = Some(error);
            false
        }
    };
    let mut reader = serde_json::Deserializer::from_reader(LimitedReader {
        input: io::BufReader::new(input).bytes(),
        budget: &budget,
    });
    let read = loop {
        let document = DocumentSeed {
            on_message: &mut on_message,
            budget: &budget,
        };
        let read = document.deserialize(&mut reader);
        budget.set(MAX_LINE_BYTES);
        // What follows is looked at only when this one has been answered for.
        if read.is_err() || reader.end().is_ok() {
            break read;
        }
    };
    match (emit_error, read) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) if error.is_io() => match error.io_error_kind() {
            Some(io::ErrorKind::FileTooLarge) => emit(Err("object larger than 4 MiB")),
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
            emit(Err(&format!("{what} at line {line}, column {column}")))
        }
    }
}

/// Reader with a limit of bytes per object.
struct LimitedReader<'a, I> {
    input: I,
    budget: &'a Cell<usize>,
}

impl<I: Iterator<Item = io::Result<u8>>> Read for LimitedReader<'_, I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(left) = self.budget.get().checked_sub(1) else {
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        let (Some(first), Some(byte)) = (buffer.first_mut(), self.input.next()) else {
            return Ok(0);
        };
        *first = byte?;
        self.budget.set(left);
        Ok(1)
    }
}

/// Deserializes a document and passes its messages on; `false` from `on_message` ends it.
struct DocumentSeed<'a> {
    on_message: &'a mut dyn FnMut(&str) -> bool,
    budget: &'a Cell<usize>,
}

/// The items of a list.
struct ItemsSeed<'a>(DocumentSeed<'a>);

/// An event or a Pod.
#[derive(Deserialize)]
struct EventOrPod {
    /// Of an event.
    #[serde(rename = "type")]
    event_type: Option<String>,
    message: Option<String>,
    /// The message of an event of `events.k8s.io/v1`.
    note: Option<Value>,
    status: Option<ItemStatus>,
}

/// Status of an object; that of the kind `Status` is a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum ItemStatus {
    Status(ContainerStatuses),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct ContainerStatuses {
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
    state: ContainerStateJson,
}

#[derive(Default, Deserialize)]
struct ContainerStateJson {
    waiting: Option<WaitingState>,
}

#[derive(Deserialize)]
struct WaitingState {
    message: Option<String>,
}

impl ItemStatus {
    fn messages(self) -> impl Iterator<Item = String> {
        let status = match self {
            Self::Status(status) => Some(status),
            Self::Other(IgnoredAny) => None,
        };
        status.into_iter().flat_map(ContainerStatuses::messages)
    }
}

impl ContainerStatuses {
    fn messages(self) -> impl Iterator<Item = String> {
        let init = self.init.into_iter();
        init.chain(self.app)
            .chain(self.ephemeral)
            .filter_map(|container| container.state.waiting?.message)
    }
}

impl EventOrPod {
    fn messages(self) -> impl Iterator<Item = String> {
        let is_normal = self.event_type.as_deref() == Some("Normal");
        let message = self.message.or_else(|| self.note.and_then(text));
        let message = message.filter(|_| !is_normal);
        let waiting = self.status.into_iter().flat_map(ItemStatus::messages);
        message.into_iter().chain(waiting)
    }
}

/// The text of a field that other objects may have, too, and with other content.
fn text(field: Value) -> Option<String> {
    match field {
        Value::String(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

fn stop_error<E: serde::de::Error>() -> E {
    E::custom("the reader has had enough")
}

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of the Kubernetes API")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Of an event the type stands behind the message.
        let (mut message, mut is_normal) = (None, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "items" => map.next_value_seed(ItemsSeed(DocumentSeed {
                    on_message: &mut *self.on_message,
                    budget: self.budget,
                }))?,
                "message" => message = map.next_value::<Option<String>>()?,
                "note" => message = message.or(text(map.next_value()?)),
                "type" => is_normal = map.next_value::<Value>()? == "Normal",
                "status" => {
                    let status: ItemStatus = map.next_value()?;
                    if !status.messages().all(|message| (self.on_message)(&message)) {
                        return Err(stop_error());
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match message.filter(|_| !is_normal) {
            Some(message) if !(self.on_message)(&message) => Err(stop_error()),
            _ => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ItemsSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ItemsSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let DocumentSeed { on_message, budget } = self.0;
        while let Some(item) = items.next_element::<EventOrPod>()? {
            budget.set(MAX_LINE_BYTES);
            if !item.messages().all(|message| on_message(&message)) {
                return Err(stop_error());
            }
        }
        Ok(())
    }
}
