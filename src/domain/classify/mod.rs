//! What a pull-failure message means: from a text to ranked causes.
//!
//! `reading` takes the text apart, the rules stand with their causes (`cause::*`), and `judge` orders
//! them. Knows only the text: what the cluster's objects add is said by `diagnose`.

mod judge;

use serde::{Deserialize, Serialize};

use super::{cause::Cause, reading::Reading};

/// How far a judgement can be trusted.
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

/// What a message means, and what was recognised in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// `None`: nothing in the text is known.
    pub cause: Option<Cause>,
    pub confidence: Confidence,
    /// What the same text could as well mean, likelier first.
    pub alternatives: Vec<Cause>,
    /// The deeper cause when `cause` is the frame that it is told in.
    pub underlying: Option<Cause>,
    pub registry: Option<String>,
    /// As the text writes it.
    pub image: Option<String>,
    /// The host that was asked, which need not be the registry.
    pub host: Option<String>,
    /// The last HTTP status code that is told.
    pub status: Option<u16>,
}

/// Classifies one message.
pub fn classify(message: &str) -> Classification {
    let reading = Reading::of(message);
    let verdict = judge::judge(&reading);
    let confidence = match &verdict {
        None => Confidence::Possible,
        Some(verdict) if verdict.others.is_empty() => Confidence::Certain,
        Some(_) => Confidence::Likely,
    };
    Classification {
        cause: verdict.as_ref().map(|verdict| verdict.cause),
        confidence,
        underlying: verdict.as_ref().and_then(|verdict| verdict.underlying),
        alternatives: verdict.map(|verdict| verdict.others).unwrap_or_default(),
        registry: reading.registry(),
        image: reading.image_text(),
        host: reading.target().map(|target| target.host.to_owned()),
        status: reading.statuses().last().copied(),
    }
}

impl Classification {
    /// The cause and its alternatives, likelier first.
    pub fn candidates(&self) -> impl Iterator<Item = Cause> {
        self.cause
            .into_iter()
            .chain(self.alternatives.iter().copied())
    }

    /// What would tell the candidates apart; empty when there is nothing to tell.
    pub fn settle(&self) -> Vec<String> {
        if self.alternatives.is_empty() {
            return Vec::new();
        }
        self.candidates().map(Cause::question).collect()
    }
}
