//! kubectl on the demo: `pullscope demo --serve` is a cluster to it, and a fix that is typed there heals.
//!
//! Takes kubectl from `KUBEBUILDER_ASSETS` or the path; without one it says loudly that it was skipped.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    env,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

/// The demo on a port of its own; ended with the test.
struct Demo {
    child: Child,
    directory: tempfile::TempDir,
}

impl Demo {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pullscope"))
            .args(["demo", "--serve"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let config = kubeconfig(&mut child);
        std::fs::write(directory.path().join("config"), config.to_string()).unwrap();
        Self { child, directory }
    }

    fn kubectl(&self, kubectl: &Path, arguments: &str, input: &str) -> Output {
        let mut child = Command::new(kubectl)
            .arg("--request-timeout=60s")
            .args(arguments.split(' '))
            .env("KUBECONFIG", self.directory.path().join("config"))
            .env("HOME", self.directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads the one JSON document that the program prints before it serves.
fn kubeconfig(child: &mut Child) -> Value {
    let mut stdout = child.stdout.take().unwrap();
    let mut text = Vec::new();
    let mut byte = [0];
    loop {
        assert_eq!(stdout.read(&mut byte).unwrap(), 1, "the program has ended");
        text.push(byte[0]);
        if byte[0] == b'}'
            && let Ok(config) = serde_json::from_slice(&text)
        {
            return config;
        }
    }
}

fn find() -> Option<PathBuf> {
    let assets = env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = assets
        .into_iter()
        .chain(env::split_paths(&path).collect::<Vec<_>>());
    directories
        .map(|directory| directory.join("kubectl"))
        .find(|file| file.is_file())
}

const ROBOT: &str = r#"{"apiVersion": "v1", "kind": "ServiceAccount",
    "metadata": {"name": "robot", "namespace": "trial"}, "imagePullSecrets": [{"name": "one"}]}"#;

#[test]
fn the_demo_is_a_cluster_to_kubectl() {
    let Some(kubectl) = find() else {
        eprintln!("SKIPPED: there is no kubectl, the demo is not tried with it");
        return;
    };
    let demo = Demo::start();
    for (arguments, input, says) in [
        ("get pods -A", "", "ImagePullBackOff"),
        (
            "-n payments describe pod -l app=ledger",
            "",
            "Failed to pull image",
        ),
        ("-n payments auth can-i list secrets", "", "yes"),
        ("create namespace trial", "", "namespace/trial created"),
        ("apply -f -", ROBOT, "serviceaccount/robot created"),
        ("apply -f -", ROBOT, "serviceaccount/robot unchanged"),
        (
            "-n trial get sa robot -o jsonpath={.imagePullSecrets[0].name}",
            "",
            "one",
        ),
        (
            r#"-n trial patch sa robot -p {"imagePullSecrets":[{"name":"two"}]}"#,
            "",
            "patched",
        ),
        (
            "-n trial create secret docker-registry two --docker-server=r.example --docker-username=u --docker-password=p",
            "",
            "secret/two created",
        ),
        ("-n trial delete secret two", "", "deleted"),
        // A Pod that is older than its ServiceAccount's list: made again, it gets the Secret.
        (
            "-n payments rollout restart deployment/fraud-score",
            "",
            "restarted",
        ),
        (
            "-n payments rollout status deployment/fraud-score --timeout=60s",
            "",
            "successfully rolled out",
        ),
        ("-n shop rollout history deployment/cart", "", "REVISION"),
        ("-n shop rollout restart deployment/cart", "", "restarted"),
        ("-n shop rollout undo deployment/cart", "", "rolled back"),
        (
            "-n shop describe deployment frontend",
            "",
            "ScalingReplicaSet",
        ),
        ("-n shop logs deployment/catalog", "", "catalog started"),
        (
            "apply --server-side --force-conflicts -f -",
            ROBOT,
            "serverside-applied",
        ),
        ("auth can-i --list --as viewer -n shop", "", "pods/log"),
        ("-n shop delete pod -l app=cart --wait", "", "deleted"),
        ("-n trial create token robot", "", "ey"),
        (
            "-n trial create deployment web --image=nginx:1.27 --replicas=1",
            "",
            "created",
        ),
        ("-n trial scale deployment/web --replicas=2", "", "scaled"),
        (
            "-n trial get deployment web -o jsonpath={.spec.replicas}",
            "",
            "2",
        ),
        (
            "-n trial create configmap words --from-literal=a=b",
            "",
            "created",
        ),
        (
            "-n trial get configmap words -o jsonpath={.data.a}",
            "",
            "b",
        ),
        ("get --raw /healthz", "", "ok"),
        ("delete namespace trial --wait --timeout=50s", "", "deleted"),
    ] {
        let output = demo.kubectl(&kubectl, arguments, input);
        let text = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        // `create token` came with kubectl 1.24.
        if arguments.contains("create token") && error.contains("unknown command") {
            eprintln!("SKIPPED: this kubectl is too old for kubectl {arguments}");
            continue;
        }
        assert!(output.status.success(), "kubectl {arguments}: {error}");
        assert!(text.contains(says), "kubectl {arguments}: {text}{error}");
    }
    refuses_what_a_cluster_refuses(&demo, &kubectl);
}

fn refuses_what_a_cluster_refuses(demo: &Demo, kubectl: &Path) {
    let silent = demo.kubectl(kubectl, "-n payments logs deployment/ledger", "");
    let error = String::from_utf8_lossy(&silent.stderr);
    assert!(error.contains("is waiting to start: "), "{error}");
    let refused = demo.kubectl(kubectl, "--context viewer -n payments get secrets", "");
    assert!(!refused.status.success());
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(
        error.contains(r#"User "viewer" cannot list resource "secrets""#),
        "{error}"
    );
}
