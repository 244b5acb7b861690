//! Plans carried out on a server: nothing of others is lost, twice is once, and what cannot be done is
//! said before and after.

use pullscope::{
    cluster::{
        Connection,
        apply::{self, WritePermit},
    },
    domain::{
        k8s::{
            object_ref::{Name, Namespace, ObjectRef},
            objects::{Secret, ServiceAccount, Subject, WorkloadKind, WorkloadRef},
        },
        plan::{
            AttachSecret, AuthEdit, Change, ChangeResult, ConflictPolicy, CopySecret,
            CreateAccount, CreateDeployment, CreateSecret, Credentials, DeleteAccount,
            DeleteSecret, DetachSecret, DiffLine, DiffTag, EditSecret, ImageOwner, Outcome, Plan,
            Restartable, RollBack, SetAccount, SetImage, SetPaused, SetTemplatePullSecrets,
        },
        registry_auth::credential::Password,
    },
};
use serde_json::{Value, json};

use crate::cluster::Cluster;

const CANARY: &str = "canary-in-a-plan";

pub fn permit() -> WritePermit {
    WritePermit::unless(false).unwrap()
}

pub fn outcomes(done: &[ChangeResult]) -> Vec<Outcome> {
    done.iter().map(|done| done.outcome.clone()).collect()
}

pub async fn carry_out(connection: &Connection, plan: &Plan) -> Vec<Outcome> {
    outcomes(&carried_out(connection, plan).await)
}

/// Carries out a plan; what is told on the way is what is said at the end.
pub async fn carried_out(connection: &Connection, plan: &Plan) -> Vec<ChangeResult> {
    let mut told = vec![Outcome::NotTried; plan.changes.len()];
    let tell = |index: usize, outcome: &Outcome| told[index] = outcome.clone();
    let done = apply::apply(connection, permit(), plan, tell).await;
    assert_eq!(told, outcomes(&done));
    done
}

pub async fn dry_run(connection: &Connection, plan: &Plan) -> Vec<Outcome> {
    outcomes(&apply::dry_run(connection, permit(), plan).await)
}

pub fn login() -> Credentials {
    Credentials {
        username: "bot".into(),
        password: Password::new(CANARY),
    }
}

pub fn secret(namespace: &Namespace, name: &str) -> ObjectRef<Secret> {
    ObjectRef::new(namespace.clone(), Name::new(name))
}

pub fn account(namespace: &Namespace) -> ObjectRef<ServiceAccount> {
    ObjectRef::new(namespace.clone(), Name::new("web"))
}

pub fn attach(namespace: &Namespace, name: &str) -> Change {
    Change::AttachSecret(AttachSecret {
        account: account(namespace),
        secret: Name::new(name),
        current: Vec::new(),
    })
}

pub fn create(namespace: &Namespace, name: &str, server: &str) -> Change {
    Change::CreateSecret(CreateSecret {
        key: secret(namespace, name),
        server: server.into(),
        login: login(),
    })
}

pub fn copy(from: &ObjectRef<Secret>, to: &ObjectRef<Secret>, existing: ConflictPolicy) -> Change {
    Change::CopySecret(CopySecret {
        from: from.clone(),
        to: to.clone(),
        conflict_policy: existing,
        source_servers: Vec::new(),
        target_servers: None,
        expected: None,
    })
}

pub async fn object(cluster: &Cluster, path: &str) -> Value {
    serde_json::from_str(&cluster.get(path).await).unwrap()
}

pub async fn listed(cluster: &Cluster, namespace: &Namespace) -> Vec<String> {
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/web");
    let account = object(cluster, &path).await;
    let list = account["imagePullSecrets"].as_array().cloned();
    let names = list.unwrap_or_default();
    names
        .iter()
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

pub async fn config(cluster: &Cluster, key: &ObjectRef<Secret>) -> (String, String) {
    let path = format!("/api/v1/namespaces/{}/secrets/{}", key.namespace, key.name);
    let found = object(cluster, &path).await;
    let encoded = found["data"][".dockerconfigjson"]
        .as_str()
        .unwrap_or_default();
    let bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, encoded).unwrap();
    let kind = found["type"].as_str().unwrap().to_owned();
    (kind, String::from_utf8(bytes).unwrap())
}

