//! What must hold against every server that speaks the Kubernetes API.

use pullscope::{
    cluster::{WatchScope, get, rbac, watch::WATCHED},
    domain::{
        k8s::{
            document::FoldLevel,
            object_ref::{Name, Namespace},
            objects::{AnyObjectRef, EventKind, SecretContent, SecretType, WorkloadKind},
        },
        rbac::Permission,
        store::watch::{Scope, SecretWatch, WatchId, WatchKind, WatchState},
    },
};
use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    observer::{LONG, Observer, SECOND, key},
};

/// What a viewer of one namespace needs.
const READ: &[&str] = &["get", "list", "watch"];

pub async fn sees_objects_come_change_and_go(cluster: &Cluster) {
    let namespace = cluster.namespace("changes").await;
    let connection = cluster.connect("admin", &namespace).await;
    let mut seen = Observer::new(
        &connection,
        WatchScope::Cluster {
            fallback: Vec::new(),
        },
    );
    seen.until_settled().await;
    assert!(seen.store.namespace(&namespace).is_some());
    let base = format!("/api/v1/namespaces/{namespace}");

    let account = key(&namespace, "robot");
    create_account(cluster, &namespace).await;
    seen.until("a ServiceAccount appears", SECOND, |seen| {
        seen.store.account(&account).is_some()
    })
    .await;
    let patch = json!({"imagePullSecrets": [{"name": "one"}, {"name": "two"}]});
    cluster
        .patch(&format!("{base}/serviceaccounts/robot"), patch)
        .await;
    seen.until("its list changes", SECOND, |seen| {
        let names = &seen.store.account(&account).unwrap().pull_secrets;
        names.iter().map(Name::as_str).eq(["one", "two"])
    })
    .await;

    let pod = key(&namespace, "web");
    cluster
        .create(&format!("{base}/pods"), pod_manifest("web"))
        .await;
    seen.until("a Pod appears", SECOND, |seen| {
        seen.store.pod(&pod).is_some()
    })
    .await;
    let found = seen.store.pod(&pod).unwrap();
    assert_eq!(found.service_account.as_str(), "robot");
    assert_eq!(found.pull_secrets.len(), 1);
    assert_eq!(&*found.containers[0].image, "registry.lab/team/web:1");

    cluster
        .delete(&format!("{base}/pods/web?gracePeriodSeconds=0"))
        .await;
    seen.until("the Pod is gone", SECOND, |seen| {
        seen.store.pod(&pod).is_none()
    })
    .await;
    cluster
        .delete(&format!("{base}/serviceaccounts/robot"))
        .await;
    seen.until("the ServiceAccount is gone", SECOND, |seen| {
        seen.store.account(&account).is_none()
    })
    .await;
}

pub async fn reads_every_workload_kind(cluster: &Cluster) {
    let namespace = cluster.namespace("workloads").await;
    create_account(cluster, &namespace).await;
    let template = json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "serviceAccountName": "robot",
            "imagePullSecrets": [{"name": "regcred"}],
            "initContainers": [{"name": "setup", "image": "registry.lab/setup:1"}],
            "containers": [{"name": "app", "image": "registry.lab/web:1"}],
        },
    });
    let mut once = template.clone();
    once["spec"]["restartPolicy"] = json!("Never");
    let selector = json!({"matchLabels": {"app": "web"}});
    let apps = format!("/apis/apps/v1/namespaces/{namespace}");
    let specs = [
        (
            "Deployment",
            "deployments",
            json!({"replicas": 2, "selector": selector, "template": template}),
        ),
        (
            "ReplicaSet",
            "replicasets",
            json!({"replicas": 2, "selector": selector, "template": template}),
        ),
        (
            "StatefulSet",
            "statefulsets",
            json!({"replicas": 2, "serviceName": "web", "selector": selector, "template": template}),
        ),
        (
            "DaemonSet",
            "daemonsets",
            json!({"selector": selector, "template": template}),
        ),
    ];
    for (kind, resource, spec) in specs {
        let manifest = json!({
            "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"}, "spec": spec,
        });
        cluster
            .create(&format!("{apps}/{resource}"), manifest)
            .await;
    }
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "web"},
        "spec": {"completions": 2, "template": once},
    });
    cluster
        .create(&format!("/apis/batch/v1/namespaces/{namespace}/jobs"), job)
        .await;
    create_cron_job(cluster, &namespace, &once).await;

    let connection = cluster.connect("admin", &namespace).await;
    let mut seen = Observer::new(&connection, WatchScope::Namespaces(vec![namespace.clone()]));
    seen.until_settled().await;
    for kind in WorkloadKind::ALL {
        let workload = seen
            .store
            .workloads()
            .find(|workload| workload.id.kind == kind && workload.id.key.name.as_str() == "web")
            .unwrap_or_else(|| panic!("no {kind}; {:#?}", seen.batches));
        assert_eq!(workload.service_account.as_str(), "robot", "{kind}");
        assert_eq!(workload.pull_secrets.len(), 1, "{kind}");
        let images: Vec<&str> = workload.images.iter().map(|(_, image)| &**image).collect();
        assert_eq!(
            images,
            ["registry.lab/setup:1", "registry.lab/web:1"],
            "{kind}"
        );
        let desired = match kind {
            WorkloadKind::DaemonSet | WorkloadKind::CronJob => 0,
            _ => 2,
        };
        assert_eq!(workload.status.desired, desired, "{kind}");
    }
}

