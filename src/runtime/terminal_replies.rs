//! Filters late replies of the terminal out of the key input.
//!
//! `background` asks two questions and waits for a second. Over a slow link the answers come later, and GNU
//! screen sends the colour after the answer that should be the last
//! (<https://github.com/bash/terminal-colorsaurus/issues/16>). crossterm 0.29 does not know OSC: it reads
//! `ESC ] 1 1 ; r g b …` as `alt-]`, `1`, `1` and so on. This filter stands behind crossterm, recognises the
//! answers in the keys and takes them out. A colour that comes late is still heeded.
//!
//! An answer may be split anywhere, with up to [`PIECE`] between its pieces. One case cannot be told from a key: an
//! `ESC` that comes alone and is followed by nothing for [`ESCAPE`]. It is passed on, and what follows it is
//! still recognised.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::background_color;
use crate::ui::theme::Background;

/// So long an escape key waits for what may follow it. Nobody types so fast.
const ESCAPE: Duration = Duration::from_millis(50);

/// So long after the question an escape key waits at all.
const SOON: Duration = Duration::from_secs(10);

/// So long the next piece of an answer is waited for. One that was cut short by then is forgotten, so that it
/// takes no key away that is typed later.
const PIECE: Duration = Duration::from_secs(30);

/// So long a `]` or `[` waits that comes after an escape key which was passed on.
const BRACKET: Duration = Duration::from_millis(250);

/// Terminal input without replies to queries.
#[derive(Debug, PartialEq)]
pub(super) enum FilteredInput {
    Event(Event),
    Background(Background),
}

/// Takes the answers out of the events.
pub(super) struct ReplyFilter {
    queried_at: Instant,
    /// The bytes behind the `ESC` of what may be an answer; `None`: nothing has begun.
    text: Option<Vec<u8>>,
    /// The events of these bytes, as long as they may still be keys.
    held: Vec<Event>,
    /// The `ESC` was passed on as a key.
    is_doubtful: bool,
    /// When what is held is passed on, and an answer that has begun is forgotten.
    deadline: Option<Instant>,
}

/// How the bytes after an `ESC` are parsed.
#[derive(Debug, PartialEq)]
enum ReplyParse {
    /// No beginning of an answer.
    Other,
    /// The beginning of an answer, or keys.
    Maybe,
    /// The beginning of an answer, and of nothing else that is typed.
    Begun,
    Whole(Option<Background>),
}

impl ReplyFilter {
    /// `rest`: the beginning of an answer, which was read before crossterm reads on.
    pub(super) fn new(rest: &[u8], now: Instant) -> Self {
        let mut answers = Self {
            queried_at: now,
            text: None,
            held: Vec::new(),
            is_doubtful: false,
            deadline: None,
        };
        for byte in rest {
            let code = match byte {
                0x1b => KeyCode::Esc,
                byte => KeyCode::Char(char::from(*byte)),
            };
            let key = KeyEvent::new(code, KeyModifiers::NONE);
            let _ = answers.filter(Event::Key(key), now);
        }
        answers
    }

    /// When `expire` is to be called.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Takes in an event; returns what is to be passed on.
    pub(super) fn filter(&mut self, event: Event, now: Instant) -> Vec<FilteredInput> {
        let bytes = bytes(&event);
        let Some(text) = &self.text else {
            return match bytes.as_deref() {
                Some([0x1b, behind @ ..]) => self.start(behind, event, now),
                _ => vec![FilteredInput::Event(event)],
            };
        };
        let is_begun = read(text) == ReplyParse::Begun;
        let is_escape = bytes.as_deref().is_some_and(|it| it.starts_with(b"\x1b"));
        let longer = bytes.map(|bytes| [text.as_slice(), &bytes].concat());
        match longer.as_deref().map_or(ReplyParse::Other, read) {
            ReplyParse::Whole(background) => {
                self.reset();
                background
                    .map(FilteredInput::Background)
                    .into_iter()
                    .collect()
            }
            ReplyParse::Begun => {
                self.reset();
                self.text = longer;
                self.deadline = Some(now + PIECE);
                Vec::new()
            }
            ReplyParse::Maybe => {
                self.text = longer;
                self.held.push(event);
                self.deadline = self.is_doubtful.then(|| now + BRACKET);
                Vec::new()
            }
            // The answer was cut short, and the next one begins.
            ReplyParse::Other if is_begun && is_escape => {
                self.reset();
                self.filter(event, now)
            }
            // A key between two pieces of an answer.
            ReplyParse::Other if is_begun => vec![FilteredInput::Event(event)],
            ReplyParse::Other => {
                let mut passed = self.pass_on();
                passed.extend(self.filter(event, now));
                passed
            }
        }
    }

