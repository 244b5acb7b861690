//! What must still be there for a change to be made, and what is kept of an object that is made again.

use std::sync::Arc;

use pullscope::{
    cluster::{Connection, apply},
    domain::{
        k8s::{
            object_ref::{Name, Namespace, ObjectRef},
            objects::{Workload, WorkloadKind, WorkloadRef},
        },
        plan::{
            Change, ChangeResult, ConflictPolicy, ConvertSecret, CreateAccount, CreateDeployment,
            CreateNamespace, DeletePod, DeleteSecret, DiffTag, Outcome, Plan, Restartable,
            RollBack, SetAccount, SetImage, SetPaused,
        },
    },
};
use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    plans::{
        account, attach, carried_out, carry_out, copy, create, dry_run, home, object, outcomes,
        permit, secret,
    },
    raw::APPLY,
};

/// A Deployment, and a connection of who may change it.
async fn deployed(cluster: &Cluster, prefix: &str) -> (Namespace, Connection, Restartable) {
    let (namespace, connection) = home(cluster, prefix).await;
    let key: ObjectRef<Workload> = ObjectRef::new(namespace.clone(), Name::new("web"));
    let deploy = CreateDeployment::new(key.clone(), "ghcr.io/acme/web:1", Name::new("web"));
    let plan = Plan::new("deploy", vec![Change::CreateDeployment(deploy)]);
    assert_eq!(carry_out(&connection, &plan).await, [Outcome::Applied]);
    let kind = WorkloadKind::Deployment;
    let workload = Restartable::new(WorkloadRef { kind, key }).unwrap();
    (namespace, connection, workload)
}

fn set_image(workload: &Restartable, image: &str) -> Change {
    Change::SetImage(SetImage {
        workload: workload.clone().into(),
        container: "web".into(),
        before: None,
        image: image.to_owned(),
        stored: None,
    })
}

fn set_account(workload: &Restartable, name: &str) -> Change {
    Change::SetAccount(SetAccount {
        workload: workload.clone(),
        before: None,
        account: Name::new(name),
    })
}

fn path(namespace: &Namespace) -> String {
    format!("/apis/apps/v1/namespaces/{namespace}/deployments/web")
}

/// Somebody else changes the template.
async fn theirs(cluster: &Cluster, namespace: &Namespace, spec: Value) {
    let steps: Vec<Value> = spec
        .as_object()
        .unwrap()
        .iter()
        .map(|(place, value)| json!({"op": "replace", "path": place, "value": value}))
        .collect();
    let media = crate::raw::JSON_PATCH;
    let path = path(namespace);
    cluster
        .change(&path, media, &Value::Array(steps))
        .await
        .ok();
}

const IMAGE: &str = "/spec/template/spec/containers/0/image";
const ACCOUNT: &str = "/spec/template/spec/serviceAccountName";

/// The plan as it is shown after the server has tried it.
async fn shown(connection: &Connection, plan: &Plan) -> (Plan, Vec<ChangeResult>) {
    let done = apply::dry_run(connection, permit(), plan).await;
    (plan.with_live_state(&done), done)
}

fn removed(change: &Change) -> Vec<String> {
    let lines = change.preview().into_iter();
    let gone = lines.filter(|line| line.mark == DiffTag::Removed);
    gone.map(|line| line.text.trim().to_owned()).collect()
}

fn says(outcome: &Outcome, words: &str) -> bool {
    matches!(outcome, Outcome::Failed(why) if why.contains(words))
}