/// `batch/v1` from 1.21 on, `v1beta1` before.
async fn create_cron_job(cluster: &Cluster, namespace: &Namespace, template: &Value) {
    let resources = cluster.get("/apis/batch/v1").await;
    let version = if resources.contains("cronjobs") {
        "batch/v1"
    } else {
        "batch/v1beta1"
    };
    let manifest = json!({
        "apiVersion": version, "kind": "CronJob", "metadata": {"name": "web"},
        "spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}},
    });
    cluster
        .create(
            &format!("/apis/{version}/namespaces/{namespace}/cronjobs"),
            manifest,
        )
        .await;
}

pub async fn reads_long_lists_in_pages(cluster: &Cluster) {
    let namespace = cluster.namespace("pages").await;
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    // More than two pages of 500.
    let creations = (0..1_050).map(|number| {
        let manifest = json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": format!("robot-{number:04}")},
        });
        cluster.create(&path, manifest)
    });
    futures::future::join_all(creations).await;
    let connection = cluster.connect("admin", &namespace).await;
    let mut seen = Observer::new(&connection, WatchScope::Namespaces(vec![namespace.clone()]));
    seen.until_settled().await;
    let scope = Scope::Namespace(namespace);
    let made = |seen: &Observer| {
        let accounts = seen.store.accounts(&scope);
        // A controller may have added `default`.
        accounts
            .filter(|account| account.key.name.as_str().starts_with("robot-"))
            .count()
    };
    assert_eq!(made(&seen), 1_050);
    let whole = seen
        .batches
        .iter()
        .filter(|batch| batch.starts_with("ServiceAccounts all:"))
        .count();
    assert_eq!(
        whole, 1,
        "one batch for the whole list: {:#?}",
        seen.batches
    );
}

pub async fn transfers_no_data_of_other_secrets(cluster: &Cluster) {
    let namespace = cluster.namespace("secrets").await;
    let path = format!("/api/v1/namespaces/{namespace}/secrets");
    let config = r#"{"auths":{"registry.lab":{"username":"robot","password":"canary-password"}}}"#;
    let legacy = r#"{"registry.lab":{"username":"robot","password":"canary-password"}}"#;
    for (name, kind, data) in [
        (
            "new",
            "kubernetes.io/dockerconfigjson",
            json!({".dockerconfigjson": config}),
        ),
        (
            "old",
            "kubernetes.io/dockercfg",
            json!({".dockercfg": legacy}),
        ),
        ("other", "Opaque", json!({".dockerconfigjson": config})),
    ] {
        let manifest = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name},
            "type": kind, "stringData": data,
        });
        cluster.create(&path, manifest).await;
    }
    let connection = cluster.connect("admin", &namespace).await;
    let mut seen = Observer::new(&connection, WatchScope::Namespaces(vec![namespace.clone()]));
    seen.until_settled().await;

    let secret = |name: &str| seen.store.secret(&key(&namespace, name)).unwrap();
    assert_eq!(secret("new").secret_type, SecretType::DockerConfigJson);
    assert_eq!(secret("old").secret_type, SecretType::DockerCfg);
    let fingerprint = |name: &str| match &secret(name).content {
        SecretContent::Read(summary) => summary.entries[0].fingerprint.unwrap(),
        SecretContent::NotTransferred | SecretContent::NoConfigKey => panic!("{name} was not read"),
    };
    assert_eq!(fingerprint("new"), fingerprint("old"));
    assert_eq!(secret("other").secret_type, SecretType::Other(None));
    assert_eq!(secret("other").content, SecretContent::NotTransferred);
    assert!(
        !format!(
            "{:?}",
            seen.store.secrets(&Scope::Cluster).collect::<Vec<_>>()
        )
        .contains("canary")
    );

    // Made again under the other type: one watch says gone, another says here.
    cluster.delete(&format!("{path}/other")).await;
    let manifest = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "other"},
        "type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": config},
    });
    cluster.create(&path, manifest).await;
    seen.until("the Secret has the right type", SECOND, |seen| {
        seen.store
            .secret(&key(&namespace, "other"))
            .is_some_and(|secret| secret.secret_type == SecretType::DockerConfigJson)
    })
    .await;
}

