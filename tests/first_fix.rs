//! The first fix of each finding heals it: it is applied to the sandbox as the dashboard would, the world
//! settles, and what suffered is diagnosed again.
//!
//! What has to be typed is read from the scenario's file, as an operator would know it: a login that the
//! registry takes, an image that it has. Where every fix is work outside the cluster, the fixes say so by
//! having neither a plan nor a form; those are listed below.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "contract/whole.rs"]
mod whole;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api, Client,
    api::{Patch, PatchParams},
};
use pullscope::{
    app::form::{FieldId, FieldInput, Form, PlanError},
    cluster::{
        Connection,
        apply::{self, WritePermit},
    },
    domain::{
        context,
        diagnostics::{Finding, diagnose},
        k8s::object_ref::Namespace,
        plan::{FixProposal, FixScope, FormSpec, Outcome, Plan, Reach as FixReach, proposal_for},
        store::{
            Store,
            watch::{Scope, WatchCoverage},
        },
    },
    sandbox::{Pace, Sandbox, Scenario, User},
};
use serde_json::json;

/// The longest back-off, a sync, and a pull.
const HEALING: Duration = Duration::from_secs(6 * 60);

/// Scenario, workload or Pod, and its first fix, where the remedy lies outside the cluster's objects.
const OUTSIDE: &[(&str, &str, &str)] = &[
    ("company", "data Deployment/trainer", "fix-scheduling"),
    (
        "company",
        "media Deployment/transcoder",
        "build-for-platform",
    ),
    (
        "company",
        "platform Deployment/mirror-check",
        "wait-for-registry",
    ),
    ("company", "platform Deployment/scanner", "trust-ca"),
    ("company", "shop Deployment/stock-import", "read-log"),
    ("abuse-limit", "app Deployment/api", "reduce-requests"),
    ("untrusted-tls", "app Deployment/api", "trust-ca"),
    ("wrong-platform", "app Deployment/api", "build-for-platform"),
    ("not-scheduled", "app Deployment/api", "fix-scheduling"),
    ("crash-loop", "app Deployment/api", "read-log"),
    ("new-node", "app Deployment/api", "debug-again"),
    ("new-node", "app Deployment/inference", "correct-image"),
    ("new-node", "app Pod/held", "remove-scheduling-gate"),
    ("mirror", "app Deployment/report", "repair-mirror"),
    ("mirror", "app Deployment/search", "repair-mirror"),
];

/// What is wrong, by namespace and workload or bare Pod.
type Findings = BTreeMap<String, Finding>;

struct Lab {
    sandbox: Sandbox,
    file: toml::Table,
    connection: Connection,
}

