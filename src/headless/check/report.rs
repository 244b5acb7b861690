//! The JSON shape of `check` (DESIGN §6: fields may be added, never changed) and its text.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
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
        report::write_fixes,
    },
};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    cluster: String,
    namespaces: Vec<Namespace>,
    pods_checked: usize,
    /// What could not be looked at, for want of rights.
    pub(super) not_seen: Vec<String>,
    /// Objects that could not be decoded.
    pub(super) not_read: Vec<String>,
    /// Lists whose watch was cut off while changes were waited for, and since when.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) stale: Vec<String>,
    /// Whether all was read that *healthy* rests on: without it, no finding is no proof.
    pub(super) complete: bool,
    /// Where was looked, for a sentence.
    #[serde(skip)]
    place: String,
    /// With `--wait`: whether it settled in the time given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settled: Option<bool>,
    pub(super) findings: Vec<Row>,
    /// With `--all --probe`: every image that was asked about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Asked>,
    /// The Pods without a finding.
    #[serde(skip)]
    pub(super) well: Vec<Well>,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) namespace: String,
    /// None for a workload that makes no Pods.
    pub(super) pod: Option<String>,
    pub(super) workload: Option<String>,
    pub(super) container: Option<String>,
    pub(super) image: Option<String>,
    /// Whose image it is: `container:app`, `volume:model`.
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
    chain: Option<Chain>,
    /// With `--probe`: what the registry says.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<Arc<Probed>>,
    pub(super) fixes: Vec<Fix>,
}

/// A Pod without a finding.
#[derive(Debug)]
pub(super) struct Well {
    pub(super) namespace: String,
    pub(super) pod: String,
    pub(super) workload: Option<String>,
}

/// An image that a registry was asked about.
#[derive(Debug, Serialize)]
struct Asked {
    namespace: Namespace,
    image: String,
    /// None when it could not be asked.
    verdict: Option<PullAnswer>,
    summary: String,
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

/// Where a check has looked, and for what.
pub(super) struct Looked {
    pub(super) place: String,
    pub(super) namespaces: Vec<Namespace>,
    /// Whether what runs could be pulled again rests on Secrets and ServiceAccounts, too.
    pub(super) needs_secrets: bool,
}

impl Looked {
    fn needs(&self, kind: WatchKind) -> bool {
        match kind {
            WatchKind::Secrets(_) | WatchKind::ServiceAccounts => self.needs_secrets,
            kind => kind.shows_failures(),
        }
    }
}

impl Report {
    pub(super) fn of(
        connection: &Connection,
        looked: Looked,
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
        let complete = !seen.partial.iter().any(|kind| looked.needs(*kind));
        let runs = found.pods.iter().any(|checked| checked.runs);
        Self {
            cluster: connection.cluster.to_string(),
            place: looked.place,
            namespaces: looked.namespaces,
            not_read: not_read(&seen.sight),
            stale: seen.stale.clone(),
            complete,
            pods_checked: found.pods.len() + found.well.len(),
            settled: seen.settled,
            not_seen: seen.forbidden.iter().map(ToString::to_string).collect(),
            findings: of_pods.chain(of_workloads).collect(),
            images: answers
                .each()
                .filter(|_| runs)
                .map(|(namespace, image, probed)| Asked {
                    namespace: namespace.clone(),
                    image: image.to_owned(),
                    verdict: probed.answer(),
                    summary: probed.line(),
                })
                .collect(),
            well: Well::all(found),
        }
    }

    /// Unknown is never well: without a finding it takes everything read to be healthy.
    pub(super) fn exit(&self) -> Exit {
        if !self.findings.is_empty() || self.settled == Some(false) {
            Exit::Negative
        } else if self.complete {
            Exit::Success
        } else {
            Exit::BadInput
        }
    }

    /// What was not read, in one line, where *healthy* would rest on it or objects are left out.
    pub(super) fn not_read_line(&self) -> Option<String> {
        let mut gaps = self.not_read.clone();
        gaps.extend_from_slice(&self.stale);
        if !self.complete {
            gaps.extend(
                self.not_seen
                    .iter()
                    .map(|missing| format!("needs {missing}")),
            );
        }
        (!gaps.is_empty()).then(|| one_line(&format!("incomplete: {}", gaps.join(", "))))
    }

