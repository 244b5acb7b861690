//! Tests of the diagnosis of one Pod, with varying objects around it.

mod hidden;
mod node;
mod pull_secrets;
mod sure;
mod volume;
mod workloads;

use std::sync::Arc;

use super::{Confidence, Diagnosis, Fact, Finding, RootCause, diagnose, workload};
use crate::domain::{
    context,
    diagnostics::{Cause, FixId},
    fixtures::{
        self, IMAGE, account, event, now, owned, pod, seconds_ago, secret, upserted, waiting,
    },
    k8s::{
        object_ref::Name,
        objects::{
            ContainerState, Event, Phase, Pod, PodCondition, PodConditionType, Revision, Secret,
            SecretType, ServiceAccount, Workload, WorkloadKind, WorkloadStatus,
        },
    },
    store::{
        Store,
        update::StoreUpdate,
        watch::{SecretWatch, WatchCoverage},
    },
};

const REFUSED: &str = "failed to authorize: no basic auth credentials";
const REJECTED: &str = "unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 401 Unauthorized";

/// A namespace to vary: one Pod of a Deployment, its ServiceAccount, and Secrets.
struct Scene {
    pod: Pod,
    account: Option<ServiceAccount>,
    secrets: Vec<Secret>,
    events: Vec<Event>,
    others: Vec<Pod>,
    /// Of the revision before: its image and how many of its Pods are ready.
    before: Option<(&'static str, u32)>,
    sight: WatchCoverage,
}

impl Scene {
    /// The Pod lists what its ServiceAccount `runner` lists.
    fn new(message: &str, lists: &[&str]) -> Self {
        let mut pod = owned(
            pod("shop", "web-1", waiting("ErrImagePull", message)),
            "web-5c9f",
        );
        pod.pull_secrets = lists.iter().map(|name| Name::new(*name)).collect();
        Self {
            pod,
            account: Some(account("shop", "runner", lists)),
            secrets: Vec::new(),
            events: Vec::new(),
            others: Vec::new(),
            before: None,
            sight: WatchCoverage::complete(),
        }
    }

    fn with(mut self, name: &str, secret_type: SecretType, server: &str) -> Self {
        self.secrets
            .push(secret("shop", name, secret_type, &[(server, "bot")]));
        self
    }

    fn diagnose(self) -> Diagnosis {
        let mut store = Store::default();
        let name = self.pod.key.clone();
        let kind = WorkloadKind::Deployment;
        let mut above = fixtures::workload(kind, "shop", "web", None);
        above.has_unnamed_pull_secret = self.pod.has_unnamed_pull_secret;
        let kind = WorkloadKind::ReplicaSet;
        let mut sets = vec![revision("web-5c9f", 2, IMAGE, 0)];
        sets.extend(
            self.before
                .map(|(image, ready)| revision("web-old", 1, image, ready)),
        );
        store.apply(
            StoreUpdate::Workloads(WorkloadKind::Deployment, upserted(vec![above])),
            now(),
        );
        store.apply(StoreUpdate::Workloads(kind, upserted(sets)), now());
        let mut pods = self.others;
        pods.push(self.pod);
        store.apply(StoreUpdate::Pods(upserted(pods)), now());
        store.apply(StoreUpdate::Events(upserted(self.events)), now());
        store.apply(
            StoreUpdate::ServiceAccounts(upserted(self.account.into_iter().collect())),
            now(),
        );
        let slice = SecretWatch::DockerConfigJson;
        store.apply(StoreUpdate::Secrets(slice, upserted(self.secrets)), now());
        diagnose(&context::pod_context(&store, &self.sight, &name, now()).unwrap())
    }