pub async fn home(cluster: &Cluster, prefix: &str) -> (Namespace, Connection) {
    let namespace = cluster.namespace(prefix).await;
    let connection = cluster.connect("admin", &namespace).await;
    let made = Plan::new(
        "account",
        vec![Change::CreateAccount(CreateAccount {
            key: account(&namespace),
            pull_secrets: vec![Name::new("mirror")],
        })],
    );
    assert_eq!(carry_out(&connection, &made).await, [Outcome::Applied]);
    (namespace, connection)
}

/// A dry run stores nothing; what others attach in between stays; a second time changes nothing.
pub async fn attaching_loses_nothing_of_others(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "attach").await;
    let plan = Plan::new("attach", vec![attach(&namespace, "regcred")]);
    let dry_run_outcomes = dry_run(&connection, &plan).await;
    assert_eq!(dry_run_outcomes, [Outcome::Applied]);
    assert_eq!(listed(cluster, &namespace).await, ["mirror"]);
    let others = json!({"imagePullSecrets": [{"name": "mirror"}, {"name": "theirs"}]});
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/web");
    cluster.patch(&path, others).await;
    for expected in [Outcome::Applied, Outcome::Unchanged] {
        assert_eq!(carry_out(&connection, &plan).await, [expected]);
        let list = listed(cluster, &namespace).await;
        assert_eq!(list, ["mirror", "theirs", "regcred"]);
    }
    // Two at once, many times: nobody's Secret gets lost.
    let writers = (0..6).map(|number| {
        let plan = Plan::new("race", vec![attach(&namespace, &format!("race-{number}"))]);
        let connection = connection.clone();
        tokio::spawn(async move { carry_out(&connection, &plan).await })
    });
    let mut applied = 0;
    for writer in writers.collect::<Vec<_>>() {
        applied += usize::from(writer.await.unwrap() == [Outcome::Applied]);
    }
    let raced = listed(cluster, &namespace).await;
    let raced = raced
        .iter()
        .filter(|name| name.starts_with("race-"))
        .count();
    assert_eq!(raced, applied, "what is said to be applied is there");
    assert!(applied >= 5, "five attempts are enough for almost all");
}

/// Made, given another login, moved, copied, converted: the other entries and the type are right.
pub async fn pull_secrets_are_made_and_changed(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "secrets").await;
    let other = cluster.namespace("copies").await;
    let key = secret(&namespace, "regcred");
    let plan = |changes| Plan::new("secrets", changes);
    let made = plan(vec![create(&namespace, "regcred", "ghcr.io")]);
    for expected in [Outcome::Applied, Outcome::Unchanged] {
        assert_eq!(carry_out(&connection, &made).await, [expected]);
    }
    let foreign = plan(vec![create(&namespace, "regcred", "quay.io")]);
    let refused = carry_out(&connection, &foreign).await;
    assert!(matches!(&refused[..], [Outcome::Failed(why)] if why.contains("other content")));

    let edits = plan(vec![
        Change::EditSecret(EditSecret {
            format: pullscope::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
            key: key.clone(),
            edit: AuthEdit::Upsert {
                server: "quay.io".into(),
                login: login(),
            },
            before: None,
        }),
        Change::EditSecret(EditSecret {
            format: pullscope::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
            key: key.clone(),
            edit: AuthEdit::RenameKey {
                from: "ghcr.io".into(),
                to: "r.example:5000".into(),
            },
            before: None,
        }),
        copy(&key, &secret(&other, "regcred"), ConflictPolicy::Keep),
    ]);
    let outcomes = carry_out(&connection, &edits).await;
    assert_eq!(
        outcomes,
        [Outcome::Applied, Outcome::Applied, Outcome::Applied]
    );
    let again = carry_out(&connection, &edits).await;
    assert!(
        again.iter().all(|outcome| *outcome == Outcome::Unchanged),
        "{again:?}"
    );
    let (kind, text) = config(cluster, &key).await;
    assert_eq!(kind, "kubernetes.io/dockerconfigjson");
    assert!(
        text.contains("quay.io") && text.contains("r.example:5000") && !text.contains("ghcr.io")
    );
    assert_eq!(config(cluster, &secret(&other, "regcred")).await.1, text);

    let opaque = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "opaque", "labels": {"team": "a"}},
        "type": "Opaque", "stringData": {"config.json": text},
    });
    cluster
        .create(&format!("/api/v1/namespaces/{namespace}/secrets"), opaque)
        .await;
    let convert = plan(vec![Change::convert_secret(secret(&namespace, "opaque"))]);
    for expected in [Outcome::Applied, Outcome::Unchanged] {
        assert_eq!(carry_out(&connection, &convert).await, [expected]);
    }
    let converted = config(cluster, &secret(&namespace, "opaque")).await;
    assert_eq!(
        converted,
        ("kubernetes.io/dockerconfigjson".to_owned(), text)
    );
}

