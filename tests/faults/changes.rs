//! Changes whose answers get lost on the way: after each fault the cluster is as the outcomes say.

use http::Method;
use pullscope::{
    cluster::{
        Connection,
        apply::{self, WritePermit},
    },
    domain::{
        k8s::{
            object_ref::{Name, ObjectRef},
            objects::Secret,
        },
        plan::{
            AuthEdit, Change, ChangeResult, CreateSecret, Credentials, EditSecret, OnFailure,
            Outcome, Plan,
        },
        registry_auth::credential::Password,
    },
};
use serde_json::{Value, json};

use crate::{
    front::Fault,
    scene::{Place, Scene},
};

fn permit() -> WritePermit {
    WritePermit::unless(false).unwrap()
}

async fn carry_out(connection: &Connection, plan: &Plan) -> Vec<ChangeResult> {
    apply::apply(connection, permit(), plan, |_, _| {}).await
}

fn outcomes(done: &[ChangeResult]) -> Vec<&Outcome> {
    done.iter().map(|done| &done.outcome).collect()
}

/// A write that is meant: a dry run says so in its query, and one that deletes in its body.
fn writes(uri: &str) -> bool {
    uri.contains("fieldManager=pullscope") && !uri.contains("dryRun")
}

fn writes_second(uri: &str) -> bool {
    writes(uri) && uri.contains("/secrets/b?")
}

fn creates(uri: &str) -> bool {
    writes(uri) && uri.contains("/secrets?")
}

/// What befalls the answer to a write: each leaves it to the reader whether it was stored.
fn losses() -> [Fault; 5] {
    [
        Fault::Late,
        Fault::Afterwards(504, "<html>504 Gateway Time-out</html>".to_owned()),
        Fault::Afterwards(
            500,
            r#"{"message":"etcdserver: request timed out","code":500}"#.to_owned(),
        ),
        Fault::Broken(0),
        Fault::Instead(504, None, "<html>504 Gateway Time-out</html>".to_owned()),
    ]
}

struct Stage {
    scene: Scene,
    connection: Connection,
}

impl Stage {
    async fn at(place: Place) -> Self {
        let scene = Scene::at(place).await;
        let connection = scene.connect().await;
        Self { scene, connection }
    }

    fn key(&self, name: &str) -> ObjectRef<Secret> {
        ObjectRef::new(self.scene.namespace.clone(), Name::new(name))
    }

    fn secrets(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets", self.scene.namespace)
    }

    async fn found(&self, name: &str) -> Value {
        let path = format!("{}/{name}", self.secrets());
        serde_json::from_str(&self.scene.cluster.get(&path).await).unwrap()
    }

    async fn password(&self, name: &str) -> &'static str {
        let found = self.found(name).await;
        let encoded = found["data"][".dockerconfigjson"].as_str().unwrap();
        let bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, encoded).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        match (text.contains("canary-fault"), text.contains("the-new-one")) {
            (true, false) => "old",
            (false, true) => "new",
            (_, _) => "neither",
        }
    }

    fn rotation(&self) -> Plan {
        let renew = |name: &str| {
            Change::EditSecret(EditSecret {
                format: pullscope::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
                key: self.key(name),
                edit: AuthEdit::ReplaceCredentials {
                    servers: vec!["ghcr.io".into()],
                    login: Credentials {
                        username: "bot".into(),
                        password: Password::new("the-new-one"),
                    },
                },
                before: None,
            })
        };
        Plan {
            on_failure: OnFailure::TakeBack,
            ..Plan::new("rotate", ["a", "b", "c"].map(renew).into())
        }
    }
}

