//! `pullscope check`: diagnoses once what the dashboard shows live, for CI and scripts.
//!
//! The upper half of the dashboard's way without loop and screen: list once, fold, diagnose, report.

mod findings;
mod junit;
mod look;
mod probe;
mod report;
mod sarif;
mod selector;
mod target;
mod wait;

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;

use self::{
    findings::{Depth, Found},
    look::{Patience, Seen},
    probe::Answers,
    report::Report,
    selector::Selector,
    target::Choice,
};
use super::{Exit, console::Console, duration, unless_closed};
use crate::{
    cluster::{Connection, Reach},
    domain::{key::Namespace, problem::Problem, watch::Scope},
    registry::Prober,
};

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// What to check, as kubectl takes it: deployment/web pod/api-1, or deployment web api, or pods;
    /// without it, all Pods of the namespace. -n takes several namespaces: -n shop,pay
    #[arg(value_name = "KIND/NAME")]
    pub targets: Vec<String>,
    /// Only Pods and workloads with these labels, such as app=web,tier!=back
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<Selector>,
    /// Wait until all runs, or something fails and nothing gets on any more, but no longer than this,
    /// such as 2m; what has not settled by then is status 1
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub wait: Option<Duration>,
    /// Ask the registries too, from this machine, with the credentials that the Pods list; what this
    /// machine cannot reach is unknown, and no finding
    #[arg(long)]
    pub probe: bool,
    /// Look into Pods that run, too: whether their images could be pulled again, which an expired token
    /// or, with --probe, the registry rules out
    #[arg(long)]
    pub all: bool,
    /// Form of the answer
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Also write what each finding rests on to this directory, one file per Pod: objects and events,
    /// no passwords
    #[arg(long, value_name = "DIR")]
    pub save_cases: Option<PathBuf>,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One object, as assets/schema has it
    Json,
    /// For the test views of CI systems: each Pod a test
    Junit,
    /// For code-scanning views: SARIF 2.1.0
    Sarif,
}

/// Checks what is in reach, and asks registries where there is a prober; a problem means that the check
/// could not be made.
pub async fn run(
    args: &Args,
    connection: &Connection,
    reach: Reach,
    prober: Option<&Prober>,
    console: Console,
    stdout: impl Write,
) -> Result<Exit, Problem> {
    let progress = console.progress();
    let choice = Choice::read(&args.targets, args.selector.clone())?;
    let patience = args.wait.map(|limit| Patience {
        limit,
        choice: &choice,
    });
    let seen = look::once(connection, reach.clone(), patience, &progress).await?;
    let now = Timestamp::now();
    let namespaces = namespaces(&seen, reach);
    choice.exists(&seen.world, &seen.forbidden)?;
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
    if let Some(directory) = &args.save_cases {
        save(directory, &found).map_err(|error| {
            Problem::new(format!("cannot save cases to {}", directory.display()))
                .because(error.to_string())
        })?;
    }
    drop(progress);
    let report = Report::of(connection, namespaces, &seen, &found, &answers, now);
    let exit = if report.healthy() {
        Exit::Success
    } else {
        Exit::Negative
    };
    let mut stdout = io::BufWriter::new(stdout);
    let written = match args.output {
        Format::Text => report.write_text(console, &mut stdout),
        Format::Json => write_json(&report, &mut stdout),
        Format::Junit => junit::write(&report, &mut stdout),
        Format::Sarif => write_json(&sarif::document(&report), &mut stdout),
    };
    unless_closed(written.and_then(|()| stdout.flush()).map(|()| exit))
        .map_err(|error| Problem::new("cannot write the report").because(error.to_string()))
}

fn write_json(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

/// The images of a namespace's Pods, each once.
pub(super) async fn images(
    connection: &Connection,
    namespace: Namespace,
) -> Result<BTreeSet<String>, Problem> {
    let reach = Reach::Namespaces(vec![namespace]);
    let seen = look::once(connection, reach, None, &Console::default().progress()).await?;
    let pods = seen.world.pods(&Scope::Cluster);
    let images = pods.flat_map(|pod| pod.containers.iter().map(|it| it.image.to_string()));
    Ok(images.collect())
}

/// The namespaces that were looked into.
fn namespaces(seen: &Seen, reach: Reach) -> Vec<Namespace> {
    match reach {
        Reach::Cluster { .. } => seen.world.tallies().keys().cloned().collect(),
        Reach::Namespaces(namespaces) => namespaces,
    }
}

fn save(directory: &Path, found: &Found) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for checked in found.pods.iter().filter(|pod| !pod.findings.is_empty()) {
        let key = &checked.case.pod.key;
        let path = directory.join(format!("{}.{}.json", key.namespace, key.name));
        let mut file = io::BufWriter::new(fs::File::create(path)?);
        serde_json::to_writer_pretty(&mut file, &checked.case)?;
        writeln!(file)?;
        file.flush()?;
    }
    Ok(())
}
