//! Tests of what facts of the node change in a finding.

use super::*;
use crate::domain::{
    context,
    diagnostics::{applicable_fixes, diagnose},
    fixtures::{account, event, now, pod, seconds_ago, upserted, waiting},
    k8s::{
        distribution::NodeInfo,
        objects::{ContainerRole, OwnerReference, Pod, WorkloadIdentity},
    },
    node::{NodeFile, NodeImage, Reading},
    store::{Store, update::StoreUpdate, watch::WatchCoverage},
};

const IMAGE: &str = "registry.example/team/app:1";

/// A node of this kubelet version, with this configuration.
fn facts(version: &str, config: &str, images: &[&str], metrics: &str) -> NodeFacts {
    let image = |name: &&str| NodeImage {
        names: vec![(*name).into()],
        size_bytes: 1,
    };
    let configz = format!("{{\"kubeletconfig\":{{{config}}}}}");
    NodeFacts {
        name: "node-1".into(),
        status: Reading::Known(NodeStatus {
            info: NodeInfo {
                kubelet_version: version.to_owned(),
                ..NodeInfo::default()
            },
            images: images.iter().map(image).collect(),
            ..NodeStatus::default()
        }),
        config: Reading::Known(KubeletConfig::parse(configz.as_bytes()).unwrap()),
        metrics: Reading::Known(KubeletMetrics::parse(metrics)),
        read_at: now(),
    }
}

fn on_node(name: &str, reason: &str, message: &str, policy: PullPolicy) -> Pod {
    let mut pod = pod("shop", name, waiting(reason, message));
    pod.node = Some("node-1".into());
    pod.containers[0].image = IMAGE.into();
    pod.containers[0].policy = policy;
    pod
}

/// The finding of the first Pod, and what it says of the node.
fn judged(
    pods: Vec<Pod>,
    events: Vec<crate::domain::k8s::objects::Event>,
    facts: &NodeFacts,
    registries: Option<&RegistryConfig>,
) -> (Finding, Vec<String>) {
    let mut store = Store::default();
    let name = pods[0].key.clone();
    store.apply(StoreUpdate::Pods(upserted(pods)), now());
    store.apply(StoreUpdate::Events(upserted(events)), now());
    let case = context::pod_context(&store, &WatchCoverage::complete(), &name, now()).unwrap();
    let mut finding = diagnose(&case).findings.remove(0);
    let knowledge = NodeKnowledge {
        facts: Some(facts),
        registries,
        answers: &NodeAnswers::default(),
    };
    knowledge.apply(&mut finding, &case);
    let told = node_facts_of(&finding);
    (finding, told)
}

/// What the evidence says of the node.
fn node_facts_of(finding: &Finding) -> Vec<String> {
    let evidence = finding.evidence.iter();
    let of_node = evidence.filter(|it| it.source == EvidenceSource::Node);
    of_node.map(|it| it.fact.to_string()).collect()
}

const NEVER: &str =
    "Container image \"registry.example/team/app:1\" is not present with pull policy of Never";

fn never(config: &str, images: &[&str]) -> (Finding, Vec<String>) {
    let pod = on_node("web-1", "ErrImageNeverPull", NEVER, PullPolicy::Never);
    judged(
        vec![pod],
        Vec::new(),
        &facts("v1.37.2", config, images, ""),
        None,
    )
}

fn policy(name: &str) -> String {
    format!("\"imagePullCredentialsVerificationPolicy\":\"{name}\"")
}

/// kubernetes/kubernetes#138175: the kubelet says *not present* of an image that is present.
#[test]
fn an_image_that_the_node_lists_is_refused_for_its_credential() {
    let (finding, told) = never(&policy("NeverVerifyPreloadedImages"), &[IMAGE]);
    assert_eq!(finding.cause, Cause::CredentialsNotVerified);
    assert_eq!(finding.alternatives, [Cause::NeverPullAbsent]);
    assert_eq!(finding.confidence, Confidence::Likely);
    let line =
        "node node-1 has the image; its credential verification is NeverVerifyPreloadedImages";
    assert_eq!(told, [line]);
}

