//! Parses JSON as Go's `encoding/json` does, with its error messages.
//!
//! A Secret that does not parse stops the pull, and the kubelet shows the decoder's own words as the
//! waiting reason. So the words, the order in which errors are found, the blindness to case in field
//! names and the forgiveness for duplicate keys are Go's (1.26, `encoding/json` v1). Iterative, so
//! that hostile nesting costs no stack.

use std::fmt;

use zeroize::Zeroizing;

/// Maximum nesting depth of Go's decoder.
const MAX_DEPTH: usize = 10_000;

/// A syntax error with Go's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub at: usize,
    words: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// The type of a JSON value, as named in Go's type errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        })
    }
}

/// Checks that the bytes are one JSON value, as `json.Valid` would.
pub(super) fn check(bytes: &[u8]) -> Result<(), SyntaxError> {
    let mut scan = Scan { bytes, at: 0 };
    let mut open: Vec<JsonContainer> = Vec::new();
    scan.begin_value(&mut open)?;
    while let Some(container) = open.last().copied() {
        let next = scan.visible();
        if next == Some(container.end()) {
            scan.at += 1;
            open.pop();
            continue;
        }
        match (container, next) {
            (JsonContainer::Array(First::Yes) | JsonContainer::Object(First::Yes), _) => {}
            (_, Some(b',')) => scan.at += 1,
            (JsonContainer::Array(First::No), _) => return Err(scan.bad("after array element")),
            (JsonContainer::Object(First::No), _) => {
                return Err(scan.bad("after object key:value pair"));
            }
        }
        if let Some(last) = open.last_mut() {
            last.not_first();
        }
        if matches!(container, JsonContainer::Object(_)) {
            scan.key()?;
        }
        scan.begin_value(&mut open)?;
    }
    match scan.visible() {
        None => Ok(()),
        Some(_) => Err(scan.bad("after top-level value")),
    }
}

#[derive(Clone, Copy)]
enum JsonContainer {
    Array(First),
    Object(First),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Yes,
    No,
}

impl JsonContainer {
    fn end(self) -> u8 {
        match self {
            Self::Array(_) => b']',
            Self::Object(_) => b'}',
        }
    }

    fn not_first(&mut self) {
        match self {
            Self::Array(first) | Self::Object(first) => *first = First::No,
        }
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn visible(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.peek()
    }

    fn bad(&self, context: &str) -> SyntaxError {
        let words = match self.peek() {
            Some(byte) => format!("invalid character {} {context}", quote(byte)),
            None => "unexpected end of JSON input".to_owned(),
        };
        SyntaxError { at: self.at, words }
    }

    /// Reads a scalar, or opens a container.
    fn begin_value(&mut self, open: &mut Vec<JsonContainer>) -> Result<(), SyntaxError> {
        match self.visible() {
            Some(b'{') => self.open(open, JsonContainer::Object(First::Yes)),
            Some(b'[') => self.open(open, JsonContainer::Array(First::Yes)),
            Some(b'"') => self.string(),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.bad("looking for beginning of value")),
        }
    }

    fn open(
        &mut self,
        open: &mut Vec<JsonContainer>,
        new: JsonContainer,
    ) -> Result<(), SyntaxError> {
        if open.len() == MAX_DEPTH {
            return Err(self.bad("exceeded max depth"));
        }
        open.push(new);
        self.at += 1;
        Ok(())
    }

