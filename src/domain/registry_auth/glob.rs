//! Wildcard patterns in which `*` stands for any run of bytes, and no other byte is special.
//!
//! What a pattern is applied to is decided by the caller: the keyring applies it to one label of a host, as
//! the kubelet does, the table of registries to a whole host.

use memchr::memmem;

/// Whether the whole text matches the pattern.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let mut pieces = pattern.split(|byte| *byte == b'*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        let Some(at) = memmem::find(rest, piece) else {
            return false;
        };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_of_bytes() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("ghcr.io", "ghcr.io", true),
            ("ghcr.io", "ghcr.io.example", false),
            ("*", "", true),
            ("*.gcr.io", "eu.gcr.io", true),
            ("*.gcr.io", "gcr.io", false),
            (
                "*.dkr.ecr.*.amazonaws.com",
                "1.dkr.ecr.eu.amazonaws.com",
                true,
            ),
            // What a piece has taken is not there for the next one.
            (
                "*.dkr.ecr.*.amazonaws.com",
                "1.dkr.ecr.amazonaws.com",
                false,
            ),
            ("a*a", "a", false),
            ("**a", "ba", true),
        ] {
            let found = matches(pattern.as_bytes(), text.as_bytes());
            assert_eq!(found, expected, "{pattern} {text}");
        }
    }
}
