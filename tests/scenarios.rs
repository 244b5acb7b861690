//! Every scenario that is wrong by itself heals by its documented fix, on the sandbox's own clock.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use kube::{Api, Client, api::ListParams};
use pullscope::sandbox::{Pace, Sandbox, Scenario, User};

/// Without a fix: the company lives on with all its failures, and the first setup is for the wizard.
const WITHOUT: &[&str] = &["company", "first-setup"];

/// The longest back-off, a sync, and a pull.
const HEALING: Duration = Duration::from_secs(6 * 60);

/// What issue 3 and the guide list, each a file of its own.
const FAILURES: &[&str] = &[
    "missing-tag",
    "wrong-name",
    "secret-not-attached",
    "stale-pods",
    "wrong-password",
    "expired-token",
    "wrong-type",
    "malformed-secret",
    "wrong-server",
    "missing-secret",
    "rate-limit",
    "abuse-limit",
    "unknown-host",
    "moved",
    "typo",
    "untrusted-tls",
    "wrong-platform",
    "not-scheduled",
    "crash-loop",
    "cloud-identity",
    "verification",
    "mirror",
];

/// Deployments that have not all their replicas available.
async fn unwell(sandbox: &Sandbox) -> Vec<String> {
    let client = Client::new(sandbox.service(User::admin()), "app");
    let deployments: Api<Deployment> = Api::all(client);
    let list = deployments.list(&ListParams::default()).await.unwrap();
    assert!(!list.items.is_empty());
    list.items
        .into_iter()
        .filter(|deployment| {
            let wanted = deployment.spec.as_ref().unwrap().replicas;
            let status = deployment.status.clone().unwrap_or_default();
            status.updated_replicas != wanted || status.available_replicas != wanted
        })
        .map(|deployment| deployment.metadata.name.unwrap())
        .collect()
}

#[tokio::test]
async fn each_failure_is_a_scenario_and_its_fix_heals_it() {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    for scenario in Scenario::list() {
        let name = scenario.name.as_str();
        assert_eq!(scenario.has_fix(), !WITHOUT.contains(&name), "{name}");
        if !scenario.has_fix() {
            continue;
        }
        let sandbox = Sandbox::start(&scenario, now, Pace::Manual);
        assert!(!unwell(&sandbox).await.is_empty(), "{name} is not ill");
        if FAILURES.contains(&name) {
            sandbox.advance(HEALING);
            assert!(!unwell(&sandbox).await.is_empty(), "{name} heals by itself");
        }
        sandbox.repair(&scenario);
        sandbox.advance(HEALING);
        assert_eq!(unwell(&sandbox).await, Vec::<String>::new(), "{name}");
    }
    for failure in FAILURES {
        assert!(Scenario::named(failure).is_ok(), "{failure}");
    }
}

/// With room for more pulls at a time, only the huge image is waited for.
#[tokio::test]
async fn pulls_that_wait_begin_when_the_node_pulls_in_parallel() {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let scenario = Scenario::named("queue").unwrap();
    let minute = Duration::from_secs(60);
    let sandbox = Sandbox::start(&scenario, now, Pace::Manual);
    sandbox.advance(minute);
    assert_eq!(unwell(&sandbox).await, ["mailer", "web", "trainer"]);
    sandbox.repair(&scenario);
    sandbox.advance(minute);
    assert_eq!(unwell(&sandbox).await, ["trainer"]);
}