pub async fn reads_events_of_both_apis(cluster: &Cluster) {
    let namespace = cluster.namespace("events").await;
    let core = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "core"},
        "involvedObject": {
            "kind": "Pod", "namespace": namespace, "name": "web", "fieldPath": "spec.containers{app}",
        },
        "reason": "Failed", "message": "Error: ErrImagePull", "type": "Warning", "count": 4,
        "firstTimestamp": "2026-01-02T03:04:05Z", "lastTimestamp": "2026-01-02T03:05:05Z",
        "source": {"component": "kubelet", "host": "node-1"},
    });
    cluster
        .create(&format!("/api/v1/namespaces/{namespace}/events"), core)
        .await;
    let new = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "new"},
        "regarding": {"kind": "Pod", "namespace": namespace, "name": "web"},
        "reason": "FailedScheduling", "note": "0/1 nodes are available", "type": "Warning",
        "action": "Scheduling", "eventTime": "2026-01-02T03:04:05.000006Z",
        "reportingController": "default-scheduler", "reportingInstance": "scheduler-1",
    });
    cluster
        .create(
            &format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events"),
            new,
        )
        .await;

    // The core API, and the new one for a user who may read only that.
    let user = "event-reader";
    cluster
        .grant(user, &namespace, &[("events.k8s.io/events", READ)])
        .await;
    for user in ["admin", user] {
        let connection = cluster.connect(user, &namespace).await;
        let mut seen = Observer::new(&connection, WatchScope::Namespaces(vec![namespace.clone()]));
        seen.until_settled().await;
        let line = |reason: &str| {
            seen.store
                .event_lines()
                .find(|line| &*line.event.reason == reason)
                .unwrap_or_else(|| panic!("no {reason} for {user}"))
        };
        let failed = line("Failed");
        assert_eq!(failed.event.kind, EventKind::Warning, "{user}");
        assert_eq!(&*failed.event.message, "Error: ErrImagePull", "{user}");
        assert_eq!(failed.event.regarding.container(), Some("app"), "{user}");
        assert_eq!(failed.count, 4, "{user}");
        assert_eq!(
            failed.last,
            Some("2026-01-02T03:05:05Z".parse().unwrap()),
            "{user}"
        );
        let scheduling = line("FailedScheduling");
        assert_eq!(
            scheduling.last,
            Some("2026-01-02T03:04:05.000006Z".parse().unwrap()),
            "{user}"
        );
    }
}

