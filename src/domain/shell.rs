//! Words as a POSIX shell reads them: quoted values, and paths below the home directory.

use std::path::{Path, PathBuf};

/// Quotes a value as one word of a POSIX shell.
pub(in crate::domain) fn quote(value: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-/:@=+,".contains(c);
    if !value.is_empty() && value.chars().all(safe) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

/// Expands `~/` at the start of a path.
pub fn expand_home(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_directory_where_there_is_one() {
        let home = Some(Path::new("/h"));
        assert_eq!(expand_home("~/a", home), Path::new("/h/a"));
        assert_eq!(expand_home("/a", home), Path::new("/a"));
        assert_eq!(expand_home("~/a", None), Path::new("~/a"));
    }

    #[test]
    fn a_word_stays_one() {
        assert_eq!(quote("ghcr.io/a/b:1"), "ghcr.io/a/b:1");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's; reboot"), r"'it'\''s; reboot'");
    }
}
