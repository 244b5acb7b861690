//! JSON shape of `check`, and its text. Fields may be added, never changed.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    io::{self, Write},
    sync::Arc,
};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    collect::Snapshot,
    expiring::ExpiringRow,
    findings::{CheckFindings, DiagnosedPod},
    nodes::NodeRow,
    probe::{ProbeOutcome, ProbeOutcomes},
};
use crate::{
    cluster::Connection,
    domain::{
        context::PodContext,
        diagnostics::{Cause, Finding, Fix, RootCause, classify::Confidence},
        k8s::{
            object_ref::Namespace,
            objects::{Pod, Workload},
        },
        probe::PullAnswer,
        registry_auth::image_ref::ImageRef,
        sanitize::one_line,
        store::watch::{WatchCoverage, WatchKind},
    },
    headless::{
        Exit,
        console::{Console, Tone},
        report::{ProviderRow, write_fixes},
    },
};

#[derive(Debug, Serialize)]
pub(super) struct CheckReport {
    cluster: String,
    namespaces: Vec<Namespace>,
    pods_checked: usize,
    /// Permissions that are missing to list something.
    pub(super) not_seen: Vec<String>,
    /// Objects that could not be decoded.
    pub(super) not_read: Vec<String>,
    /// Lists whose watch was disconnected during `--wait`, and since when.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) stale: Vec<String>,
    /// Whether everything was read that shows failures: else no finding does not mean healthy.
    pub(super) complete: bool,
    /// The namespaces, for a sentence.
    #[serde(skip)]
    place: String,
    /// With `--wait`: whether it settled in the time given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settled: Option<bool>,
    pub(super) findings: Vec<FindingRow>,
    /// With `--expiring`: credentials that end soon, or have ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) expiring: Vec<ExpiringRow>,
    /// With `--all --probe`: every image that was probed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<ProbedImage>,
    /// The Pods without a finding.
    #[serde(skip)]
    pub(super) healthy: Vec<HealthyPod>,
}

#[derive(Debug, Serialize)]
pub(super) struct FindingRow {
    pub(super) namespace: String,
    /// None for a workload that creates no Pods.
    pub(super) pod: Option<String>,
    pub(super) workload: Option<String>,
    pub(super) container: Option<String>,
    pub(super) image: Option<String>,
    /// What the image is for: `container:app`, `volume:model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    state: String,
    title: &'static str,
    pub(super) cause: Cause,
    pub(super) root: Option<RootCause>,
    pub(super) confidence: Confidence,
    alternatives: Vec<Cause>,
    pub(super) summary: String,
    evidence: Vec<String>,
    settle: Vec<String>,
    /// The image to use instead: where it has moved to, or what was likely meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_image: Option<String>,
    chain: Option<ChainRow>,
    /// With `--probe`: what the registry says.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<Arc<ProbeOutcome>>,
    /// With `--nodes`: what the Pod's node says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<NodeRow>,
    pub(super) fixes: Vec<Fix>,
}

/// A Pod without a finding.
#[derive(Debug)]
pub(super) struct HealthyPod {
    pub(super) namespace: String,
    pub(super) pod: String,
    pub(super) workload: Option<String>,
}

/// An image that was probed.
#[derive(Debug, Serialize)]
struct ProbedImage {
    namespace: Namespace,
    image: String,
    /// None when it could not be probed.
    #[serde(rename = "verdict")]
    answer: Option<PullAnswer>,
    summary: String,
}

#[derive(Debug, Serialize)]
struct ChainRow {
    service_account: String,
    secrets: Vec<SecretRow>,
    /// The credential provider of the image's registry, which needs no Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<ProviderRow>,
}

#[derive(Debug, Serialize)]
struct SecretRow {
    name: String,
    state: &'static str,
}

/// What a check covers.
pub(super) struct ReportScope {
    pub(super) place: String,
    pub(super) namespaces: Vec<Namespace>,
    /// Whether Secrets and ServiceAccounts are needed too: to tell if a running image could be pulled again.
    pub(super) needs_secrets: bool,
}

impl ReportScope {
    fn requires(&self, kind: WatchKind) -> bool {
        match kind {
            WatchKind::Secrets(_) | WatchKind::ServiceAccounts => self.needs_secrets,
            kind => kind.shows_failures(),
        }
    }
}

