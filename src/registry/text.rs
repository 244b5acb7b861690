//! What somebody else wrote, fit to stand in a transcript.

/// Of a registry's text no more than this is kept: an error's sentence fits.
const LONGEST: usize = 300;

/// Without control characters, and cut.
pub(super) fn printable(text: &str) -> String {
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
