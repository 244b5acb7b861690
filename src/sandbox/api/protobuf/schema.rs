//! Schema of Kubernetes' protobuf messages, read from `messages.txt`.

use std::{collections::HashMap, sync::LazyLock};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    One,
    List,
    /// From a text to the type.
    Map,
}

#[derive(Clone, Copy, Debug)]
pub struct FieldSchema {
    pub name: &'static str,
    /// Absent in JSON when it is empty.
    pub omit_empty: bool,
    pub count: Cardinality,
    /// A message, or one of the types that [`super::message`] knows by itself.
    pub type_name: &'static str,
}

impl FieldSchema {
    /// Whether its fields are inlined in the parent message.
    pub fn is_inline(&self) -> bool {
        self.name == "."
    }
}

type MessageSchema = HashMap<u64, FieldSchema>;

static MESSAGES: LazyLock<HashMap<&'static str, MessageSchema>> =
    LazyLock::new(|| read(include_str!("messages.txt")));

pub fn message(name: &str) -> Option<&'static MessageSchema> {
    MESSAGES.get(name)
}

fn read(text: &'static str) -> HashMap<&'static str, MessageSchema> {
    let mut messages = HashMap::new();
    let mut current = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix(' ').map(field) {
            None => current = line,
            Some(Some((number, field))) => {
                let message: &mut MessageSchema = messages.entry(current).or_default();
                message.insert(number, field);
            }
            Some(None) => {}
        }
    }
    messages
}

fn field(line: &'static str) -> Option<(u64, FieldSchema)> {
    let mut words = line.split(' ');
    let (number, name, of) = (words.next()?, words.next()?, words.next()?);
    let (count, of) = match (of.strip_prefix("[]"), of.strip_prefix("{}")) {
        (Some(of), _) => (Cardinality::List, of),
        (_, Some(of)) => (Cardinality::Map, of),
        _ => (Cardinality::One, of),
    };
    let field = FieldSchema {
        name: name.trim_end_matches('?'),
        omit_empty: name.ends_with('?'),
        count,
        type_name: of,
    };
    Some((number.parse().ok()?, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The types that are no messages of the table.
    const LEAVES: &[&str] = &[
        "string",
        "bool",
        "int",
        "bytes",
        "Time",
        "MicroTime",
        "Quantity",
        "IntOrString",
        "FieldsV1",
        "ExtraValue",
    ];

    #[test]
    fn every_line_is_a_field_and_every_type_is_known() {
        let text = include_str!("messages.txt");
        let lines = text.lines().filter(|line| line.starts_with(' ')).count();
        let fields: usize = MESSAGES.values().map(HashMap::len).sum();
        assert_eq!(fields, lines);
        for (name, message) in MESSAGES.iter() {
            for field in message.values() {
                let known = LEAVES.contains(&field.type_name)
                    || MESSAGES.contains_key(field.type_name)
                    || text.lines().any(|line| line == field.type_name);
                assert!(known, "{name}.{}: {}", field.name, field.type_name);
            }
        }
    }
}