/// All Secrets end with the new credential or all with the old one, and the outcomes say which.
pub async fn a_rotation_is_all_or_none_when_an_answer_is_lost(place: Place) {
    let stage = Stage::at(place).await;
    for name in ["a", "b", "c"] {
        stage.scene.secret(name).await;
    }
    for fault in losses() {
        stage.scene.front.next(1, writes_second, fault);
        let plan = stage.rotation();
        let done = carry_out(&stage.connection, &plan).await;
        assert_eq!(outcomes(&done), [&Outcome::Applied; 3]);
        for name in ["a", "b", "c"] {
            assert_eq!(stage.password(name).await, "new");
        }
        // And so does what takes it back.
        stage.scene.front.next(1, writes_second, Fault::Late);
        let undone = carry_out(&stage.connection, &plan.undo_plan(&done).unwrap()).await;
        assert_eq!(outcomes(&undone), [&Outcome::Applied; 3]);
        for name in ["a", "b", "c"] {
            assert_eq!(stage.password(name).await, "old");
        }
        stage.scene.heal();
    }
    // Never stored, and never answered otherwise: the first is taken back, and the second is not called good.
    let never = Fault::Instead(504, None, String::new());
    stage.scene.front.always(writes_second, never);
    let done = carry_out(&stage.connection, &stage.rotation()).await;
    assert!(
        matches!(
            outcomes(&done)[..],
            [Outcome::TakenBack, Outcome::Unknown(_), Outcome::NotTried]
        ),
        "{done:?}"
    );
    for name in ["a", "b", "c"] {
        assert_eq!(stage.password(name).await, "old");
    }
    assert!(!format!("{done:?}").contains("the-new-one"));
}

/// What is made although its answer was lost is ours, and is unmade.
pub async fn an_object_is_made_once_when_an_answer_is_lost(place: Place) {
    let stage = Stage::at(place).await;
    for fault in losses() {
        // The second request was stored, and the first may come when the Secret is gone.
        let may_come = matches!(fault, Fault::Instead(..));
        stage.scene.front.next(1, creates, fault);
        let create = Change::CreateSecret(CreateSecret {
            key: stage.key("made"),
            server: "ghcr.io".into(),
            login: Credentials {
                username: "bot".into(),
                password: Password::new("the-new-one"),
            },
        });
        let plan = Plan::new("make", vec![create]);
        let done = carry_out(&stage.connection, &plan).await;
        assert_eq!(outcomes(&done), [&Outcome::Applied]);
        assert_eq!(stage.password("made").await, "new");
        stage.scene.front.next(1, writes, Fault::Late);
        let undo = plan.undo_plan(&done).unwrap();
        let undone = carry_out(&stage.connection, &undo).await;
        match outcomes(&undone)[..] {
            [Outcome::Applied] => assert!(!may_come, "{undone:?}"),
            [Outcome::Unknown(why)] => assert!(may_come && why.contains("may still create it")),
            _ => panic!("{undone:?}"),
        }
        let path = format!("{}/made", stage.secrets());
        let request = http::Request::builder().method(Method::GET).uri(path);
        let gone = stage
            .scene
            .cluster
            .admin()
            .send(request.body(kube::client::Body::empty()).unwrap())
            .await;
        assert_eq!(gone.unwrap().status(), 404);
        stage.scene.heal();
    }
}

/// Whichever answer is lost, the Secret is there afterwards, with all that it held.
pub async fn a_conversion_survives_lost_answers(place: Place) {
    let stage = Stage::at(place).await;
    let deletes = |uri: &str| writes(uri) && uri.contains("/secrets/opaque");
    for fault in losses() {
        for when in [deletes, creates] {
            let opaque = json!({
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                "metadata": {"name": "opaque", "labels": {"team": "a"}},
                "stringData": {"config.json": r#"{"auths":{"ghcr.io":{"username":"bot","password":"canary-fault"}}}"#,
                    "other": "irreplaceable"},
            });
            let old = stage.scene.cluster.create(&stage.secrets(), opaque).await;
            stage.scene.front.next(1, when, fault.clone());
            let plan = Plan::new("convert", vec![Change::convert_secret(stage.key("opaque"))]);
            let done = carry_out(&stage.connection, &plan).await;
            assert_eq!(outcomes(&done), [&Outcome::Applied]);
            let now = stage.found("opaque").await;
            assert_eq!(now["type"], "kubernetes.io/dockerconfigjson");
            assert_eq!(now["metadata"]["labels"], old["metadata"]["labels"]);
            assert_eq!(now["data"]["other"], old["data"]["other"]);
            assert_eq!(stage.password("opaque").await, "old");

            stage.scene.front.next(1, when, fault.clone());
            let undone = carry_out(&stage.connection, &plan.undo_plan(&done).unwrap()).await;
            assert_eq!(outcomes(&undone), [&Outcome::Applied]);
            let now = stage.found("opaque").await;
            assert_eq!((&now["type"], &now["data"]), (&old["type"], &old["data"]));
            stage.scene.heal();
            let path = format!("{}/opaque", stage.secrets());
            stage.scene.cluster.delete(&path).await;
        }
    }
}
