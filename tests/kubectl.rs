//! kubectl on the demo: `pullscope demo --serve` is a cluster to it, and a fix that is typed there heals.
//!
//! Takes kubectl from `KUBEBUILDER_ASSETS` or the path; without one it says loudly that it was skipped.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    env,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use pullscope::domain::{
    diagnostics::{
        FixContext, FixId, FixTarget, ListOrigin, PodOwner, TargetContainer, TemplateRollout,
        applicable_fixes,
    },
    k8s::{
        distribution::Distribution,
        object_ref::{Name, Namespace, ObjectRef},
        objects::{ContainerRole, ImageVolume, PullPolicy, Secret, WorkloadKind, WorkloadRef},
    },
    message::Clues,
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

impl Demo {
    /// Runs a line as a person would type it; what it prints. It has to end well.
    fn shell(&self, kubectl: &Path, line: &str, input: &str) -> String {
        let path = env::var("PATH").unwrap_or_default();
        let bin = kubectl.parent().unwrap().display();
        let mut child = Command::new("bash")
            .args(["-o", "pipefail", "-c", line])
            .env("PATH", format!("{bin}:{path}"))
            .env("KUBECONFIG", self.directory.path().join("config"))
            .env("HOME", self.directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // What reads no input may have ended.
        drop(stdin.write_all(input.as_bytes()));
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {error}");
        String::from_utf8(output.stdout).unwrap()
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
    all().next()
}

/// A kubectl that knows CronJobs in `batch/v1`: 1.21 or newer.
fn find_with_cron_jobs() -> Option<PathBuf> {
    all().find(|kubectl| {
        let told = Command::new(kubectl)
            .args(["version", "--client", "-o", "json"])
            .output()
            .unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
        let minor = told
            .pointer("/clientVersion/minor")
            .unwrap()
            .as_str()
            .unwrap();
        let digits = minor.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        digits.parse::<u32>().unwrap() >= 21
    })
}

fn all() -> impl Iterator<Item = PathBuf> {
    let assets = env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = assets
        .into_iter()
        .chain(env::split_paths(&path).collect::<Vec<_>>());
    directories
        .map(|directory| directory.join("kubectl"))
        .filter(|file| file.is_file())
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
            // Of several objects kubectl 1.36 and newer show no events unasked.
            "-n payments describe pod -l app=ledger --show-events",
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

/// One of each kind of owner of a Pod, with lists of their own in some templates.
const OWNERS: &str = r#"
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: runner}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: puller}}
- {apiVersion: v1, kind: Pod, metadata: {name: bare}, spec: &spec {serviceAccountName: runner, imagePullSecrets: [{name: typo}],
   restartPolicy: Never, volumes: &volumes [{name: data, emptyDir: {}}, {name: model, image: {reference: "r.example/m:1"}}],
   containers: [{name: app, image: "r.example/a:1"}], initContainers: [{name: setup, image: "r.example/s:1"}]}}
- {apiVersion: batch/v1, kind: Job, metadata: {name: migrate}, spec: &job {template: {spec: *spec}}}
- {apiVersion: batch/v1, kind: CronJob, metadata: {name: nightly}, spec: {schedule: "0 3 1 1 *", jobTemplate: {spec: *job}}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: &web {selector: {matchLabels: {app: web}}, template: {
   metadata: {labels: {app: web}}, spec: &always {serviceAccountName: runner, imagePullSecrets: [{name: typo}], volumes: *volumes, containers: [{name: app, image: "r.example/a:1"}]}}}}
- {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: db, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: *always}}}
- {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}}, spec: *always}}}
- {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: set}, spec: {selector: {matchLabels: {app: set}}, template: {metadata: {labels: {app: set}}, spec: *always}}}
"#;

