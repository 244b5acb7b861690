//! `pullscope check`: lists once, diagnoses and reports, for CI and scripts.

mod collect;
mod expiring;
mod findings;
mod junit;
mod nodes;
mod probe;
mod report;
mod sarif;
mod save;
mod scope;
mod selection;
mod wait;

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use self::{
    collect::{Snapshot, WaitOptions},
    findings::PodFilter,
    nodes::NodeReadings,
    probe::ProbeOutcomes,
    report::{CheckReport, ReportScope},
    scope::CheckScope,
    selection::Selection,
};
use super::{Exit, console::Console, exit_after_write, json, parse_duration};
use crate::{
    cluster::{Connection, WatchScope, nodes as cluster_nodes},
    domain::{
        error::UserError,
        k8s::{label_selector::LabelSelector, object_ref::Namespace},
        sanitize::lines,
        store::watch::Scope,
    },
    registry::Prober,
};
use clap::ValueEnum;
use jiff::Timestamp;

#[derive(Clone, Debug, Default, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of the command line, each for itself"
)]
pub struct Args {
    /// What to check, in kubectl's syntax: deployment/web pod/api-1, deployment web api, or pods.
    /// Default: all Pods in the namespace; -n takes several namespaces: -n shop,pay
    #[arg(value_name = "KIND/NAME")]
    pub targets: Vec<String>,
    /// Label selector for Pods and workloads, such as app=web,tier!=back
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<LabelSelector>,
    /// Wait at most this long, such as 2m, until all Pods are ready or something fails and makes no
    /// progress; exits with 1 on timeout. Also waits for targets that do not exist yet
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub wait: Option<Duration>,
    /// Do not fail if a namespace or target does not exist, or if nothing matches the selector
    #[arg(long)]
    pub allow_empty: bool,
    /// Also test the registries from this machine, with the Pods' credentials; a registry that cannot
    /// be reached from here is unknown, not a finding
    #[arg(long)]
    pub probe: bool,
    /// Also read the nodes of failing Pods and ask their kubelets: image verification, pull queue, credential
    /// providers. Needs get nodes and get nodes/proxy; what is forbidden is unknown, not an error
    #[arg(long)]
    pub nodes: bool,
    /// Also check running Pods: whether their images could be pulled again. Finds expired tokens; with
    /// --probe it also asks the registries
    #[arg(long)]
    pub all: bool,
    /// Also report credentials in pull secrets that expire within this time, such as 14d, or have expired;
    /// exits with 1 if there are any. The expiry is that of the token, of an annotation such as expiresAt,
    /// or the maximum lifetime of its kind
    #[arg(long, value_name = "TIME", value_parser = expiring::parse_ahead)]
    pub expiring: Option<Duration>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: ReportFormat,
    /// Also save the evidence of each finding to this directory, one new file per Pod: objects and
    /// events, no passwords
    #[arg(long, value_name = "DIR")]
    pub save_cases: Option<PathBuf>,
}

/// Output format of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Human-readable
    #[default]
    Text,
    /// One JSON object (see assets/schema)
    Json,
    /// JUnit XML for CI systems: one test per Pod
    Junit,
    /// SARIF 2.1.0 for code scanning
    Sarif,
}

/// Runs a check, and asks registries where there is a prober. An error means that the check could not be made.
pub async fn run(
    args: &Args,
    connection: &Connection,
    reach: WatchScope,
    prober: Option<&Prober>,
    console: Console,
    stdout: impl Write,
) -> Result<Exit, UserError> {
    let progress = console.progress();
    let selection = Selection::parse(&args.targets, args.selector.clone())?;
    let scope = CheckScope::new(&selection, &reach, args.allow_empty)?;
    let wait = args.wait.map(|limit| WaitOptions {
        limit,
        scope: &scope,
    });
    let snapshot = collect::collect_once(connection, reach.clone(), wait, &progress).await?;
    let now = Timestamp::now();
    let namespaces = namespaces(&snapshot, reach);
    scope.ensure_exists(connection, &snapshot).await?;
    let depth = if args.all {
        PodFilter::All
    } else {
        PodFilter::Failing
    };
    let mut findings = findings::diagnose_all(&snapshot, &selection, depth, now);
    let outcomes = match prober {
        Some(prober) => probe::probe_all(connection, prober, &findings, &progress).await,
        None => ProbeOutcomes::default(),
    };
    outcomes.apply_to(&mut findings, now);
    if args.nodes {
        findings.nodes = NodeReadings::read(connection, &findings, now).await;
    }
    // Who may not list nodes gets the steps for the runtime that the message shows, or for all of them.
    let questions = findings.node_questions();
    findings.add_node_evidence(&cluster_nodes::answers(connection, questions).await);
    findings.separate_commands();
    let saved = match &args.save_cases {
        Some(directory) => save::save_all(directory, &findings),
        None => Ok(()),
    };
    drop(progress);
    let report_scope = ReportScope {
        place: scope.place(),
        namespaces,
        needs_secrets: args.all || args.probe || args.expiring.is_some(),
    };
    let expiring = args.expiring.map_or_else(Vec::new, |within| {
        expiring::expiring(&snapshot.store, &scope.namespaces, within, now)
    });
    let report = CheckReport::new(
        connection,
        report_scope,
        &snapshot,
        &findings,
        &outcomes,
        expiring,
        now,
    );
    let mut exit = report.exit();
    // What was found is told also where a case of it could not be saved.
    if let Err(problem) = saved {
        super::warn(&lines(&problem.to_string()));
        exit = exit.worse(Exit::BadInput);
    }
    if let Some(line) = report.not_read_line() {
        super::warn(&line);
    }
    let mut stdout = io::BufWriter::new(stdout);
    let written = match args.output {
        ReportFormat::Text => report.write_text(console, &mut stdout),
        ReportFormat::Json => json::write(&report, &mut stdout),
        ReportFormat::Junit => junit::write(&report, &mut stdout),
        ReportFormat::Sarif => json::write(&sarif::document(&report), &mut stdout),
    };
    exit_after_write(written.and_then(|()| stdout.flush()), exit)
        .map_err(|error| UserError::new("cannot write the report").with_cause(error.to_string()))
}

/// Images of a namespace's Pods, without duplicates.
pub(super) async fn images(
    connection: &Connection,
    namespace: Namespace,
) -> Result<BTreeSet<String>, UserError> {
    let reach = WatchScope::Namespaces(vec![namespace]);
    let snapshot =
        collect::collect_once(connection, reach, None, &Console::default().progress()).await?;
    let pods = snapshot.store.pods(&Scope::Cluster);
    let images = pods.flat_map(|pod| pod.containers.iter().map(|it| it.image.to_string()));
    Ok(images.collect())
}

/// Namespaces that were checked.
fn namespaces(snapshot: &Snapshot, reach: WatchScope) -> Vec<Namespace> {
    match reach {
        WatchScope::Cluster { .. } => snapshot.store.tallies().keys().cloned().collect(),
        WatchScope::Namespaces(namespaces) => namespaces,
    }
}