    pub(super) fn write_text(&self, console: Console, out: &mut impl Write) -> io::Result<()> {
        for alike in self.alike() {
            let Some(first) = alike.first() else { continue };
            first.write_heading(&alike, console, out)?;
            first.write_text(console, out)?;
            writeln!(out)?;
        }
        for image in &self.images {
            let mark = match image.verdict {
                Some(PullAnswer::Ok) => console.mark(true),
                Some(PullAnswer::No) => console.mark(false),
                Some(PullAnswer::Unknown) | None => console.paint(Tone::Odd, "?"),
            };
            let line = one_line(&format!("{}  {}", image.namespace, image.image));
            writeln!(out, "{mark} {line}")?;
            if matches!(image.verdict, Some(PullAnswer::Unknown) | None) {
                writeln!(out, "  {}", one_line(&image.summary))?;
            }
        }
        for missing in &self.not_seen {
            let line = format!("not seen: needs {missing}");
            writeln!(out, "{}", console.paint(Tone::Odd, &line))?;
        }
        for list in &self.stale {
            let line = one_line(&format!("out of date: {list}"));
            writeln!(out, "{}", console.paint(Tone::Odd, &line))?;
        }
        for object in &self.not_read {
            let line = one_line(&format!("not read: {object} cannot be decoded"));
            writeln!(out, "{}", console.paint(Tone::Odd, &line))?;
        }
        if self.settled == Some(false) {
            let line = "did not settle in time";
            writeln!(out, "{}", console.paint(Tone::Bad, line))?;
        }
        self.write_sum(console, out)
    }

    fn write_sum(&self, console: Console, out: &mut impl Write) -> io::Result<()> {
        let tone = match self.exit() {
            Exit::Success => Tone::Good,
            Exit::Negative | Exit::BadInput => Tone::Bad,
        };
        let place = one_line(&format!("{} of cluster {}", self.place, self.cluster));
        let known = if self.complete { "" } else { ", incomplete" };
        let findings = format!("findings: {}{known}", self.findings.len());
        let findings = console.paint(tone, &findings);
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

    /// The findings, those together that the Pods of one workload share.
    fn alike(&self) -> Vec<Vec<&Row>> {
        let mut groups: Vec<Vec<&Row>> = Vec::new();
        let mut places: HashMap<_, usize> = HashMap::new();
        for row in &self.findings {
            match places.entry(row.likeness()) {
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

/// Each object that could not be decoded, with its kind.
fn not_read(sight: &WatchCoverage) -> Vec<String> {
    let mut lines = Vec::new();
    for (id, unreadable) in sight.unreadable() {
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

impl Well {
    fn all(found: &Found) -> Vec<Self> {
        let of = |pod: &Pod, workload: Option<&Workload>| Self {
            namespace: pod.key.namespace.to_string(),
            pod: pod.key.name.to_string(),
            workload: workload.map(|workload| workload.id.to_string()),
        };
        let well = found.well.iter();
        let well = well.map(|(pod, workload)| of(pod, workload.as_deref()));
        let sound = found.pods.iter().filter(|it| it.findings.is_empty());
        let sound = sound.map(|it| of(&it.case.pod, it.case.workload.as_deref()));
        well.chain(sound).collect()
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
            chain: None,
            probe: None,
            fixes: finding.filled_fixes(),
        }
    }

    /// The Pod, or the workload that makes none.
    pub(super) fn subject(&self) -> &str {
        let subject = self.pod.as_deref().or(self.workload.as_deref());
        subject.unwrap_or_default()
    }

    /// Where it is in the cluster, as a path.
    pub(super) fn place(&self) -> String {
        let pod = self.pod.as_ref().map(|pod| format!("Pod/{pod}"));
        let subject = self.workload.clone().or(pod);
        let container = self.container.clone();
        let parts = [Some(self.namespace.clone()), subject, container];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        parts.join("/")
    }

    /// What the findings of a workload's Pods share when they are one and the same.
    fn likeness(&self) -> impl Hash + Eq + use<'_> {
        // A Pod without a workload stands for itself.
        let subject = self.workload.as_deref().unwrap_or(self.subject());
        let names = (&*self.namespace, subject, self.container.as_deref());
        (names, self.cause, self.root, &*self.summary)
    }

    /// Whom it is about: one Pod, or the workload with its number of Pods.
    fn write_heading(
        &self,
        alike: &[&Row],
        console: Console,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let subject = match (alike, &self.workload) {
            ([_, _, ..], Some(workload)) => workload,
            _ => self.subject(),
        };
        let place = format!("{}/{subject}", self.namespace);
        write!(out, "{}", console.paint(Tone::Strong, &one_line(&place)))?;
        if let Some(container) = &self.container {
            write!(out, " {}", one_line(container))?;
        }
        let title = console.paint(Tone::Bad, self.title);
        write!(out, ": {title} ({})", one_line(&self.state))?;
        if alike.len() > 1 {
            write!(out, ", {} Pods", alike.len())?;
        }
        writeln!(out)
    }

    /// What is wrong, on what evidence, and what helps.
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
            writeln!(out, "  {}{}", label("settle"), one_line(line))?;
        }
        // What it answered stands among the evidence.
        if let Some(probe) = &self.probe
            && probe.answer().is_none()
        {
            writeln!(out, "  {}{}", label("probe"), one_line(&probe.line()))?;
        }
        write_fixes(&self.fixes, console, out)
    }
}

impl Chain {
    fn of(case: &PodContext, finding: &Finding) -> Self {
        let image = finding.image.as_deref().map(ImageRef::parse);
        let secrets = match image {
            Some(Ok(image)) => case
                .credential_chain(&image)
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
