//! What somebody else wrote, made fit to stand in an error or a transcript: those are printed to a
//! terminal too, past the screen's own door for such texts.

/// Of a text no more letters than this are kept: a sentence of a server fits.
const LONGEST: usize = 600;

/// The text without control characters and without space around it, and cut.
pub fn printable(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_kept() {
        assert_eq!(printable(" a\x1b[31mb\r\n\u{9b}c "), "a[31mbc");
        assert_eq!(printable(&"é".repeat(1000)).chars().count(), LONGEST);
    }
}
