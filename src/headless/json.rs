//! Writes JSON whose texts hold no character that a terminal would obey, reorder or hide.
//!
//! Such characters are written as `\u` escapes, which is the same data to every reader of JSON, whether
//! standard output is a terminal or a pipe.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, PrettyFormatter};

use crate::domain::sanitize::is_hidden;

/// Writes the value on one line.
pub(super) fn write(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let escaping = Escaping(CompactFormatter);
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, escaping);
    value.serialize(&mut serializer)?;
    writeln!(out)
}

/// Writes the value over several lines, indented.
pub(super) fn write_pretty(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let escaping = Escaping(PrettyFormatter::new());
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, escaping);
    value.serialize(&mut serializer)?;
    writeln!(out)
}

/// A formatter that escapes hidden characters; all else is as `F` has it.
struct Escaping<F>(F);

impl<F: Formatter> Formatter for Escaping<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            let (before, after) = rest.split_at(at);
            self.0.write_string_fragment(writer, before)?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = after.get(c.len_utf8()..).unwrap_or_default();
        }
        self.0.write_string_fragment(writer, rest)
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.write_char_escape(writer, escape)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_the_data_is_the_same() {
        let text = "a\u{202e}b\u{9b}5n\u{200b}\u{2028}\u{e0041}\u{7f}\"\\\n\u{1b}é漢";
        let value = json!({ (text): [text, 1, null, {"k\u{feff}": true}] });
        for write in [
            (|value, out| write(value, out)) as fn(&Value, &mut Vec<u8>) -> io::Result<()>,
            |value, out| write_pretty(value, out),
        ] {
            let mut out = Vec::new();
            write(&value, &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            let shown = out.chars().filter(|c| *c != '\n');
            assert!(!shown.clone().any(is_hidden), "{out}");
            assert!(
                out.contains("\\u202e") && out.contains("\\udb40\\udc41"),
                "{out}"
            );
            assert!(out.contains("é漢"), "{out}");
            assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), value);
        }
    }
}
