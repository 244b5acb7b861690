//! States that are alike: what was put back is as it was before, under another version.
//!
//! A plan may have changed one object twice. When the second change is taken back, the object is again as
//! the first one left it, and the first can be taken back too; the server only sees a new version, or,
//! where it had to be made again, a new object.

use crate::domain::plan::Revision;

#[derive(Debug, Default)]
pub(super) struct Alike(Vec<(Revision, Revision)>);

impl Alike {
    /// An object that is now in the second state is as it was in the first.
    pub(super) fn learn(&mut self, was: Revision, now: Revision) {
        self.0.push((was, now));
    }

    /// The state in which an object now is that was seen in this one.
    pub(super) fn now(&self, seen: &Revision) -> Revision {
        let known = self.0.iter().rev().find(|(was, _)| was == seen);
        known.map_or_else(|| seen.clone(), |(_, now)| now.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_that_was_learnt_counts() {
        let state = |version: &str| Revision {
            uid: "u".to_owned(),
            version: version.to_owned(),
        };
        let mut alike = Alike::default();
        assert_eq!(alike.now(&state("1")), state("1"));
        alike.learn(state("1"), state("3"));
        alike.learn(state("1"), state("4"));
        assert_eq!(alike.now(&state("1")), state("4"));
        assert_eq!(alike.now(&state("2")), state("2"));
    }
}