/// An image and a ServiceAccount that somebody has set since are shown and left as they are.
pub async fn what_others_set_since_is_left_alone(cluster: &Cluster) {
    let (namespace, connection, workload) = deployed(cluster, "since").await;
    let cases = [
        (
            set_image(&workload, "ghcr.io/acme/web:2"),
            IMAGE,
            "other.example/by-a-colleague:9",
        ),
        (set_account(&workload, "default"), ACCOUNT, "theirs"),
    ];
    for (change, place, value) in cases {
        let plan = Plan::new("mine", vec![change]);
        let done = carried_out(&connection, &plan).await;
        assert_eq!(outcomes(&done), [Outcome::Applied]);
        let undo = plan.undo_plan(&done).unwrap();
        assert_eq!(dry_run(&connection, &undo).await, [Outcome::Applied]);
        theirs(cluster, &namespace, json!({ place: value })).await;

        let (seen, tried) = shown(&connection, &undo).await;
        assert!(
            says(&tried[0].outcome, "changed by someone else"),
            "{tried:?}"
        );
        assert!(says(&tried[0].outcome, value), "{tried:?}");
        let gone = removed(&seen.changes[0]);
        assert!(gone.iter().any(|line| line.contains(value)), "{gone:?}");
        let undone = carry_out(&connection, &undo).await;
        assert!(says(&undone[0], "left unchanged"), "{undone:?}");
        let found = object(cluster, &path(&namespace)).await;
        assert_eq!(found.pointer(place), Some(&json!(value)));
    }
    // Who has let the rollout go on has done what would be done.
    let key = workload.id().key.clone();
    let pause = Change::SetPaused(SetPaused::new(key, true));
    let plan = Plan::new("pause", vec![pause]);
    let done = carried_out(&connection, &plan).await;
    theirs(cluster, &namespace, json!({"/spec/paused": false})).await;
    let undone = carry_out(&connection, &plan.undo_plan(&done).unwrap()).await;
    assert_eq!(undone, [Outcome::Unchanged]);
}

/// Another object of the same name is not the one that was changed.
pub async fn another_of_the_same_name_is_left_alone(cluster: &Cluster) {
    let (namespace, connection, workload) = deployed(cluster, "another").await;
    let plan = Plan::new("mine", vec![set_image(&workload, "ghcr.io/acme/web:2")]);
    let done = carried_out(&connection, &plan).await;
    let orphan = format!("{}?propagationPolicy=Background", path(&namespace));
    cluster.delete(&orphan).await;
    let key = workload.id().key.clone();
    let theirs = CreateDeployment::new(key, "ghcr.io/acme/web:2", Name::new("web"));
    let plan_of_theirs = Plan::new("theirs", vec![Change::CreateDeployment(theirs)]);
    assert_eq!(
        carry_out(&connection, &plan_of_theirs).await,
        [Outcome::Applied]
    );
    let undone = carry_out(&connection, &plan.undo_plan(&done).unwrap()).await;
    assert!(
        says(&undone[0], "deleted and recreated by someone else"),
        "{undone:?}"
    );

    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0"},
        "spec": {"serviceAccountName": "web", "containers": [{"name": "a", "image": "ghcr.io/acme/web:1"}]},
    });
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let made = cluster.create(&pods, pod).await;
    let uid = made["metadata"]["uid"].as_str().unwrap();
    let delete = |uid: &str| {
        let pod = ObjectRef::new(namespace.clone(), Name::new("web-0"));
        let uid = Some(Arc::from(uid));
        Plan::new(
            "delete",
            vec![Change::DeletePod(DeletePod {
                pod,
                uid,
                only_if_waiting: false,
            })],
        )
    };
    for outcome in [
        dry_run(&connection, &delete("of-an-earlier-one")).await,
        carry_out(&connection, &delete("of-an-earlier-one")).await,
    ] {
        assert!(
            matches!(outcome[..], [Outcome::NotNeeded(_)]),
            "{outcome:?}"
        );
    }
    let there = object(cluster, &format!("{pods}/web-0")).await;
    assert!(there["metadata"]["deletionTimestamp"].is_null());
    assert_eq!(
        carry_out(&connection, &delete(uid)).await,
        [Outcome::Applied]
    );
}

/// What the preview showed as the old side is what is replaced, or nothing is.
pub async fn a_change_is_made_to_what_was_shown(cluster: &Cluster) {
    let (namespace, connection, workload) = deployed(cluster, "shown").await;
    let labels = json!({"app": "web", "pod-template-hash": "old"});
    let set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-old"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "web", "image": "ghcr.io/acme/web:0"}]},
        }},
    });
    let sets = format!("/apis/apps/v1/namespaces/{namespace}/replicasets");
    cluster.create(&sets, set).await;
    let back = Change::RollBack(RollBack {
        deployment: workload.id().key.clone(),
        set: Name::new("web-old"),
        revision: 1,
        before: None,
        after: [].into(),
    });
    let changes = [
        set_image(&workload, "ghcr.io/acme/web:2"),
        set_account(&workload, "default"),
        back,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let (plan, tried) = shown(&connection, &Plan::new("mine", vec![change])).await;
        assert_eq!(outcomes(&tried), [Outcome::Applied]);
        assert!(!removed(&plan.changes[0]).is_empty(), "{plan:?}");
        let (image, name) = (format!("theirs:{number}"), format!("theirs-{number}"));
        theirs(cluster, &namespace, json!({IMAGE: image, ACCOUNT: name})).await;
        let late = carry_out(&connection, &plan).await;
        assert!(says(&late[0], "changed by someone else"), "{late:?}");
        let found = object(cluster, &path(&namespace)).await;
        assert_eq!(found.pointer(IMAGE), Some(&json!(image)));
        assert_eq!(found.pointer(ACCOUNT), Some(&json!(name)));
        // Shown again it is what is there by now, and can be made.
        let (plan, _) = shown(&connection, &plan_of(&plan)).await;
        assert_eq!(carry_out(&connection, &plan).await, [Outcome::Applied]);
    }
}

