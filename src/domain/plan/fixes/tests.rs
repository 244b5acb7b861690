//! Tests of the workload, container and list that a fix changes, for each kind of owner.

use std::sync::Arc;

use super::*;
use crate::domain::{
    context,
    diagnostics::{Finding, diagnose},
    fixtures::{IMAGE, account, key, now, pod, running, secret, upserted, waiting, workload},
    k8s::{
        object_ref::Name,
        objects::{
            ContainerRole, OwnerReference, Pod, SecretType, Workload, WorkloadKind, WorkloadRef,
        },
    },
    plan::{AttachSecret, SetAccount, SetImage, SetTemplatePullSecrets},
    store::{Store, update::StoreUpdate, watch::WatchCoverage},
};

const MISSING: &str = "failed to pull and unpack image \"registry.example/team/app:1\": failed to resolve reference \"registry.example/team/app:1\": registry.example/team/app:1: not found";
const NO_LOGIN: &str = "failed to pull and unpack image \"registry.example/team/app:1\": failed to resolve reference \"registry.example/team/app:1\": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials";

fn id(kind: WorkloadKind, name: &str) -> WorkloadRef {
    WorkloadRef {
        kind,
        key: key("shop", name),
    }
}

/// A Pod of this owner, whose one container has this name.
fn owned_by(owner: Option<(&str, &str)>, name: &str, container: &str, message: &str) -> Pod {
    let mut pod = pod("shop", name, waiting("ErrImagePull", message));
    pod.containers[0].name = container.into();
    pod.pull_secrets = Arc::from([]);
    pod.meta.owner = owner.map(|(kind, name)| {
        Arc::new(OwnerReference {
            kind: kind.into(),
            name: name.into(),
            uid: format!("uid-{kind}-{name}").into(),
        })
    });
    pod
}

fn of_kind(kind: WorkloadKind, name: &str, container: &str) -> Workload {
    let mut found = workload(kind, "shop", name, None);
    found.images = Arc::from([(container.into(), IMAGE.into())]);
    found
}

/// One workload of each kind and a Pod without one, each with a container of its own name, which all fail
/// alike.
fn store(message: &str) -> Store {
    let mut store = Store::default();
    let mut run = of_kind(WorkloadKind::Job, "nightly-7", "batch");
    run.meta.owner = Some(Arc::new(OwnerReference {
        kind: "CronJob".into(),
        name: "nightly".into(),
        uid: "uid-CronJob-nightly".into(),
    }));
    let set = workload(WorkloadKind::ReplicaSet, "shop", "web-5c9f", Some("web"));
    let workloads = [
        of_kind(WorkloadKind::Deployment, "api", "server"),
        of_kind(WorkloadKind::Deployment, "web", "app"),
        set,
        workload(WorkloadKind::ReplicaSet, "shop", "api-77aa", Some("api")),
        of_kind(WorkloadKind::StatefulSet, "db", "postgres"),
        of_kind(WorkloadKind::DaemonSet, "agent", "agent"),
        of_kind(WorkloadKind::Job, "migrate", "step"),
        of_kind(WorkloadKind::CronJob, "nightly", "batch"),
        run,
    ];
    for workload in workloads {
        let kind = workload.id.kind;
        store.apply(
            StoreUpdate::Workloads(kind, upserted(vec![workload])),
            now(),
        );
    }
    let pods = vec![
        owned_by(
            Some(("ReplicaSet", "api-77aa")),
            "api-77aa-1",
            "server",
            message,
        ),
        owned_by(
            Some(("ReplicaSet", "web-5c9f")),
            "web-5c9f-1",
            "app",
            message,
        ),
        owned_by(
            Some(("ReplicaSet", "web-5c9f")),
            "web-5c9f-2",
            "app",
            message,
        ),
        owned_by(Some(("StatefulSet", "db")), "db-0", "postgres", message),
        owned_by(Some(("DaemonSet", "agent")), "agent-x", "agent", message),
        owned_by(Some(("Job", "migrate")), "migrate-x", "step", message),
        owned_by(Some(("Job", "nightly-7")), "nightly-7-x", "batch", message),
        owned_by(None, "bare", "tool", message),
    ];
    store.apply(StoreUpdate::Pods(upserted(pods)), now());
    store.apply(
        StoreUpdate::ServiceAccounts(upserted(vec![account("shop", "runner", &[])])),
        now(),
    );
    store
}

