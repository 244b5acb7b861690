//! The report of one Pod, to hand to somebody else: all that the diagnosis rests on, with fingerprints
//! where a Secret has passwords.

use serde::Serialize;

use super::{Diagnosis, Evidence};
use crate::domain::context::PodContext;

#[derive(Serialize)]
struct Report<'a> {
    pullscope: &'static str,
    server: Option<&'a str>,
    /// The findings in words.
    summary: Vec<String>,
    diagnosis: &'a Diagnosis,
    /// What it was made from: the tests of the diagnosis read the same shape.
    #[serde(rename = "case")]
    context: &'a PodContext,
}

/// The report as JSON. `server`: the version of the API server.
///
/// # Errors
/// Says what cannot be written as JSON; no case is such.
pub fn report(
    context: &PodContext,
    diagnosis: &Diagnosis,
    server: Option<&str>,
) -> Result<String, serde_json::Error> {
    let mut summary = Vec::new();
    for finding in &diagnosis.findings {
        summary.push(format!("{}: {}", finding.title(), finding.summary()));
        let line = |evidence: &Evidence| format!("  {}", evidence.line(context.now));
        summary.extend(finding.evidence.iter().map(line));
    }
    serde_json::to_string_pretty(&Report {
        pullscope: env!("CARGO_PKG_VERSION"),
        server,
        summary,
        diagnosis,
        context,
    })
}