pub async fn works_with_rights_in_one_namespace(cluster: &Cluster) {
    let namespace = cluster.namespace("restricted").await;
    let user = "restricted";
    let everything = [
        "/pods",
        "/secrets",
        "/serviceaccounts",
        "/events",
        "apps/deployments",
        "apps/replicasets",
        "apps/statefulsets",
        "apps/daemonsets",
        "batch/jobs",
        "batch/cronjobs",
    ];
    let rules: Vec<_> = everything
        .iter()
        .map(|resource| (*resource, READ))
        .collect();
    cluster.grant(user, &namespace, &rules).await;
    let connection = cluster.connect(user, &namespace).await;
    let reach = WatchScope::Cluster {
        fallback: vec![namespace.clone()],
    };
    let mut seen = Observer::new(&connection, reach);
    seen.until_settled().await;

    let here = Scope::Namespace(namespace.clone());
    seen.until("the namespace is read", LONG, |seen| {
        let local = seen.states.iter().filter(|(id, _)| id.scope == here);
        let live = local.filter(|(_, state)| **state == WatchState::Live);
        live.count() == WATCHED.len() - 1
    })
    .await;
    let WatchState::Forbidden { missing, .. } =
        seen.state(WatchKind::Namespaces, &Scope::Cluster).unwrap()
    else {
        panic!("namespaces may not be listed: {:#?}", seen.states);
    };
    assert_eq!(missing.to_string(), "list namespaces in all namespaces");
    assert!(
        seen.store.namespace(&namespace).is_some(),
        "the known namespace stands in"
    );
    let watched = seen.states.iter();
    for (id, state) in watched.filter(|(id, _)| id.kind != WatchKind::Namespaces) {
        match (&id.scope, state) {
            (scope, WatchState::Live) => assert_eq!(scope, &here, "{:?}", id.kind),
            // What one namespace shows is not all, and that is said beside it.
            (Scope::Cluster, WatchState::Forbidden { missing, as_of, .. }) => {
                assert!(
                    missing.to_string().ends_with("in all namespaces"),
                    "{missing}"
                );
                assert_eq!(*as_of, None);
            }
            other => panic!("{:?}: {other:?}", id.kind),
        }
    }
    let refused = seen.states.keys().filter(|id| id.scope == Scope::Cluster);
    assert_eq!(refused.count(), WATCHED.len());
    let pod = key(&namespace, "web");
    create_account(cluster, &namespace).await;
    cluster
        .create(
            &format!("/api/v1/namespaces/{namespace}/pods"),
            pod_manifest("web"),
        )
        .await;
    seen.until("a Pod appears", SECOND, |seen| {
        seen.store.pod(&pod).is_some()
    })
    .await;
}

/// By its discovery documents an API that is not served is told from an outage that answers 404.
pub async fn discovery_tells_what_is_served(cluster: &Cluster) {
    let groups = cluster.read("/apis").await.ok().body;
    let versions: Vec<&Value> = groups["groups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["versions"].as_array().unwrap())
        .map(|version| &version["groupVersion"])
        .collect();
    assert!(versions.contains(&&json!("batch/v1")), "{versions:?}");
    assert!(!versions.contains(&&json!("nothing.example/v1")));
    let batch = cluster.read("/apis/batch/v1").await.ok().body;
    let names = batch["resources"].as_array().unwrap();
    assert!(names.iter().any(|it| it["name"] == "jobs"), "{names:?}");
    assert_eq!(cluster.read("/apis/nothing.example/v1").await.code, 404);
}

pub async fn says_which_permission_is_missing(cluster: &Cluster) {
    let namespace = cluster.namespace("forbidden").await;
    let user = "pod-reader";
    cluster
        .grant(
            user,
            &namespace,
            &[("/pods", READ), ("/serviceaccounts", &["list"])],
        )
        .await;
    let connection = cluster.connect(user, &namespace).await;
    let mut seen = Observer::new(&connection, WatchScope::Namespaces(vec![namespace.clone()]));
    let here = Scope::Namespace(namespace.clone());
    let missing = |seen: &Observer, kind| match seen.state(kind, &here) {
        Some(WatchState::Forbidden { missing, .. }) => Some(missing.to_string()),
        _ => None,
    };
    let secrets = WatchKind::Secrets(SecretWatch::DockerConfigJson);
    seen.until("the refusals are in", LONG, |seen| {
        missing(seen, secrets).is_some()
            && missing(seen, WatchKind::ServiceAccounts).is_some()
            && seen.state(WatchKind::Pods, &here) == Some(&WatchState::Live)
    })
    .await;
    assert_eq!(
        missing(&seen, secrets),
        Some(format!("list secrets in namespace {namespace}"))
    );
    assert_eq!(
        missing(&seen, WatchKind::ServiceAccounts),
        Some(format!("watch serviceaccounts in namespace {namespace}"))
    );
}

pub async fn follows_a_changed_reach(cluster: &Cluster) {
    let (one, two) = (
        cluster.namespace("one").await,
        cluster.namespace("two").await,
    );
    for namespace in [&one, &two] {
        create_account(cluster, namespace).await;
        let path = format!("/api/v1/namespaces/{namespace}/pods");
        cluster.create(&path, pod_manifest("web")).await;
    }
    let connection = cluster.connect("admin", &one).await;
    let mut seen = Observer::new(&connection, WatchScope::Namespaces(vec![one.clone()]));
    let (first, second) = (key(&one, "web"), key(&two, "web"));
    let has = |seen: &Observer, a: bool, b: bool| {
        (
            seen.store.pod(&first).is_some(),
            seen.store.pod(&second).is_some(),
        ) == (a, b)
    };
    seen.until("only the first", LONG, |seen| has(seen, true, false))
        .await;
    seen.watches
        .scope()
        .set(WatchScope::Namespaces(vec![one.clone(), two.clone()]));
    seen.until("both", LONG, |seen| has(seen, true, true)).await;
    seen.watches
        .scope()
        .set(WatchScope::Namespaces(vec![two.clone()]));
    seen.until("only the second", LONG, |seen| has(seen, false, true))
        .await;
    seen.watches.scope().set(WatchScope::Cluster {
        fallback: Vec::new(),
    });
    seen.until("everything", LONG, |seen| has(seen, true, true))
        .await;
    seen.watches
        .scope()
        .set(WatchScope::Namespaces(vec![one.clone()]));
    let of_pods = |seen: &Observer| {
        let ids = seen.states.keys();
        ids.filter(|id| id.kind == WatchKind::Pods)
            .cloned()
            .collect::<Vec<_>>()
    };
    let here = WatchId {
        kind: WatchKind::Pods,
        scope: Scope::Namespace(one.clone()),
    };
    seen.until("only the first again, and no other watch", LONG, |seen| {
        has(seen, true, false) && of_pods(seen) == [here.clone()]
    })
    .await;
}

pub async fn answers_access_questions(cluster: &Cluster) {
    let namespace = cluster.namespace("access").await;
    let user = "asker";
    cluster.grant(user, &namespace, &[("/pods", READ)]).await;
    let connection = cluster.connect(user, &namespace).await;
    let permission = |verb: &str, namespace: Option<&Namespace>| Permission {
        verb: verb.into(),
        group: "".into(),
        resource: "pods".into(),
        namespace: namespace.cloned(),
    };
    for (verb, scope, allowed) in [
        ("list", Some(&namespace), true),
        ("delete", Some(&namespace), false),
        ("list", None, false),
    ] {
        let permission = permission(verb, scope);
        assert_eq!(
            rbac::is_allowed(&connection, &permission).await,
            Ok(allowed),
            "{permission}"
        );
    }
}

/// The account of all Pods here; a server may refuse Pods whose account is not there.
async fn create_account(cluster: &Cluster, namespace: &Namespace) {
    let manifest = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"},
        "imagePullSecrets": [{"name": "one"}],
    });
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    cluster.create(&path, manifest).await;
}

