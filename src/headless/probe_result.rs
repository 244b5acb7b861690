//! Result of `pullscope verify`: its JSON shape and its text.

use std::io::{self, Write};

use serde::Serialize;

use super::console::{Console, Tone};
use crate::domain::{
    diagnostics::{Cause, RootCause},
    probe::{ProbeConclusion, ProbeStep, PullAnswer, Transcript},
    sanitize::one_line,
};

/// One probe, and the auth entry of its credential.
pub(super) struct Attempt {
    pub origin: Option<AuthEntry>,
    pub transcript: Transcript,
    pub verdict: ProbeConclusion,
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
    verdict: PullAnswer,
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
    /// The entry that decides: the first that may pull, else the first that was tried.
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
    verdict: PullAnswer,
    cause: Option<Cause>,
}

impl ProbeResult {
    /// Conclusion on the entry that decides.
    pub(super) fn conclusion(&self) -> &ProbeConclusion {
        &self.conclusion
    }

    /// Makes the result of all attempts; `None` without any.
    pub(super) fn from_attempts(attempts: &[Attempt]) -> Option<Self> {
        let tried = attempts
            .iter()
            .filter_map(TriedEntry::from_attempt)
            .collect();
        let is_ok = |attempts: &&Attempt| attempts.verdict.answer == PullAnswer::Ok;
        let at = attempts.iter().find(is_ok).or(attempts.first())?;
        let Attempt {
            origin,
            transcript,
            verdict,
        } = at;
        let manifest = transcript.manifest();
        Some(Self {
            conclusion: verdict.clone(),
            image: transcript.image.to_string(),
            verdict: verdict.answer,
            cause: verdict.cause,
            root: verdict.root.map(RootCause::slug),
            alternatives: verdict.alternatives.clone(),
            ruled_out: verdict.ruled_out.clone(),
            summary: verdict.summary.clone(),
            suggestion: verdict.suggestion.clone(),
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
        self.verdict
    }

    /// Verdict and summary in one line.
    pub(super) fn summary_line(&self) -> String {
        format!("{}: {}", self.verdict.as_str(), self.summary)
    }

    pub(super) fn write_text(&self, console: Console, out: &mut impl Write) -> io::Result<()> {
        let tone = match self.verdict {
            PullAnswer::Ok => Tone::Success,
            PullAnswer::No => Tone::Error,
            PullAnswer::Unknown => Tone::Warning,
        };
        let verdict = console.paint(tone, self.verdict.as_str());
        write!(out, "{}: {verdict}", self.image)?;
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
            let verdict = tried.verdict.as_str();
            let line = format!(
                "{} as {} ({}): {verdict}",
                entry.key, entry.username, entry.source
            );
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
            verdict: attempts.verdict.answer,
            cause: attempts.verdict.cause,
        })
    }
}
