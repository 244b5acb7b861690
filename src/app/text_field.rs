//! Text field editing with readline keys.

use tui_input::{Input, InputRequest};

use super::key::{Code, Key};

/// Edits the field; `false` when the key means nothing to it.
pub fn edit(input: &mut Input, key: Key) -> bool {
    let Some(request) = request(key) else {
        return false;
    };
    input.handle(request);
    true
}

/// Puts a pasted text in, as far as there is room; line breaks and control characters become blanks.
pub fn paste(input: &mut Input, text: &str) {
    let room = remaining_capacity(input);
    for c in pasted(text).chars().take(room) {
        let c = if c.is_control() { ' ' } else { c };
        input.handle(InputRequest::InsertChar(c));
    }
}

/// True if the field has room for all of a pasted text.
pub fn has_capacity(input: &Input, text: &str) -> bool {
    pasted(text)
        .chars()
        .nth(remaining_capacity(input))
        .is_none()
}

fn pasted(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

/// Names, images and label selectors are far shorter; a pasted file must not hang the screen.
const MAX_LENGTH: usize = 4096;

/// Characters that can still be put in.
fn remaining_capacity(input: &Input) -> usize {
    MAX_LENGTH.saturating_sub(input.value().chars().count())
}

/// True if the text is not longer than a field may be.
pub fn is_accepted(text: &str) -> bool {
    text.chars().nth(MAX_LENGTH).is_none()
}

/// A field for a secret. It never moves while it grows, so that it can be wiped.
pub fn masked(value: &str) -> Input {
    // A character may take four bytes.
    let mut text = String::with_capacity(4 * MAX_LENGTH);
    text.extend(value.chars().take(MAX_LENGTH));
    Input::new(text)
}

/// Edits a field for a secret; `false` when the key means nothing to it. What would cut out a part cuts
/// out all: a part that was cut out would be kept, and nobody sees where a word ends.
pub fn edit_masked(input: &mut Input, key: Key) -> bool {
    match request(key) {
        Some(
            InputRequest::DeleteLine
            | InputRequest::DeletePrevWord
            | InputRequest::DeleteNextWord
            | InputRequest::DeleteTillEnd,
        ) => {
            zeroize_input(input);
            true
        }
        // Beyond its room it would move, and leave behind what was typed so far.
        Some(InputRequest::InsertChar(_)) if remaining_capacity(input) == 0 => true,
        _ => edit(input, key),
    }
}

/// Clears the field and zeroizes its content.
///
/// `tui_input` hands nobody its memory; but what is written into an emptied field goes to the same place.
pub fn zeroize_input(input: &mut Input) {
    let bytes = input.value().len();
    clear(input);
    for _ in 0..bytes {
        input.handle(InputRequest::InsertChar(' '));
    }
    // Or else the compiler might leave out what it takes for useless.
    std::hint::black_box(input.value());
    clear(input);
}

fn clear(input: &mut Input) {
    input.handle(InputRequest::GoToEnd);
    while !input.value().is_empty() {
        input.handle(InputRequest::DeletePrevChar);
    }
}

fn request(key: Key) -> Option<InputRequest> {
    if let Some(c) = key.text_char() {
        return Some(InputRequest::InsertChar(c));
    }
    let word = key.ctrl || key.alt;
    Some(match key.code {
        Code::Char('a') if key.ctrl => InputRequest::GoToStart,
        Code::Char('e') if key.ctrl => InputRequest::GoToEnd,
        Code::Char('w') if key.ctrl => InputRequest::DeletePrevWord,
        Code::Char('u') if key.ctrl => InputRequest::DeleteLine,
        Code::Char('k') if key.ctrl => InputRequest::DeleteTillEnd,
        Code::Char('b') if key.ctrl => InputRequest::GoToPrevChar,
        Code::Char('f') if key.ctrl => InputRequest::GoToNextChar,
        Code::Char('b') if key.alt => InputRequest::GoToPrevWord,
        Code::Char('f') if key.alt => InputRequest::GoToNextWord,
        Code::Backspace if word => InputRequest::DeletePrevWord,
        Code::Backspace => InputRequest::DeletePrevChar,
        Code::Delete => InputRequest::DeleteNextChar,
        Code::Left if word => InputRequest::GoToPrevWord,
        Code::Left => InputRequest::GoToPrevChar,
        Code::Right if word => InputRequest::GoToNextWord,
        Code::Right => InputRequest::GoToNextChar,
        Code::Home => InputRequest::GoToStart,
        Code::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_full_stays_where_it_is() {
        let mut input = masked("");
        let place = input.value().as_ptr();
        let long = "\u{1f511}".repeat(MAX_LENGTH);
        assert!(has_capacity(&input, &long));
        paste(&mut input, &long);
        assert!(!has_capacity(&input, "more"));
        paste(&mut input, "more");
        assert!(edit_masked(&mut input, Key::char('x')));
        assert_eq!(input.value().chars().count(), MAX_LENGTH);
        assert_eq!(input.value().as_ptr(), place);
    }

    #[test]
    fn a_secret_is_wiped_and_never_cut_in_pieces() {
        let mut input = masked("one two");
        let place = input.value().as_ptr();
        for c in "three".chars() {
            assert!(edit_masked(&mut input, Key::char(c)));
        }
        assert_eq!(
            (input.value(), input.value().as_ptr()),
            ("one twothree", place)
        );
        let cut = Key {
            ctrl: true,
            ..Key::char('w')
        };
        assert!(edit_masked(&mut input, cut));
        assert_eq!((input.value(), input.value().as_ptr()), ("", place));
        let yanked = Key {
            ctrl: true,
            ..Key::char('y')
        };
        edit_masked(&mut input, yanked);
        assert_eq!(input.value(), "");
    }
}
