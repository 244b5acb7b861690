//! Sanitizes and measures text from outside: names, messages, responses of registries.
//!
//! Control characters, escape sequences, bidirectional overrides and zero-width characters do not
//! pass, and what passes has a known width in cells.

use std::borrow::Cow;

use ratatui::{style::Style, text::Line};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::domain::sanitize::is_hidden;

/// Which part of a text is replaced by an ellipsis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ellipsis {
    End,
    /// For image references: both ends matter, the end most.
    Middle,
    /// For generated names: the beginning says whose they are, the last characters which.
    Name,
}

/// Number of random characters at the end of a Pod's name.
const RANDOM: usize = 5;

const ELLIPSIS: char = '…';

/// Returns the text without characters that move the cursor, are invisible, or reorder text.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            c if hidden(c) => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Characters that take no cell of their own or change how others are shown: on a screen of cells also
/// those that combine with the one before.
fn hidden(c: char) -> bool {
    is_hidden(c) || c.width().unwrap_or(0) == 0
}

/// Formats a number of bytes in decimal units, like runtimes and registries.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

/// Width of a clean text in cells.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Returns the text clean and truncated to this width.
pub fn truncate(text: &str, cells: usize, cut: Ellipsis) -> Cow<'_, str> {
    let text = clean(text);
    if width(&text) <= cells {
        return text;
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let room = cells - 1;
    let head = match cut {
        Ellipsis::End => room,
        Ellipsis::Middle => room * 2 / 5,
        Ellipsis::Name => room - (room / 3).min(RANDOM),
    };
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let cell = c.width().unwrap_or(0);
        if used + cell > head {
            break;
        }
        used += cell;
        out.push(c);
    }
    out.push(ELLIPSIS);
    out.push_str(tail(&text, room - head));
    Cow::Owned(out)
}

fn tail(text: &str, cells: usize) -> &str {
    let mut used = 0;
    let mut start = text.len();
    for (position, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > cells {
            break;
        }
        start = position;
    }
    text.get(start..).unwrap_or_default()
}

/// Wraps a text to this width, at spaces if possible.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let paragraph = clean(paragraph);
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split(' ') {
            let wide = width(word);
            if used > 0 && used + 1 + wide > cells {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            for c in word.chars() {
                let cell = c.width().unwrap_or(0);
                if used + cell > cells {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push(c);
                used += cell;
            }
        }
        lines.push(line);
    }
    lines
}

/// Splits a text at this width, keeping spaces, for code and logs.
pub fn split_at_width(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut used = 0;
    for c in clean(text).chars() {
        let cell = c.width().unwrap_or(0);
        if used + cell > cells && !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
            used = 0;
        }
        piece.push(c);
        used += cell;
    }
    pieces.push(piece);
    pieces
}

/// Wraps a text to this width, in one style.
pub(in crate::ui) fn wrapped_lines(words: &str, wide: usize, style: Style) -> Vec<Line<'static>> {
    indented_lines(words, 0, wide, style)
}

/// Wraps a text with an indent, which counts as part of the width.
pub(in crate::ui) fn indented_lines(
    words: &str,
    by: usize,
    wide: usize,
    style: Style,
) -> Vec<Line<'static>> {
    wrap(words, wide.saturating_sub(by))
        .into_iter()
        .map(|line| Line::styled(format!("{:by$}{line}", ""), style))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_passes() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a\u{1b}[31mred", "a[31mred"),
            ("line\nbreak\ttab", "line break tab"),
            ("\u{202e}evil\u{200b}\u{feff}", "evil"),
            ("bell\u{7}\u{9b}", "bell"),
            ("größe 漢字", "größe 漢字"),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn the_end_of_an_image_stays_in_view() {
        let image = "registry.example.com/team/checkout:7.1.0";
        assert_eq!(
            truncate(image, 20, Ellipsis::Middle),
            "registr…eckout:7.1.0"
        );
        let pod = "warehouse-sync-lmzfwwwkcw-fkz25";
        assert_eq!(
            truncate(pod, 25, Ellipsis::Name),
            "warehouse-sync-lmzf…fkz25"
        );
        assert_eq!(truncate(pod, 7, Ellipsis::Name), "ware…25");
        assert_eq!(truncate(image, 20, Ellipsis::End), "registry.example.co…");
        assert_eq!(truncate("漢字漢字", 4, Ellipsis::End), "漢…");
        assert_eq!(truncate("abc", 0, Ellipsis::End), "");
    }

    #[test]
    fn wraps_at_blanks_and_through_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 5), ["a", "", "b"]);
    }

    proptest! {
        #[test]
        fn never_wider_than_asked(text in "\\PC*|.*", cells in 0usize..40) {
            for cut in [Ellipsis::End, Ellipsis::Middle, Ellipsis::Name] {
                prop_assert!(width(&truncate(&text, cells, cut)) <= cells);
            }
            // A character that is two cells wide cannot be made narrower.
            for line in wrap(&text, cells.max(2)) {
                prop_assert!(width(&line) <= cells.max(2));
            }
            prop_assert!(!clean(&text).chars().any(char::is_control));
        }
    }
}
