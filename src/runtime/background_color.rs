//! Queries the terminal's background colour (OSC 11) before its keys are read.
//!
//! Behind that question goes one that every terminal answers (primary device attributes): when its
//! answer is there, the other hardly comes any more. So nobody waits for a terminal that does not know
//! OSC 11. What else arrives meanwhile are keys, and is handed back; an answer that comes later than that is
//! taken out of the keys (`terminal_replies`).

#![cfg_attr(
    not(unix),
    allow(
        dead_code,
        reason = "where nothing is asked, only the tests read answers"
    )
)]

#[cfg(unix)]
use super::output::OUTPUT;
use crate::{
    app::key::{Code, Key},
    ui::theme::Background,
};

/// The terminal's reply.
#[derive(Debug, Default, PartialEq)]
pub(super) struct TerminalReply {
    pub(super) background: Option<Background>,
    /// Typed meanwhile.
    pub(super) keys: Vec<Key>,
    /// The beginning of an answer, of which the rest has not come yet.
    pub(super) rest: Vec<u8>,
}

/// Asks; the terminal must be in raw mode.
#[cfg(unix)]
pub(super) fn query() -> TerminalReply {
    use std::{
        io,
        time::{Duration, Instant},
    };

    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        io::read,
    };

    /// Longer than any way to a terminal; only one that is none does not answer at all.
    const LIMIT: Duration = Duration::from_secs(1);
    const QUESTIONS: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";

    OUTPUT.send(QUESTIONS);
    let stdin = io::stdin();
    let deadline = Instant::now() + LIMIT;
    let mut bytes = Vec::new();
    while !is_answered(&bytes) {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
        let limit = Timespec::try_from(left).ok();
        if left.is_zero() || !matches!(poll(&mut ready, limit.as_ref()), Ok(1..)) {
            break;
        }
        // Straight from the descriptor: what stays in a buffer of ours would never become a key.
        let mut piece = [0; 256];
        match read(&stdin, &mut piece) {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes.extend_from_slice(piece.get(..count).unwrap_or_default()),
        }
    }
    parse_reply(&bytes)
}

/// Windows has no such question.
#[cfg(not(unix))]
pub(super) fn query() -> TerminalReply {
    TerminalReply::default()
}

/// A piece of what a terminal sends.
enum Piece<'a> {
    /// Behind `ESC ]`.
    Osc(&'a [u8]),
    /// Behind `ESC [`, with its last byte.
    Csi(&'a [u8]),
    Byte(u8),
}

/// Takes the first piece; `None` when there is none, or it is not whole.
fn next_piece<'a>(bytes: &mut &'a [u8]) -> Option<Piece<'a>> {
    let all: &'a [u8] = bytes;
    let split = |length: usize| Some((all.get(..length)?, all.get(length..)?));
    if let Some(rest) = all.strip_prefix(b"\x1b]") {
        let end = rest.iter().position(|byte| matches!(byte, 0x07 | 0x1b))?;
        let closing = if rest.get(end) == Some(&0x07) { 1 } else { 2 };
        let (_, behind) = split(2 + end + closing)?;
        *bytes = behind;
        return rest.get(..end).map(Piece::Osc);
    }
    if let Some(rest) = all.strip_prefix(b"\x1b[") {
        let end = rest.iter().position(|byte| (0x40..=0x7e).contains(byte))?;
        let (_, behind) = split(2 + end + 1)?;
        *bytes = behind;
        return rest.get(..=end).map(Piece::Csi);
    }
    let (first, behind) = all.split_first()?;
    *bytes = behind;
    Some(Piece::Byte(*first))
}

fn is_answered(mut bytes: &[u8]) -> bool {
    while let Some(piece) = next_piece(&mut bytes) {
        if matches!(piece, Piece::Csi([b'?', .., b'c'])) {
            return true;
        }
    }
    false
}