    fn finding(self) -> Finding {
        self.diagnose().findings.remove(0)
    }
}

/// A ReplicaSet of the Deployment `web`.
fn revision(name: &str, number: u64, image: &str, ready: u32) -> Workload {
    let mut set = fixtures::workload(WorkloadKind::ReplicaSet, "shop", name, Some("web"));
    set.images = Arc::new([("app".into(), image.into())]);
    set.status.revision = Some(Revision {
        number,
        since: None,
    });
    set.status.ready = ready;
    set
}

fn judged(finding: &Finding) -> (Cause, Option<RootCause>, Confidence) {
    (finding.cause, finding.root, finding.confidence)
}

const JSON: SecretType = SecretType::DockerConfigJson;

#[test]
fn the_same_text_and_the_link_that_is_broken() {
    let opaque = SecretType::Other(Some("Opaque".into()));
    let mut stale = Scene::new(REFUSED, &[]).with("regcred", JSON, "registry.example");
    stale.account = Some(account("shop", "runner", &["regcred"]));
    let mut elsewhere = Scene::new(REFUSED, &["regcred"]);
    elsewhere.secrets.push(secret(
        "tools",
        "regcred",
        JSON,
        &[("registry.example", "bot")],
    ));
    let table = [
        (
            Scene::new(REFUSED, &[]),
            RootCause::SecretNotAttached,
            vec![
                FixId::CreateSecret,
                FixId::AttachSecret,
                FixId::CredentialProvider,
            ],
        ),
        (
            Scene::new(REFUSED, &[]).with("regcred", JSON, "registry.example"),
            RootCause::SecretNotAttached,
            vec![FixId::AttachSecret, FixId::CredentialProvider],
        ),
        (
            stale,
            RootCause::PodPredatesBinding,
            vec![FixId::Restart, FixId::RetryNow],
        ),
        (
            Scene::new(REFUSED, &["regcred"]),
            RootCause::SecretMissing,
            vec![FixId::CreateSecret, FixId::CorrectSecretName],
        ),
        (
            elsewhere,
            RootCause::SecretMissing,
            vec![FixId::CopySecret, FixId::CreateSecret],
        ),
        (
            Scene::new(REFUSED, &["regcred"]).with("regcred", opaque, "registry.example"),
            RootCause::SecretWrongType,
            vec![FixId::ConvertType, FixId::CreateSecret],
        ),
        (
            Scene::new(REFUSED, &["regcred"]).with("regcred", JSON, "registry.example:5000"),
            RootCause::EntryForOtherRegistry,
            vec![FixId::CorrectServer, FixId::CreateSecret],
        ),
    ];
    for (scene, root, fixes) in table {
        let finding = scene.finding();
        // Of a Pod that lists nothing the node's credential provider may have failed.
        let (confidence, others) = match root {
            RootCause::SecretNotAttached => {
                (Confidence::Likely, &[Cause::CredentialProviderFailure][..])
            }
            _ => (Confidence::Certain, &[][..]),
        };
        assert_eq!(
            judged(&finding),
            (Cause::NoCredentialsSent, Some(root), confidence)
        );
        assert_eq!(finding.alternatives, others, "{root}");
        assert_eq!(finding.fixes, fixes, "{root}");
        let is_certain = confidence == Confidence::Certain;
        assert_eq!(finding.confirming_checks.is_empty(), is_certain, "{root}");
    }
}

#[test]
fn a_credential_that_went_out_and_was_refused() {
    let finding = Scene::new(REJECTED, &["regcred"])
        .with("regcred", JSON, "registry.example")
        .finding();
    let expected = (
        Cause::Unauthorized,
        Some(RootCause::CredentialRejected),
        Confidence::Certain,
    );
    assert_eq!(judged(&finding), expected);
    let sent = |evidence: &super::Evidence| matches!(&evidence.fact, Fact::CredentialSent { username: Some(user), .. } if &**user == "bot");
    assert!(finding.evidence.iter().any(sent));
}

#[test]
fn a_key_that_is_nearly_right_is_named_with_the_right_one() {
    let finding = Scene::new(REFUSED, &["regcred"])
        .with("regcred", JSON, "registry.example:5000")
        .finding();
    assert_eq!(
        finding.fix_context.current_auth_key.as_deref(),
        Some("registry.example:5000")
    );
    assert_eq!(
        finding.fix_context.expected_auth_key.as_deref(),
        Some("registry.example")
    );
}

#[test]
fn without_the_right_to_see_secrets_nothing_is_certain() {
    let mut scene = Scene::new(REFUSED, &["regcred"]);
    scene.sight = WatchCoverage::default();
    let finding = scene.finding();
    assert_eq!(finding.root, None);
    assert_ne!(finding.confidence, Confidence::Certain);
    assert!(!finding.confirming_checks.is_empty());
}

#[test]
fn the_cause_is_remembered_across_the_back_off() {
    let mut scene = Scene::new("", &["regcred"]).with("regcred", JSON, "registry.example");
    let container = &mut scene.pod.containers[0];
    container.state = waiting(
        "ImagePullBackOff",
        &format!("Back-off pulling image \"{IMAGE}\""),
    );
    let text = format!("Failed to pull image \"{IMAGE}\": {IMAGE}: not found");
    scene.events = vec![event("e1", "web-1", "Failed", &text, 4, seconds_ago(240))];
    let finding = scene.finding();
    assert_eq!(finding.cause, Cause::ImageNotFound);
    assert_eq!(finding.evidence[0].observed_at, Some(seconds_ago(240)));
}

#[test]
fn another_tag_that_runs_proves_the_repository() {
    let mut scene = Scene::new(
        &format!("failed to resolve reference \"{IMAGE}\": {IMAGE}: not found"),
        &["regcred"],
    )
    .with("regcred", JSON, "registry.example");
    let mut sibling = fixtures::pod("shop", "old", fixtures::running());
    sibling.containers[0].image = "registry.example/team/app:0".into();
    scene.others.push(sibling);
    let finding = scene.finding();
    let expected = (
        Cause::ImageNotFound,
        Some(RootCause::TagMissing),
        Confidence::Certain,
    );
    assert_eq!(judged(&finding), expected);
}

#[test]
fn the_secret_to_attach_is_the_one_that_works_for_others() {
    let mut scene = Scene::new(REFUSED, &[])
        .with("a-new-one", JSON, "registry.example")
        .with("old", JSON, "registry.example")
        .with("works", JSON, "registry.example");
    for (name, secret, state) in [
        ("db-1", "works", fixtures::running()),
        ("cart-1", "old", waiting("ErrImagePull", REJECTED)),
    ] {
        let mut other = fixtures::pod("shop", name, state);
        other.pull_secrets = [Name::new(secret)].into();
        scene.others.push(other);
    }
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::SecretNotAttached));
    assert_eq!(
        finding.fix_context.matching_secret.as_deref(),
        Some("works")
    );
}

