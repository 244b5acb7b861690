//! JSON shapes of the commands, and their text. Fields may be added, never changed.

use std::io::{self, Write};

use serde::Serialize;

use super::{
    OutputFormat,
    console::{Console, Tone},
    json, warn,
};
use crate::domain::{
    context::ProviderLink,
    diagnostics::{
        Cause, Fix, FixContext, FixId, MAX_FIXES,
        classify::{Classification, Confidence},
        render_fixes,
    },
    k8s::objects::WorkloadIdentity,
    registry_auth::{image_ref::ImageRef, registries},
    sanitize::{lines, one_line},
};

/// One explained message.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    cause: &'static str,
    confidence: Confidence,
    alternatives: Vec<Cause>,
    /// The deeper cause, when `cause` only says where it happened.
    underlying: Option<Cause>,
    registry: Option<String>,
    image: Option<String>,
    host: Option<String>,
    /// The mirror that answered in the place of the registry.
    mirror: Option<String>,
    status: Option<u16>,
    summary: String,
    settle: Vec<String>,
    fixes: Vec<Fix>,
}

/// The credential provider that nodes have for the registry of an image.
#[derive(Debug, Serialize)]
pub(super) struct ProviderRow {
    /// Whose plugin it is.
    name: &'static str,
    /// The same, for the registry of a cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud: Option<&'static str>,
    /// What the ServiceAccount's annotation names; none where the node's identity pulls.
    identity: Option<String>,
    annotation: Option<&'static str>,
    #[serde(skip)]
    pub(super) text: String,
}

impl ProviderRow {
    pub(super) fn new(link: &ProviderLink) -> Self {
        let identity = link.identity.as_ref();
        Self {
            name: link.provider.slug(),
            cloud: link.provider.is_of_cloud().then(|| link.provider.slug()),
            identity: identity.and_then(|it| it.subject.as_deref().map(str::to_owned)),
            annotation: identity.and_then(WorkloadIdentity::annotation),
            text: link.to_string(),
        }
    }
}

/// An error in place of a result.
#[derive(Debug, Serialize)]
pub(super) struct ErrorLine<'a> {
    pub error: &'a str,
}

/// Writes an error in the output format of the result: for people on standard error, as JSON in place of the
/// result.
pub(super) fn write_error(
    error: &str,
    output: OutputFormat,
    out: &mut impl Write,
) -> io::Result<()> {
    match output {
        OutputFormat::Json => json::write(&ErrorLine { error }, out)?,
        OutputFormat::Text => warn(&lines(error)),
    }
    Ok(())
}

const UNKNOWN: &str = "unknown";
const NOT_UNDERSTOOD: &str = "this message is not a known image pull failure";

impl Explanation {
    pub(super) fn from_classification(found: Classification) -> Self {
        let fixes = fixes(&found);
        Self {
            cause: found.cause.map_or(UNKNOWN, Cause::slug),
            confidence: found.confidence,
            summary: summary(&found),
            settle: found.confirming_checks(),
            alternatives: found.alternatives,
            underlying: found.underlying,
            registry: found.registry,
            image: found.image,
            host: found.host,
            mirror: found.mirror,
            status: found.status,
            fixes,
        }
    }

    pub(super) fn write_text(&self, console: Console, out: &mut impl Write) -> io::Result<()> {
        let tone = match self.cause {
            UNKNOWN => Tone::Warning,
            _ => Tone::Error,
        };
        let cause = console.paint(tone, self.cause);
        writeln!(out, "{cause} ({})", self.confidence.as_str())?;
        writeln!(out, "  {}", one_line(&self.summary))?;
        let label = console.paint(Tone::Dim, "confirm ");
        for line in &self.settle {
            writeln!(out, "  {label}{}", one_line(line))?;
        }
        write_fixes(&self.fixes, console, out)
    }
}

/// Writes fixes, each with its steps and commands.
pub(super) fn write_fixes(fixes: &[Fix], console: Console, out: &mut impl Write) -> io::Result<()> {
    let label = console.paint(Tone::Dim, "fix     ");
    for fix in fixes {
        let title = console.paint(Tone::Bold, &one_line(&fix.title));
        writeln!(out, "  {label}{title}")?;
        for line in &fix.steps {
            writeln!(out, "          {}", one_line(line))?;
        }
        for line in &fix.commands {
            let line = console.paint(Tone::Command, &one_line(line));
            writeln!(out, "          {line}")?;
        }
    }
    Ok(())
}

fn summary(found: &Classification) -> String {
    let Some(cause) = found.cause else {
        return NOT_UNDERSTOOD.to_owned();
    };
    let mut sentence = match &found.fault {
        Some(fault) => fault.summary(),
        None => cause.text().summary.to_owned(),
    };
    if let Some(underlying) = found.underlying {
        sentence.push_str(", because ");
        sentence.push_str(underlying.text().summary);
    }
    if let Some(mirror) = &found.mirror {
        sentence = format!("{sentence} (from the mirror {mirror})");
    }
    let subject = found.image.as_ref().or(found.registry.as_ref());
    match subject {
        Some(subject) => format!("{subject}: {sentence}"),
        None => sentence,
    }
}

fn fixes(found: &Classification) -> Vec<Fix> {
    let image = found
        .image
        .as_deref()
        .and_then(|text| ImageRef::parse(text).ok());
    let names = FixContext {
        image: found.image.clone(),
        repository: image.as_ref().map(ImageRef::repository),
        host: found.host.clone().or_else(|| found.registry.clone()),
        expected_auth_key: found
            .registry
            .as_deref()
            .map(|host| registries::docker_server(host).to_owned()),
        clues: found.clues,
        fault: found.fault.clone(),
        ..FixContext::default()
    };
    let mut ids = found.fixes();
    // What fails at a mirror is not helped by one.
    ids.retain(|id| *id != FixId::UseMirror || found.mirror.is_none());
    ids.truncate(MAX_FIXES);
    render_fixes(&ids, &names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_for_people_is_not_among_the_results() {
        let mut out = Vec::new();
        write_error("cannot reach it", OutputFormat::Text, &mut out).unwrap();
        assert!(out.is_empty());
        write_error("cannot reach it", OutputFormat::Json, &mut out).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(answer["error"], "cannot reach it");
    }
}
