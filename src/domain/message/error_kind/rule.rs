//! A rule: one row of the table that decides what kind of error a message is.

use super::ErrorKind;
use crate::domain::message::{ParsedMessage, Phrase, PullStep};

/// One row of the table: when a message is an error of this kind.
pub(super) struct Rule {
    pub(super) error_kind: ErrorKind,
    any: &'static [Phrase],
    all: &'static [Phrase],
    none: &'static [Phrase],
    statuses: &'static [u16],
    steps: &'static [PullStep],
    only_if: Option<fn(&ParsedMessage<'_>) -> bool>,
}

pub(super) const fn rule(error_kind: ErrorKind) -> Rule {
    Rule {
        error_kind,
        any: &[],
        all: &[],
        none: &[],
        statuses: &[],
        steps: &[],
        only_if: None,
    }
}

impl Rule {
    /// One of these phrases, or one of the statuses.
    pub(super) const fn any(self, any: &'static [Phrase]) -> Self {
        Self { any, ..self }
    }

    /// Each of these phrases.
    pub(super) const fn all(self, all: &'static [Phrase]) -> Self {
        Self { all, ..self }
    }

    /// None of these phrases.
    pub(super) const fn none(self, none: &'static [Phrase]) -> Self {
        Self { none, ..self }
    }

    pub(super) const fn status(self, statuses: &'static [u16]) -> Self {
        Self { statuses, ..self }
    }

    pub(super) const fn at(self, steps: &'static [PullStep]) -> Self {
        Self { steps, ..self }
    }

    pub(super) const fn only_if(self, holds: fn(&ParsedMessage<'_>) -> bool) -> Self {
        Self {
            only_if: Some(holds),
            ..self
        }
    }

    pub(super) fn matches(&self, message: &ParsedMessage<'_>) -> bool {
        let is_said =
            message.any(self.any) || self.statuses.iter().any(|code| message.has_status(*code));
        let is_free = self.any.is_empty() && self.statuses.is_empty();
        (is_said || is_free)
            && self.all.iter().all(|phrase| message.has(*phrase))
            && !message.any(self.none)
            && (self.steps.is_empty()
                || message
                    .step()
                    .is_some_and(|step| self.steps.contains(&step)))
            && self.only_if.is_none_or(|holds| holds(message))
    }
}