/// What may not be done is told before, with the Role that grants it; a failure stops the plan there.
pub async fn a_denied_step_stops_the_plan(cluster: &Cluster) {
    let (namespace, _) = home(cluster, "denied").await;
    let rules: &[(&str, &[&str])] = &[("/serviceaccounts", &["get", "patch"])];
    cluster.grant("binder", &namespace, rules).await;
    let connection = cluster.connect("binder", &namespace).await;
    let plan = Plan::new(
        "denied",
        vec![
            attach(&namespace, "first"),
            create(&namespace, "regcred", "ghcr.io"),
            attach(&namespace, "regcred"),
        ],
    );
    let dry_run_outcomes = dry_run(&connection, &plan).await;
    let Outcome::Failed(why) = &dry_run_outcomes[1] else {
        panic!("{dry_run_outcomes:?}")
    };
    assert!(
        why.contains(&format!("create secrets in namespace {namespace}")),
        "{why}"
    );
    assert!(why.contains("kubectl -n"), "{why}");
    assert!(!format!("{dry_run_outcomes:?} {plan:?}").contains(CANARY));
    let outcomes = carry_out(&connection, &plan).await;
    assert!(matches!(
        &outcomes[..],
        [Outcome::Applied, Outcome::Failed(_), Outcome::NotTried]
    ));
    assert_eq!(listed(cluster, &namespace).await, ["mirror", "first"]);
}

/// A workload gets another image and new Pods; a container that is gone is told.
pub async fn workloads_are_changed(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "workloads").await;
    let key = ObjectRef::new(namespace.clone(), Name::new("web"));
    let workload = Restartable::new(WorkloadRef {
        kind: WorkloadKind::Deployment,
        key: key.clone(),
    })
    .unwrap();
    let set_image = |container: &str| {
        Change::SetImage(SetImage {
            workload: workload.clone().into(),
            container: container.into(),
            before: None,
            image: "ghcr.io/acme/web:2".into(),
            stored: None,
        })
    };
    let plan = Plan::new(
        "deploy",
        vec![
            Change::CreateDeployment(CreateDeployment {
                replicas: 2,
                ..CreateDeployment::new(key, "ghcr.io/acme/web:1", Name::new("web"))
            }),
            set_image("web"),
            Change::SetAccount(SetAccount {
                workload: workload.clone(),
                before: None,
                account: Name::new("default"),
            }),
            Change::restart(workload.clone()),
            set_image("web"),
            set_image("gone"),
        ],
    );
    let outcomes = carry_out(&connection, &plan).await;
    assert_eq!(outcomes[..4], vec![Outcome::Applied; 4]);
    assert_eq!(outcomes[4], Outcome::Unchanged);
    assert!(matches!(&outcomes[5], Outcome::Failed(why) if why.contains("gone")));
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    let found = object(cluster, &path).await;
    let template = &found["spec"]["template"];
    assert_eq!(
        template["spec"]["containers"][0]["image"],
        "ghcr.io/acme/web:2"
    );
    assert_eq!(template["spec"]["serviceAccountName"], "default");
    let restarted = &template["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"];
    assert!(restarted.is_string());
}

