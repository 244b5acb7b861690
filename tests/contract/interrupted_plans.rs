//! Plans that are interrupted: somebody writes in between, a step is denied, the connection is lost, and what was
//! made is taken back.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::Method;
use kube::{Client, client::Body};
use pullscope::{
    cluster::Connection,
    domain::{
        k8s::{
            object_ref::{Name, Namespace, ObjectRef},
            objects::Secret,
        },
        plan::{
            AuthEdit, Change, ConflictPolicy, CreateDeployment, Credentials, DeleteAccount,
            DeleteSecret, DetachSecret, EditSecret, OnFailure, Outcome, Plan,
        },
        registry_auth::credential::Password,
    },
};
use serde_json::json;

use crate::{
    cluster::Cluster,
    plans::{
        account, attach, carried_out, carry_out, config, copy, create, dry_run, home, listed,
        login, object, secret,
    },
};

fn renew(key: &ObjectRef<Secret>, password: &str) -> Change {
    Change::EditSecret(EditSecret {
        format: pullscope::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
        key: key.clone(),
        edit: AuthEdit::ReplaceCredentials {
            servers: vec!["ghcr.io".into()],
            login: Credentials {
                username: "bot".into(),
                password: Password::new(password),
            },
        },
        before: None,
    })
}

/// Three Secrets with the same credential in two namespaces.
async fn three(cluster: &Cluster) -> (Connection, [ObjectRef<Secret>; 3]) {
    let (namespace, connection) = home(cluster, "rotate").await;
    let other = cluster.namespace("rotate-too").await;
    let keys = [
        secret(&namespace, "regcred"),
        secret(&namespace, "mirror"),
        secret(&other, "regcred"),
    ];
    let made = keys
        .iter()
        .map(|key| create(&key.namespace, key.name.as_str(), "ghcr.io"));
    let made = carry_out(&connection, &Plan::new("made", made.collect())).await;
    assert!(made.iter().all(Outcome::is_good), "{made:?}");
    (connection, keys)
}

fn rotation(keys: &[ObjectRef<Secret>]) -> Plan {
    let changes = keys.iter().map(|key| renew(key, "the-new-one"));
    Plan {
        on_failure: OnFailure::TakeBack,
        ..Plan::new("rotate", changes.collect())
    }
}

async fn contents(cluster: &Cluster, keys: &[ObjectRef<Secret>]) -> Vec<String> {
    let mut all = Vec::new();
    for key in keys {
        all.push(config(cluster, key).await.1);
    }
    all
}

/// All Secrets get the new credential; where one fails, those before it get the old one back.
pub async fn a_rotation_is_all_or_nothing(cluster: &Cluster) {
    let (connection, keys) = three(cluster).await;
    let before = contents(cluster, &keys).await;
    let gone = secret(&keys[2].namespace, "gone");
    let failing = rotation(&[keys[0].clone(), keys[1].clone(), gone, keys[2].clone()]);
    let outcomes = carry_out(&connection, &failing).await;
    assert!(
        matches!(
            &outcomes[..],
            [
                Outcome::TakenBack,
                Outcome::TakenBack,
                Outcome::Failed(_),
                Outcome::NotTried
            ]
        ),
        "{outcomes:?}"
    );
    assert_eq!(contents(cluster, &keys).await, before);

    let plan = rotation(&keys);
    let done = carried_out(&connection, &plan).await;
    assert!(
        done.iter().all(|done| done.outcome == Outcome::Applied),
        "{done:?}"
    );
    let after = contents(cluster, &keys).await;
    assert!(after.iter().all(|text| text.contains("the-new-one")));
    assert!(!format!("{done:?}{plan:?}").contains("the-new-one"));
    assert!(!format!("{done:?}").contains("canary"), "nor the old one");

    let undo = plan.undo_plan(&done).unwrap();
    let tried = dry_run(&connection, &undo).await;
    assert_eq!(tried, vec![Outcome::Applied; 3]);
    assert_eq!(
        contents(cluster, &keys).await,
        after,
        "a dry run changes nothing"
    );
    let undone = carry_out(&connection, &undo).await;
    assert_eq!(undone, vec![Outcome::Applied; 3]);
    assert_eq!(contents(cluster, &keys).await, before);
}

