//! The company of the demo has one living example of each thing that keeps an image from being pulled.
//! The engine, which shares no judgement with the sandbox, finds out what each of them is.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use kube::Client;
use pullscope::{
    cluster::{Connection, WatchScope},
    domain::k8s::object_ref::Namespace,
    headless::{
        Exit,
        check::{self, ReportFormat},
        console::Console,
    },
    registry::Prober,
    sandbox::{Pace, Sandbox, Scenario, User},
};
use registries::DemoNetwork;
use serde_json::Value;

#[path = "../src/commands/demo_registries.rs"]
mod registries;

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

/// What `check` reports, with or without asking the registries.
async fn report(sandbox: &Sandbox, prober: Option<&Prober>, all: bool) -> (Exit, Value) {
    report_to(User::admin(), sandbox, prober, all).await
}

/// What `check` reports to this user.
async fn report_to(
    user: User,
    sandbox: &Sandbox,
    prober: Option<&Prober>,
    all: bool,
) -> (Exit, Value) {
    let client = Client::new(sandbox.service(user), "default");
    let connection = Connection::from_client(client, "demo", Namespace::new("default"))
        .await
        .unwrap();
    let args = check::Args {
        output: ReportFormat::Json,
        all,
        ..check::Args::default()
    };
    let reach = WatchScope::Cluster {
        fallback: Vec::new(),
    };
    let mut stdout = Vec::new();
    let console = Console::default();
    let exit = check::run(&args, &connection, reach, prober, console, &mut stdout);
    (
        exit.await.unwrap(),
        serde_json::from_slice(&stdout).unwrap(),
    )
}

/// A field of each workload's finding.
fn field(report: &Value, field: &str) -> BTreeMap<String, String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap_or("?").to_owned();
            let workload = finding["workload"]
                .as_str()
                .map_or_else(|| text("pod"), str::to_owned);
            (format!("{} {workload}", text("namespace")), text(field))
        })
        .collect()
}

async fn findings(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let (exit, report) = report(sandbox, None, false).await;
    assert_eq!(exit, Exit::Negative);
    field(&report, "root")
}

fn company(now: &str) -> Sandbox {
    let scenario = Scenario::named(Scenario::DEFAULT).unwrap();
    Sandbox::start(&scenario, now.parse::<Timestamp>().unwrap(), Pace::Manual)
}

