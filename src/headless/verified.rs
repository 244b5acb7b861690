//! The answer of `pullscope verify`: its JSON shape (DESIGN §6) and its text.

use std::io::{self, Write};

use serde::Serialize;

use super::console::{Console, Tone};
use crate::domain::{
    diagnostics::{Cause, RootCause},
    probe::{ProbeConclusion, ProbeStep, PullAnswer, Transcript},
    sanitize::one_line,
};

/// One probe, with the auth entry that its credential is from.
pub(super) struct Asked {
    pub origin: Option<Origin>,
    pub transcript: Transcript,
    pub verdict: ProbeConclusion,
}

/// An auth entry.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Origin {
    pub source: String,
    pub key: String,
    pub username: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Verified {
    #[serde(skip)]
    judged: ProbeConclusion,
    image: String,
    verdict: PullAnswer,
    cause: Option<Cause>,
    root: Option<&'static str>,
    alternatives: Vec<Cause>,
    ruled_out: Vec<Cause>,
    summary: String,
    digest: Option<String>,
    platforms: Vec<String>,
    /// The entry that decided: the first one that may pull, else the first that was tried.
    entry: Option<Origin>,
    steps: Vec<Taken>,
    /// All entries that were tried, in the kubelet's order.
    tried: Vec<Tried>,
}

#[derive(Debug, Serialize)]
struct Taken {
    step: &'static str,
    ok: bool,
    detail: String,
    ms: u128,
}

#[derive(Debug, Serialize)]
struct Tried {
    #[serde(flatten)]
    entry: Origin,
    verdict: PullAnswer,
    cause: Option<Cause>,
}

impl Verified {
    /// The verdict on the entry that decided.
    pub(super) fn verdict(&self) -> &ProbeConclusion {
        &self.judged
    }

    /// The answer from all that was asked; `None` when nothing was.
    pub(super) fn of(asked: &[Asked]) -> Option<Self> {
        let tried = asked.iter().filter_map(Tried::of).collect();
        let is_ok = |asked: &&Asked| asked.verdict.answer == PullAnswer::Ok;
        let at = asked.iter().find(is_ok).or(asked.first())?;
        let Asked {
            origin,
            transcript,
            verdict,
        } = at;
        let manifest = transcript.manifest();
        Some(Self {
            judged: verdict.clone(),
            image: transcript.image.to_string(),
            verdict: verdict.answer,
            cause: verdict.cause,
            root: verdict.root.map(RootCause::slug),
            alternatives: verdict.alternatives.clone(),
            ruled_out: verdict.ruled_out.clone(),
            summary: verdict.summary.clone(),
            digest: manifest.and_then(|manifest| manifest.digest.clone()),
            platforms: manifest
                .into_iter()
                .flat_map(|manifest| &manifest.platforms)
                .map(ToString::to_string)
                .collect(),
            entry: origin.clone(),
            steps: transcript.steps.iter().map(Taken::of).collect(),
            tried,
        })
    }

    pub(super) fn answer(&self) -> PullAnswer {
        self.verdict
    }

    /// The verdict and its summary.
    pub(super) fn line(&self) -> String {
        format!("{}: {}", self.verdict.as_str(), self.summary)
    }

    pub(super) fn write_text(&self, console: Console, out: &mut impl Write) -> io::Result<()> {
        let tone = match self.verdict {
            PullAnswer::Ok => Tone::Good,
            PullAnswer::No => Tone::Bad,
            PullAnswer::Unknown => Tone::Odd,
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
            let mark = console.mark(step.ok);
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

impl Taken {
    fn of(step: &ProbeStep) -> Self {
        Self {
            step: step.stage.as_str(),
            ok: step.outcome.is_ok(),
            detail: step.detail(),
            ms: step.took.as_millis(),
        }
    }
}

impl Tried {
    fn of(asked: &Asked) -> Option<Self> {
        Some(Self {
            entry: asked.origin.clone()?,
            verdict: asked.verdict.answer,
            cause: asked.verdict.cause,
        })
    }
}
