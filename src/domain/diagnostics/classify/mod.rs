//! Classifies a pull-failure message: from a text to ranked causes.
//!
//! `message` parses the text and says what it can mean; here it becomes a cause, its alternatives and a
//! confidence. Knows only the text: what the cluster's objects add is said by `diagnostics`.

mod detail;

use serde::{Deserialize, Serialize};

use super::{Cause, ErrorDetail, FixId};
use crate::domain::message::{CauseSet, Clues, ParsedMessage};

/// Confidence in a diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Possible,
    Likely,
    Certain,
}

impl Confidence {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// The possible causes of a message, and the parsed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// `None`: nothing in the text is known.
    pub cause: Option<Cause>,
    pub confidence: Confidence,
    /// What the same text could as well mean, likelier first.
    pub alternatives: Vec<Cause>,
    /// The inner cause if `cause` is only the outer error.
    pub underlying: Option<Cause>,
    pub registry: Option<String>,
    /// As the text writes it.
    pub image: Option<String>,
    /// The host that was asked, which need not be the registry.
    pub host: Option<String>,
    /// The host that was asked, where it is a mirror of the registry: the fault is the mirror's.
    pub mirror: Option<String>,
    /// The last HTTP status code that is told.
    pub status: Option<u16>,
    pub clues: Clues,
    /// What the text adds to `cause`.
    pub fault: Option<ErrorDetail>,
}

/// Classifies one message.
pub fn classify(message: &str) -> Classification {
    let message = ParsedMessage::parse(message);
    let possible = message.possible();
    Classification::new(&message, &possible)
}

impl Classification {
    /// Classifies a parsed message; [`Confidence`] follows from the number of possible causes.
    pub fn new(message: &ParsedMessage<'_>, possible: &CauseSet) -> Self {
        let mut causes = possible.causes.iter().copied();
        let cause = causes.next();
        let alternatives: Vec<Cause> = causes.collect();
        let confidence = match cause {
            None => Confidence::Possible,
            Some(_) if alternatives.is_empty() && possible.is_whole => Confidence::Certain,
            Some(_) => Confidence::Likely,
        };
        Self {
            cause,
            confidence,
            alternatives,
            underlying: possible.underlying,
            registry: message.registry(),
            image: message.image_text(),
            host: host(message),
            mirror: message.mirror().map(str::to_owned),
            status: message.statuses().last().copied(),
            clues: message.clues(),
            fault: detail::detail(message, cause),
        }
    }

    /// The cause and its alternatives, likelier first.
    pub fn candidates(&self) -> impl Iterator<Item = Cause> {
        self.cause
            .into_iter()
            .chain(self.alternatives.iter().copied())
    }

    /// The fixes, each once: in the order that the wording shows, else that of the cause, then those of the
    /// alternatives.
    pub fn fixes(&self) -> Vec<FixId> {
        let (sign, detail) = (self.clues.sign, self.fault.as_ref());
        let mut fixes = Vec::new();
        for fix in self.candidates().flat_map(|it| it.fixes(sign, detail)) {
            if !fixes.contains(fix) {
                fixes.push(*fix);
            }
        }
        fixes
    }

    /// Checks that would distinguish the candidates; empty if there is only one.
    pub fn confirming_checks(&self) -> Vec<String> {
        if self.alternatives.is_empty() {
            return Vec::new();
        }
        self.candidates().map(Cause::how_to_confirm).collect()
    }
}

/// The host that was asked, or whose name was to be found.
fn host(message: &ParsedMessage<'_>) -> Option<String> {
    let asked = message.url().map(|url| url.host);
    asked.or(message.other_lookup()).map(str::to_owned)
}