/// The targets of fixes for these, each with a Pod of its own.
fn targets(namespace: &str, pod_of: impl Fn(&str) -> String) -> Vec<FixTarget> {
    let id = |kind, name: &str| WorkloadRef {
        kind,
        key: ObjectRef::new(Namespace::new(namespace), Name::new(name)),
    };
    let run = ObjectRef::new(Namespace::new(namespace), Name::new("nightly-7"));
    let owners = [
        (PodOwner::None, "bare"),
        (PodOwner::Job(id(WorkloadKind::Job, "migrate")), "migrate-"),
        (
            PodOwner::CronJob {
                id: id(WorkloadKind::CronJob, "nightly"),
                job: Some(run),
            },
            "nightly-7-",
        ),
        (
            PodOwner::Rolling(id(WorkloadKind::Deployment, "web")),
            "web-",
        ),
        (
            PodOwner::Rolling(id(WorkloadKind::StatefulSet, "db")),
            "db-",
        ),
        (
            PodOwner::Rolling(id(WorkloadKind::DaemonSet, "agent")),
            "agent-",
        ),
        (
            PodOwner::ReplicaSet(id(WorkloadKind::ReplicaSet, "set")),
            "set-",
        ),
    ];
    let own: Arc<[Name<Secret>]> = Arc::from([Name::new("typo")]);
    owners
        .into_iter()
        .map(|(owner, pod)| FixTarget {
            namespace: Namespace::new(namespace),
            pod: Some(ObjectRef::new(
                Namespace::new(namespace),
                Name::new(pod_of(pod)),
            )),
            owner,
            template_rollout: TemplateRollout::Automatic,
            container: Some(TargetContainer {
                name: "app".into(),
                role: ContainerRole::App,
                image: "r.example/a:1".into(),
                template_image: Some("r.example/a:1".into()),
            }),
            volume: None,
            listed: Arc::clone(&own),
            legacy_secrets: Arc::from([]),
            list_origin: ListOrigin::Template(Arc::clone(&own)),
            service_account: Name::new("runner"),
        })
        .collect()
}

/// The same targets, where the image of their volume is the one that cannot be pulled.
fn of_volume(targets: Vec<FixTarget>) -> Vec<FixTarget> {
    let volume = ImageVolume {
        name: "model".into(),
        image: "r.example/m:1".into(),
        policy: PullPolicy::IfNotPresent,
    };
    targets
        .into_iter()
        .map(|target| FixTarget {
            volume: Some(volume.clone()),
            ..target
        })
        .collect()
}

/// Each command that a fix shows for an owner of a Pod is taken by kubectl and the server.
#[test]
fn the_commands_of_a_fix_run_for_every_kind_of_owner() {
    let Some(kubectl) = find_with_cron_jobs() else {
        eprintln!("SKIPPED: there is no kubectl of 1.21 or newer, no command of a fix is tried");
        return;
    };
    let demo = Demo::start();
    let fix_context = |target: &FixTarget| FixContext {
        namespace: Some(target.namespace.to_string()),
        service_account: Some("runner".into()),
        account_lists: Some(Vec::new()),
        secret: Some("typo".into()),
        matching_secret: Some("hub".into()),
        other_service_account: Some("puller".into()),
        image: Some("r.example/a:2".into()),
        target: Some(Box::new(target.clone())),
        ..FixContext::default()
    };
    let fixes = [
        FixId::CorrectImage,
        FixId::WriteFullName,
        FixId::AttachSecret,
        FixId::CorrectSecretName,
        FixId::UseServiceAccount,
        FixId::Restart,
        FixId::RetryNow,
        FixId::PullPolicy,
    ];
    let of_containers = fixes.into_iter().map(|fix| (fix, false));
    let of_volumes = [FixId::CorrectImage, FixId::WriteFullName, FixId::PullPolicy];
    let of_volumes = of_volumes.into_iter().map(|fix| (fix, true));
    for (number, (fix, is_volume)) in of_containers.chain(of_volumes).enumerate() {
        let namespace = format!("fix-{number}");
        demo.shell(
            &kubectl,
            &format!("kubectl create namespace {namespace}"),
            "",
        );
        let apply = format!("kubectl -n {namespace} apply -f -");
        demo.shell(&kubectl, &apply, OWNERS);
        let run = format!("kubectl -n {namespace} create job nightly-7 --from=cronjob/nightly");
        demo.shell(&kubectl, &run, "");
        let list = format!("kubectl -n {namespace} get pods -o name");
        let pod_of = |prefix: &str| {
            // Their controllers make them at once, and yet after the answer.
            let deadline = Instant::now() + Duration::from_secs(30);
            loop {
                let all = demo.shell(&kubectl, &list, "");
                let mut pods = all.lines().filter_map(|line| line.strip_prefix("pod/"));
                if let Some(pod) = pods.find(|pod| pod.starts_with(prefix)) {
                    return pod.to_owned();
                }
                assert!(Instant::now() < deadline, "no Pod {prefix} among {all}");
            }
        };
        let mut targets = targets(&namespace, pod_of);
        if is_volume {
            targets = of_volume(targets);
        }
        for target in targets {
            for fix in applicable_fixes([fix], &target, None) {
                let filled = fix.render(&fix_context(&target));
                assert!(!filled.commands.is_empty(), "{fix} for {:?}", target.owner);
                let typed = filled.commands.iter();
                // An editor is a person's.
                for line in typed.filter(|line| !line.contains(" edit ")) {
                    demo.shell(&kubectl, &line.replace("IMAGE", "r.example/a:3"), "");
                }
            }
        }
    }
    let image = demo.shell(
        &kubectl,
        "kubectl -n fix-0 get job migrate -o jsonpath='{.spec.template.spec.containers[0].image}'",
        "",
    );
    assert_eq!(image, "r.example/a:3", "the Job was created again");
    for (object, spec) in [
        ("pod bare", "spec"),
        ("job migrate", "spec.template.spec"),
        ("cronjob nightly", "spec.jobTemplate.spec.template.spec"),
        ("deployment web", "spec.template.spec"),
        ("replicaset set", "spec.template.spec"),
    ] {
        let line = format!(
            "kubectl -n fix-8 get {object} -o jsonpath='{{.{spec}.volumes[*].name}} {{.{spec}.volumes[1].image.reference}} {{.{spec}.containers[0].image}}'"
        );
        let found = demo.shell(&kubectl, &line, "");
        assert_eq!(found, "data model r.example/a:3 r.example/a:1", "{object}");
    }
    let list = "kubectl -n fix-3 get pod bare -o jsonpath='{.spec.imagePullSecrets[*].name}'";
    assert_eq!(demo.shell(&kubectl, list, ""), "hub");
}