#[test]
fn a_kubelet_that_verifies_nothing_does_not_have_the_image() {
    let config = format!(
        "{},\"imageGCHighThresholdPercent\":85",
        policy("NeverVerify")
    );
    let (finding, told) = never(&config, &[]);
    assert_eq!(finding.cause, Cause::NeverPullAbsent);
    assert_eq!(finding.alternatives, []);
    assert_eq!(finding.confidence, Confidence::Certain);
    assert_eq!(
        told[1],
        "node node-1 deletes unused images above 85% disk usage"
    );
}

#[test]
fn an_unlisted_image_leaves_both_open() {
    let (finding, _) = never(&policy("AlwaysVerify"), &[]);
    assert_eq!(finding.cause, Cause::NeverPullAbsent);
    assert_eq!(finding.alternatives, [Cause::CredentialsNotVerified]);
}

const DENIED: &str = "failed to resolve image: unexpected status from HEAD request to \
                      http://mirror.example/v2/team/app/manifests/1?ns=registry.example: 503 Service Unavailable";

#[test]
fn the_mirror_that_is_asked_first_is_named_with_its_file() {
    let hosts = NodeFile {
        path: "/etc/containerd/certs.d/registry.example/hosts.toml".to_owned(),
        text: Some("[host.\"http://mirror.example\"]".to_owned()),
    };
    let registries = RegistryConfig::from_files(&[hosts]);
    let pod = || on_node("web-1", "ErrImagePull", DENIED, PullPolicy::Always);
    let facts = facts("v1.37.2", "", &[], "");
    let (_, told) = judged(vec![pod()], Vec::new(), &facts, Some(&registries));
    let line = "node node-1 asks http://mirror.example before registry.example \
                (/etc/containerd/certs.d/registry.example/hosts.toml)";
    assert_eq!(told, [line]);
    let other = RegistryConfig::default();
    assert_eq!(
        judged(vec![pod()], Vec::new(), &facts, Some(&other)).1,
        [""; 0]
    );
}

/// `web-1` pulls behind two others on its node, and before a third one.
fn queued(config: &str) -> (Finding, Vec<String>) {
    let pulling = |(name, seconds): (&str, i64)| {
        let mut event = event(
            name,
            name,
            "Pulling",
            "Pulling image \"x\"",
            1,
            seconds_ago(seconds),
        );
        event.regarding.field = Some("spec.containers{app}".into());
        event
    };
    let names = ["web-1", "web-2", "web-3", "web-4"];
    let pods = names.map(|name| on_node(name, "ContainerCreating", "", PullPolicy::Always));
    let events = [
        ("web-1", 400),
        ("web-2", 500),
        ("web-3", 600),
        ("web-4", 300),
    ];
    let facts = facts("v1.37.2", config, &[], "");
    judged(pods.to_vec(), events.map(pulling).to_vec(), &facts, None)
}

/// The number is that of the pulls before it: later ones wait for this one.
#[test]
fn a_pull_waits_for_others_where_the_kubelet_has_no_room() {
    let ahead = "2 other pulls are ahead: Pod shop/web-3 has been pulling registry.example/team/app:1 for 10m";
    for (config, pulls) in [
        ("\"serializeImagePulls\":true", "one image at a time"),
        (
            "\"serializeImagePulls\":false,\"maxParallelImagePulls\":2",
            "at most 2 images at a time",
        ),
    ] {
        let (finding, told) = queued(config);
        assert_eq!(told, [format!("node node-1 pulls {pulls}; {ahead}")]);
        assert_eq!(finding.root, Some(RootCause::PullQueued), "{config}");
        assert_eq!(finding.confidence, Confidence::Certain, "{config}");
        assert_eq!(finding.alternatives, []);
        assert_eq!(finding.confirming_checks, [""; 0]);
        assert_eq!(finding.summary(), told[0]);
        let is_ahead = |it: &Evidence| matches!(it.fact, Fact::PullsAhead { .. });
        assert!(!finding.evidence.iter().any(is_ahead), "{config}");
    }
}