#[cfg(test)]
impl CheckReport {
    /// A report without findings whose list of Pods was not complete at the end.
    pub(super) fn with_stale_pods(why: &str) -> Self {
        Self {
            cluster: "prod".to_owned(),
            namespaces: Vec::new(),
            pods_checked: 0,
            not_seen: Vec::new(),
            not_read: Vec::new(),
            stale: vec![why.to_owned()],
            complete: false,
            place: "in all namespaces".to_owned(),
            settled: None,
            findings: Vec::new(),
            expiring: Vec::new(),
            images: Vec::new(),
            healthy: Vec::new(),
        }
    }
}

impl CheckReport {
    pub(super) fn new(
        connection: &Connection,
        scope: ReportScope,
        snapshot: &Snapshot,
        findings: &CheckFindings,
        outcomes: &ProbeOutcomes,
        expiring: Vec<ExpiringRow>,
        now: Timestamp,
    ) -> Self {
        let of_pods = findings.pods.iter().flat_map(|pod| {
            let rows = pod.findings.iter();
            rows.map(|finding| FindingRow {
                probe: outcomes.outcome_for(pod, finding),
                node: findings.nodes.row(pod.context.pod.node.as_deref()),
                ..FindingRow::for_pod(pod, finding, now)
            })
        });
        let of_workloads = findings
            .workloads
            .iter()
            .map(|(workload, finding)| FindingRow::for_workload(workload, finding, now));
        let complete = !snapshot.partial.iter().any(|kind| scope.requires(*kind));
        let runs = findings.pods.iter().any(|pod| pod.is_running);
        Self {
            cluster: connection.cluster.to_string(),
            place: scope.place,
            namespaces: scope.namespaces,
            not_read: unreadable_lines(&snapshot.coverage),
            stale: snapshot.stale.clone(),
            complete,
            pods_checked: findings.pods.len() + findings.healthy.len(),
            settled: snapshot.settled,
            not_seen: snapshot.forbidden.iter().map(ToString::to_string).collect(),
            findings: of_pods.chain(of_workloads).collect(),
            expiring,
            images: outcomes
                .iter()
                .filter(|_| runs)
                .map(|(namespace, image, outcome)| ProbedImage {
                    namespace: namespace.clone(),
                    image: image.to_owned(),
                    answer: outcome.answer(),
                    summary: outcome.summary_line(),
                })
                .collect(),
            healthy: HealthyPod::from_findings(findings),
        }
    }

    /// Exit status. Without a finding it is success only if everything was read.
    pub(super) fn exit(&self) -> Exit {
        if !self.findings.is_empty() || !self.expiring.is_empty() || self.settled == Some(false) {
            Exit::Negative
        } else if self.complete {
            Exit::Success
        } else {
            Exit::BadInput
        }
    }

    /// What was not read, in one line; `None` when the report is complete.
    pub(super) fn not_read_line(&self) -> Option<String> {
        let mut gaps = self.not_read.clone();
        gaps.extend_from_slice(&self.stale);
        if !self.complete {
            gaps.extend(
                self.not_seen
                    .iter()
                    .map(|missing| format!("you may not {missing}")),
            );
        }
        (!gaps.is_empty()).then(|| one_line(&format!("incomplete: {}", gaps.join(", "))))
    }

    pub(super) fn write_text(&self, console: Console, out: &mut impl Write) -> io::Result<()> {
        for group in self.grouped() {
            let Some(first) = group.first() else { continue };
            first.write_heading(&group, console, out)?;
            first.write_text(console, out)?;
            writeln!(out)?;
        }
        for row in &self.expiring {
            let place = format!("{}/{}", row.namespace, row.secret);
            let place = console.paint(Tone::Bold, &one_line(&place));
            writeln!(out, "{place}: {}", one_line(&row.summary))?;
        }
        for image in &self.images {
            let mark = match image.answer {
                Some(PullAnswer::Ok) => console.check_mark(true),
                Some(PullAnswer::No) => console.check_mark(false),
                Some(PullAnswer::Unknown) | None => console.paint(Tone::Warning, "?"),
            };
            let line = one_line(&format!("{}  {}", image.namespace, image.image));
            writeln!(out, "{mark} {line}")?;
            if matches!(image.answer, Some(PullAnswer::Unknown) | None) {
                writeln!(out, "  {}", one_line(&image.summary))?;
            }
        }
        for missing in &self.not_seen {
            let line = format!("not read: you may not {missing}");
            writeln!(out, "{}", console.paint(Tone::Warning, &line))?;
        }
        for list in &self.stale {
            let line = one_line(&format!("out of date: {list}"));
            writeln!(out, "{}", console.paint(Tone::Warning, &line))?;
        }
        for object in &self.not_read {
            let line = one_line(&format!("not read: {object} cannot be decoded"));
            writeln!(out, "{}", console.paint(Tone::Warning, &line))?;
        }
        if self.settled == Some(false) {
            let line = "did not settle in time";
            writeln!(out, "{}", console.paint(Tone::Error, line))?;
        }
        self.write_summary(console, out)
    }