/// Nothing that somebody has changed since is taken back over their head.
pub async fn what_others_changed_since_is_left_alone(cluster: &Cluster) {
    let (connection, keys) = three(cluster).await;
    let plan = rotation(&keys[..2]);
    let done = carried_out(&connection, &plan).await;
    let put = |server: &str| {
        Change::EditSecret(EditSecret {
            format: pullscope::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
            key: keys[0].clone(),
            edit: AuthEdit::Upsert {
                server: server.into(),
                login: login(),
            },
            before: None,
        })
    };
    carry_out(&connection, &Plan::new("theirs", vec![put("quay.io")])).await;
    let undone = carry_out(&connection, &plan.undo_plan(&done).unwrap()).await;
    assert_eq!(undone[0], Outcome::Applied, "the last change first");
    assert!(
        matches!(&undone[1], Outcome::Failed(why) if why.contains("changed by someone else")),
        "{undone:?}"
    );
    let theirs = config(cluster, &keys[0]).await.1;
    assert!(theirs.contains("quay.io") && theirs.contains("the-new-one"));

    // A list keeps what others put into it.
    let namespace = keys[0].namespace.clone();
    let plan = Plan::new("attach", vec![attach(&namespace, "regcred")]);
    let done = carried_out(&connection, &plan).await;
    carry_out(
        &connection,
        &Plan::new("theirs", vec![attach(&namespace, "others")]),
    )
    .await;
    let undone = carry_out(&connection, &plan.undo_plan(&done).unwrap()).await;
    assert_eq!(undone, [Outcome::Applied]);
    assert_eq!(listed(cluster, &namespace).await, ["mirror", "others"]);
}

