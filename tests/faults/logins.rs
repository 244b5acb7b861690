//! Faults of the login while the product runs: credentials end, and plugins hang.

use std::{fs, time::Duration};

use pullscope::{
    cluster::{ApiError, ConnectError, ConnectOptions, Connection, WatchScope},
    domain::store::watch::WatchState,
};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    observer::Observer,
    scene::{HEALED, Place, Scene, TOLD, all_live, told},
    server::Server,
};

fn plugin(script: &str) -> Value {
    json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
        "command": "sh", "args": ["-c", script],
    }})
}

/// The plugin gives whatever stands in a file; the server accepts another token from now on.
pub async fn a_token_expires(place: Place) {
    let scene = Scene::at(place).await;
    let file = scene.file("token");
    fs::write(&file, "first-token").unwrap();
    let script = format!(
        r#"printf '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"%s"}}}}' "$(cat {})""#,
        file.display()
    );
    scene.log_in(&plugin(&script));
    scene.front.accept_only("first-token");
    let mut seen = scene.watched().await;
    scene.front.accept_only("second-token");
    scene.line.cut();
    told(&mut seen, "401 Unauthorized").await;
    scene.change().await;
    fs::write(&file, "second-token").unwrap();
    scene.is_whole(&mut seen).await;
}

/// It is given up after a time, and leaves nothing behind that runs on.
pub async fn a_plugin_that_hangs(place: Place) {
    let scene = Scene::at(place).await;
    let pids = scene.file("pids");
    scene.log_in(&plugin(&hanging(&pids)));
    let began = Instant::now();
    let error = scene.try_connect().await.map(|_| ()).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(60));
    let ConnectError::Refused {
        error: api_error, ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert!(matches!(**api_error, ApiError::Plugin(_)), "{error:?}");
    assert!(
        error.to_string().contains("returned no credential within"),
        "{error}"
    );
    are_gone(&pids).await;
}

/// A credential that ends is asked for again: the plugin, which worked before, hangs now.
pub async fn a_plugin_that_begins_to_hang(place: Place) {
    let scene = Scene::at(place).await;
    let (pids, switch) = (scene.file("pids"), scene.file("hang"));
    let script = format!(
        "if [ -e {} ]; then {}; fi; echo '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{{\"token\":\"t\",\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"}}}}'",
        switch.display(),
        hanging(&pids),
    );
    scene.log_in(&plugin(&script));
    let mut seen = scene.watched().await;
    fs::write(&switch, "").unwrap();
    scene.line.cut();
    scene.change().await;
    told(&mut seen, "credential plugin sh has not answered for 12 s").await;
    fs::remove_file(&switch).unwrap();
    scene.is_whole(&mut seen).await;
    are_gone(&pids).await;
}

/// A script that waits for a child of its own, and writes down who both are.
fn hanging(pids: &std::path::Path) -> String {
    let pids = pids.display();
    format!("sleep 300 & echo $! >> {pids}; echo $$ >> {pids}; wait")
}

async fn are_gone(pids: &std::path::Path) {
    let written = fs::read_to_string(pids).unwrap();
    assert!(written.lines().count() >= 2, "{written:?}");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let running: Vec<&str> = written.lines().filter(|pid| is_running(pid)).collect();
        if running.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "still running: {running:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether it is there and no zombie that waits for somebody to look at it.
fn is_running(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// A certificate that lives some seconds, out of the kubeconfig and out of a plugin that makes no other.
pub async fn a_client_certificate_expires(server: &'static Server) {
    let life = Duration::from_secs(12);
    let (certificate, key) = client_certificate(server, life);
    let began = Instant::now();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    let mut config = server.kubeconfig();
    config["users"][0]["user"] = json!({
        "client-certificate-data": certificate, "client-key-data": key,
    });
    fs::write(&path, config.to_string()).unwrap();
    let options = ConnectOptions {
        kubeconfig: Some(path),
        ..ConnectOptions::default()
    };
    let connection = Connection::open(&options).await.unwrap();
    assert_eq!(connection.user.as_deref(), Some("admin"));
    let reach = WatchScope::Cluster {
        fallback: Vec::new(),
    };
    let mut seen = Observer::new(&connection, reach);
    seen.until("all watches are live", HEALED, all_live).await;
    tokio::time::sleep_until(began + life + Duration::from_secs(1)).await;
    // What is open goes on; whatever is asked anew is not answered.
    tokio::task::block_in_place(|| {
        server.stop_apiserver();
        server.start_apiserver().unwrap();
    });
    seen.until(
        "it is told that the login is no longer accepted",
        TOLD,
        |seen| {
            seen.states.values().any(|state| match state {
                WatchState::Stale { why, .. } => why.contains("401 Unauthorized"),
                _ => false,
            })
        },
    )
    .await;
    let refused = Connection::open(&options).await.map(|_| ()).unwrap_err();
    assert!(
        matches!(refused, ConnectError::ClientCertificateExpired { .. }),
        "{refused:?}"
    );
}

/// For the administrator, signed by the authority that the server trusts for clients; both in base64.
fn client_certificate(server: &Server, life: Duration) -> (String, String) {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "admin");
    params
        .distinguished_name
        .push(DnType::OrganizationName, "system:masters");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let now = std::time::SystemTime::now();
    params.not_before = (now - Duration::from_secs(60)).into();
    params.not_after = (now + life).into();
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &server.clients).unwrap();
    (
        BASE64_STANDARD.encode(certificate.pem()),
        BASE64_STANDARD.encode(key.serialize_pem()),
    )
}
