//! Result of `pullscope verify`: its JSON shape and its text.

use std::io::{self, Write};

use serde::Serialize;

use super::console::{Console, Tone};
use crate::domain::{
    diagnostics::{Cause, RootCause},
    probe::{ProbeConclusion, ProbeStep, PullAnswer, Transcript, decisive},
    sanitize::one_line,
};

/// One probe, and the auth entry of its credential.
pub(super) struct Attempt {
    pub origin: Option<AuthEntry>,
    pub transcript: Transcript,
    pub conclusion: ProbeConclusion,
}

/// Key, user and source of an auth entry.
#[derive(Clone, Debug, Serialize)]
pub(super) struct AuthEntry {
    pub source: String,
    pub key: String,
    pub username: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ProbeResult {
    #[serde(skip)]
    conclusion: ProbeConclusion,
    image: String,
    #[serde(rename = "verdict")]
    answer: PullAnswer,
    cause: Option<Cause>,
    root: Option<&'static str>,
    alternatives: Vec<Cause>,
    ruled_out: Vec<Cause>,
    summary: String,
    /// The image that is likely meant, by the names that the registry has.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
    digest: Option<String>,
    platforms: Vec<String>,
    /// The entry that decides, as in [`decisive`].
    entry: Option<AuthEntry>,
    steps: Vec<StepRow>,
    /// All entries that were tried, in the kubelet's order.
    tried: Vec<TriedEntry>,
}

#[derive(Debug, Serialize)]
struct StepRow {
    step: &'static str,
    ok: bool,
    detail: String,
    ms: u128,
}

#[derive(Debug, Serialize)]
struct TriedEntry {
    #[serde(flatten)]
    entry: AuthEntry,
    #[serde(rename = "verdict")]
    answer: PullAnswer,
    cause: Option<Cause>,
}

impl ProbeResult {
    /// Conclusion of the deciding entry.
    pub(super) fn conclusion(&self) -> &ProbeConclusion {
        &self.conclusion
    }

    /// Combines all attempts; `None` without any.
    pub(super) fn from_attempts(attempts: &[Attempt]) -> Option<Self> {
        let tried = attempts
            .iter()
            .filter_map(TriedEntry::from_attempt)
            .collect();
        let Attempt {
            origin,
            transcript,
            conclusion,
        } = decisive(attempts, |it| (&it.transcript.requester, &it.conclusion))?;
        let manifest = transcript.manifest();
        Some(Self {
            conclusion: conclusion.clone(),
            image: transcript.image.to_string(),
            answer: conclusion.answer,
            cause: conclusion.cause,
            root: conclusion.root.map(RootCause::slug),
            alternatives: conclusion.alternatives.clone(),
            ruled_out: conclusion.ruled_out.clone(),
            summary: conclusion.summary.clone(),
            suggestion: conclusion.suggestion.clone(),
            digest: manifest.and_then(|manifest| manifest.digest.clone()),
            platforms: manifest
                .into_iter()
                .flat_map(|manifest| &manifest.platforms)
                .map(ToString::to_string)
                .collect(),
            entry: origin.clone(),
            steps: transcript.steps.iter().map(StepRow::from_step).collect(),
            tried,
        })
    }

    pub(super) fn answer(&self) -> PullAnswer {
        self.answer
    }

    /// Answer and summary in one line.
    pub(super) fn summary_line(&self) -> String {
        format!("{}: {}", self.answer.as_str(), self.summary)
    }

    pub(super) fn write_text(&self, console: Console, out: &mut impl Write) -> io::Result<()> {
        let tone = match self.answer {
            PullAnswer::Ok => Tone::Success,
            PullAnswer::No => Tone::Error,
            PullAnswer::Unknown => Tone::Warning,
        };
        let answer = console.paint(tone, self.answer.as_str());
        write!(out, "{}: {answer}", self.image)?;
        match (self.cause, self.root) {
            (Some(cause), Some(root)) => writeln!(out, " ({cause}, {root})")?,
            (Some(cause), None) => writeln!(out, " ({cause})")?,
            (None, _) => writeln!(out)?,
        }
        writeln!(out, "  {}", one_line(&self.summary))?;
        for step in &self.steps {
            let mark = console.check_mark(step.ok);
            let detail = one_line(&step.detail);
            writeln!(out, "  {mark} {:<9} {:>6} ms  {detail}", step.step, step.ms)?;
        }
        for cause in &self.alternatives {
            writeln!(out, "  or {cause}: {}", cause.text().summary)?;
        }
        for tried in &self.tried {
            let entry = &tried.entry;
            let answer = tried.answer.as_str();
            let user = if entry.username.is_empty() {
                "nobody"
            } else {
                &entry.username
            };
            let line = format!("{} as {user} ({}): {answer}", entry.key, entry.source);
            writeln!(out, "  tried {}", one_line(&line))?;
        }
        Ok(())
    }
}

impl StepRow {
    fn from_step(step: &ProbeStep) -> Self {
        Self {
            step: step.stage.as_str(),
            ok: step.outcome.is_ok(),
            detail: step.detail(),
            ms: step.took.as_millis(),
        }
    }
}

impl TriedEntry {
    fn from_attempt(attempts: &Attempt) -> Option<Self> {
        Some(Self {
            entry: attempts.origin.clone()?,
            answer: attempts.conclusion.answer,
            cause: attempts.conclusion.cause,
        })
    }
}