    fn key(&mut self) -> Result<(), SyntaxError> {
        if self.visible() != Some(b'"') {
            return Err(self.bad("looking for beginning of object key string"));
        }
        self.string()?;
        if self.visible() != Some(b':') {
            return Err(self.bad("after object key"));
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, word: &str) -> Result<(), SyntaxError> {
        for wanted in word.bytes() {
            if self.peek() != Some(wanted) {
                let context = format!("in literal {word} (expecting '{}')", char::from(wanted));
                return Err(self.bad(&context));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn digits(&mut self, context: &str) -> Result<(), SyntaxError> {
        if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Err(self.bad(context));
        }
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(0..b' ') | None => return Err(self.bad("in string literal")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        match self.peek() {
            Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|b| b.is_ascii_hexdigit()) {
                        return Err(self.bad("in \\u hexadecimal character escape"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.bad("in string escape code")),
        }
        Ok(())
    }
}

/// A byte as `quoteChar` prints it: the byte taken for a Latin-1 character.
fn quote(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        0x07 => r"'\a'".to_owned(),
        0x08 => r"'\b'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        0x0b => r"'\v'".to_owned(),
        0x0c => r"'\f'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        0..b' ' | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
        _ => format!("'{}'", char::from(byte)),
    }
}

/// A cursor over JSON that `check` has accepted.
pub(super) struct Cursor<'a> {
    scan: Scan<'a>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(checked: &'a [u8]) -> Self {
        let scan = Scan {
            bytes: checked,
            at: 0,
        };
        Self { scan }
    }

    /// The type of the next value.
    pub(super) fn shape(&mut self) -> Shape {
        match self.scan.visible() {
            Some(b'{') => Shape::Object,
            Some(b'[') => Shape::Array,
            Some(b'"') => Shape::String,
            Some(b't' | b'f') => Shape::Bool,
            Some(b'n') | None => Shape::Null,
            Some(_) => Shape::Number,
        }
    }

    /// Skips the next value.
    pub(super) fn skip(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.scan.visible() {
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.scan.at += 1;
                }
                Some(b'}' | b']') => {
                    depth = depth.saturating_sub(1);
                    self.scan.at += 1;
                }
                Some(b'"') => drop(self.scan.string()),
                Some(b',' | b':') => self.scan.at += 1,
                Some(_) => self.skip_scalar(),
                None => return,
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_scalar(&mut self) {
        let stop = |b: u8| matches!(b, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n');
        while self.scan.peek().is_some_and(|b| !stop(b)) {
            self.scan.at += 1;
        }
    }

    /// Reads the next string; zeroized on drop, as it may be a password.
    pub(super) fn string(&mut self) -> Zeroizing<String> {
        self.scan.visible();
        let start = self.scan.at + 1;
        drop(self.scan.string());
        let end = self.scan.at.saturating_sub(1);
        let raw = self.scan.bytes.get(start..end).unwrap_or_default();
        Zeroizing::new(unquote(raw))
    }

    /// Calls `each` with the key of every member of the next object; `each` must read or skip the value.
    pub(super) fn members(&mut self, mut each: impl FnMut(&mut Self, &str)) {
        self.scan.visible();
        self.scan.at += 1;
        while self.scan.visible() == Some(b'"') {
            let key = self.string();
            self.scan.visible();
            self.scan.at += 1;
            each(self, &key);
            if self.scan.visible() == Some(b',') {
                self.scan.at += 1;
            }
        }
        self.scan.at += 1;
    }

    /// The remaining bytes, to read a member again.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.scan.bytes.get(self.scan.at..).unwrap_or_default()
    }
}

/// Resolves escapes; what is no character becomes U+FFFD, as in Go.
fn unquote(raw: &[u8]) -> String {
    let mut out = Zeroizing::new(Vec::with_capacity(raw.len()));
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        if *byte != b'\\' {
            out.push(*byte);
            at += 1;
            continue;
        }
        let simple = match raw.get(at + 1) {
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                let (c, length) = unicode(raw.get(at..).unwrap_or_default());
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                at += length;
                continue;
            }
            Some(other) => *other,
            None => break,
        };
        out.push(simple);
        at += 2;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The character of `\uXXXX` or of a surrogate pair, and how many bytes it took.
fn unicode(raw: &[u8]) -> (char, usize) {
    let unit = |at: usize| {
        let digits = raw.get(at..)?.strip_prefix(b"\\u")?.get(..4)?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let first = unit(0).unwrap_or(0xfffd);
    if let Some(c) = char::from_u32(first) {
        return (c, 6);
    }
    let pair = unit(6)
        .filter(|second| (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(second))
        .and_then(|second| char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)));
    pair.map_or((char::REPLACEMENT_CHARACTER, 6), |c| (c, 12))
}

/// Whether Go matches this member to this field: exactly, or ignoring case.
pub(super) fn same_field(member: &str, field: &str) -> bool {
    // The two characters outside ASCII that fold into it: the long s and the Kelvin sign.
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    member.chars().map(fold).eq(field.chars().map(fold))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn errors_are_in_the_words_of_go() {
        for (text, words) in [
            ("", "unexpected end of JSON input"),
            ("{\"auths\":", "unexpected end of JSON input"),
            (
                "\u{feff}{}",
                "invalid character 'ï' looking for beginning of value",
            ),
            (
                "not json",
                "invalid character 'o' in literal null (expecting 'u')",
            ),
            ("{} trailing", "invalid character 't' after top-level value"),
            (
                "{'a':1}",
                "invalid character '\\'' looking for beginning of object key string",
            ),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            (
                "{\"a\":1 \"b\"}",
                "invalid character '\"' after object key:value pair",
            ),
            ("[1 2]", "invalid character '2' after array element"),
            (
                "[1,]",
                "invalid character ']' looking for beginning of value",
            ),
            (
                "{\"a\":1,}",
                "invalid character '}' looking for beginning of object key string",
            ),
            ("01", "invalid character '1' after top-level value"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
        ] {
            assert_eq!(
                check(text.as_bytes()).unwrap_err().to_string(),
                words,
                "{text}"
            );
        }
    }

    #[test]
    fn nesting_is_limited_as_in_go_and_costs_no_stack() {
        let deep = "[".repeat(MAX_DEPTH + 1);
        assert_eq!(
            check(deep.as_bytes()).unwrap_err().to_string(),
            "invalid character '[' exceeded max depth"
        );
    }

    #[test]
    fn escapes_are_resolved_and_broken_ones_replaced() {
        for (raw, text) in [
            (r#""a\u00e9\n\/""#, "aé\n/"),
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\ud83dx""#, "\u{fffd}x"),
        ] {
            assert_eq!(*Cursor::new(raw.as_bytes()).string(), text);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_serde_on_what_is_json(text in r#"[\[\]{}",:0-9a-z\\ .eE+-]{0,24}"#) {
            let ours = check(text.as_bytes()).is_ok();
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(ours, theirs, "{}", text);
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if check(&bytes).is_ok() {
                Cursor::new(&bytes).skip();
            }
        }
    }
}