/// The restart that would give it the list has been made: it waits until a newer Pod is ready.
#[test]
fn a_pod_of_a_revision_that_is_replaced_is_not_to_be_restarted() {
    let mut scene = Scene::new(REFUSED, &[]).with("regcred", JSON, "registry.example");
    scene.account = Some(account("shop", "runner", &["regcred"]));
    scene.before = Some((IMAGE, 0));
    scene.pod = owned(scene.pod, "web-old");
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::PodPredatesBinding));
    assert_eq!(finding.fixes, [FixId::RetryNow]);
}

#[test]
fn a_pod_that_runs_has_no_findings() {
    let mut scene = Scene::new("", &[]);
    scene.pod.containers[0].state = fixtures::running();
    scene.pod.phase = Phase::Running;
    assert_eq!(scene.diagnose(), Diagnosis::default());
}

/// Back is the first thing to offer where the revision before still serves, the second where it had
/// another image, and none where the image is not to blame.
#[test]
fn a_rollout_to_a_wrong_image_can_be_undone() {
    let missing = "failed to pull and unpack image \"registry.example/team/app:1\": failed to resolve reference \"registry.example/team/app:1\": registry.example/team/app:1: not found";
    for (message, before, at) in [
        (missing, Some(("registry.example/team/app:0", 2)), Some(0)),
        (missing, Some(("registry.example/team/app:0", 0)), Some(1)),
        (missing, Some((IMAGE, 2)), None),
        (missing, None, None),
        (REFUSED, Some(("registry.example/team/app:0", 2)), None),
    ] {
        let mut scene = Scene::new(message, &[]);
        scene.before = before;
        let fixes = scene.finding().fixes;
        let found = fixes.iter().position(|fix| *fix == FixId::UndoRollout);
        assert_eq!(found, at, "{message} {before:?}: {fixes:?}");
    }
}

#[test]
fn a_crash_loop_is_no_pull_failure() {
    let mut scene = Scene::new("", &["regcred"]);
    scene.pod.containers[0].state = ContainerState::Waiting {
        reason: "CrashLoopBackOff".into(),
        message: None,
    };
    let expected = (
        Cause::NotAPullFailure,
        Some(RootCause::NotAPull),
        Confidence::Certain,
    );
    assert_eq!(judged(&scene.finding()), expected);
}

