//! The company of the demo has one living example of each thing that keeps an image from being pulled.
//! The engine, which shares no judgement with the sandbox, finds out what each of them is.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use kube::Client;
use pullscope::{
    cluster::{Connection, Reach},
    domain::key::Namespace,
    headless::{Exit, Output, check},
    sandbox::{Pace, Sandbox, Scenario, User},
};
use serde_json::Value;

/// Workload and root; what is not a failed pull is among them, to be told from one.
const COMPANY: &[(&str, &str)] = &[
    ("data Deployment/ingest", "credential-rejected"),
    ("data Deployment/trainer", "not-scheduled"),
    ("data Deployment/warehouse-sync", "credential-rejected"),
    ("media Deployment/encoder", "secret-missing"),
    ("media Deployment/thumbnail-cache", "rate-limit"),
    ("media Deployment/transcoder", "wrong-platform"),
    ("payments Deployment/fraud-score", "pod-predates-binding"),
    ("payments Deployment/invoices", "service-account-missing"),
    ("payments Deployment/ledger", "secret-not-attached"),
    ("payments Deployment/reports", "image-name-invalid"),
    ("platform Deployment/audit", "credential-lacks-access"),
    ("platform Deployment/metrics", "registry-unknown-host"),
    ("platform Deployment/mirror-check", "registry-down"),
    ("platform Deployment/scanner", "ca-untrusted"),
    ("shop Deployment/checkout", "tag-missing"),
    // Its name lacks a letter; containerd says of a name what it says of a tag.
    ("shop Deployment/recommender", "tag-missing"),
    ("shop Deployment/stock-import", "not-a-pull"),
    ("web Deployment/blog", "secret-malformed"),
    ("web Deployment/landing", "secret-wrong-type"),
    ("web Deployment/search", "entry-for-other-registry"),
    ("web Deployment/shop-admin", "tag-missing"),
];

async fn findings(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let client = Client::new(sandbox.service(User::admin()), "default");
    let connection = Connection::from_client(client, "demo", Namespace::new("default"))
        .await
        .unwrap();
    let args = check::Args {
        output: Output::Json,
        ..check::Args::default()
    };
    let mut stdout = Vec::new();
    let exit = check::run(
        &args,
        &connection,
        Reach::Cluster {
            otherwise: Vec::new(),
        },
        pullscope::registry::Settings::default(),
        &mut stdout,
    )
    .await
    .unwrap();
    assert_eq!(exit, Exit::Negative);
    let report: Value = serde_json::from_slice(&stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap_or("?").to_owned();
            let workload = finding["workload"]
                .as_str()
                .map_or_else(|| text("pod"), str::to_owned);
            (format!("{} {workload}", text("namespace")), text("root"))
        })
        .collect()
}

fn company(now: &str) -> Sandbox {
    let scenario = Scenario::named(Scenario::DEFAULT).unwrap();
    Sandbox::start(&scenario, now.parse::<Timestamp>().unwrap(), Pace::Manual)
}

#[tokio::test]
async fn every_example_of_the_company_is_what_it_was_made_to_be() {
    let sandbox = company("2026-11-23T12:00:00Z");
    let found = findings(&sandbox).await;
    let expected: BTreeMap<String, String> = COMPANY
        .iter()
        .map(|(workload, root)| ((*workload).to_owned(), (*root).to_owned()))
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn they_stay_what_they_are_while_time_goes_by() {
    let sandbox = company("2026-11-23T12:00:00Z");
    let before = findings(&sandbox).await;
    sandbox.advance(Duration::from_secs(30 * 60));
    let after = findings(&sandbox).await;
    for (workload, root) in &before {
        if let Some(later) = after.get(workload) {
            assert_eq!(later, root, "{workload}");
        }
    }
}
