//! Quotes values for a POSIX shell.

/// Quotes a value as one word of a POSIX shell.
pub(in crate::domain) fn quote(value: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-/:@=+,".contains(c);
    if !value.is_empty() && value.chars().all(safe) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one() {
        assert_eq!(quote("ghcr.io/a/b:1"), "ghcr.io/a/b:1");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's; reboot"), r"'it'\''s; reboot'");
    }
}