#[test]
fn what_holds_a_pod_back_is_named() {
    for (gates, summary) in [
        (
            &["lab/wait"][..],
            "scheduling gate lab/wait holds the Pod back",
        ),
        (
            &["lab/wait", "quota"],
            "scheduling gates lab/wait, quota hold the Pod back",
        ),
    ] {
        let mut scene = Scene::new("", &[]);
        scene.pod.node = None;
        scene.pod.containers[0].state = ContainerState::Unreported;
        let reason = Some("SchedulingGated".into());
        scene.pod.conditions = Box::new([PodCondition::new(
            PodConditionType::Scheduled,
            false,
            None,
            reason,
            Some("Scheduling is blocked due to non-empty scheduling gates".into()),
        )]);
        scene.pod.scheduling_gates = gates.iter().map(|gate| (*gate).into()).collect();
        let finding = scene.finding();
        assert_eq!(finding.root, Some(RootCause::NotScheduled));
        assert_eq!(finding.summary(), summary);
        assert_eq!(finding.fixes, [FixId::RemoveSchedulingGate]);
    }
}

#[test]
fn a_reason_that_is_told_is_not_a_missing_secret() {
    let firewall = "Head \"https://acme.azurecr.io/v2/shop/manifests/1\": denied: client with IP '10.0.0.4' is not allowed access.";
    let provider = "error execing credential provider plugin acr-credential-provider for image acme.azurecr.io/shop: exit status 2";
    for (message, cause, root) in [
        (firewall, Cause::ForbiddenByPolicy, None),
        (
            provider,
            Cause::CredentialProviderFailure,
            Some(RootCause::NodeProblem),
        ),
    ] {
        let finding = Scene::new(message, &[]).finding();
        assert_eq!(judged(&finding), (cause, root, Confidence::Certain));
    }
}

#[test]
fn a_restart_helps_only_where_the_account_lists_what_opens_the_image() {
    let mut scene = Scene::new(REFUSED, &[]).with("other", JSON, "ghcr.io");
    scene.account = Some(account("shop", "runner", &["other"]));
    let finding = scene.finding();
    assert_eq!(finding.root, Some(RootCause::SecretNotAttached));
    let lists = |it: &super::Evidence| matches!(it.fact, Fact::AccountLists { .. });
    assert!(finding.evidence.iter().any(lists), "it lists something");
}

#[test]
fn a_sandbox_that_was_made_in_the_end_holds_nothing_up() {
    let scene = |said: &[(&str, i64)]| {
        let mut scene = Scene::new("", &["regcred"]);
        scene.pod.containers[0].state = waiting("ContainerCreating", "");
        let events = said.iter().map(|(reason, before)| {
            event(
                reason,
                "web-1",
                reason,
                "no network yet",
                1,
                seconds_ago(*before),
            )
        });
        scene.events = events.collect();
        scene.diagnose()
    };
    let failed = ("FailedCreatePodSandBox", 60);
    let stuck = scene(&[failed]);
    assert_eq!(stuck.first().unwrap().cause, Cause::NotAPullFailure);
    assert_eq!(scene(&[failed, ("Pulling", 30)]), Diagnosis::default());
}

#[test]
fn a_step_of_which_nothing_is_said_is_named() {
    let said = |change: fn(&mut Pod)| {
        let mut scene = Scene::new("", &["regcred"]);
        scene.pod.containers[0].state = ContainerState::Unreported;
        scene.pod.meta.created = Some(seconds_ago(1080));
        scene.pod.conditions = Box::new([]);
        change(&mut scene.pod);
        let finding = scene.finding();
        assert_eq!(finding.cause, Cause::NotAPullFailure);
        finding.summary()
    };
    let kubelet = "the kubelet has not reported on the Pod for 18m";
    assert_eq!(said(|_| {}), kubelet);
    assert_eq!(said(|pod| pod.containers = Box::new([])), kubelet);
    assert_eq!(
        said(|pod| pod.node = None),
        "no scheduler has picked up the Pod for 18m; check its schedulerName"
    );
    assert_eq!(
        said(|pod| pod.containers[0].state = waiting("ContainerCreating", "")),
        "ContainerCreating for 18m, and no event says why"
    );
}

