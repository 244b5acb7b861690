//! Sanitises text from outside: the one rule for what may reach a terminal, an error, a report or a log.
//!
//! Names, messages and answers are written by others. A control character would be obeyed by the
//! terminal, a bidirectional control or a character without width would show something else than what
//! is there. `ui::text`, the reports, the JSON writer and the errors all ask [`is_hidden`].

/// Maximum length of a sanitized text, in characters.
const LONGEST: usize = 600;

/// Whether the character controls the terminal, reorders text, or has no width.
///
/// Unicode's control characters (`Cc`: C0, DEL, C1), format characters (`Cf`: bidirectional controls,
/// zero-width characters, tags), line and paragraph separators, fillers and variation selectors. The
/// zero-width joiner goes too: it only joins emoji, and hides as well as the others.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Returns the text on one line without hidden characters, trimmed and truncated to 600 characters.
pub fn sanitize(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| !is_hidden(*c))
        .take(LONGEST)
        .collect();
    kept.trim().to_owned()
}

/// Returns the text on one line: line breaks and tabs become spaces.
pub fn one_line(text: &str) -> String {
    let blank = |c| if matches!(c, '\n' | '\t') { ' ' } else { c };
    let chars = text.chars().map(blank);
    chars.filter(|c| !is_hidden(*c)).collect()
}

/// Returns the text with its line breaks.
pub fn lines(text: &str) -> String {
    let chars = text.chars().map(|c| if c == '\t' { ' ' } else { c });
    chars.filter(|c| *c == '\n' || !is_hidden(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_kept() {
        assert_eq!(sanitize(" a\x1b[31mb\r\n\u{9b}c "), "a[31mbc");
        assert_eq!(sanitize(&"é".repeat(1000)).chars().count(), LONGEST);
    }

    #[test]
    fn nothing_that_hides_or_reorders_is_kept() {
        let hidden = "\u{202a}\u{202e}\u{2066}\u{2069}\u{200b}\u{200d}\u{200e}\u{200f}\u{61c}\u{2028}\u{2029}\u{feff}\u{ad}\u{e0041}\u{fe0f}\u{85}\u{7f}";
        let text = format!("a{hidden}b");
        for shown in [sanitize(&text), one_line(&text), lines(&text)] {
            assert_eq!(shown, "ab");
        }
        assert_eq!(sanitize("größe 漢字 €"), "größe 漢字 €");
    }

    #[test]
    fn line_breaks_become_blanks_or_stay() {
        assert_eq!(one_line("one\ntwo\r\n\tthree"), "one two  three");
        assert_eq!(lines("one\r\n  two\x1b[2J\u{9b}\n"), "one\n  two[2J\n");
    }
}