    fn start(&mut self, behind: &[u8], event: Event, now: Instant) -> Vec<FilteredInput> {
        if read(behind) == ReplyParse::Other {
            return vec![FilteredInput::Event(event)];
        }
        self.text = Some(behind.to_vec());
        if !behind.is_empty() {
            self.held.push(event);
            return Vec::new();
        }
        if now < self.queried_at + SOON {
            self.held.push(event);
            self.deadline = Some(now + ESCAPE);
            return Vec::new();
        }
        self.is_doubtful = true;
        vec![FilteredInput::Event(event)]
    }

    /// Passes on what has waited long enough; of an answer that has begun nothing is left.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<FilteredInput> {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return Vec::new();
        }
        let is_escape = self.text.as_ref().is_some_and(Vec::is_empty);
        let passed = self.pass_on();
        if is_escape {
            self.text = Some(Vec::new());
            self.is_doubtful = true;
        }
        passed
    }

    fn pass_on(&mut self) -> Vec<FilteredInput> {
        let held = std::mem::take(&mut self.held);
        self.reset();
        held.into_iter().map(FilteredInput::Event).collect()
    }

    fn reset(&mut self) {
        self.text = None;
        self.held.clear();
        self.is_doubtful = false;
        self.deadline = None;
    }
}

/// The bytes that crossterm has made this event of; `None` for what is in no answer.
fn bytes(event: &Event) -> Option<Vec<u8>> {
    let Event::Key(KeyEvent {
        code,
        modifiers,
        kind: KeyEventKind::Press,
        ..
    }) = event
    else {
        return None;
    };
    let has = |modifier| modifiers.contains(modifier);
    let mut bytes = Vec::new();
    if has(KeyModifiers::ALT) {
        bytes.push(0x1b);
    }
    bytes.push(match code {
        KeyCode::Esc => 0x1b,
        KeyCode::Char('g') if has(KeyModifiers::CONTROL) => 0x07,
        KeyCode::Char(c) if !has(KeyModifiers::CONTROL) => u8::try_from(*c).ok()?,
        _ => return None,
    });
    Some(bytes)
}

fn read(text: &[u8]) -> ReplyParse {
    match text {
        [] => ReplyParse::Maybe,
        [b']', body @ ..] => read_colour(body),
        [b'[', body @ ..] => read_attributes(body),
        _ => ReplyParse::Other,
    }
}

/// Reads `11;rgb:RRRR/GGGG/BBBB` with `BEL` or `ESC \` behind it.
fn read_colour(body: &[u8]) -> ReplyParse {
    /// From here on it is nothing that is typed.
    const CERTAIN: usize = b"11;".len();
    for end in [&b"\x07"[..], b"\x1b\\", b"\x1b"] {
        let Some(colour) = body.strip_suffix(end) else {
            continue;
        };
        if !matches!(colour_fits(colour), Some(true)) {
            return ReplyParse::Other;
        }
        return match end {
            b"\x1b" => ReplyParse::Begun,
            _ => ReplyParse::Whole(background_color::background(colour)),
        };
    }
    match colour_fits(body) {
        None => ReplyParse::Other,
        Some(_) if body.len() < CERTAIN => ReplyParse::Maybe,
        Some(_) => ReplyParse::Begun,
    }
}

/// Whether a colour is whole; `None`: it is none, and does not become one.
fn colour_fits(text: &[u8]) -> Option<bool> {
    for (start, parts) in [(&b"11;rgb:"[..], 3), (b"11;rgba:", 4)] {
        if start.starts_with(text) {
            return Some(false);
        }
        let Some(values) = text.strip_prefix(start) else {
            continue;
        };
        let values: Vec<&[u8]> = values.split(|byte| *byte == b'/').collect();
        let is_value = |value: &&[u8]| value.len() <= 4 && value.iter().all(u8::is_ascii_hexdigit);
        let (last, before) = values.split_last()?;
        let fits = values.iter().all(is_value)
            && values.len() <= parts
            && before.iter().all(|value| !value.is_empty());
        return fits.then_some(values.len() == parts && !last.is_empty());
    }
    None
}

