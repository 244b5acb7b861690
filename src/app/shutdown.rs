//! A pending shutdown: the program waits for changes in progress.

use jiff::Timestamp;

use super::{action::Action, key_config::Keymap};

/// A shutdown that waits for changes in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingShutdown {
    /// How many are under way.
    pub changes: usize,
    /// When it no longer waits.
    pub until: Timestamp,
}

impl PendingShutdown {
    /// The status line.
    pub fn line(&self, keymap: &Keymap, now: Timestamp) -> String {
        let left = self.until.duration_since(now).as_secs().max(0);
        let (count, noun) = match self.changes {
            1 => (1, "change"),
            count => (count, "changes"),
        };
        let mut rows = keymap.bindings().iter();
        let key = rows.find_map(|row| {
            let quits = row.binding.action == Action::Quit;
            row.keys.first().filter(|_| quits)
        });
        let again = key.map_or_else(|| ":q".to_owned(), ToString::to_string);
        format!("Finishing {count} {noun} before quitting ({left} s left; {again}: quit now)")
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::fixtures::now;

    #[test]
    fn the_line_counts_down_and_names_the_key() {
        let line = |changes, seconds| {
            let until = now() + SignedDuration::from_secs(seconds);
            PendingShutdown { changes, until }.line(&Keymap::default(), now())
        };
        assert_eq!(
            line(2, 12),
            "Finishing 2 changes before quitting (12 s left; ctrl-c: quit now)"
        );
        assert!(line(1, -3).starts_with("Finishing 1 change before quitting (0 s left"));
    }
}
