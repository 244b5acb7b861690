//! `pullscope check`: diagnoses once what the dashboard shows live, for CI and scripts.
//!
//! The upper half of the dashboard's way without loop and screen: list once, fold, diagnose, report.

mod findings;
mod junit;
mod look;
mod probe;
mod report;
mod sarif;
mod save;
mod scope;
mod selector;
mod target;
mod wait;

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use self::{
    findings::Depth,
    look::{Patience, Seen},
    probe::Answers,
    report::{Looked, Report},
    scope::Asked,
    selector::Selector,
    target::Choice,
};
use super::{Exit, console::Console, duration, ended, json};
use crate::{
    cluster::{Connection, WatchScope},
    domain::{error::UserError, k8s::object_ref::Namespace, sanitize::lines, store::watch::Scope},
    registry::Prober,
};
use clap::ValueEnum;
use jiff::Timestamp;

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// What to check, in kubectl's syntax: deployment/web pod/api-1, deployment web api, or pods.
    /// Default: all Pods in the namespace; -n takes several namespaces: -n shop,pay
    #[arg(value_name = "KIND/NAME")]
    pub targets: Vec<String>,
    /// Label selector for Pods and workloads, such as app=web,tier!=back
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<Selector>,
    /// Wait until all Pods are ready, or until a failure makes no progress, at most this long, such as
    /// 2m; exits with 1 on timeout. Also waits for targets that do not exist yet
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub wait: Option<Duration>,
    /// Do not fail if a namespace or target does not exist, or if nothing matches the selector
    #[arg(long)]
    pub allow_empty: bool,
    /// Also test the registries from this machine, with the Pods' credentials; a registry that cannot
    /// be reached from here is unknown, not a finding
    #[arg(long)]
    pub probe: bool,
    /// Also check running Pods: could their images be pulled again? An expired token or, with --probe,
    /// the registry may prevent it
    #[arg(long)]
    pub all: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Also save the evidence of each finding to this directory, one new file per Pod: objects and
    /// events, no passwords
    #[arg(long, value_name = "DIR")]
    pub save_cases: Option<PathBuf>,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
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

/// Checks what is in reach, and asks registries where there is a prober; a problem means that the check
/// could not be made.
pub async fn run(
    args: &Args,
    connection: &Connection,
    reach: WatchScope,
    prober: Option<&Prober>,
    console: Console,
    stdout: impl Write,
) -> Result<Exit, UserError> {
    let progress = console.progress();
    let choice = Choice::read(&args.targets, args.selector.clone())?;
    let asked = Asked::new(&choice, &reach, args.allow_empty)?;
    let patience = args.wait.map(|limit| Patience {
        limit,
        asked: &asked,
    });
    let seen = look::once(connection, reach.clone(), patience, &progress).await?;
    let now = Timestamp::now();
    let namespaces = namespaces(&seen, reach);
    asked.is_there(connection, &seen).await?;
    let depth = if args.all {
        Depth::Everything
    } else {
        Depth::WhatFails
    };
    let mut found = findings::all(&seen, &choice, depth, now);
    let answers = match prober {
        Some(prober) => probe::ask(connection, prober, &found, &progress).await,
        None => Answers::default(),
    };
    answers.settle(&mut found, now);
    let saved = match &args.save_cases {
        Some(directory) => save::cases(directory, &found),
        None => Ok(()),
    };
    drop(progress);
    let looked = Looked {
        place: asked.place(),
        namespaces,
        needs_secrets: args.all || args.probe,
    };
    let report = Report::of(connection, looked, &seen, &found, &answers, now);
    let mut exit = report.exit();
    // What was found is told also where a case of it could not be saved.
    if let Err(problem) = saved {
        super::warn(&lines(&problem.to_string()));
        exit = exit.and(Exit::BadInput);
    }
    if let Some(line) = report.not_read_line() {
        super::warn(&line);
    }
    let mut stdout = io::BufWriter::new(stdout);
    let written = match args.output {
        Format::Text => report.write_text(console, &mut stdout),
        Format::Json => json::write(&report, &mut stdout),
        Format::Junit => junit::write(&report, &mut stdout),
        Format::Sarif => json::write(&sarif::document(&report), &mut stdout),
    };
    ended(written.and_then(|()| stdout.flush()), exit)
        .map_err(|error| UserError::new("cannot write the report").with_cause(error.to_string()))
}

/// The images of a namespace's Pods, each once.
pub(super) async fn images(
    connection: &Connection,
    namespace: Namespace,
) -> Result<BTreeSet<String>, UserError> {
    let reach = WatchScope::Namespaces(vec![namespace]);
    let seen = look::once(connection, reach, None, &Console::default().progress()).await?;
    let pods = seen.world.pods(&Scope::Cluster);
    let images = pods.flat_map(|pod| pod.containers.iter().map(|it| it.image.to_string()));
    Ok(images.collect())
}

/// The namespaces that were looked into.
fn namespaces(seen: &Seen, reach: WatchScope) -> Vec<Namespace> {
    match reach {
        WatchScope::Cluster { .. } => seen.world.tallies().keys().cloned().collect(),
        WatchScope::Namespaces(namespaces) => namespaces,
    }
}
