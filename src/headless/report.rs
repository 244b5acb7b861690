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
        moved, render_fixes,
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
    if let Some((subject, name)) = moved::suggested(found) {
        sentence = format!("{sentence}; {subject} has moved: the new name is {name}");
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
        suggested_image: moved::suggested(found).map(|(_, name)| name),
        clues: found.clues,
        fault: found.fault.clone(),
        ..FixContext::default()
    };
    let mut ids = found.fixes();
    if names.suggested_image.is_some() {
        ids.insert(0, FixId::UseSuggestedImage);
    }
    // What fails at a mirror is not helped by one.
    ids.retain(|id| *id != FixId::UseMirror || found.mirror.is_none());
    ids.truncate(MAX_FIXES);
    render_fixes(&ids, &names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::classify::classify;

    #[test]
    fn a_message_about_an_image_that_has_moved_proposes_the_new_name() {
        for (message, new) in [
            (
                "Failed to pull image \"bitnami/redis:7\": docker.io/bitnami/redis:7: not found",
                "docker.io/bitnamilegacy/redis:7",
            ),
            (
                "Failed to pull image \"gcr.io/acme/web:1\": unexpected status from HEAD request to https://gcr.io/v2/acme/web/manifests/1: 412 Precondition Failed",
                "us-docker.pkg.dev/acme/gcr.io/web:1",
            ),
        ] {
            let report = Explanation::from_classification(classify(message));
            assert!(report.summary.ends_with(new), "{}", report.summary);
            let first = &report.fixes[0];
            assert_eq!(first.title, FixId::UseSuggestedImage.title());
            assert!(
                first.commands.iter().any(|it| it.contains(new)),
                "{first:?}"
            );
        }
        let message = "Failed to pull image \"redis:7\": docker.io/library/redis:7: not found";
        let report = Explanation::from_classification(classify(message));
        assert!(!report.summary.contains("moved"), "{}", report.summary);
    }

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