#[test]
fn a_pull_waits_for_no_other_where_the_kubelet_has_room() {
    for config in [
        "\"serializeImagePulls\":false,\"maxParallelImagePulls\":3",
        "\"serializeImagePulls\":false",
    ] {
        let (finding, told) = queued(config);
        assert_eq!(told, [""; 0], "{config}");
        assert_eq!(finding.cause, Cause::RegistryUnreachableTimeout);
        assert_eq!(finding.root, Some(RootCause::PullUnfinished));
        assert_eq!(finding.confidence, Confidence::Possible);
        assert_eq!(finding.alternatives, [Cause::PullTimeoutCancelled]);
        assert!(!finding.fixes.contains(&FixId::ParallelPulls), "{config}");
        let facts: Vec<_> = finding.evidence.iter().map(|it| &it.fact).collect();
        assert!(
            matches!(facts[..], [Fact::Pulling { .. }]),
            "{config} {facts:?}"
        );
    }
}

#[test]
fn a_queue_stays_likely_where_the_kubelet_does_not_say() {
    let (finding, told) = queued("");
    assert_eq!(told, [""; 0]);
    assert_eq!(finding.root, Some(RootCause::PullQueued));
    assert_eq!(finding.confidence, Confidence::Likely);
}

/// A Job's Pod template cannot be changed, and a debug container gets no Secret: as in the diagnosis itself.
#[test]
fn the_fixes_of_another_cause_are_those_that_the_owner_has() {
    let mut debug = on_node("web-1", "ErrImageNeverPull", NEVER, PullPolicy::Never);
    debug.containers[0].role = ContainerRole::Ephemeral;
    let mut mirror = on_node("web-1", "ErrImageNeverPull", NEVER, PullPolicy::Never);
    mirror.meta.owner = Some(Arc::new(OwnerReference {
        kind: "Node".into(),
        name: "node-1".into(),
        uid: "uid-node-1".into(),
    }));
    let config = policy("AlwaysVerify");
    let facts = facts("v1.37.2", &config, &[IMAGE], "");
    for pod in [debug, mirror] {
        let (finding, _) = judged(vec![pod], Vec::new(), &facts, None);
        assert_eq!(finding.cause, Cause::CredentialsNotVerified);
        let target = finding.fix_context.target.as_deref().unwrap();
        let kept = applicable_fixes(finding.fixes.clone(), target, finding.root);
        assert_eq!(finding.fixes, kept);
        assert!(!finding.fixes.contains(&FixId::AttachSecret));
        assert!(!finding.fixes.is_empty());
    }
}

/// Whoever may get a node need not list all of them.
#[test]
fn the_info_of_a_node_that_was_read_is_used_and_not_asked_again() {
    let pod = || on_node("web-1", "ErrImageNeverPull", NEVER, PullPolicy::Never);
    let before = facts("v1.34.2", "", &[], "");
    let (finding, _) = judged(vec![pod()], Vec::new(), &before, None);
    assert_eq!(finding.cause, Cause::NeverPullAbsent);
    assert_eq!(finding.alternatives, [], "1.34 verifies nothing");

    let mut k3s = facts("v1.36.1+k3s1", "", &[], "");
    let answers = NodeAnswers::default();
    let asked = |facts: &NodeFacts| {
        let (mut finding, _) = judged(vec![pod()], Vec::new(), facts, None);
        finding.fixes = vec![FixId::TrustCa];
        let knowledge = NodeKnowledge {
            facts: Some(facts),
            registries: None,
            answers: &answers,
        };
        (knowledge.questions(&finding), finding.fix_context.clues)
    };
    let (questions, clues) = asked(&k3s);
    assert_eq!(questions, []);
    assert!(clues.distribution.is_some());
    k3s.status = Reading::Unavailable("no answer".into());
    let node = "node-1".to_owned();
    assert_eq!(asked(&k3s).0, [NodeQuestion::Info { node }]);
}