#[tokio::test]
async fn every_example_of_the_company_is_what_it_was_made_to_be() {
    let sandbox = company("2026-11-23T12:00:00Z");
    // Jobs that have just begun get their Pods.
    sandbox.advance(Duration::from_secs(2));
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

/// Those that only the node can tell are left as they are; what the registry can tell is settled by it.
#[tokio::test]
async fn the_registries_settle_what_the_objects_leave_open() {
    let sandbox = company("2026-11-23T12:00:00Z");
    let prober = Prober::with_network(Arc::new(DemoNetwork(sandbox.registries())));
    let (_, before) = report(&sandbox, None, false).await;
    let (_, after) = report(&sandbox, Some(&prober), false).await;
    let (was, is) = (field(&before, "confidence"), field(&after, "confidence"));
    let likely = |all: &BTreeMap<String, String>| -> Vec<String> {
        let open = all
            .iter()
            .filter(|(_, confidence)| *confidence != "certain");
        open.map(|(workload, _)| workload.clone()).collect()
    };
    assert!(likely(&was).len() > likely(&is).len(), "{was:?}");
    // Who may not read a repository is told what a stranger is told.
    let left = ["platform Deployment/audit"];
    assert_eq!(likely(&is), left);
    let roots = field(&after, "root");
    assert_eq!(roots["shop Deployment/recommender"], "repository-missing");
    for (workload, root) in field(&before, "root") {
        if workload != "shop Deployment/recommender" {
            assert_eq!(roots[&workload], root, "{workload}");
        }
    }
}

/// A token has ended since the Pods were started: they run, and only who asks for all learns that they
/// could not be started again.
#[tokio::test]
async fn what_runs_is_asked_about_too_where_that_is_wanted() {
    let text = include_str!("../assets/scenarios/expired-token.toml");
    let text = text.replace("at = \"-20m\"", "at = \"-10h\"");
    let scenario = Scenario::parse("ran-before", &text).unwrap();
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let sandbox = Sandbox::start(&scenario, now, Pace::Manual);
    let prober = Prober::with_network(Arc::new(DemoNetwork(sandbox.registries())));
    let (exit, some) = report(&sandbox, Some(&prober), false).await;
    assert_eq!((exit, &some["pods_checked"]), (Exit::Success, &2.into()));
    assert!(some.get("images").is_none());

    let (exit, all) = report(&sandbox, Some(&prober), true).await;
    assert_eq!((exit, &all["pods_checked"]), (Exit::Negative, &2.into()));
    let findings = all["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2);
    for finding in findings {
        assert_eq!(finding["state"], "Running");
        let evidence = finding["evidence"].as_array().unwrap().iter();
        let asked =
            evidence.filter(|it| it.as_str().unwrap().starts_with("tested from this machine"));
        assert_eq!(asked.count(), 1, "{finding:#}");
        assert_eq!(finding["cause"], finding["probe"]["cause"]);
        assert_eq!(finding["chain"]["secrets"][0]["state"], "ok");
    }
    let image = &all["images"][0];
    let app = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app/api:1.1";
    assert_eq!(image["image"], app);
    assert_eq!(image["verdict"], "no");

    sandbox.repair(&scenario);
    let (exit, all) = report(&sandbox, Some(&prober), true).await;
    assert_eq!(exit, Exit::Success, "{all:#}");
}

/// The token is older than its kind lives, and the registry, asked, says so.
#[tokio::test]
async fn a_token_that_has_ended_is_called_expired() {
    let scenario = Scenario::named("expired-token").unwrap();
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let sandbox = Sandbox::start(&scenario, now, Pace::Manual);
    let prober = Prober::with_network(Arc::new(DemoNetwork(sandbox.registries())));
    for (prober, confidence) in [(None, "likely"), (Some(&prober), "certain")] {
        let (_, found) = report(&sandbox, prober, false).await;
        for finding in found["findings"].as_array().unwrap() {
            assert_eq!(finding["root"], "credential-expired", "{finding:#}");
            assert_eq!(finding["confidence"], confidence, "{finding:#}");
            assert_eq!(finding["fixes"][0]["id"], "new-token", "{finding:#}");
        }
    }
}

/// In every world, whoever may not read Secrets is told the same failures, blames no node for what was not
/// seen, and is surer of nothing.
#[tokio::test]
async fn without_secrets_nothing_is_made_up() {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let rank = |confidence: &str| match confidence {
        "possible" => 0,
        "likely" => 1,
        _ => 2,
    };
    let mut less = 0;
    for scenario in Scenario::list() {
        let sandbox = Sandbox::start(&scenario, now, Pace::Manual);
        let (_, seen) = report(&sandbox, None, false).await;
        let (_, hidden) = report_to(User::viewer(), &sandbox, None, false).await;
        let (seen_causes, seen_sure) = (field(&seen, "cause"), field(&seen, "confidence"));
        let seen = field(&seen, "root");
        let causes: BTreeMap<String, String> = hidden["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| {
                let subject = finding["workload"].as_str().or(finding["pod"].as_str());
                let place = format!(
                    "{} {}",
                    finding["namespace"].as_str().unwrap(),
                    subject.unwrap()
                );
                (
                    place,
                    format!("{} {}", finding["cause"], finding["alternatives"]),
                )
            })
            .collect();
        let (sure, hidden) = (field(&hidden, "confidence"), field(&hidden, "root"));
        assert_eq!(
            seen.keys().collect::<Vec<_>>(),
            hidden.keys().collect::<Vec<_>>(),
            "{}",
            scenario.name
        );
        for (workload, root) in &hidden {
            let place = format!("{}: {workload}: {root}", scenario.name);
            assert!(root == "?" || *root == seen[workload], "{place}");
            assert!(
                rank(&sure[workload]) <= rank(&seen_sure[workload]),
                "{place}"
            );
            assert!(
                causes[workload].contains(&seen_causes[workload]),
                "{place}: {} is lost, said is {}",
                seen_causes[workload],
                causes[workload]
            );
            less += usize::from(root == "?");
        }
    }
    assert!(less > 10, "{less}");
}

/// The example of the issue: a refused credential is a refused credential, by its Secret.
#[tokio::test]
async fn a_viewer_is_told_of_a_refused_credential() {
    let sandbox = company("2026-11-23T12:00:00Z");
    let (exit, found) = report_to(User::viewer(), &sandbox, None, false).await;
    assert_eq!(exit, Exit::Negative);
    let findings = found["findings"].as_array().unwrap();
    let ingest = findings
        .iter()
        .find(|it| it["workload"] == "Deployment/ingest")
        .unwrap();
    assert_eq!(ingest["cause"], "unauthorized");
    assert_eq!(ingest["root"], Value::Null);
    assert_eq!(ingest["confidence"], "possible");
    let evidence = ingest["evidence"].to_string();
    assert!(
        evidence.contains("the Pod lists Secret dockerhub; you may not read Secrets in data"),
        "{evidence}"
    );
    // The kubelet itself tells of a Secret that is not there.
    let encoder = findings
        .iter()
        .find(|it| it["workload"] == "Deployment/encoder")
        .unwrap();
    assert_eq!(encoder["root"], "secret-missing");
    assert_eq!(encoder["chain"]["secrets"][0]["state"], "missing");
}
