//! What only a real server can show: logging in, TLS, and a restart.

use std::{fs, path::PathBuf, time::Duration};

use pullscope::{
    cluster::{ApiError, ConnectError, ConnectOptions, Connection, WatchScope},
    domain::store::watch::WatchState,
};
use serde_json::{Value, json};

use crate::{
    cases,
    observer::{LONG, Observer, SECOND},
    server::{self, Server},
};

/// A kubeconfig of the shared server, changed at will.
struct Files {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

fn kubeconfig(server: &Server, change: impl FnOnce(&mut Value)) -> Files {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    let mut config = server.kubeconfig();
    change(&mut config);
    fs::write(&path, config.to_string()).unwrap();
    Files {
        _directory: directory,
        path,
    }
}

async fn open(files: &Files) -> Result<Connection, ConnectError> {
    let options = ConnectOptions {
        kubeconfig: Some(files.path.clone()),
        ..ConnectOptions::default()
    };
    Connection::open(&options).await
}

async fn connect_error(files: &Files) -> ApiError {
    match open(files).await.map(|connection| connection.identity()) {
        Err(ConnectError::Refused { error, .. }) => *error,
        other => panic!("{other:?}"),
    }
}

fn exec(script: &str) -> Value {
    json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "sh", "args": ["-c", script],
    }})
}

fn token(config: &Value) -> String {
    config["users"][0]["user"]["token"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Here and not in the contract, since the sandbox serves no access reviews.
#[tokio::test(flavor = "multi_thread")]
async fn access_questions_are_answered() {
    if let Some(server) = server::shared() {
        cases::answers_access_questions(&server.cluster()).await;
    }
}

#[tokio::test]
async fn a_connection_knows_both_its_ends() {
    let Some(server) = server::shared() else {
        return;
    };
    let files = kubeconfig(server, |config| {
        config["contexts"][0]["context"]["namespace"] = json!("shop");
    });
    let identity = open(&files).await.unwrap().identity();
    assert_eq!(identity.context, "contract");
    assert_eq!(identity.cluster, "real");
    assert_eq!(identity.user.as_deref(), Some("admin"));
    assert!(identity.server_version.unwrap().starts_with("v1."));
    assert_eq!(identity.namespace.unwrap().as_str(), "shop");
}

#[tokio::test]
async fn a_wrong_token_is_a_refused_login() {
    let Some(server) = server::shared() else {
        return;
    };
    let files = kubeconfig(server, |config| {
        config["users"][0]["user"] = json!({"token": "wrong"});
    });
    assert!(matches!(
        connect_error(&files).await,
        ApiError::Unauthorized(_)
    ));
}

#[tokio::test]
async fn an_unknown_authority_is_called_that() {
    let Some(server) = server::shared() else {
        return;
    };
    let files = kubeconfig(server, |config| {
        let cluster = &mut config["clusters"][0]["cluster"];
        cluster
            .as_object_mut()
            .unwrap()
            .remove("certificate-authority");
    });
    let text = connect_error(&files).await.to_string();
    assert!(
        text.contains("not trusted") || text.contains("authority"),
        "{text}"
    );
}

#[tokio::test]
async fn another_name_than_the_certificate_has_is_called_that() {
    let Some(server) = server::shared() else {
        return;
    };
    let files = kubeconfig(server, |config| {
        config["clusters"][0]["cluster"]["tls-server-name"] = json!("elsewhere.lab");
    });
    let text = connect_error(&files).await.to_string();
    assert!(text.contains("for other names"), "{text}");
}

#[tokio::test]
async fn where_nobody_listens_the_connection_is_refused() {
    let Some(server) = server::shared() else {
        return;
    };
    let files = kubeconfig(server, |config| {
        config["clusters"][0]["cluster"]["server"] = json!("https://127.0.0.1:1");
    });
    assert_eq!(connect_error(&files).await, ApiError::Refused);
}

#[tokio::test]
async fn a_name_without_address_is_called_that() {
    let Some(server) = server::shared() else {
        return;
    };
    let files = kubeconfig(server, |config| {
        config["clusters"][0]["cluster"]["server"] = json!("https://nowhere.invalid:6443");
    });
    assert_eq!(connect_error(&files).await, ApiError::NoSuchHost);
}

#[tokio::test]
async fn a_plugin_logs_in_and_its_failure_is_told() {
    let Some(server) = server::shared() else {
        return;
    };
    let files = kubeconfig(server, |config| {
        let script = format!(
            r#"echo '{{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{{"token":"{}"}}}}'"#,
            token(config)
        );
        config["users"][0]["user"] = exec(&script);
    });
    assert_eq!(open(&files).await.unwrap().identity().cluster, "real");

    let files = kubeconfig(server, |config| {
        config["users"][0]["user"] = exec("echo 'please log in first' >&2; exit 1");
    });
    let error = open(&files)
        .await
        .map(|connection| connection.identity())
        .unwrap_err();
    assert!(error.to_string().contains("please log in first"), "{error}");
}

#[tokio::test]
async fn a_credential_that_has_ended_is_not_asked_for_by_each_request() {
    let Some(server) = server::shared() else {
        return;
    };
    // By this machine's clock the credential has ended; the server takes it. The plugin counts.
    let counter = tempfile::NamedTempFile::new().unwrap();
    let files = kubeconfig(server, |config| {
        let script = format!(
            r#"echo x >> {}; echo '{{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{{"token":"{}","expirationTimestamp":"2020-01-01T00:00:00Z"}}}}'"#,
            counter.path().display(),
            token(config),
        );
        config["users"][0]["user"] = exec(&script);
    });
    let connection = open(&files).await.unwrap();
    let before = fs::read_to_string(counter.path()).unwrap().lines().count();
    let request = http::Request::get("/api/v1/namespaces")
        .body(Vec::new())
        .unwrap();
    connection.client.request_text(request).await.unwrap();
    let after = fs::read_to_string(counter.path()).unwrap().lines().count();
    assert_eq!((before, after), (1, 1));
}

/// Also seen here: the watch cache of the new server begins later than our versions, so that each
/// kind is answered with 410 and listed anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_is_shown_as_stale_and_heals() {
    let Some(server) = Server::start().unwrap() else {
        return;
    };
    let client = server.client("admin").unwrap();
    let connection = Connection::from_client(
        client,
        "own",
        pullscope::domain::k8s::object_ref::Namespace::new("default"),
    )
    .await
    .unwrap();
    let mut seen = Observer::new(
        &connection,
        WatchScope::Cluster {
            fallback: Vec::new(),
        },
    );
    seen.until_settled().await;

    server.stop_apiserver();
    seen.until("all watches are stale", 5 * SECOND, |seen| {
        seen.states
            .values()
            .all(|state| matches!(state, WatchState::Stale { .. }))
    })
    .await;
    server.start_apiserver().unwrap();
    seen.until(
        "all watches are live again",
        LONG + Duration::from_secs(20),
        |seen| seen.states.values().all(|state| *state == WatchState::Live),
    )
    .await;
}

/// With a server of its own: others are in the middle of their pages.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_is_gone() {
    if let Some(server) = Server::start().unwrap() {
        let server: &'static Server = Box::leak(Box::new(server));
        let cluster = server.cluster();
        // Newer ones go on with a page from their cache, whatever etcd has forgotten (KEP-4988).
        if cluster.is_older_than(34).await {
            crate::lists::an_old_page_has_expired(&cluster).await;
        }
        // The watch cache remembers more than etcd; a new one begins with what is there.
        server.stop_apiserver();
        server.start_apiserver().unwrap();
        crate::watches::a_forgotten_version_is_gone(&cluster).await;
    }
}