/// A Secret that somebody has made anew, or has changed, since the preview is neither deleted nor overwritten.
pub async fn what_was_not_shown_is_left_alone(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "unshown").await;
    let [source, target] = ["source", "target"].map(|name| secret(&namespace, name));
    let made = Plan::new(
        "two",
        vec![
            create(&namespace, "source", "ghcr.io"),
            create(&namespace, "target", "quay.io"),
        ],
    );
    carry_out(&connection, &made).await;
    let replace = Plan::new(
        "copy",
        vec![copy(&source, &target, ConflictPolicy::Replace)],
    );
    let (replace, _) = shown(&connection, &replace).await;
    let delete = Plan::new("delete", vec![DeleteSecret::new(target).into()]);
    let (delete, _) = shown(&connection, &delete).await;

    let path = format!("/api/v1/namespaces/{namespace}/secrets/target");
    let theirs = json!({"data": {".dockerconfigjson": "eyJhdXRocyI6eyJ0aGVpcnMiOnt9fX0="}});
    let media = "application/merge-patch+json";
    cluster.change(&path, media, &theirs).await.ok();
    for plan in [&replace, &delete] {
        let outcomes = carry_out(&connection, plan).await;
        assert!(says(&outcomes[0], "since the preview"), "{outcomes:?}");
    }
    let there = object(cluster, &path).await;
    assert_eq!(there["data"], theirs["data"]);

    // Another one with the same content is another one too.
    let (delete, _) = shown(&connection, &plan_of(&delete)).await;
    cluster.delete(&path).await;
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    let mut again = there.clone();
    again["metadata"] = json!({"name": "target", "labels": there["metadata"]["labels"]});
    cluster.create(&secrets, again).await;
    let outcomes = carry_out(&connection, &delete).await;
    assert!(
        says(&outcomes[0], "deleted and recreated by someone else"),
        "{outcomes:?}"
    );
    let (delete, _) = shown(&connection, &plan_of(&delete)).await;
    assert_eq!(carry_out(&connection, &delete).await, [Outcome::Applied]);
}

/// A ServiceAccount and a Deployment that somebody has made anew are not what was changed.
pub async fn undo_reaches_no_later_object_of_the_name(cluster: &Cluster) {
    let (namespace, connection, workload) = deployed(cluster, "later").await;
    let pause = Change::SetPaused(SetPaused::new(workload.id().key.clone(), true));
    let plan = Plan::new("mine", vec![attach(&namespace, "regcred"), pause]);
    let done = carried_out(&connection, &plan).await;
    let undo = plan.undo_plan(&done).unwrap();
    for (path, collection) in [
        (
            path(&namespace),
            format!("/apis/apps/v1/namespaces/{namespace}/deployments"),
        ),
        (
            format!("/api/v1/namespaces/{namespace}/serviceaccounts/web"),
            format!("/api/v1/namespaces/{namespace}/serviceaccounts"),
        ),
    ] {
        let mut again = object(cluster, &path).await;
        cluster.delete(&path).await;
        again["metadata"] = json!({"name": "web"});
        cluster.create(&collection, again).await;
    }
    let outcomes = dry_run(&connection, &undo).await;
    for outcome in &outcomes {
        assert!(
            says(outcome, "deleted and recreated by someone else"),
            "{outcomes:?}"
        );
    }
    let there = object(cluster, &path(&namespace)).await;
    assert_eq!(there["spec"]["paused"], json!(true));
    let outcomes = carry_out(&connection, &undo).await;
    assert!(
        says(&outcomes[0], "deleted and recreated by someone else"),
        "{outcomes:?}"
    );
}

