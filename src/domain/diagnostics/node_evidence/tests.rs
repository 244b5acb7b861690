use super::*;
use crate::domain::{
    context,
    diagnostics::diagnose,
    fixtures::{event, key, now, pod, seconds_ago, upserted, waiting},
    k8s::{distribution::NodeInfo, objects::Pod},
    node::{NodeFile, NodeImage, Reading},
    store::{update::StoreUpdate, watch::WatchCoverage},
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
    apply_node(&mut finding, &case, &store, facts, registries);
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

#[test]
fn a_pull_behind_others_is_a_queue_where_the_kubelet_has_one() {
    let pulling = |name: &str| {
        let mut event = event(
            name,
            name,
            "Pulling",
            "Pulling image \"x\"",
            1,
            seconds_ago(400),
        );
        event.regarding.field = Some("spec.containers{app}".into());
        event
    };
    let pods = || {
        ["web-1", "web-2", "web-3"]
            .map(|name| on_node(name, "ContainerCreating", "", PullPolicy::Always))
            .to_vec()
    };
    let events = || ["web-1", "web-2", "web-3"].map(pulling).to_vec();
    for (config, expected) in [
        (
            "\"serializeImagePulls\":true",
            &["node node-1 pulls one image at a time; 2 other Pods wait for a pull there"][..],
        ),
        (
            "\"serializeImagePulls\":false,\"maxParallelImagePulls\":2",
            &["node node-1 pulls at most 2 images at a time; 2 other Pods wait for a pull there"],
        ),
        (
            "\"serializeImagePulls\":false,\"maxParallelImagePulls\":3",
            &[],
        ),
        ("\"serializeImagePulls\":false", &[]),
        ("", &[]),
    ] {
        let facts = facts("v1.37.2", config, &[], "");
        let (_, told) = judged(pods(), events(), &facts, None);
        assert_eq!(told, expected, "{config}");
    }
    let alone = pods().into_iter().take(1).collect();
    let facts = facts("v1.37.2", "\"serializeImagePulls\":true", &[], "");
    assert_eq!(judged(alone, events(), &facts, None).1, [""; 0]);
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
    apply_node(
        &mut finding,
        &case,
        &store,
        &facts(version, "", &[], metrics),
        None,
    );
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

#[test]
fn the_pods_of_other_nodes_wait_for_nothing_here() {
    let mut far = on_node("web-2", "ContainerCreating", "", PullPolicy::Always);
    far.node = Some("node-2".into());
    let here = on_node("web-1", "ContainerCreating", "", PullPolicy::Always);
    let mut event = event(
        "e",
        "web-2",
        "Pulling",
        "Pulling image \"x\"",
        1,
        seconds_ago(400),
    );
    event.regarding.field = Some("spec.containers{app}".into());
    let mut store = Store::default();
    store.apply(StoreUpdate::Pods(upserted(vec![here, far])), now());
    store.apply(StoreUpdate::Events(upserted(vec![event])), now());
    let name = key("shop", "web-1");
    let case = context::pod_context(&store, &WatchCoverage::complete(), &name, now()).unwrap();
    assert_eq!(other_pulls(&store, &case), 0);
}
