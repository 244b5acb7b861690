//! `pullscope check`: diagnoses once what the dashboard shows live, for CI and scripts.
//!
//! The upper half of the dashboard's way without loop and screen: list once, fold, diagnose, report.

mod findings;
mod look;
mod report;
mod target;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use self::{findings::Found, look::Seen, report::Report, target::Target};
use super::{Exit, Output, unless_closed};
use crate::{
    cluster::{Connection, Reach},
    domain::{key::Namespace, problem::Problem, watch::Scope},
};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What to check, such as pod/web-1 or deployment/web; without it, all Pods of the namespace
    #[arg(value_name = "KIND/NAME")]
    pub targets: Vec<Target>,
    /// Form of the answer
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
    /// Also write what each finding rests on to this directory, one file per Pod: objects and events,
    /// no passwords
    #[arg(long, value_name = "DIR")]
    pub save_cases: Option<PathBuf>,
}

/// Checks a scope of the cluster; a problem means that the check could not be made.
pub async fn run(
    args: &Args,
    connection: &Connection,
    scope: &Scope,
    stdout: impl Write,
) -> Result<Exit, Problem> {
    let seen = look::once(connection, reach(scope)).await?;
    let now = Timestamp::now();
    let namespaces = namespaces(&seen, scope);
    target::all_exist(&args.targets, &seen.world, scope)?;
    let found = findings::all(&seen, scope, &args.targets, now);
    if let Some(directory) = &args.save_cases {
        save(directory, &found).map_err(|error| {
            Problem::new(format!("cannot save cases to {}", directory.display()))
                .because(error.to_string())
        })?;
    }
    let report = Report::of(connection, namespaces, &seen, &found, now);
    let exit = if report.healthy() {
        Exit::Success
    } else {
        Exit::Negative
    };
    let mut stdout = io::BufWriter::new(stdout);
    let written = match args.output {
        Output::Text => report.write_text(&mut stdout),
        Output::Json => report.write_json(&mut stdout),
    };
    unless_closed(written.and_then(|()| stdout.flush()).map(|()| exit))
        .map_err(|error| Problem::new("cannot write the report").because(error.to_string()))
}

fn reach(scope: &Scope) -> Reach {
    match scope {
        Scope::Cluster => Reach::Cluster {
            otherwise: Vec::new(),
        },
        Scope::Namespace(namespace) => Reach::Namespaces(vec![namespace.clone()]),
    }
}

/// The namespaces that were looked into.
fn namespaces(seen: &Seen, scope: &Scope) -> Vec<Namespace> {
    match scope {
        Scope::Cluster => seen.world.tallies().keys().cloned().collect(),
        Scope::Namespace(namespace) => vec![namespace.clone()],
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