    fn write_summary(&self, console: Console, out: &mut impl Write) -> io::Result<()> {
        let tone = match self.exit() {
            Exit::Success => Tone::Success,
            Exit::Negative | Exit::BadInput => Tone::Error,
        };
        let place = one_line(&format!("{} of cluster {}", self.place, self.cluster));
        let known = if self.complete { "" } else { ", incomplete" };
        let findings = format!("findings: {}{known}", self.findings.len());
        let expiring = match self.expiring.len() {
            0 => String::new(),
            some => format!(", expiring credentials: {some}"),
        };
        let findings = console.paint(tone, &format!("{findings}{expiring}"));
        if self.pods_checked == 0 && self.findings.is_empty() {
            return match self.exit() {
                Exit::Success => writeln!(out, "No Pods found {place}"),
                Exit::Negative | Exit::BadInput => {
                    writeln!(out, "No Pods found {place}, {findings}")
                }
            };
        }
        writeln!(
            out,
            "Pods checked: {}, {findings} ({place})",
            self.pods_checked
        )
    }

    /// Findings, grouped where the Pods of one workload share them.
    fn grouped(&self) -> Vec<Vec<&FindingRow>> {
        let mut groups: Vec<Vec<&FindingRow>> = Vec::new();
        let mut places: HashMap<_, usize> = HashMap::new();
        for row in &self.findings {
            match places.entry(row.group_key()) {
                Entry::Occupied(place) => {
                    if let Some(group) = groups.get_mut(*place.get()) {
                        group.push(row);
                    }
                }
                Entry::Vacant(place) => {
                    place.insert(groups.len());
                    groups.push(vec![row]);
                }
            }
        }
        groups
    }
}

/// Objects that could not be decoded, with their kinds.
fn unreadable_lines(coverage: &WatchCoverage) -> Vec<String> {
    let mut lines = Vec::new();
    for (id, unreadable) in coverage.unreadable() {
        let plural = id.kind.plural();
        let kind = plural.trim_end_matches('s');
        let named = unreadable.named.iter();
        lines.extend(named.map(|object| format!("{kind} {object}")));
        if unreadable.unnamed > 0 {
            let count = unreadable.unnamed;
            lines.push(format!("{count} unnamed {plural}"));
        }
    }
    lines
}

impl HealthyPod {
    fn from_findings(findings: &CheckFindings) -> Vec<Self> {
        let of = |pod: &Pod, workload: Option<&Workload>| Self {
            namespace: pod.key.namespace.to_string(),
            pod: pod.key.name.to_string(),
            workload: workload.map(|workload| workload.id.to_string()),
        };
        let well = findings.healthy.iter();
        let well = well.map(|(pod, workload)| of(pod, workload.as_deref()));
        let sound = findings.pods.iter().filter(|it| it.findings.is_empty());
        let sound = sound.map(|it| of(&it.context.pod, it.context.workload.as_deref()));
        well.chain(sound).collect()
    }
}

impl FindingRow {
    fn for_pod(pod: &DiagnosedPod, finding: &Finding, now: Timestamp) -> Self {
        let context = &pod.context;
        Self {
            namespace: context.pod.key.namespace.to_string(),
            pod: Some(context.pod.key.name.to_string()),
            workload: context
                .workload
                .as_ref()
                .map(|workload| workload.id.to_string()),
            chain: Some(ChainRow::for_finding(context, finding)),
            ..Self::from_finding(finding, now)
        }
    }

    fn for_workload(workload: &Workload, finding: &Finding, now: Timestamp) -> Self {
        Self {
            namespace: workload.id.key.namespace.to_string(),
            workload: Some(workload.id.to_string()),
            ..Self::from_finding(finding, now)
        }
    }