fn finding(store: &Store, pod: &str) -> Finding {
    let context =
        context::pod_context(store, &WatchCoverage::complete(), &key("shop", pod), now()).unwrap();
    diagnose(&context).findings.into_iter().next().unwrap()
}

/// The Pods of `store`, and what is changed when the image of the selected one is corrected.
const PODS: [(&str, &str, &str); 7] = [
    ("api-77aa-1", "Deployment/api", "server"),
    ("web-5c9f-1", "Deployment/web", "app"),
    ("web-5c9f-2", "Deployment/web", "app"),
    ("db-0", "StatefulSet/db", "postgres"),
    ("agent-x", "DaemonSet/agent", "agent"),
    ("nightly-7-x", "CronJob/nightly", "batch"),
    ("bare", "Pod/bare", "tool"),
];

fn offer(store: &Store, fix: FixId, selected: &str, reach: Reach) -> FixProposal {
    let own = finding(store, selected);
    let all = PODS.iter().map(|(pod, ..)| *pod).chain(["migrate-x"]);
    let others: Vec<Finding> = all
        .filter(|pod| *pod != selected)
        .map(|pod| finding(store, pod))
        .collect();
    let others: Vec<&Finding> = others.iter().collect();
    proposal_for(
        fix,
        FixScope {
            own: &own,
            others: &others,
            reach,
        },
    )
}

fn plan(store: &Store, fix: FixId, selected: &str, reach: Reach) -> Plan {
    match offer(store, fix, selected, reach) {
        FixProposal::Plan(plan) => plan,
        other => panic!("{other:?}"),
    }
}

fn said(plan: &Plan) -> Vec<String> {
    plan.changes.iter().map(ToString::to_string).collect()
}

#[test]
fn another_image_is_for_the_selected_pods_own_workload_and_container() {
    let store = store(MISSING);
    for (pod, owner, container) in PODS {
        let FixProposal::Form(FormSpec::Image { targets, .. }) =
            offer(&store, FixId::CorrectImage, pod, Reach::Selected)
        else {
            panic!("{pod}")
        };
        let found: Vec<_> = targets
            .iter()
            .map(|target| (target.owner.to_string(), &*target.container))
            .collect();
        assert_eq!(found, [(owner.to_owned(), container)], "{pod}");
    }
    let job = offer(&store, FixId::CorrectImage, "migrate-x", Reach::Selected);
    assert!(matches!(job, FixProposal::Manual), "{job:?}");
}

#[test]
fn for_all_each_workload_is_listed_with_its_own_container_and_image() {
    let mut store = store(MISSING);
    let mut api = of_kind(WorkloadKind::Deployment, "api", "server");
    api.images = Arc::from([("server".into(), "registry.example/team/app:0".into())]);
    store.apply(
        StoreUpdate::Workloads(WorkloadKind::Deployment, upserted(vec![api])),
        now(),
    );
    let FixProposal::Form(ask) = offer(&store, FixId::CorrectImage, "bare", Reach::All) else {
        panic!("nothing is asked")
    };
    assert_eq!(ask.title(), "New image for 6 workloads");
    let FormSpec::Image {
        targets, left_out, ..
    } = ask
    else {
        panic!("{ask:?}")
    };
    let [ends, migrate] = &left_out[..] else {
        panic!("{left_out:?}")
    };
    assert!(ends.starts_with("Job shop/nightly-7 is deleted with its Pods"));
    assert!(migrate.starts_with("Job/migrate is not changed"));
    let changes = targets.iter().flat_map(|target| target.set("r/a:2"));
    let said: Vec<String> = changes.map(|change| change.to_string()).collect();
    for (_, owner, container) in PODS {
        let line = format!("Set image of {container} in {owner} to r/a:2");
        assert_eq!(said.iter().filter(|it| **it == line).count(), 1, "{said:?}");
    }
    // What would go on with the old image.
    assert!(said.contains(&"Delete Job shop/nightly-7 with its Pods".to_owned()));
    assert!(said.contains(&"Delete Pod shop/db-0".to_owned()));
    let api = targets
        .iter()
        .find(|target| target.owner.to_string() == "Deployment/api")
        .unwrap();
    assert_eq!(&*api.before, "registry.example/team/app:0");
}