impl Lab {
    async fn start(name: &str) -> Self {
        let path = format!(
            "{}/assets/scenarios/{name}.toml",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(path).unwrap();
        Self::of_file(&Scenario::named(name).unwrap(), &text).await
    }

    async fn of_file(scenario: &Scenario, text: &str) -> Self {
        let start: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let sandbox = Sandbox::start(scenario, start, Pace::Manual);
        sandbox.advance(HEALING);
        let client = Client::new(sandbox.service(User::admin()), "app");
        let connection = Connection::from_client(client, "lab", Namespace::new("app"));
        Self {
            connection: connection.await.unwrap(),
            file: text.parse().unwrap(),
            sandbox,
        }
    }

    /// What the watches show of the cluster.
    async fn store(&self) -> (Store, WatchCoverage) {
        whole::whole_world(&self.connection, self.sandbox.now()).await
    }

    /// The first finding of each workload and bare Pod.
    async fn findings(&self) -> (Store, Findings) {
        let (store, sight) = self.store().await;
        let mut findings = Findings::new();
        for pod in store.pods(&Scope::Cluster) {
            let context =
                context::pod_context(&store, &sight, &pod.key, self.sandbox.now()).unwrap();
            let workload = context.workload.as_ref();
            let name = workload.map_or_else(
                || format!("Pod/{}", pod.key.name),
                |workload| format!("{}/{}", workload.id.kind, workload.id.key.name),
            );
            if let Some(first) = diagnose(&context).findings.into_iter().next() {
                findings
                    .entry(format!("{} {name}", pod.key.namespace))
                    .or_insert(first);
            }
        }
        (store, findings)
    }

    fn registry(&self, host: &str) -> Option<&toml::Table> {
        let registries = self.file["registry"].as_array().unwrap().iter();
        let mut tables = registries.map(|registry| registry.as_table().unwrap());
        tables.find(|registry| registry["name"].as_str() == Some(host))
    }

    /// User and password of a login that the registry takes for this image.
    fn login(&self, server: &str, image: &str) -> (String, String) {
        let host = match server {
            "https://index.docker.io/v1/" => "docker.io",
            server => server,
        };
        let registry = self.registry(host).unwrap_or_else(|| panic!("{server}"));
        let takes = |login: &&&toml::Value| {
            let pulls = login["pulls"].as_array().unwrap().iter();
            let mut pulls = pulls.map(|pattern| pattern.as_str().unwrap().trim_end_matches('*'));
            pulls.any(|pattern| image.contains(pattern))
        };
        let logins = registry["login"].as_array().unwrap().iter();
        let logins: Vec<&toml::Value> = logins
            .filter(|login| login.get("expires").is_none())
            .collect();
        // A public image needs no login of its own; any lifts the limit.
        let login = logins.iter().find(takes).unwrap_or(&logins[0]);
        let text = |field: &str| login[field].as_str().unwrap().to_owned();
        (text("user"), text("password"))
    }

    /// The image that was meant: of the same registry, with the nearest name, its first tag.
    fn image(&self, wrong: &str) -> String {
        let (host, rest) = hosted(wrong);
        let registry = self.registry(host).unwrap_or_else(|| panic!("{wrong}"));
        let images = registry["image"].as_array().unwrap().iter();
        let nearest = images
            .map(|image| image["name"].as_str().unwrap())
            .min_by_key(|name| distance(&rest.to_lowercase(), name))
            .unwrap();
        let first = nearest.split(',').next().unwrap();
        format!("{host}/{first}")
    }

    fn fill_in(&self, ask: FormSpec, finding: &Finding, store: &Store) -> Plan {
        let image = finding.image.as_deref().unwrap_or_default();
        let server = finding
            .fix_context
            .expected_auth_key
            .clone()
            .unwrap_or_default();
        // What is suggested is filled in already.
        let is_suggested = matches!(
            &ask,
            FormSpec::Image {
                suggested: Some(_),
                ..
            }
        );
        let mut form = Form::new(ask, None, store);
        let mut answers = Vec::new();
        if form.has_visible_field(FieldId::Image) && !is_suggested {
            answers.push((FieldId::Image, self.image(image)));
        }
        if form.has_visible_field(FieldId::Token) {
            // A mirror is sent the login of the registry that it stands for.
            let mirror = finding.fix_context.mirror.as_ref().unwrap_or(&server);
            let (user, password) = self.login(mirror, image);
            answers.push((FieldId::Username, user));
            answers.push((FieldId::Token, password));
        }
        for (answer, text) in answers {
            form.focus_field(answer);
            let FieldInput::Text(input) = &mut form.focused_mut().unwrap().input else {
                panic!("{answer:?} is typed");
            };
            *input = text.into();
            form.on_field_changed(store);
        }
        match form.plan(store) {
            Ok(plan) => plan,
            Err(PlanError::Field(field)) => panic!("{:?} is missing", form.fields[field].id),
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn apply(&self, plan: &Plan) {
        let permit = || WritePermit::unless(false).unwrap();
        let results = apply::dry_run(&self.connection, permit(), plan).await;
        let plan = plan.with_live_state(&results);
        let done = apply::apply(&self.connection, permit(), &plan, |_, _| {}).await;
        for (change, done) in plan.changes.iter().zip(done) {
            assert!(
                matches!(done.outcome, Outcome::Applied | Outcome::Unchanged),
                "{change}: {:?}",
                done.outcome
            );
        }
    }
}

/// The registry of an image and what is behind it. Without a host it is Docker Hub's.
fn hosted(image: &str) -> (&str, &str) {
    match image.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
        Some(_) | None => ("docker.io", image),
    }
}

/// Letters that differ, roughly: what is not shared in order.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

/// What can be done about the first fix that is a plan or a form.
fn offer(finding: &Finding) -> Option<(&'static str, FixProposal)> {
    let scope = FixScope {
        own: finding,
        others: &[],
        reach: FixReach::Selected,
    };
    let offers = finding
        .fixes
        .iter()
        .map(|fix| (fix.slug(), proposal_for(*fix, scope)));
    offers
        .into_iter()
        .find(|(_, offer)| !matches!(offer, FixProposal::Manual))
}

#[tokio::test]
async fn the_first_fix_of_every_scenario_heals() {
    let outside: BTreeSet<(&str, &str, &str)> = OUTSIDE.iter().copied().collect();
    let (mut faults, mut seen_outside) = (Vec::new(), BTreeSet::new());
    for scenario in Scenario::list() {
        let lab = Lab::start(&scenario.name).await;
        let (_, findings) = lab.findings().await;
        for name in findings.keys() {
            let (store, now) = lab.findings().await;
            let Some(finding) = now.get(name) else {
                // A fix of a shared Secret or ServiceAccount healed it.
                continue;
            };
            let first = finding.fixes[0].slug();
            let line = format!("{} {name}: {:?} {first}", scenario.name, finding.root);
            let Some((fix, offer)) = offer(finding) else {
                let entry = outside
                    .iter()
                    .find(|entry| **entry == (scenario.name.as_str(), name.as_str(), first));
                match entry {
                    Some(entry) => drop(seen_outside.insert(*entry)),
                    None => faults.push(format!("{line}: neither plan nor form")),
                }
                continue;
            };
            let plan = match offer {
                FixProposal::Plan(plan) => plan,
                FixProposal::Form(ask) => lab.fill_in(ask, finding, &store),
                FixProposal::Manual => unreachable!("it was passed over"),
            };
            println!("{line} -> {fix}: {}", plan.title);
            lab.apply(&plan).await;
            lab.sandbox.advance(HEALING);
            let (_, after) = lab.findings().await;
            if let Some(left) = after.get(name) {
                faults.push(format!(
                    "{line}: after {fix} ({:?}) {:?}: {}",
                    plan.changes
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>(),
                    left.root,
                    left.summary()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(seen_outside, outside, "listed, and not so any more");
}

/// What no scenario shows: a Deployment that is paused, and an entry that is wrong for one workload and right for
/// another.
const ODD: &str = r#"
title = "t"
story = "s"
operators = ["app"]
node = [{ name = "node-1", cpu = "4", memory = "8Gi" }]
namespace = [{ name = "app", at = "-20d" }, { name = "own", at = "-20d" }, { name = "shared", at = "-20d" }]
account = [
    { name = "app", namespace = "app", at = "-20d" },
    { name = "app", namespace = "own", at = "-20d" },
    { name = "app", namespace = "shared", at = "-20d", secrets = ["regcred"] },
]

[[registry]]
name = "registry.lab.example"
auth = "basic"
login = [{ user = "ci-puller", password = "nw-right-example", pulls = ["*"] }]
image = [{ name = "app/api:1.0,1.1" }]

[[registry]]
name = "harbor.example"
auth = "basic"
login = [{ user = "ci-puller", password = "nw-right-example", pulls = ["*"] }]
image = [{ name = "app/db:1.0" }]

[[secret]]
name = "regcred"
namespace = "app"
at = "-20d"
server = "registry.lab.example"
user = "ci-puller"
password = "nw-right-example"

[[secret]]
name = "regcred"
namespace = "own"
at = "-20d"
server = "registry.lab.example"
user = "ci-puller"
password = "nw-right-example"

[[secret]]
name = "regcred"
namespace = "shared"
at = "-20d"
server = "*.example"
user = "ci-puller"
password = "nw-right-example"

[[workload]]
name = "paused"
namespace = "app"
at = "-20m"
image = "registry.lab.example/app/api:1.1"
account = "app"

[[manifest]]
at = "-20m"
yaml = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: listed, namespace: own}, spec: {selector: {matchLabels: {app: listed}}, template: {metadata: {labels: {app: listed}}, spec: {serviceAccountName: app, imagePullSecrets: [{name: other}], containers: [{name: app, image: 'registry.lab.example/app/api:1.1'}]}}}}"

[[workload]]
name = "api"
namespace = "shared"
at = "-20m"
image = "registry.lab.example/app/api:1.1"
account = "app"

[[workload]]
name = "db"
namespace = "shared"
at = "-20m"
image = "harbor.example/app/db:1.0"
account = "app"
"#;

#[tokio::test]
async fn the_first_fix_heals_what_is_paused_and_takes_nothing_from_others() {
    let lab = Lab::of_file(&Scenario::parse("odd", ODD).unwrap(), ODD).await;
    for (namespace, name) in [("app", "paused"), ("own", "listed")] {
        let client = Client::new(lab.sandbox.service(User::admin()), namespace);
        let deployments: Api<Deployment> = Api::namespaced(client, namespace);
        let pause = json!({ "spec": { "paused": true } });
        let pause = Patch::Merge(&pause);
        let parameters = PatchParams::default();
        let paused = deployments.patch(name, &parameters, &pause).await.unwrap();
        assert_eq!(paused.spec.unwrap().paused, Some(true));
    }
    lab.sandbox.advance(HEALING);
    let (_, findings) = lab.findings().await;
    let names: Vec<&str> = findings.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "app Deployment/paused",
            "own Deployment/listed",
            "shared Deployment/api"
        ]
    );
    for name in names {
        let (_, now) = lab.findings().await;
        let (fix, offer) = offer(&now[name]).unwrap();
        assert_eq!(
            fix,
            now[name].fixes[0].slug(),
            "{name}: the first fix is one"
        );
        let FixProposal::Plan(plan) = offer else {
            panic!("{name}: {fix} asks for nothing");
        };
        lab.apply(&plan).await;
        lab.sandbox.advance(HEALING);
        let (_, after) = lab.findings().await;
        assert!(
            !after.contains_key(name),
            "{name} after {:?}: {:?}",
            plan.commands(),
            after.get(name)
        );
    }
    // The entry of the other workload stands still.
    let (store, _) = lab.store().await;
    let shared = Scope::Namespace(Namespace::new("shared"));
    let secret = store.secrets(&shared).next().unwrap();
    let servers: Vec<&str> = secret
        .entries()
        .iter()
        .map(|entry| &*entry.server)
        .collect();
    assert_eq!(servers, ["*.example", "registry.lab.example"]);
}