    fn from_finding(finding: &Finding, now: Timestamp) -> Self {
        let image = finding.image.as_deref();
        let normal = |image| ImageRef::parse(image).map_or(image.to_owned(), |it| it.to_string());
        Self {
            namespace: String::new(),
            pod: None,
            workload: None,
            container: finding.container.as_deref().map(str::to_owned),
            image: image.map(normal),
            target: finding.target.as_ref().map(ToString::to_string),
            state: finding.state.to_string(),
            title: finding.title(),
            cause: finding.cause,
            root: finding.root,
            confidence: finding.confidence,
            alternatives: finding.alternatives.clone(),
            summary: finding.summary(),
            evidence: finding.evidence.iter().map(|it| it.line(now)).collect(),
            settle: finding.confirming_checks.clone(),
            suggested_image: finding.fix_context.suggested_image.clone(),
            chain: None,
            probe: None,
            node: None,
            fixes: finding.filled_fixes(),
        }
    }

    /// The Pod, or the workload that creates none.
    pub(super) fn subject(&self) -> &str {
        let subject = self.pod.as_deref().or(self.workload.as_deref());
        subject.unwrap_or_default()
    }

    /// Path in the cluster: `NAMESPACE/WORKLOAD/CONTAINER`.
    pub(super) fn place(&self) -> String {
        let pod = self.pod.as_ref().map(|pod| format!("Pod/{pod}"));
        let subject = self.workload.clone().or(pod);
        let container = self.container.clone();
        let parts = [Some(self.namespace.clone()), subject, container];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        parts.join("/")
    }

    /// Key by which equal findings of a workload's Pods are grouped.
    fn group_key(&self) -> impl Hash + Eq + use<'_> {
        // A Pod without a workload stands for itself.
        let subject = self.workload.as_deref().unwrap_or(self.subject());
        let names = (&*self.namespace, subject, self.container.as_deref());
        (names, self.cause, self.root, &*self.summary)
    }

    /// Writes the heading: one Pod, or the workload with its number of Pods.
    fn write_heading(
        &self,
        group: &[&FindingRow],
        console: Console,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let subject = match (group, &self.workload) {
            ([_, _, ..], Some(workload)) => workload,
            _ => self.subject(),
        };
        let place = format!("{}/{subject}", self.namespace);
        write!(out, "{}", console.paint(Tone::Bold, &one_line(&place)))?;
        if let Some(container) = &self.container {
            write!(out, " {}", one_line(container))?;
        }
        let title = console.paint(Tone::Error, self.title);
        write!(out, ": {title} ({})", one_line(&self.state))?;
        if group.len() > 1 {
            write!(out, ", {} Pods", group.len())?;
        }
        writeln!(out)
    }

    /// Writes summary, evidence and fixes.
    pub(super) fn write_text(&self, console: Console, out: &mut impl Write) -> io::Result<()> {
        let label = |name: &str| console.paint(Tone::Dim, &format!("{name:<8}"));
        writeln!(out, "  {}", one_line(&self.summary))?;
        let root = self.root.map(|root| format!(", root {root}"));
        let root = root.unwrap_or_default();
        let confidence = self.confidence.as_str();
        let cause = label("cause");
        writeln!(out, "  {cause}{}{root} ({confidence})", self.cause)?;
        for line in &self.evidence {
            writeln!(out, "  {}{}", label("seen"), one_line(line))?;
        }
        for line in &self.settle {
            writeln!(out, "  {}{}", label("confirm"), one_line(line))?;
        }
        // What it answered stands among the evidence.
        if let Some(probe) = &self.probe
            && probe.answer().is_none()
        {
            writeln!(
                out,
                "  {}{}",
                label("probe"),
                one_line(&probe.summary_line())
            )?;
        }
        write_fixes(&self.fixes, console, out)
    }
}

impl ChainRow {
    fn for_finding(context: &PodContext, finding: &Finding) -> Self {
        let image = finding.image.as_deref().map(ImageRef::parse);
        let (secrets, provider) = match image {
            Some(Ok(image)) => {
                let chain = context.credential_chain(&image);
                let secrets = chain.secrets.iter().map(|link| SecretRow {
                    name: link.name.to_string(),
                    state: link.state.slug(),
                });
                let provider = chain.provider.as_ref().map(ProviderRow::new);
                (secrets.collect(), provider)
            }
            Some(Err(_)) | None => (Vec::new(), None),
        };
        Self {
            service_account: context.pod.service_account.to_string(),
            secrets,
            provider,
        }
    }
}