#[test]
fn a_new_list_gets_new_pods_by_what_creates_them() {
    let mut store = store(NO_LOGIN);
    let hub = secret(
        "shop",
        "hub",
        SecretType::DockerConfigJson,
        &[("registry.example", "bot")],
    );
    store.apply(
        StoreUpdate::Secrets(
            crate::domain::store::watch::SecretWatch::DockerConfigJson,
            upserted(vec![hub]),
        ),
        now(),
    );
    let plan = plan(&store, FixId::AttachSecret, "migrate-x", Reach::All);
    let said = said(&plan);
    assert_eq!(said[0], "Attach hub to ServiceAccount shop/runner");
    for line in [
        "Rolling restart of Deployment/api",
        "Rolling restart of StatefulSet/db",
        "Delete Pod shop/db-0",
    ] {
        assert!(
            said.iter().any(|it| it == line),
            "{line} is not in {said:?}"
        );
    }
    // A deleted Pod of a Job counts as a failure.
    for pod in ["shop/migrate-x", "shop/nightly-7-x"] {
        assert!(!said.iter().any(|it| it.contains(pod)), "{said:?}");
        let keeps = format!("Pod {pod} keeps its imagePullSecrets");
        let notes = &plan.notes;
        assert!(notes.iter().any(|it| it.starts_with(&keeps)), "{notes:?}");
    }
    let restarted = |name: &str| {
        said.iter()
            .any(|it| it.starts_with("Restart") && it.contains(name))
    };
    assert!(!restarted("migrate") && !restarted("nightly"), "{said:?}");
    assert!(
        plan.notes.iter().any(|note| note.contains("shop/bare")),
        "{:?}",
        plan.notes
    );
    assert!(plan.title.ends_with(": 7 workloads"), "{}", plan.title);
}

#[test]
fn what_is_shared_is_changed_and_no_other_workload_restarted() {
    let mut store = store(NO_LOGIN);
    let slice = crate::domain::store::watch::SecretWatch::DockerConfigJson;
    let entries = [("registry.example", "bot")];
    let hub = secret("shop", "hub", SecretType::DockerConfigJson, &entries);
    store.apply(StoreUpdate::Secrets(slice, upserted(vec![hub])), now());
    let one = plan(&store, FixId::AttachSecret, "web-5c9f-1", Reach::Selected);
    assert_eq!(
        said(&one),
        [
            "Attach hub to ServiceAccount shop/runner",
            "Rolling restart of Deployment/web",
        ]
    );
    assert!(!one.title.contains("workloads"), "{}", one.title);
    let notes =
        "6 more workloads have this problem and are not changed; :problems fixes all of them.";
    assert_eq!(one.notes, [notes]);
    // Those keep the list that they have: they are not waited for.
    let pods = PODS.map(|(pod, ..)| key("shop", pod));
    let affected = super::super::Affected::new(&store, &one, pods, []);
    assert_eq!(affected.workloads(), [id(WorkloadKind::Deployment, "web")]);

    let FixProposal::Form(FormSpec::NewSecret { targets, .. }) =
        offer(&store, FixId::CreateSecret, "api-77aa-1", Reach::Selected)
    else {
        panic!("nothing is asked")
    };
    let [target] = &targets[..] else {
        panic!("{targets:?}")
    };
    let api = id(WorkloadKind::Deployment, "api");
    assert_eq!(target.owner, PodOwner::Rolling(api));
}