/// The same plan before anything was read.
fn plan_of(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for change in &mut plan.changes {
        match change {
            Change::SetImage(SetImage { before, .. }) => *before = None,
            Change::SetAccount(SetAccount { before, .. }) => *before = None,
            Change::RollBack(RollBack { before, .. }) => *before = None,
            Change::ConvertSecret(ConvertSecret { before, .. })
            | Change::DeleteSecret(DeleteSecret { before, .. }) => *before = None,
            _ => {}
        }
    }
    plan
}

/// A Secret with all that one can have.
async fn full(cluster: &Cluster, namespace: &Namespace, finalizers: &[&str]) -> Value {
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}});
    let maps = format!("/api/v1/namespaces/{namespace}/configmaps");
    let owner = cluster.create(&maps, owner).await;
    let full = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": true,
        "metadata": {
            "name": "opaque", "labels": {"argocd.argoproj.io/instance": "shop"},
            "annotations": {"note": "keep me"}, "finalizers": finalizers,
            "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner",
                "uid": owner["metadata"]["uid"]}],
        },
        "stringData": {"config.json": r#"{"auths":{"ghcr.io":{"username":"bot","password":"canary-kept"}}}"#,
            "other.key": "irreplaceable"},
    });
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    cluster.create(&secrets, full).await
}

/// The parts of a Secret that people and controllers give it.
fn given(secret: &Value) -> Value {
    let meta = ["labels", "annotations", "ownerReferences"];
    let meta = meta.map(|field| secret["metadata"][field].clone());
    json!([meta, secret["data"], secret["immutable"], secret["type"]])
}

/// A conversion keeps all that the Secret holds, and so does what takes it back.
pub async fn a_conversion_keeps_everything(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "converted").await;
    let old = full(cluster, &namespace, &[]).await;
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    let path = format!("{secrets}/opaque");
    let count = async || {
        object(cluster, &secrets).await["items"]
            .as_array()
            .unwrap()
            .len()
    };
    let before = count().await;
    let plan = Plan::new(
        "convert",
        vec![Change::convert_secret(secret(&namespace, "opaque"))],
    );
    let (plan, tried) = shown(&connection, &plan).await;
    assert_eq!(outcomes(&tried), [Outcome::Applied]);
    let lines = format!("{:?}", plan.changes[0].preview());
    for part in [
        "type: Opaque",
        "argocd.argoproj.io/instance",
        "note",
        "other.key",
        "immutable",
        "ConfigMap/owner",
    ] {
        assert!(lines.contains(part), "{part}: {lines}");
    }
    assert!(!format!("{lines}{plan:?}{tried:?}").contains("canary"));
    assert_eq!(object(cluster, &path).await, old, "only tried");
    assert_eq!(count().await, before);

    let done = carried_out(&connection, &plan).await;
    assert_eq!(outcomes(&done), [Outcome::Applied]);
    let now = object(cluster, &path).await;
    let mut wanted = old.clone();
    wanted["type"] = json!("kubernetes.io/dockerconfigjson");
    wanted["data"][".dockerconfigjson"] = old["data"]["config.json"].clone();
    assert_eq!(given(&now), given(&wanted));
    assert_eq!(count().await, before, "no copy of it stays behind");

    let undo = plan.undo_plan(&done).unwrap();
    assert_eq!(dry_run(&connection, &undo).await, [Outcome::Applied]);
    assert_eq!(
        given(&object(cluster, &path).await),
        given(&wanted),
        "only tried"
    );
    assert_eq!(carry_out(&connection, &undo).await, [Outcome::Applied]);
    assert_eq!(given(&object(cluster, &path).await), given(&old));

    // What somebody has changed since is not taken back, nor deleted.
    let (again, _) = shown(&connection, &plan_of(&plan)).await;
    let done = carried_out(&connection, &again).await;
    assert_eq!(outcomes(&done), [Outcome::Applied]);
    cluster
        .patch(&path, json!({"metadata": {"labels": {"theirs": "yes"}}}))
        .await;
    let undone = carry_out(&connection, &plan.undo_plan(&done).unwrap()).await;
    assert!(says(&undone[0], "changed by someone else"), "{undone:?}");
    let now = object(cluster, &path).await;
    assert_eq!(now["type"], "kubernetes.io/dockerconfigjson");
}