/// The list of a Pod template with a list of its own, and taken back: what others added stays.
pub async fn the_list_of_a_template_is_changed(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "template").await;
    let key = ObjectRef::new(namespace.clone(), Name::new("web"));
    let deployment = CreateDeployment::new(key.clone(), "ghcr.io/acme/web:1", Name::new("web"));
    let made = Plan::new("deploy", vec![Change::CreateDeployment(deployment)]);
    assert_eq!(carry_out(&connection, &made).await, [Outcome::Applied]);
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    let put = async |names: &[&str]| {
        let list: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        let spec = json!({ "imagePullSecrets": list });
        let patch = json!({ "spec": { "template": { "spec": spec } } });
        cluster.patch(&path, patch).await;
    };
    let list = async || {
        let found = object(cluster, &path).await;
        let list = found["spec"]["template"]["spec"]["imagePullSecrets"].clone();
        let names = list.as_array().cloned().unwrap_or_default();
        let name = |item: &Value| item["name"].as_str().unwrap_or_default().to_owned();
        names.iter().map(name).collect::<Vec<String>>()
    };
    put(&["mirror", "typo"]).await;
    let plan = Plan::new(
        "correct",
        vec![Change::SetTemplatePullSecrets(SetTemplatePullSecrets {
            workload: Restartable::new(WorkloadRef {
                kind: WorkloadKind::Deployment,
                key,
            })
            .unwrap(),
            add: Name::new("hub"),
            instead_of: Some(Name::new("typo")),
            // As the screen had it; what is there counts.
            current: vec![Name::new("typo")],
        })],
    );
    assert_eq!(dry_run(&connection, &plan).await, [Outcome::Applied]);
    assert_eq!(list().await, ["mirror", "typo"], "only a dry run");
    let done = carried_out(&connection, &plan).await;
    assert_eq!(outcomes(&done), [Outcome::Applied]);
    assert_eq!(list().await, ["mirror", "hub"]);
    let again = carry_out(&connection, &plan).await;
    assert_eq!(again, [Outcome::Unchanged]);
    put(&["mirror", "hub", "theirs"]).await;
    let undone = plan.undo_plan(&done).unwrap();
    assert_eq!(carry_out(&connection, &undone).await, [Outcome::Applied]);
    assert_eq!(list().await, ["mirror", "theirs", "typo"]);

    // An entry without a name is in the way: it is shown, taken out, and put back by undo.
    put(&["", "mirror"]).await;
    let tried = apply::dry_run(&connection, permit(), &plan).await;
    let preview = tried[0].found.as_ref().unwrap().preview();
    let removed =
        |line: &DiffLine| line.mark == DiffTag::Removed && line.text.ends_with("name: \"\"");
    assert!(preview.iter().any(removed), "{preview:?}");
    let done = carried_out(&connection, &plan).await;
    assert_eq!(list().await, ["mirror", "hub"]);
    let undone = plan.undo_plan(&done).unwrap();
    assert_eq!(carry_out(&connection, &undone).await, [Outcome::Applied]);
    assert_eq!(list().await, ["", "mirror"]);
}