/// What the fixes of Secrets and ServiceAccounts work on.
const SECRETS: &str = r#"
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: opaque}, stringData: {"config.json": '{"auths":{"r.example":{"username":"u","password":"p"}}}'}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {matchLabels: {app: web}}, template: {
   metadata: {labels: {app: web}}, spec: {serviceAccountName: runner, containers: [{name: app, image: "r.example/a:1"}]}}}}
"#;

/// The commands of a fix are typed one after the other into one shell, the token when it is asked for; each
/// fix goes on from what the one before has made.
#[test]
#[expect(clippy::too_many_lines, reason = "one shell session, step after step")]
fn the_commands_that_change_secrets_do_what_their_fix_says() {
    let Some(kubectl) = find() else {
        eprintln!("SKIPPED: there is no kubectl, no command of a fix is tried");
        return;
    };
    let demo = Demo::start();
    demo.shell(&kubectl, "kubectl create namespace logins", "");
    let fix_context = |secret: &str| FixContext {
        namespace: Some("logins".into()),
        service_account: Some("runner".into()),
        account_lists: Some(Vec::new()),
        secret: Some(secret.into()),
        source_namespace: Some("default".into()),
        current_auth_key: Some("r.example".into()),
        expected_auth_key: Some("r.example".into()),
        username: Some("bot".into()),
        target: Some(Box::new(FixTarget {
            namespace: Namespace::new("logins"),
            pod: None,
            owner: PodOwner::Rolling(WorkloadRef {
                kind: WorkloadKind::Deployment,
                key: ObjectRef::new(Namespace::new("logins"), Name::new("web")),
            }),
            template_rollout: TemplateRollout::Automatic,
            container: None,
            volume: None,
            listed: Arc::from([]),
            legacy_secrets: Arc::from([]),
            list_origin: ListOrigin::ServiceAccount,
            service_account: Name::new("runner"),
        })),
        ..FixContext::default()
    };
    let run = |fix: FixId, fix_context: &FixContext| {
        // kubectl refuses to restart a workload twice within one second.
        let script = format!(
            "sleep 1 && {}",
            fix.render(fix_context).commands.join(" && ")
        );
        demo.shell(&kubectl, &script, "t0ken\n");
    };
    let read = |line: &str| demo.shell(&kubectl, &format!("kubectl -n logins {line}"), "");
    let entries = |secret: &str| {
        read(&format!(
            "get secret {secret} -o jsonpath='{{.type}} {{.data.\\.dockerconfigjson}}' | (read -r kind data; echo \"$kind $(echo $data | base64 -d | jq -c '.auths | map_values(.username + \":\" + .password)')\")"
        ))
    };
    let lists = || read("get serviceaccount runner -o jsonpath='{.imagePullSecrets[*].name}'");
    demo.shell(&kubectl, "kubectl -n logins apply -f -", SECRETS);
    demo.shell(&kubectl, "kubectl -n default create secret docker-registry elsewhere --docker-server=r.example --docker-username=u --docker-password=p", "");
    run(FixId::CreateServiceAccount, &fix_context("hub"));
    run(FixId::CreateSecret, &fix_context("hub"));
    let kind = "kubernetes.io/dockerconfigjson";
    assert_eq!(
        entries("hub").trim(),
        format!(r#"{kind} {{"r.example":"USER:t0ken"}}"#)
    );
    assert_eq!(lists(), "hub");
    run(FixId::RecreateSecret, &fix_context("hub"));
    assert_eq!(
        entries("hub").trim(),
        format!(r#"{kind} {{"r.example":"bot:t0ken"}}"#)
    );
    let moved = FixContext {
        expected_auth_key: Some("r.example:5000".into()),
        ..fix_context("hub")
    };
    run(FixId::CorrectServer, &moved);
    assert_eq!(
        entries("hub").trim(),
        format!(r#"{kind} {{"r.example:5000":"bot:t0ken"}}"#)
    );
    let removed = FixContext {
        current_auth_key: Some("r.example:5000".into()),
        ..fix_context("hub")
    };
    run(FixId::RemoveEntry, &removed);
    assert_eq!(entries("hub").trim(), format!("{kind} {{}}"));
    run(FixId::ConvertType, &fix_context("opaque"));
    assert_eq!(
        entries("opaque").trim(),
        format!(r#"{kind} {{"r.example":"u:p"}}"#)
    );
    assert_eq!(
        lists(),
        "opaque",
        "the list that was known is the empty one"
    );
    run(FixId::CopySecret, &fix_context("elsewhere"));
    assert_eq!(
        entries("elsewhere").trim(),
        format!(r#"{kind} {{"r.example":"u:p"}}"#)
    );
    let appended = FixContext {
        account_lists: None,
        ..fix_context("hub")
    };
    run(FixId::AttachSecret, &appended);
    assert_eq!(lists(), "elsewhere hub", "nothing of the list is lost");
    read(
        r#"patch serviceaccount runner --type=json -p '[{"op":"remove","path":"/imagePullSecrets"}]'"#,
    );
    run(FixId::AttachSecret, &appended);
    assert_eq!(lists(), "hub", "a ServiceAccount without a list gets one");
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

/// What is advised for OpenShift only is kubectl's, too: it builds the objects, without a server.
#[test]
fn the_commands_for_openshift_build_their_objects() {
    let Some(kubectl) = find() else {
        eprintln!("SKIPPED: there is no kubectl, no command for OpenShift is tried");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ca.crt"), "PEM").unwrap();
    let fix_context = |host: &str| FixContext {
        namespace: Some("shop".into()),
        service_account: Some("web".into()),
        host: Some(host.into()),
        repository: Some(format!("{host}/base/app")),
        clues: Clues {
            distribution: Some(Distribution::OpenShift),
            ..Clues::default()
        },
        ..FixContext::default()
    };
    for (fix, host, object) in [
        (
            FixId::GrantAccess,
            "image-registry.openshift-image-registry.svc:5000",
            "rolebinding.rbac.authorization.k8s.io/image-puller-shop",
        ),
        (
            FixId::TrustCa,
            "registry.example:5000",
            "configmap/registry-cas",
        ),
    ] {
        let commands = fix.render(&fix_context(host)).commands;
        let create = commands.iter().find(|line| line.contains(" create "));
        let arguments = create
            .and_then(|line| line.strip_prefix("kubectl "))
            .unwrap();
        let built = Command::new(&kubectl)
            .args(arguments.split(' '))
            .args(["--dry-run=client", "-o", "name"])
            .current_dir(directory.path())
            .env("HOME", directory.path())
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&built.stdout);
        let error = String::from_utf8_lossy(&built.stderr);
        assert_eq!(out.trim(), object, "{arguments}: {error}");
    }
}