fn parse_reply(mut bytes: &[u8]) -> TerminalReply {
    let mut heard = TerminalReply::default();
    while let Some(piece) = next_piece(&mut bytes) {
        match piece {
            Piece::Osc(text) => heard.background = background(text).or(heard.background),
            Piece::Csi(sequence) => heard.keys.extend(arrow(sequence)),
            // The rest of what begins so may be on its way.
            Piece::Byte(0x1b) if bytes.is_empty() => heard.rest = vec![0x1b],
            Piece::Byte(byte) => heard.keys.extend(key(byte)),
        }
    }
    heard.rest.extend_from_slice(bytes);
    heard
}

/// Reads `11;rgb:RRRR/GGGG/BBBB`, with one to four digits each, as the background's brightness.
pub(super) fn background(text: &[u8]) -> Option<Background> {
    let text = std::str::from_utf8(text).ok()?;
    // rxvt-unicode adds how opaque it is.
    let colours = text
        .strip_prefix("11;rgb:")
        .or_else(|| text.strip_prefix("11;rgba:"))?;
    let mut light = 0.0;
    let mut parts = colours.split('/');
    // How much each adds to what the eye takes for bright (Rec. 709).
    for weight in [0.2126, 0.7152, 0.0722] {
        let part = parts.next().filter(|part| (1..=4).contains(&part.len()))?;
        let most = (1_u32 << (4 * part.len())) - 1;
        light += weight * f64::from(u32::from_str_radix(part, 16).ok()?) / f64::from(most);
    }
    Some(if light > 0.5 {
        Background::Light
    } else {
        Background::Dark
    })
}

fn arrow(sequence: &[u8]) -> Option<Key> {
    let code = match sequence {
        b"A" => Code::Up,
        b"B" => Code::Down,
        b"C" => Code::Right,
        b"D" => Code::Left,
        _ => return None,
    };
    Some(Key::plain(code))
}

/// The key of a byte; what is typed in the first moment of a program is hardly more.
fn key(byte: u8) -> Option<Key> {
    Some(match byte {
        b'\r' => Key::plain(Code::Enter),
        b'\t' => Key::plain(Code::Tab),
        0x1b => Key::plain(Code::Esc),
        0x7f => Key::plain(Code::Backspace),
        0x01..=0x1a => Key {
            ctrl: true,
            ..Key::char(char::from(byte + 0x60))
        },
        b' '..=b'~' => Key::char(char::from(byte)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_read_and_keys_between_them_are_kept() {
        let bytes = b"!\x1b]11;rgb:1616/1818/1d1d\x1b\\:\x1b[A\x1b[?64;1;2cq\r\x03";
        assert!(is_answered(bytes));
        let heard = parse_reply(bytes);
        assert_eq!(heard.background, Some(Background::Dark));
        let names: Vec<String> = heard.keys.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["!", ":", "up", "q", "enter", "ctrl-c"]);
    }

    #[test]
    fn a_terminal_that_does_not_know_its_background_is_not_waited_for() {
        assert!(is_answered(b"\x1b[?1;2c"));
        assert_eq!(parse_reply(b"\x1b[?1;2c"), TerminalReply::default());
        assert!(!is_answered(b"\x1b]11;rgb:ff/ff/ff\x07"));
        for begun in [&b"\x1b]11;rgb:ff/f"[..], b"\x1b[?64;1", b"\x1b"] {
            let heard = parse_reply(&[b"q", begun].concat());
            assert_eq!((heard.rest.as_slice(), heard.keys.len()), (begun, 1));
        }
        assert!(!is_answered(b"\x1b[?1;2"));
    }

    #[test]
    fn light_is_told_from_dark_in_any_width() {
        assert_eq!(background(b"11;rgb:ff/ff/ff"), Some(Background::Light));
        assert_eq!(
            background(b"11;rgb:fdfd/f6f6/e3e3"),
            Some(Background::Light)
        );
        assert_eq!(background(b"11;rgb:0/0/8"), Some(Background::Dark));
        assert_eq!(background(b"11;rgba:ff/ff/ff/80"), Some(Background::Light));
        for nonsense in [
            &b"11;rgb:ff/ff"[..],
            b"11;rgb:fffff/0/0",
            b"10;rgb:f/f/f",
            b"\xff",
        ] {
            assert_eq!(background(nonsense), None);
        }
    }
}