/// Reads `?64;1;2c`, the primary device attributes.
fn read_attributes(body: &[u8]) -> ReplyParse {
    let is_parameter = |byte: &u8| byte.is_ascii_digit() || *byte == b';';
    match body {
        [] => ReplyParse::Maybe,
        [b'?', parameters @ .., b'c'] if parameters.iter().all(is_parameter) => {
            ReplyParse::Whole(None)
        }
        [b'?', parameters @ ..] if parameters.iter().all(is_parameter) => ReplyParse::Begun,
        _ => ReplyParse::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestCaseError};

    use super::*;

    const ANSWERS: [&[u8]; 6] = [
        b"\x1b]11;rgb:1616/1818/1d1d\x1b\\",
        b"\x1b]11;rgb:ffff/ffff/ffff\x07",
        b"\x1b]11;rgb:FD/F6/e3\x1b\\",
        b"\x1b]11;rgba:0000/0000/0000/ffff\x1b\\",
        b"\x1b[?64;1;2c",
        b"\x1b[?1;2c",
    ];

    /// As crossterm makes events of the bytes of one `read`, as far as the bytes here need it: it keeps what
    /// follows `ESC [`, and drops the answer that it knows.
    #[derive(Default)]
    struct Crossterm(Vec<u8>);

    impl Crossterm {
        fn read(&mut self, bytes: &[u8]) -> Vec<Event> {
            let mut events = Vec::new();
            for (index, byte) in bytes.iter().enumerate() {
                self.0.push(*byte);
                let is_last = index + 1 == bytes.len();
                let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
                let event = match self.0.as_slice() {
                    [0x1b] if !is_last => continue,
                    [0x1b] => key(KeyCode::Esc, KeyModifiers::NONE),
                    [0x1b, b'[', .., b'c'] => {
                        self.0.clear();
                        continue;
                    }
                    [0x1b, b'[', ..] => continue,
                    [0x1b, c] => key(KeyCode::Char(char::from(*c)), KeyModifiers::ALT),
                    [0x07] => key(KeyCode::Char('g'), KeyModifiers::CONTROL),
                    [c] => {
                        let shift = if c.is_ascii_uppercase() {
                            KeyModifiers::SHIFT
                        } else {
                            KeyModifiers::NONE
                        };
                        key(KeyCode::Char(char::from(*c)), shift)
                    }
                    other => panic!("{other:?}"),
                };
                self.0.clear();
                events.push(event);
            }
            events
        }
    }

    /// The keys and colours that come out when these pieces come in, each so long after the one before.
    fn heard(rest: &[u8], pieces: &[(&[u8], Duration)]) -> (String, Vec<Background>) {
        let mut now = Instant::now();
        let mut answers = ReplyFilter::new(rest, now);
        let mut crossterm = Crossterm::default();
        let mut out = Vec::new();
        for (piece, pause) in pieces {
            let then = now + *pause;
            while let Some(deadline) = answers.deadline().filter(|deadline| *deadline <= then) {
                out.extend(answers.expire(deadline));
            }
            now = then;
            for event in crossterm.read(piece) {
                out.extend(answers.filter(event, now));
            }
        }
        while let Some(deadline) = answers.deadline() {
            out.extend(answers.expire(deadline));
        }
        let (mut keys, mut colours) = (String::new(), Vec::new());
        for heard in out {
            match heard {
                FilteredInput::Background(background) => colours.push(background),
                FilteredInput::Event(event) => {
                    let bytes = bytes(&event).unwrap();
                    keys.extend(bytes.into_iter().map(char::from));
                }
            }
        }
        (keys, colours)
    }

    const NO_TIME: Duration = Duration::ZERO;

    #[test]
    fn an_answer_in_one_piece_is_a_colour_and_no_key() {
        for (answer, colour) in [
            (ANSWERS[0], vec![Background::Dark]),
            (ANSWERS[1], vec![Background::Light]),
            (ANSWERS[2], vec![Background::Light]),
            (ANSWERS[4], vec![]),
        ] {
            let told = heard(b"", &[(answer, Duration::from_secs(7))]);
            assert_eq!(told, (String::new(), colour));
        }
    }

    /// The first second is over in the middle of an answer.
    #[test]
    fn an_answer_that_was_begun_before_is_ended_after() {
        for answer in ANSWERS {
            for split in 1..answer.len() {
                let (before, after) = answer.split_at(split);
                let (keys, _) = heard(before, &[(after, NO_TIME)]);
                assert_eq!(keys, "", "{:?}", String::from_utf8_lossy(before));
            }
        }
    }

    #[test]
    fn keys_that_begin_like_an_answer_are_keys() {
        for keys in [
            "\x1b]",
            "\x1b]1x",
            "\x1b[",
            "\x1b]12;",
            "\x1b\x1b]1q",
            "\x1bj",
        ] {
            for pause in [NO_TIME, Duration::from_millis(120)] {
                let bytes = keys.as_bytes();
                let pieces: Vec<(&[u8], Duration)> =
                    bytes.chunks(1).map(|byte| (byte, pause)).collect();
                // The last key ends what may be held.
                let all = [pieces.as_slice(), &[(b"!", Duration::from_secs(1))]].concat();
                assert_eq!(heard(b"", &all).0, format!("{keys}!"), "{pause:?}");
            }
        }
    }

    #[test]
    fn an_answer_that_was_cut_short_takes_no_key_that_is_typed_later() {
        for cut in [&b"\x1b]11;rgb:16"[..], b"\x1b]11;", b"\x1b[?64"] {
            let typed: [(&[u8], Duration); 3] = [
                (cut, NO_TIME),
                (b"/", PIECE),
                (b"a1", Duration::from_secs(1)),
            ];
            // crossterm itself waits for the end of what begins with ESC [.
            if !cut.starts_with(b"\x1b[") {
                assert_eq!(heard(b"", &typed).0, "/a1");
            }
            assert_eq!(heard(cut, &typed[1..]).0, "/a1");
        }
    }

    #[test]
    fn an_answer_behind_one_that_was_cut_short_is_an_answer() {
        for answer in ANSWERS {
            let pieces: [(&[u8], Duration); 3] = [
                (b"\x1b]11;rgb:cc", NO_TIME),
                (answer, Duration::from_secs(1)),
                (b"jr", NO_TIME),
            ];
            assert_eq!(heard(b"", &pieces).0, "jr", "{answer:?}");
        }
    }

    #[test]
    fn an_escape_key_waits_no_longer_than_nobody_sees() {
        let now = Instant::now();
        let mut answers = ReplyFilter::new(b"", now);
        let escape = Event::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
        assert_eq!(answers.filter(escape.clone(), now), []);
        assert_eq!(answers.deadline(), Some(now + ESCAPE));
        assert_eq!(
            answers.expire(now + ESCAPE),
            [FilteredInput::Event(escape.clone())]
        );
        // Later in the session it does not wait at all.
        let later = now + SOON;
        assert_eq!(
            answers.filter(escape.clone(), later),
            [FilteredInput::Event(escape)]
        );
        assert_eq!(answers.deadline(), None);
    }

    fn pause() -> impl Strategy<Value = Duration> {
        (0..20_000_u64).prop_map(Duration::from_millis)
    }

    /// An answer in pieces, with the pause before each.
    fn pieces() -> impl Strategy<Value = Vec<(Vec<u8>, Duration)>> {
        (
            select(&ANSWERS[..]),
            vec(any::<bool>(), 40),
            vec(pause(), 40),
        )
            .prop_map(|(answer, cuts, pauses)| {
                let mut pieces = vec![(Vec::new(), pauses[0])];
                for (index, byte) in answer.iter().enumerate() {
                    // An ESC that comes alone is a case of its own.
                    if index > 1 && cuts[index] {
                        pieces.push((Vec::new(), pauses[index]));
                    }
                    pieces.last_mut().unwrap().0.push(*byte);
                }
                pieces
            })
    }

    proptest! {
        /// An ESC that comes alone is a key when it stays alone; what follows it is none.
        #[test]
        fn an_escape_that_comes_alone(
            answer in select(&ANSWERS[..]),
            before in pause(),
            after in prop_oneof![(0..60_u64).prop_map(Duration::from_millis), pause()],
        ) {
            let (escape, rest) = answer.split_at(1);
            let (keys, _) = heard(b"", &[(escape, before), (rest, after)]);
            let is_key = before >= SOON || after >= ESCAPE;
            prop_assert_eq!(keys, if is_key { "\x1b" } else { "" });
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// However the answers are split and however late they are, no byte of them becomes a key, and all
        /// keys that are typed before, between and behind them do.
        #[test]
        fn answers_are_no_keys_and_keys_are(
            parts in vec((pieces(), "[jkqxyzJQ!:?]{0,4}"), 1..4),
            typed_within in select(&["", "j", "q", "?"][..]),
        ) {
            let mut all: Vec<(Vec<u8>, Duration)> = Vec::new();
            let mut expected = String::new();
            for (pieces, keys) in &parts {
                for (index, piece) in pieces.iter().enumerate() {
                    all.push(piece.clone());
                    // Behind its unmistakable beginning a key may come between two pieces; crossterm itself
                    // must have read to the end of a sequence.
                    let so_far: Vec<u8> = all[all.len() - index - 1..]
                        .iter()
                        .flat_map(|(bytes, _)| bytes.clone())
                        .collect();
                    let is_within = index + 1 < pieces.len() && so_far.starts_with(b"\x1b]11;");
                    if is_within && !typed_within.is_empty() {
                        all.push((typed_within.as_bytes().to_vec(), Duration::from_millis(700)));
                        expected.push_str(typed_within);
                    }
                }
                for key in keys.bytes() {
                    all.push((vec![key], Duration::from_millis(90)));
                }
                expected.push_str(keys);
            }
            let pieces: Vec<(&[u8], Duration)> =
                all.iter().map(|(bytes, pause)| (bytes.as_slice(), *pause)).collect();
            let (keys, _) = heard(b"", &pieces);
            if keys != expected {
                return Err(TestCaseError::fail(format!("{keys:?} for {expected:?} of {all:?}")));
            }
        }
    }
}