/// Images of what is no rolling workload: a Pod without a controller, and a CronJob, whose run is deleted.
pub async fn images_are_set_where_they_stand(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "images").await;
    let core = format!("/api/v1/namespaces/{namespace}");
    let batch = format!("/apis/batch/v1/namespaces/{namespace}");
    let spec = json!({
        "serviceAccountName": "web", "restartPolicy": "Never",
        "initContainers": [{"name": "setup", "image": "ghcr.io/acme/setup:1"}],
        "containers": [{"name": "app", "image": "ghcr.io/acme/web:1"}],
    });
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare"}, "spec": spec,
    });
    cluster.create(&format!("{core}/pods"), pod).await;
    let job = json!({ "template": { "spec": spec } });
    let run = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "nightly-7"}, "spec": job,
    });
    cluster.create(&format!("{batch}/jobs"), run).await;
    let set = |subject, container: &str| {
        Change::SetImage(SetImage {
            workload: ImageOwner::new(subject).unwrap(),
            container: container.into(),
            before: None,
            image: "ghcr.io/acme/web:2".into(),
            stored: None,
        })
    };
    let bare = Subject::Pod(ObjectRef::new(namespace.clone(), Name::new("bare")));
    let plan = Plan::new(
        "images",
        vec![
            set(bare.clone(), "app"),
            set(bare, "setup"),
            Change::delete_job(ObjectRef::new(namespace.clone(), Name::new("nightly-7"))),
        ],
    );
    let dry_run_outcomes = dry_run(&connection, &plan).await;
    assert_eq!(dry_run_outcomes, vec![Outcome::Applied; 3]);
    let done = carried_out(&connection, &plan).await;
    assert_eq!(outcomes(&done), vec![Outcome::Applied; 3]);
    let found = object(cluster, &format!("{core}/pods/bare")).await;
    for list in ["containers", "initContainers"] {
        assert_eq!(found["spec"][list][0]["image"], "ghcr.io/acme/web:2");
    }
    let jobs = object(cluster, &format!("{batch}/jobs")).await;
    let stays = |job: &&Value| job["metadata"]["deletionTimestamp"].is_null();
    let jobs = jobs["items"].as_array().unwrap().iter().filter(stays);
    assert_eq!(jobs.count(), 0);
    let undone = plan.undo_plan(&done).unwrap();
    let back = carry_out(&connection, &undone).await;
    assert_eq!(back, vec![Outcome::Applied; 2]);
    let job = Subject::Workload(WorkloadRef {
        kind: WorkloadKind::Job,
        key: ObjectRef::new(namespace, Name::new("nightly-7")),
    });
    assert!(ImageOwner::new(job).is_none(), "its template is immutable");
}

/// A rollout is paused and resumed, and a Deployment gets the template of an older ReplicaSet.
pub async fn a_rollout_is_stopped_and_taken_back(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "rollback").await;
    let key = ObjectRef::new(namespace.clone(), Name::new("web"));
    let deploy = Change::CreateDeployment(CreateDeployment::new(
        key.clone(),
        "ghcr.io/acme/web:2",
        Name::new("default"),
    ));
    let made = carry_out(&connection, &Plan::new("deploy", vec![deploy])).await;
    assert_eq!(made, [Outcome::Applied]);
    let apps = format!("/apis/apps/v1/namespaces/{namespace}");
    let labels = json!({"app": "web", "pod-template-hash": "old"});
    let set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-old"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "web", "image": "ghcr.io/acme/web:1"}]},
        }},
    });
    cluster.create(&format!("{apps}/replicasets"), set).await;
    let back = Change::RollBack(RollBack {
        deployment: key.clone(),
        set: Name::new("web-old"),
        revision: 1,
        before: None,
        after: [].into(),
    });
    let paused = |paused| Change::SetPaused(SetPaused::new(key.clone(), paused));
    let changes = vec![paused(true), paused(true), paused(false), back.clone()];
    let plan = Plan::new("stop and go back", changes);
    let dry_run_outcomes = dry_run(&connection, &plan).await;
    assert!(
        dry_run_outcomes.iter().all(Outcome::is_good),
        "{dry_run_outcomes:?}"
    );
    let path = format!("{apps}/deployments/web");
    let image = "/spec/template/spec/containers/0/image";
    let found = object(cluster, &path).await;
    assert_eq!(
        found.pointer(image),
        Some(&json!("ghcr.io/acme/web:2")),
        "only a dry run"
    );
    let outcomes = carry_out(&connection, &plan).await;
    let (applied, unchanged) = (Outcome::Applied, Outcome::Unchanged);
    assert_eq!(
        outcomes,
        [applied.clone(), unchanged.clone(), applied.clone(), applied]
    );
    let found = object(cluster, &path).await;
    assert_eq!(found.pointer(image), Some(&json!("ghcr.io/acme/web:1")));
    let hash = found.pointer("/spec/template/metadata/labels/pod-template-hash");
    assert_eq!(hash, None, "the label is the controller's");
    assert_ne!(found.pointer("/spec/paused"), Some(&json!(true)));
    let again = carry_out(&connection, &Plan::new("again", vec![back])).await;
    assert_eq!(again, [unchanged]);
}