/// A refused pull of which a credential provider could be the reason.
fn with_suspected_provider(version: &str, metrics: &str) -> (Finding, Vec<String>) {
    let refused = "failed to resolve image: Get https://registry.example/v2/team/app/manifests/1: no basic auth credentials";
    let mut store = Store::default();
    let pod = on_node("web-1", "ErrImagePull", refused, PullPolicy::Always);
    let name = pod.key.clone();
    store.apply(StoreUpdate::Pods(upserted(vec![pod])), now());
    let case = context::pod_context(&store, &WatchCoverage::complete(), &name, now()).unwrap();
    let mut finding = diagnose(&case).findings.remove(0);
    finding.alternatives = vec![Cause::CredentialProviderFailure];
    finding.fixes = vec![FixId::CreateSecret, FixId::CredentialProvider];
    apply_facts(&mut finding, &case, &facts(version, "", &[], metrics), None);
    let told = node_facts_of(&finding);
    (finding, told)
}

#[test]
fn a_kubelet_without_a_provider_did_not_fail_to_provide() {
    let (before, told) = with_suspected_provider("v1.33.1", "");
    assert_eq!(before.alternatives, [Cause::CredentialProviderFailure]);
    assert_eq!(told, [""; 0], "1.33 does not report its providers");

    let (none, told) = with_suspected_provider("v1.37.2", "");
    assert_eq!(none.alternatives, []);
    assert_eq!(none.fixes, [FixId::CreateSecret]);
    assert_eq!(
        told,
        ["the kubelet of node node-1 has no credential provider configured"]
    );

    let metrics = "kubelet_credential_provider_config_info{hash=\"sha256:1\"} 1\n\
                   kubelet_credential_provider_plugin_duration_count{plugin_name=\"ecr\"} 20\n\
                   kubelet_credential_provider_plugin_errors_total{plugin_name=\"ecr\"} 18\n";
    let (fails, told) = with_suspected_provider("v1.37.2", metrics);
    assert_eq!(fails.alternatives, [Cause::CredentialProviderFailure]);
    let line =
        "credential provider ecr of node node-1 failed 18 of 20 times since the kubelet started";
    assert_eq!(told, [line]);
}

/// The node may request no token, and has no provider that would request one.
#[test]
fn a_kubelet_without_a_provider_needs_no_right_to_request_tokens() {
    let image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1";
    let refused = format!(
        "failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": \
         pull access denied, repository does not exist or may require authorization: \
         authorization failed: no basic auth credentials"
    );
    let mut pod = on_node("web-1", "ErrImagePull", &refused, PullPolicy::Always);
    pod.containers[0].image = image.into();
    let mut account = account("shop", "runner", &[]);
    let role = "arn:aws:iam::123456789012:role/team/puller";
    let identity = WorkloadIdentity::from_annotation("eks.amazonaws.com/ecr-role-arn", role);
    account.identities.extend(identity);
    let mut store = Store::default();
    let name = pod.key.clone();
    store.apply(StoreUpdate::Pods(upserted(vec![pod])), now());
    store.apply(StoreUpdate::ServiceAccounts(upserted(vec![account])), now());
    let case = context::pod_context(&store, &WatchCoverage::complete(), &name, now()).unwrap();
    let mut before = diagnose(&case).findings.remove(0);
    before.alternatives = vec![Cause::CredentialProviderFailure];
    let mut answers = NodeAnswers::default();
    for question in node_answers::questions(&before, true) {
        if let NodeQuestion::Token(token) = question {
            answers.add_token(token, false);
        }
    }
    let judged = |metrics: &str| {
        let mut finding = before.clone();
        let facts = facts("v1.37.2", "", &[], metrics);
        let knowledge = NodeKnowledge {
            facts: Some(&facts),
            registries: None,
            answers: &answers,
        };
        knowledge.apply(&mut finding, &case);
        finding.fixes
    };
    let provider = "kubelet_credential_provider_config_info{hash=\"sha256:1\"} 1\n";
    assert_eq!(judged(provider)[0], FixId::GrantTokenAudience);
    assert!(!judged("").contains(&FixId::GrantTokenAudience));
}