/// What was made is unmade, what was deleted is there again, in the reverse order.
pub async fn a_plan_is_taken_back(cluster: &Cluster) {
    let (namespace, connection) = home(cluster, "undo").await;
    let labelled = json!({"metadata": {"labels": {"team": "a"}}});
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/web");
    cluster.patch(&path, labelled).await;
    let web = ObjectRef::new(namespace.clone(), Name::new("web"));
    let before = listed(cluster, &namespace).await;
    let opaque = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "opaque"},
        "type": "Opaque", "stringData": {"config.json": "{\"auths\":{}}"},
    });
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    cluster.create(&secrets, opaque).await;
    let plan = Plan::new(
        "all",
        vec![
            create(&namespace, "regcred", "ghcr.io"),
            renew(&secret(&namespace, "regcred"), "once"),
            renew(&secret(&namespace, "regcred"), "twice"),
            attach(&namespace, "regcred"),
            Change::DetachSecret(DetachSecret {
                account: account(&namespace),
                secret: Name::new("mirror"),
                current: Vec::new(),
            }),
            Change::convert_secret(secret(&namespace, "opaque")),
            Change::CreateDeployment(CreateDeployment::new(
                web,
                "ghcr.io/acme/web:1",
                Name::new("web"),
            )),
            Change::DeleteSecret(DeleteSecret::new(secret(&namespace, "opaque"))),
            Change::DeleteAccount(DeleteAccount::new(account(&namespace))),
        ],
    );
    let done = carried_out(&connection, &plan).await;
    assert!(
        done.iter().all(|done| done.outcome == Outcome::Applied),
        "{done:?}"
    );
    let again = carry_out(
        &connection,
        &Plan::new("again", vec![plan.changes[8].clone()]),
    )
    .await;
    assert_eq!(again, [Outcome::Unchanged], "it is deleted already");
    let undo = plan.undo_plan(&done).unwrap();
    let tried = dry_run(&connection, &undo).await;
    assert!(tried.iter().all(Outcome::is_good), "{tried:?}");
    let undone = carry_out(&connection, &undo).await;
    assert!(undone.iter().all(Outcome::is_good), "{undone:?}");
    assert_eq!(
        listed(cluster, &namespace).await,
        before,
        "in its order too"
    );
    let account = object(cluster, &path).await;
    assert_eq!(account["metadata"]["labels"]["team"], "a");
    let list = object(cluster, &secrets).await;
    let names: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["type"] != "kubernetes.io/service-account-token")
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["opaque"]);
    assert_eq!(list["items"][0]["type"], "Opaque");
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
    assert_eq!(
        object(cluster, &path).await["items"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

/// A copy keeps, merges or replaces what has its name, as it was said.
pub async fn a_copy_meets_another_secret(cluster: &Cluster) {
    let (connection, keys) = three(cluster).await;
    let to = secret(&keys[2].namespace, "theirs");
    let theirs = create(&to.namespace, "theirs", "quay.io");
    carry_out(&connection, &Plan::new("theirs", vec![theirs])).await;
    let one = |existing| Plan::new("copy", vec![copy(&keys[0], &to, existing)]);
    let kept = carry_out(&connection, &one(ConflictPolicy::Keep)).await;
    assert!(matches!(&kept[..], [Outcome::Failed(_)]), "{kept:?}");
    let done = carried_out(&connection, &one(ConflictPolicy::Merge)).await;
    assert_eq!(done[0].outcome, Outcome::Applied);
    let text = config(cluster, &to).await.1;
    assert!(text.contains("quay.io") && text.contains("ghcr.io"));
    assert_eq!(
        carry_out(&connection, &one(ConflictPolicy::Merge)).await,
        [Outcome::Unchanged]
    );
    assert_eq!(
        carry_out(&connection, &one(ConflictPolicy::Replace)).await,
        [Outcome::Applied]
    );
    let text = config(cluster, &to).await.1;
    assert!(!text.contains("quay.io") && text.contains("ghcr.io"));
}

/// After the connection is lost between two changes, what was made is told, and the same plan carried
/// out again makes the rest.
pub async fn a_lost_connection_is_told_and_made_good(cluster: &Cluster) {
    let (namespace, healthy) = home(cluster, "lost").await;
    let plan = Plan::new(
        "three",
        ["a", "b", "c"]
            .map(|name| create(&namespace, name, "ghcr.io"))
            .into(),
    );
    let broken = breaking(cluster, &namespace, 1).await;
    let outcomes = carry_out(&broken, &plan).await;
    assert!(
        matches!(
            &outcomes[..],
            [Outcome::Applied, Outcome::Unknown(_), Outcome::NotTried]
        ),
        "{outcomes:?}"
    );
    let outcomes = carry_out(&healthy, &plan).await;
    assert_eq!(
        outcomes,
        [Outcome::Unchanged, Outcome::Applied, Outcome::Applied]
    );
}

/// A connection that breaks after so many writes.
async fn breaking(cluster: &Cluster, namespace: &Namespace, writes: usize) -> Connection {
    let inner = cluster.client("admin");
    let left = Arc::new(AtomicUsize::new(writes));
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let (inner, left) = (inner.clone(), Arc::clone(&left));
        async move {
            // To ask who one is is a POST too.
            let writes =
                request.method() != Method::GET && request.uri().path().contains("/secrets");
            let may = !writes
                || left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                        left.checked_sub(1)
                    })
                    .is_ok();
            if !may {
                return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
            }
            inner.send(request).await.map_err(tower::BoxError::from)
        }
    });
    let client = Client::new(service, namespace.to_string());
    Connection::from_client(client, "breaking", namespace.clone())
        .await
        .unwrap()
}

/// Who else keeps an object is read off the server's answer.
pub async fn a_keeper_is_seen_in_the_dry_run(cluster: &Cluster) {
    use pullscope::{cluster::apply, domain::plan::manager::ManagerKind};
    let (namespace, connection) = home(cluster, "kept").await;
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/web");
    let tracked = json!({"metadata": {"annotations": {
        "argocd.argoproj.io/tracking-id": "shop:/ServiceAccount:x/web"
    }}});
    cluster.patch(&path, tracked).await;
    let plan = Plan::new("attach", vec![attach(&namespace, "regcred")]);
    let done = apply::dry_run(&connection, crate::plans::permit(), &plan).await;
    let keeper = plan.changes[0].manager(&done[0].traces).unwrap();
    assert_eq!(
        (keeper.tool, keeper.name.as_str()),
        (ManagerKind::ArgoCd, "shop")
    );
}