#[test]
fn a_template_with_a_list_of_its_own_is_changed_and_no_service_account() {
    let mut store = store(NO_LOGIN);
    let mut web = of_kind(WorkloadKind::Deployment, "web", "app");
    web.pull_secrets = Arc::from([Name::new("typo")]);
    store.apply(
        StoreUpdate::Workloads(WorkloadKind::Deployment, upserted(vec![web])),
        now(),
    );
    let mut pod = owned_by(
        Some(("ReplicaSet", "web-5c9f")),
        "web-5c9f-1",
        "app",
        NO_LOGIN,
    );
    pod.pull_secrets = Arc::from([Name::new("typo")]);
    store.apply(StoreUpdate::Pods(upserted(vec![pod])), now());
    let mut own = finding(&store, "web-5c9f-1");
    own.fix_context.secret = Some("typo".to_owned());
    own.fix_context.matching_secret = Some("hub".to_owned());
    let one = |fix| {
        let scope = FixScope {
            own: &own,
            others: &[],
            reach: Reach::Selected,
        };
        match proposal_for(fix, scope) {
            FixProposal::Plan(plan) => plan,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        said(&one(FixId::AttachSecret)),
        ["Add hub to imagePullSecrets of Deployment/web"]
    );
    let corrected = one(FixId::CorrectSecretName);
    assert_eq!(
        said(&corrected),
        ["Replace typo with hub in imagePullSecrets of Deployment/web"]
    );
    assert_eq!(
        corrected.commands(),
        [
            r#"kubectl -n shop patch deployment/web --type=merge -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"hub"}]}}}}'"#
        ]
    );
}

#[test]
fn no_fix_for_a_debug_container_touches_the_workload() {
    for message in [MISSING, NO_LOGIN] {
        let mut store = store(message);
        let mut pod = owned_by(
            Some(("ReplicaSet", "web-5c9f")),
            "web-5c9f-1",
            "app",
            message,
        );
        let mut app = pod.containers[0].clone();
        app.state = running();
        app.ready = true;
        let mut debugger = pod.containers[0].clone();
        debugger.name = "debugger".into();
        debugger.role = ContainerRole::Ephemeral;
        pod.containers = Box::new([app, debugger]);
        store.apply(StoreUpdate::Pods(upserted(vec![pod])), now());
        let own = finding(&store, "web-5c9f-1");
        assert_eq!(own.container.as_deref(), Some("debugger"));
        assert!(own.fixes.contains(&FixId::DebugAgain), "{:?}", own.fixes);
        for fix in &own.fixes {
            let scope = FixScope {
                own: &own,
                others: &[],
                reach: Reach::Selected,
            };
            if let FixProposal::Plan(plan) = proposal_for(*fix, scope) {
                assert!(
                    plan.changes.iter().all(|change| matches!(
                        change,
                        Change::EditSecret(_) | Change::CopySecret(_)
                    )),
                    "{fix}: {:?}",
                    said(&plan)
                );
            }
            let commands = fix.render(&own.fix_context).commands.join("\n");
            assert!(!commands.contains("rollout restart"), "{commands}");
            assert!(!commands.contains("delete pod"), "{commands}");
        }
    }
}

#[test]
fn every_fix_of_every_kind_of_owner_changes_nothing_of_another() {
    for message in [MISSING, NO_LOGIN] {
        let store = store(message);
        for (pod, owner, _) in PODS {
            let own = finding(&store, pod);
            for fix in own.fixes.clone() {
                if let FixProposal::Plan(plan) = offer(&store, fix, pod, Reach::Selected) {
                    let of_a_template = plan.changes.iter().filter_map(|change| match change {
                        Change::SetAccount(SetAccount { workload, .. })
                        | Change::SetTemplatePullSecrets(SetTemplatePullSecrets {
                            workload, ..
                        }) => Some(workload.id().to_string()),
                        Change::SetImage(SetImage { workload, .. }) => Some(workload.to_string()),
                        _ => None,
                    });
                    for changed in of_a_template {
                        assert_eq!(changed, owner, "{fix} of {pod}");
                    }
                }
                let filled = fix.render(&own.fix_context).commands.join("\n");
                for (other, ..) in PODS.iter().filter(|(other, ..)| *other != pod) {
                    assert!(!filled.contains(&format!(" {other}")), "{pod}: {filled}");
                }
                assert!(!filled.contains("deployment/NAME"), "{pod}: {filled}");
            }
        }
    }
}

#[test]
fn owners_are_counted_once_in_a_title() {
    let store = store(MISSING);
    let findings: Vec<Finding> = ["web-5c9f-1", "web-5c9f-2", "bare"]
        .iter()
        .map(|pod| finding(&store, pod))
        .collect();
    let targets: Vec<&FixTarget> = findings
        .iter()
        .filter_map(|finding| finding.fix_context.target.as_deref())
        .collect();
    assert_eq!(titled("Fix", &targets), "Fix: 2 workloads");
    assert_eq!(titled("Fix", &targets[..2]), "Fix");
    assert_eq!(
        targets[0].owner.workload(),
        Some(&id(WorkloadKind::Deployment, "web"))
    );
}

#[test]
fn all_failing_jobs_of_a_cron_job_make_way_for_its_new_image() {
    let mut store = store(MISSING);
    let mut run = of_kind(WorkloadKind::Job, "nightly-8", "batch");
    run.meta.owner = Some(Arc::new(OwnerReference {
        kind: "CronJob".into(),
        name: "nightly".into(),
        uid: "uid-CronJob-nightly".into(),
    }));
    let run = StoreUpdate::Workloads(WorkloadKind::Job, upserted(vec![run]));
    store.apply(run, now());
    let pod = owned_by(Some(("Job", "nightly-8")), "nightly-8-x", "batch", MISSING);
    store.apply(StoreUpdate::Pods(upserted(vec![pod])), now());
    let own = finding(&store, "nightly-7-x");
    let other = finding(&store, "nightly-8-x");
    let scope = FixScope {
        own: &own,
        others: &[&other],
        reach: Reach::Selected,
    };
    let FixProposal::Form(FormSpec::Image { targets, .. }) =
        proposal_for(FixId::CorrectImage, scope)
    else {
        panic!("it asks for the image")
    };
    let [target] = &targets[..] else {
        panic!("{targets:?}")
    };
    let set = target.set("registry.example/team/app:2");
    let said: Vec<String> = set.iter().map(ToString::to_string).collect();
    assert_eq!(
        said[1..],
        [
            "Delete Job shop/nightly-7 with its Pods",
            "Delete Job shop/nightly-8 with its Pods",
        ]
    );
    // One run of it is enough to show that it works.
    let plan = Plan::new("Another image", set);
    let pods = ["nightly-7-x", "nightly-8-x"].map(|name| key("shop", name));
    let affected = crate::domain::plan::Affected::new(&store, &plan, pods.clone(), []);
    let gone = StoreUpdate::Pods(crate::domain::fixtures::removed(pods.to_vec()));
    store.apply(gone, now());
    assert!(!crate::domain::plan::recovery(&store, &affected).is_complete());
    let run = owned_by(Some(("Job", "nightly-8")), "nightly-8-y", "batch", MISSING);
    let mut pod = crate::domain::fixtures::pod("shop", "nightly-8-y", running());
    pod.meta.owner = run.meta.owner;
    store.apply(StoreUpdate::Pods(upserted(vec![pod])), now());
    let found = crate::domain::plan::recovery(&store, &affected);
    assert!(found.is_complete(), "{found:?}");
}

/// What lists a Secret already reads its new content: nobody has to delete a Pod for it.
#[test]
fn a_changed_secret_alone_asks_for_no_new_pods() {
    assert!(!reaches_new_pods_only(&Change::convert_secret(key(
        "shop", "regcred"
    ))));
    assert!(!reaches_new_pods_only(&Change::retry_pod(key(
        "shop", "web-1"
    ))));
    let attach = AttachSecret {
        account: key("shop", "runner"),
        secret: Name::new("regcred"),
        current: Vec::new(),
    };
    assert!(reaches_new_pods_only(&attach.into()));
}