/// A Secret that would stay after it is deleted is left as it is, and so is one that the server would not
/// take in the other type.
pub async fn a_conversion_that_cannot_end_is_not_begun(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "lingers").await;
    let old = full(cluster, &namespace, &["example.com/hold"]).await;
    let path = format!("/api/v1/namespaces/{namespace}/secrets/opaque");
    let plan = Plan::new(
        "convert",
        vec![Change::convert_secret(secret(&namespace, "opaque"))],
    );
    for outcome in [
        dry_run(&connection, &plan).await,
        carry_out(&connection, &plan).await,
    ] {
        assert!(says(&outcome[0], "example.com/hold"), "{outcome:?}");
    }
    assert_eq!(object(cluster, &path).await, old);
    // One that is being deleted is told apart from one that is there.
    cluster.delete(&path).await;
    let outcome = carry_out(&connection, &plan).await;
    assert!(says(&outcome[0], "terminating"), "{outcome:?}");
    let create = crate::plans::create(&namespace, "opaque", "ghcr.io");
    let outcome = carry_out(&connection, &Plan::new("create", vec![create])).await;
    assert!(says(&outcome[0], "terminating"), "{outcome:?}");
}

/// An object that is there otherwise than it was wanted is no success.
pub async fn what_is_there_must_be_what_was_wanted(cluster: &Cluster) {
    let (namespace, connection, workload) = deployed(cluster, "wanted").await;
    let one = |change| Plan::new("one", vec![change]);
    let make = |list: &[&str]| {
        Change::CreateAccount(CreateAccount {
            key: account(&namespace),
            pull_secrets: list.iter().map(|name| Name::new(*name)).collect(),
        })
    };
    let listed = carry_out(&connection, &one(make(&["mirror"]))).await;
    assert_eq!(listed, [Outcome::Unchanged]);
    let other = carry_out(&connection, &one(make(&["mirror", "missing"]))).await;
    assert!(says(&other[0], "does not list missing"), "{other:?}");

    let key = workload.id().key.clone();
    let other = CreateDeployment::new(key, "ghcr.io/acme/web:1", Name::new("other"));
    let other = carry_out(&connection, &one(Change::CreateDeployment(other))).await;
    assert!(says(&other[0], "another ServiceAccount"), "{other:?}");

    let goes = cluster.namespace("goes").await;
    let there = carry_out(
        &connection,
        &one(Change::CreateNamespace(CreateNamespace {
            name: goes.clone(),
        })),
    )
    .await;
    assert_eq!(there, [Outcome::Unchanged]);
    // Something in it holds the namespace while it goes.
    let held = json!({"metadata": {"name": "held", "finalizers": ["example.com/hold"]}});
    let maps = format!("/api/v1/namespaces/{goes}/configmaps");
    cluster.create(&maps, held).await;
    cluster.delete(&format!("/api/v1/namespaces/{goes}")).await;
    let gone = carry_out(
        &connection,
        &one(Change::CreateNamespace(CreateNamespace { name: goes })),
    )
    .await;
    assert!(says(&gone[0], "terminating"), "{gone:?}");
}

/// Who owns the field by server-side apply is named before it is taken away.
pub async fn an_owner_by_server_side_apply_is_named(cluster: &Cluster) {
    let (namespace, connection, workload) = deployed(cluster, "owned").await;
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/web");
    let wish = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web"},
        "imagePullSecrets": [{"name": "mirror"}]});
    let apply = format!("{path}?fieldManager=platform-team&force=true");
    cluster.change(&apply, APPLY, &wish).await.ok();
    let deployment = format!("/apis/apps/v1/namespaces/{namespace}/deployments/web");
    let wish = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "ghcr.io/acme/web:1"}]}}}});
    let apply = format!("{deployment}?fieldManager=platform-team&force=true");
    cluster.change(&apply, APPLY, &wish).await.ok();
    let plan = Plan::new(
        "take",
        vec![
            attach(&namespace, "regcred"),
            set_image(&workload, "ghcr.io/acme/web:2"),
            set_account(&workload, "default"),
        ],
    );
    let (plan, done) = shown(&connection, &plan).await;
    let warnings: Vec<Option<String>> = plan
        .changes
        .iter()
        .zip(&done)
        .map(|(change, done)| Some(change.manager(&done.traces)?.warning()))
        .collect();
    for (warning, field) in warnings
        .iter()
        .zip(["imagePullSecrets", "the image of web"])
    {
        let warning = warning.as_ref().unwrap_or_else(|| panic!("{done:?}"));
        assert!(
            warning.contains(field) && warning.contains("platform-team"),
            "{warning}"
        );
    }
    assert_eq!(warnings[2], None, "nobody applies the ServiceAccount");
}