fn pod_manifest(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {
            "serviceAccountName": "robot",
            "imagePullSecrets": [{"name": "regcred"}],
            "containers": [{"name": "app", "image": "registry.lab/team/web:1"}],
        },
    })
}

/// An object is read whole, a Secret without its values, and a log that is not there says why.
pub async fn documents_hide_the_values_of_secrets(cluster: &Cluster) {
    let namespace = cluster.namespace("documents").await;
    let config = r#"{"auths":{"registry.lab":{"username":"robot","password":"canary-password"}}}"#;
    let manifest = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": "regcred", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": config,
        }},
        "stringData": {".dockerconfigjson": config},
    });
    let path = format!("/api/v1/namespaces/{namespace}/secrets");
    cluster.create(&path, manifest).await;
    let connection = cluster.connect("admin", &namespace).await;
    let secret = AnyObjectRef::Secret(key(&namespace, "regcred"));
    let document = get::document(&connection, &secret).await.unwrap();
    let lines = document.folded(FoldLevel::Unfolded);
    let text: Vec<&str> = lines.iter().map(|line| line.text).collect();
    let text = text.join("\n");
    assert!(
        text.contains("name: regcred") && text.contains("hidden"),
        "{text}"
    );
    assert!(
        !text.contains("canary") && !text.contains("eyJhdXRocyI6"),
        "{text}"
    );

    let gone = AnyObjectRef::Pod(key(&namespace, "nobody"));
    let error = get::document(&connection, &gone).await.unwrap_err();
    assert!(error.to_string().contains("not found"), "{error}");
    let namespaced = AnyObjectRef::Namespace(namespace.clone());
    let document = get::document(&connection, &namespaced).await.unwrap();
    assert!(
        document
            .folded(FoldLevel::HideManagedFields)
            .iter()
            .any(|line| line.text == "kind: Namespace")
    );
}