#[test]
fn a_missing_service_account_makes_no_pods() {
    let mut web: Workload = fixtures::workload(WorkloadKind::ReplicaSet, "shop", "web-5c9f", None);
    web.status.desired = 1;
    let idle = Arc::new(Workload {
        status: WorkloadStatus::default(),
        ..web.clone()
    });
    let web = Arc::new(web);
    let mut store = Store::default();
    let mut refused = event(
        "e1",
        "web-5c9f",
        "FailedCreate",
        "pods \"web-5c9f-\" is forbidden: error looking up service account shop/runner: serviceaccount \"runner\" not found",
        3,
        seconds_ago(5),
    );
    refused.regarding.kind = "ReplicaSet".into();
    store.apply(StoreUpdate::Events(upserted(vec![refused.clone()])), now());
    let context = context::workload_context(&store, &WatchCoverage::complete(), &web, now());
    let finding = workload(&context).unwrap();
    assert_eq!(finding.root, Some(RootCause::ServiceAccountMissing));
    assert_eq!(finding.fixes, [FixId::CreateServiceAccount]);
    let mut made = Store::default();
    made.apply(
        StoreUpdate::ServiceAccounts(upserted(vec![account("shop", "runner", &[])])),
        now(),
    );
    made.apply(StoreUpdate::Events(upserted(vec![refused])), now());
    let mended = context::workload_context(&made, &WatchCoverage::complete(), &web, now());
    assert_eq!(workload(&mended), None, "it is there by now");
    let context = context::workload_context(&store, &WatchCoverage::complete(), &idle, now());
    assert_eq!(workload(&context), None, "no Pods are wanted any more");
}

#[test]
fn what_nobody_says_any_more_is_told_by_the_chain() {
    let back_off = format!("Back-off pulling image \"{IMAGE}\"");
    let json = SecretType::DockerConfigJson;
    let scene = |lists: &[&str]| Scene::new(&back_off, lists);
    for (scene, root) in [
        (
            scene(&[]).with("regcred", json.clone(), "registry.example"),
            Some(RootCause::SecretNotAttached),
        ),
        (scene(&["gone"]), Some(RootCause::SecretMissing)),
        (
            scene(&["regcred"]).with("regcred", SecretType::Other(None), ""),
            Some(RootCause::SecretWrongType),
        ),
        // A credential is sent, or none is known that could be: the chain proves nothing.
        (
            scene(&["regcred"]).with("regcred", json.clone(), "registry.example"),
            None,
        ),
        (scene(&["other"]).with("other", json, "ghcr.io"), None),
        (scene(&[]), None),
    ] {
        let diagnosis = scene.diagnose();
        let finding = diagnosis.first().unwrap();
        assert_eq!(finding.cause, Cause::CauseNotStated);
        assert_eq!(finding.root, root, "{}", finding.summary());
        if root.is_some() {
            assert_eq!(finding.confidence, Confidence::Likely);
        }
    }
}

#[test]
fn a_missing_digest_is_not_called_a_tag() {
    let digest = format!("registry.example/team/app@sha256:{}", "a".repeat(64));
    let mut scene = Scene::new(
        &format!(
            "failed to pull and unpack image \"{digest}\": failed to resolve reference \"{digest}\": {digest}: not found"
        ),
        &[],
    );
    scene.pod.containers[0].image = digest.as_str().into();
    assert_eq!(scene.finding().title(), "digest not found");
}

#[test]
fn how_a_secret_stands_is_said_in_whole_sentences() {
    use crate::domain::context::SecretState;
    let unknown = SecretState::WrongType(SecretType::Other(None));
    assert_eq!(
        Fact::Secret {
            name: "opaque".into(),
            state: unknown.to_string(),
        }
        .to_string(),
        "Secret opaque has a type that the kubelet does not read"
    );
    let scene = Scene::new(REFUSED, &["other"]).with(
        "other",
        SecretType::DockerConfigJson,
        "elsewhere.example",
    );
    let finding = scene.finding();
    let facts: Vec<String> = finding
        .evidence
        .iter()
        .map(|evidence| evidence.fact.to_string())
        .collect();
    let says = |fact: &String| {
        fact.starts_with("Secret other has entry elsewhere.example, which does not match")
    };
    assert!(facts.iter().any(says), "{facts:?}");
}
