//! The JSON shape of `check` (DESIGN §6: fields may be added, never changed) and its text.

use std::{
    io::{self, Write},
    sync::Arc,
};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    findings::{Checked, Found},
    look::Seen,
    probe::{Answers, Probed},
};
use crate::{
    cluster::Connection,
    domain::{
        cause::{Cause, Fix},
        chain::Case,
        classify::Confidence,
        diagnose::{Finding, Root},
        image::ImageRef,
        key::Namespace,
        objects::Workload,
    },
    headless::report::printable,
};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    cluster: String,
    namespaces: Vec<Namespace>,
    pods_checked: usize,
    /// What could not be looked at, for want of rights.
    not_seen: Vec<String>,
    /// With `--wait`: whether it settled in the time given.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<bool>,
    findings: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    namespace: String,
    /// None for a workload that makes no Pods.
    pod: Option<String>,
    workload: Option<String>,
    container: Option<String>,
    image: Option<String>,
    state: String,
    title: &'static str,
    cause: Cause,
    root: Option<Root>,
    confidence: Confidence,
    alternatives: Vec<Cause>,
    summary: String,
    evidence: Vec<String>,
    settle: Vec<String>,
    chain: Option<Chain>,
    /// With `--probe`: what the registry says.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<Arc<Probed>>,
    fixes: Vec<Fix>,
}

#[derive(Debug, Serialize)]
struct Chain {
    service_account: String,
    secrets: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Link {
    name: String,
    state: &'static str,
}

impl Report {
    pub(super) fn of(
        connection: &Connection,
        namespaces: Vec<Namespace>,
        seen: &Seen,
        found: &Found,
        answers: &Answers,
        now: Timestamp,
    ) -> Self {
        let of_pods = found.pods.iter().flat_map(|checked| {
            let rows = checked.findings.iter();
            rows.map(|finding| Row {
                probe: answers.to(checked, finding),
                ..Row::of_pod(checked, finding, now)
            })
        });
        let of_workloads = found
            .workloads
            .iter()
            .map(|(workload, finding)| Row::of_workload(workload, finding, now));
        Self {
            cluster: connection.cluster.to_string(),
            namespaces,
            pods_checked: found.pods_checked,
            settled: seen.settled,
            not_seen: seen.forbidden.iter().map(ToString::to_string).collect(),
            findings: of_pods.chain(of_workloads).collect(),
        }
    }

    pub(super) fn healthy(&self) -> bool {
        self.findings.is_empty() && self.settled != Some(false)
    }

    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        writeln!(out)
    }

    pub(super) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        for row in &self.findings {
            row.write_text(out)?;
        }
        for missing in &self.not_seen {
            writeln!(out, "not seen: needs {missing}")?;
        }
        if self.settled == Some(false) {
            writeln!(out, "not settled in the time given")?;
        }
        writeln!(
            out,
            "Pods checked: {}, findings: {}",
            self.pods_checked,
            self.findings.len()
        )
    }
}

impl Row {
    fn of_pod(checked: &Checked, finding: &Finding, now: Timestamp) -> Self {
        let case = &checked.case;
        Self {
            namespace: case.pod.key.namespace.to_string(),
            pod: Some(case.pod.key.name.to_string()),
            workload: case
                .workload
                .as_ref()
                .map(|workload| workload.id.to_string()),
            chain: Some(Chain::of(case, finding)),
            ..Self::of(finding, now)
        }
    }

    fn of_workload(workload: &Workload, finding: &Finding, now: Timestamp) -> Self {
        Self {
            namespace: workload.id.key.namespace.to_string(),
            workload: Some(workload.id.to_string()),
            ..Self::of(finding, now)
        }
    }

    fn of(finding: &Finding, now: Timestamp) -> Self {
        let image = finding.image.as_deref();
        let normal = |image| ImageRef::parse(image).map_or(image.to_owned(), |it| it.to_string());
        Self {
            namespace: String::new(),
            pod: None,
            workload: None,
            container: finding.container.as_deref().map(str::to_owned),
            image: image.map(normal),
            state: finding.state.to_string(),
            title: finding.title(),
            cause: finding.cause,
            root: finding.root,
            confidence: finding.confidence,
            alternatives: finding.alternatives.clone(),
            summary: finding.summary(),
            evidence: finding.evidence.iter().map(|it| it.line(now)).collect(),
            settle: finding.settle.clone(),
            chain: None,
            probe: None,
            fixes: finding.filled_fixes(),
        }
    }

    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let pod = self.pod.as_deref().or(self.workload.as_deref());
        write!(out, "{}/{}", self.namespace, pod.unwrap_or_default())?;
        if let Some(container) = &self.container {
            write!(out, " {container}")?;
        }
        writeln!(out, ": {} ({})", self.title, printable(&self.state))?;
        writeln!(out, "  {}", printable(&self.summary))?;
        let root = self.root.map(|root| format!(", root {root}"));
        let root = root.unwrap_or_default();
        let confidence = self.confidence.as_str();
        writeln!(out, "  cause   {}{root} ({confidence})", self.cause)?;
        for line in &self.evidence {
            writeln!(out, "  seen    {}", printable(line))?;
        }
        for line in &self.settle {
            writeln!(out, "  settle  {line}")?;
        }
        if let Some(probe) = &self.probe {
            writeln!(out, "  probe   {}", printable(&probe.line()))?;
        }
        for fix in &self.fixes {
            writeln!(out, "  fix     {}", fix.title)?;
            for line in fix.steps.iter().chain(&fix.commands) {
                writeln!(out, "          {}", printable(line))?;
            }
        }
        writeln!(out)
    }
}

impl Chain {
    fn of(case: &Case, finding: &Finding) -> Self {
        let image = finding.image.as_deref().map(ImageRef::parse);
        let secrets = match image {
            Some(Ok(image)) => case
                .links(&image)
                .secrets
                .iter()
                .map(|link| Link {
                    name: link.name.to_string(),
                    state: link.state.slug(),
                })
                .collect(),
            Some(Err(_)) | None => Vec::new(),
        };
        Self {
            service_account: case.pod.service_account.to_string(),
            secrets,
        }
    }
}