/// A dry run of every kind of change stores nothing at all.
pub async fn a_dry_run_changes_nothing(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "dry-run").await;
    let other = cluster.namespace("dry-run-copy").await;
    let key = secret(&namespace, "regcred");
    let web = ObjectRef::new(namespace.clone(), Name::new("web"));
    let workload = Restartable::new(WorkloadRef {
        kind: WorkloadKind::Deployment,
        key: web.clone(),
    })
    .unwrap();
    let deploy = |name: &str| {
        let key = ObjectRef::new(namespace.clone(), Name::new(name));
        Change::CreateDeployment(CreateDeployment::new(
            key,
            "ghcr.io/acme/web:1",
            Name::new("web"),
        ))
    };
    let before = Plan::new(
        "before",
        vec![create(&namespace, "regcred", "ghcr.io"), deploy("web")],
    );
    let made = carry_out(&connection, &before).await;
    assert!(made.iter().all(Outcome::is_good), "{made:?}");
    let base = format!("/api/v1/namespaces/{namespace}");
    let opaque = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "opaque"},
        "type": "Opaque", "stringData": {"config.json": "{\"auths\":{}}"},
    });
    cluster.create(&format!("{base}/secrets"), opaque).await;
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "waits"},
        "spec": {"serviceAccountName": "web", "containers": [{"name": "a", "image": "ghcr.io/acme/web:1"}]},
    });
    cluster.create(&format!("{base}/pods"), pod).await;
    let plan = Plan::new(
        "all",
        vec![
            Change::EditSecret(EditSecret {
                format: pullscope::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
                key: key.clone(),
                edit: AuthEdit::Remove {
                    server: "ghcr.io".into(),
                },
                before: None,
            }),
            Change::convert_secret(secret(&namespace, "opaque")),
            copy(&key, &secret(&other, "regcred"), ConflictPolicy::Keep),
            copy(&key, &secret(&namespace, "regcred"), ConflictPolicy::Merge),
            create(&namespace, "second", "quay.io"),
            attach(&namespace, "regcred"),
            Change::DetachSecret(DetachSecret {
                account: account(&namespace),
                secret: Name::new("mirror"),
                current: Vec::new(),
            }),
            deploy("second"),
            Change::restart(workload.clone()),
            Change::SetAccount(SetAccount {
                workload,
                before: None,
                account: Name::new("default"),
            }),
            Change::delete_pod(ObjectRef::new(namespace.clone(), Name::new("waits"))),
            Change::DeleteSecret(DeleteSecret::new(secret(&namespace, "opaque"))),
            Change::DeleteAccount(DeleteAccount::new(account(&namespace))),
        ],
    );
    let versions = async |namespace: &Namespace| {
        let mut versions = Vec::new();
        for collection in ["secrets", "serviceaccounts"] {
            let path = format!("/api/v1/namespaces/{namespace}/{collection}");
            versions.extend(written(&object(cluster, &path).await));
        }
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
        versions.extend(written(&object(cluster, &path).await));
        versions
    };
    let (here, there) = (versions(&namespace).await, versions(&other).await);
    let outcomes = dry_run(&connection, &plan).await;
    assert!(outcomes.iter().all(Outcome::is_good), "{outcomes:?}");
    assert_eq!(versions(&namespace).await, here);
    assert_eq!(versions(&other).await, there);
    let pod = object(cluster, &format!("{base}/pods/waits")).await;
    assert!(
        pod["metadata"]["deletionTimestamp"].is_null(),
        "the Pod is still wanted"
    );
}

/// Name and content of each object of a list, without what controllers write.
fn written(list: &Value) -> Vec<(String, Value)> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            let content =
                ["type", "data", "imagePullSecrets", "spec"].map(|field| item[field].clone());
            let name = item["metadata"]["name"].as_str().unwrap().to_owned();
            (name, Value::Array(content.to_vec()))
        })
        .collect()
}
