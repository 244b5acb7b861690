//! Evidence of a finding: typed facts, each with its source and time.
//!
//! Facts are typed; only `Display` turns them into text, and nothing parses that text.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    k8s::{
        age,
        objects::{IdentityScope, WorkloadIdentity},
    },
    registry_auth::credential_provider::CredentialProvider,
};

/// A fact with its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub fact: Fact,
    pub source: EvidenceSource,
    /// When it was observed; `None` for the current state of the objects.
    #[serde(rename = "seen")]
    pub observed_at: Option<Timestamp>,
}

/// The source of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceSource {
    ContainerStatus,
    Event,
    /// A status that has since been overwritten by the back-off.
    #[serde(rename = "remembered")]
    EarlierStatus,
    Pod,
    ServiceAccount,
    Secret,
    Workload,
    OtherPods,
    /// The tables of registries, and of moved images, that are part of the program.
    KnownRegistries,
    /// Asked from the operator's machine.
    Registry,
    PullTest,
    /// A review of the API server's authorizer.
    Rbac,
    /// The Pod's node and its kubelet, asked when it was looked at.
    Node,
}

/// A fact, with names and texts as in the objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    RegistrySays {
        text: Arc<str>,
    },
    #[serde(rename = "registry-gives")]
    RegistryAllows,
    #[serde(rename = "test-pulled")]
    PullTestSucceeded {
        text: Arc<str>,
    },
    #[serde(rename = "test-refused")]
    PullTestFailed {
        text: Arc<str>,
    },
    #[serde(rename = "said")]
    KubeletMessage {
        text: Arc<str>,
    },
    PodListsNothing,
    /// The only entries of the Pod's `imagePullSecrets` have no name.
    PodListsUnnamed,
    AccountMissing {
        account: Arc<str>,
    },
    AccountLists {
        account: Arc<str>,
        secrets: Vec<Arc<str>>,
    },
    AccountListsNothing {
        account: Arc<str>,
    },
    /// The Pod template has its own `imagePullSecrets`, so those of the ServiceAccount do not apply.
    #[serde(rename = "own-list-hides")]
    TemplateOverridesServiceAccount {
        account: Arc<str>,
    },
    /// The kubelet of this node creates the Pod from a file.
    StaticPod {
        node: Arc<str>,
    },
    /// What manages an object that the first fix changes.
    Managed {
        text: String,
    },
    Secret {
        name: Arc<str>,
        state: String,
    },
    /// A listed Secret that the user has no right to read.
    SecretForbidden {
        name: Arc<str>,
        namespace: Arc<str>,
    },
    /// A listed Secret that is not known (yet), for another reason than missing rights.
    SecretNotRead {
        name: Arc<str>,
    },
    /// The API server refuses every change of its data.
    SecretImmutable {
        name: Arc<str>,
    },
    SecretElsewhere {
        name: Arc<str>,
        namespace: Arc<str>,
    },
    /// A Secret that is not listed matches the image.
    UnlistedMatches {
        name: Arc<str>,
        account: Option<Arc<str>>,
    },
    /// A Secret that the Pod does not list would open the image; who lists it has not been read.
    UnlistedMatchesUnread {
        name: Arc<str>,
    },
    /// A Secret that is not listed matches the image, and the registry refused its credential for this Pod.
    UnlistedRefused {
        secret: Arc<str>,
        pod: Arc<str>,
    },
    /// With a Secret that is not listed the registry returns the image.
    UnlistedAllows {
        secret: Arc<str>,
    },
    /// With a Secret that is not listed the registry refuses the image.
    UnlistedDenied {
        secret: Arc<str>,
        text: Arc<str>,
    },
    /// The Pod's ServiceAccount is not known, for lack of rights or as it is still being listed.
    AccountNotRead {
        account: Arc<str>,
    },
    WouldMatch {
        name: Arc<str>,
        key: Arc<str>,
    },
    #[serde(rename = "sent")]
    CredentialSent {
        secret: Arc<str>,
        key: Arc<str>,
        username: Option<Arc<str>>,
        kind: String,
    },
    /// Several credentials were sent, and the answer does not tell which of them it is about.
    OneOfSeveralSent {
        secrets: Vec<Arc<str>>,
    },
    #[serde(rename = "ended")]
    Expired {
        secret: Arc<str>,
        at: Timestamp,
    },
    /// Past the date that an annotation of the Secret has.
    AnnotatedExpiry {
        secret: Arc<str>,
        at: Timestamp,
    },
    /// Older than the maximum or the default lifetime of its kind.
    #[serde(rename = "too-old")]
    LikelyExpired {
        secret: Arc<str>,
        kind: String,
        hours: i64,
    },
    #[serde(rename = "odd")]
    AuthProblem {
        secret: Arc<str>,
        problem: String,
    },
    /// A matching Secret that was created after the attempt.
    #[serde(rename = "not-yet-sent")]
    SecretNewerThanAttempt {
        secret: Arc<str>,
    },
    ImageProblem {
        text: String,
    },
    #[serde(rename = "host-assumed")]
    DockerHubAssumed,
    SameImageRuns {
        pod: Arc<str>,
        node: Option<Arc<str>>,
    },
    /// The image is on the Pod's node, and the kubelet pulls it all the same.
    NodeHasImage {
        node: Arc<str>,
    },
    /// A Pod without any pull secret got an image of the same registry.
    PulledWithoutSecret {
        pod: Arc<str>,
        image: Arc<str>,
    },
    /// Nodes of the registry's cloud have a credential provider for it.
    CloudRegistry {
        cloud: CredentialProvider,
    },
    /// The node has a name as the registry's cloud gives them.
    NodeOfCloud {
        node: Arc<str>,
        cloud: CredentialProvider,
    },
    /// An annotation of the ServiceAccount names an identity at the registry's cloud.
    AccountIdentity {
        account: Arc<str>,
        identity: WorkloadIdentity,
    },
    /// Whether the node may request a ServiceAccount token of one of these audiences.
    NodeToken {
        node: Arc<str>,
        audience: Arc<str>,
        is_allowed: bool,
    },
    OtherTagRuns {
        pod: Arc<str>,
        image: Arc<str>,
    },
    SimilarImage {
        image: Arc<str>,
    },
    /// The image is below a name that has moved.
    Moved {
        from: Arc<str>,
        to: Arc<str>,
        since: Arc<str>,
        announced: Arc<str>,
    },
    /// Another workload runs an image whose name is one slip away.
    SimilarImageRuns {
        image: Arc<str>,
        workload: Arc<str>,
    },
    /// A pull secret that the Pod may use is for a host whose name is one slip away.
    SimilarHostInSecret {
        host: Arc<str>,
        secret: Arc<str>,
    },
    /// A public registry has a name that is one slip away.
    SimilarRegistry {
        host: Arc<str>,
        registry: Arc<str>,
    },
    /// In lower case the name is valid.
    LowerCaseName {
        image: Arc<str>,
    },
    /// The suggested image can be pulled with the Pod's credentials.
    SuggestedImageExists {
        image: Arc<str>,
    },
    /// The suggested image cannot be pulled, or that is not known.
    SuggestedImageRefused {
        image: Arc<str>,
        text: Arc<str>,
    },
    /// Whose pulls Docker Hub counts: those of an account, or of the node's IP address.
    PullsCounted {
        account: Option<Arc<str>>,
        /// When the limit is over at the latest.
        ends: Option<Timestamp>,
    },
    /// Docker Hub's pull limit would say so: this is its other limit.
    PlainTooManyRequests,
    /// A pull secret that is not attached has a login with a limit of its own.
    LoginHasOwnLimit {
        secret: Arc<str>,
        username: Option<Arc<str>>,
    },
    /// Another Pod pulled the same repository from another registry.
    /// The same, of a workload of the cluster.
    OtherRegistryUsed {
        workload: String,
        image: Arc<str>,
    },
    OtherRegistryRuns {
        pod: Arc<str>,
        image: Arc<str>,
    },
    FailsElsewhereToo {
        pod: Arc<str>,
        node: Option<Arc<str>>,
    },
    OlderRevisionHad {
        image: Arc<str>,
    },
    FirstAttempt,
    /// What keeps the Pod from the scheduler (`spec.schedulingGates`).
    SchedulingGates {
        gates: Vec<Arc<str>>,
    },
    /// Nothing has been said of the Pod, which has no node.
    NoScheduler {
        seconds: i64,
    },
    /// The kubelet of the Pod's node has not reported on it.
    KubeletSilent {
        seconds: i64,
    },
    /// The containers are being created, and nothing is said.
    CreatingSilent {
        seconds: i64,
    },
    Pulling {
        seconds: i64,
    },
    /// Pulls of other Pods that the node was asked for before, and the oldest of them.
    PullsAhead {
        count: usize,
        node: Arc<str>,
        pod: Arc<str>,
        image: Arc<str>,
        seconds: i64,
    },
    /// The error is that of a mirror, which the node asks before the registry.
    MirrorAnswered {
        mirror: Arc<str>,
        registry: Arc<str>,
    },
    /// The registry has an image whose name is one slip away.
    SimilarInRegistry {
        image: Arc<str>,
    },
    /// The node's container runtime asks these mirrors before the registry.
    NodeAsksMirrors {
        node: Arc<str>,
        registry: Arc<str>,
        mirrors: Vec<Arc<str>>,
        file: Arc<str>,
    },
    /// `blocked = true` in `registries.conf`.
    NodeBlocksRegistry {
        node: Arc<str>,
        file: Arc<str>,
    },
    /// The kubelet's `imagePullCredentialsVerificationPolicy`, and whether the image is on the node.
    NodeVerifies {
        node: Arc<str>,
        policy: Arc<str>,
        has_image: bool,
    },
    /// The image is in the node's status.
    NodeListsImage {
        node: Arc<str>,
    },
    /// The kubelet pulls no more images at a time; the pulls that it was asked for before, and the oldest of them.
    NodePullQueue {
        node: Arc<str>,
        concurrency: Arc<str>,
        others: usize,
        pod: Arc<str>,
        image: Arc<str>,
        seconds: i64,
    },
    /// When the kubelet deletes unused images.
    NodeDeletesImages {
        node: Arc<str>,
        percent: i32,
        max_age: Option<Arc<str>>,
        has_disk_pressure: bool,
    },
    /// The kubelet has no credential provider configured.
    NodeHasNoProvider {
        node: Arc<str>,
    },
    /// A credential provider of the kubelet has failed since the kubelet started.
    NodeProviderFails {
        node: Arc<str>,
        plugin: Arc<str>,
        errors: u64,
        calls: Option<u64>,
    },
}

impl Fact {
    /// The listed Secret that could not be read, if the fact is about one.
    pub(super) fn unread_secret(&self) -> Option<&Arc<str>> {
        if let Self::SecretForbidden { name, .. } | Self::SecretNotRead { name } = self {
            Some(name)
        } else {
            None
        }
    }
}

impl fmt::Display for Fact {
    #[expect(
        clippy::too_many_lines,
        reason = "one sentence for each fact, with no other logic"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KubeletMessage { text } | Self::PullTestSucceeded { text } | Self::PullTestFailed { text } => {
                f.write_str(text)
            }
            Self::PodListsNothing => f.write_str("the Pod lists no pull secret"),
            Self::PodListsUnnamed => {
                f.write_str("the Pod's imagePullSecrets has an entry without a name")
            }
            Self::AccountMissing { account } => {
                write!(f, "ServiceAccount {account} does not exist")
            }
            Self::AccountLists { account, secrets } => {
                write!(f, "ServiceAccount {account} lists {}", secrets.join(", "))
            }
            Self::AccountListsNothing { account } => {
                write!(f, "ServiceAccount {account} lists no pull secret")
            }
            Self::TemplateOverridesServiceAccount { account } => write!(
                    f,
                    "the Pod's own imagePullSecrets override those of ServiceAccount {account}"
                ),
            Self::StaticPod { node } => write!(
                f,
                "the Pod is static (a file on node {node}): it cannot use Secrets or a ServiceAccount"
            ),
            Self::Secret { name, state } => write!(f, "Secret {name} {state}"),
            Self::SecretForbidden { name, namespace } => write!(
                f,
                "the Pod lists Secret {name}; you may not read Secrets in {namespace}"
            ),
            Self::SecretNotRead { name } => {
                write!(f, "the Pod lists Secret {name}, which has not been read")
            }
            Self::SecretImmutable { name } => {
                write!(f, "Secret {name} is immutable: its data cannot be changed")
            }
            Self::SecretElsewhere { name, namespace } => {
                write!(f, "Secret {name} exists in namespace {namespace}")
            }
            Self::UnlistedMatches { name, account } => {
                let by = listed_by(account.as_ref());
                write!(f, "Secret {name} would match; {by}")
            }
            Self::UnlistedMatchesUnread { name } => write!(
                f,
                "Secret {name} would match; the ServiceAccounts that list it have not been read"
            ),
            Self::UnlistedRefused { secret, pod } => write!(
                f,
                "Secret {secret} would match; the registry rejects its credential for Pod {pod}"
            ),
            Self::UnlistedAllows { secret } => {
                write!(f, "tested from this machine: Secret {secret} can pull the image")
            }
            Self::UnlistedDenied { secret, text } => {
                write!(f, "tested from this machine with Secret {secret}: {text}")
            }
            Self::AccountNotRead { account } => write!(
                f,
                "ServiceAccount {account} has not been read; its pull secrets are unknown"
            ),
            Self::WouldMatch { name, key } => {
                write!(f, "Secret {name} would match with the key {key}")
            }
            Self::CredentialSent {
                secret,
                key,
                username,
                kind,
            } => {
                let user = username.as_deref().unwrap_or("an unnamed user");
                write!(
                    f,
                    "Secret {secret} sends the {kind} of {user} (entry {key})"
                )
            }
            Self::OneOfSeveralSent { secrets } => write!(
                f,
                "several credentials were sent, and the error does not say which one failed: {}",
                secrets.join(", ")
            ),
            Self::Expired { secret, at } => write!(f, "the credential in Secret {secret} expired at {at}"),
            Self::AnnotatedExpiry { secret, at } => write!(
                f,
                "an annotation of Secret {secret} says that its credential expired at {at}"
            ),
            Self::LikelyExpired {
                secret,
                kind,
                hours,
            } => write!(
                    f,
                    "Secret {secret} is {hours} h old; its {kind} has expired unless renewed since"
                ),
            Self::AuthProblem { secret, problem } => write!(f, "Secret {secret}: {problem}"),
            Self::SecretNewerThanAttempt { secret } => {
                write!(
                    f,
                    "Secret {secret} changed after this attempt; the next retry uses it"
                )
            }
            Self::ImageProblem { text } | Self::Managed { text } => f.write_str(text),
            Self::DockerHubAssumed => f.write_str("the image names no registry, so docker.io is used"),
            Self::SameImageRuns { pod, node } => write!(
                    f,
                    "Pod {pod} pulled the same image{}",
                    on(node.as_ref())
                ),
            Self::NodeHasImage { node } => write!(
                    f,
                    "node {node} has the image; since Kubernetes 1.35 a Pod also needs a credential for it"
                ),
            Self::PulledWithoutSecret { pod, image } => {
                write!(f, "Pod {pod} runs {image} without a pull secret")
            }
 Self::CloudRegistry { cloud } => write!(
f,
"{cloud} nodes pull from this registry with an identity, without a pull secret"
),
Self::NodeOfCloud { node, cloud } => {
write!(f, "node {node} has a name as on {cloud}")
}
Self::AccountIdentity { account, identity } => account_identity(f, account, identity),
            Self::NodeToken { node, audience, is_allowed } => {
                let may = if *is_allowed { "may" } else { "may not" };
                write!(f, "node {node} {may} request a token for audience {audience}")
            }
Self::OtherTagRuns { pod, image } | Self::OtherRegistryRuns { pod, image } => write!(f, "Pod {pod} runs {image}"),
            Self::OtherRegistryUsed { workload, image } => write!(f, "{workload} runs {image}"),
            Self::SimilarImage { image } => {
                write!(f, "{image}, which runs here, has a similar name")
            }
            Self::Moved { from, to, since, announced } => {
                write!(
                    f,
                    "images of {from} have moved since {since}, this one to {to} ({announced})"
                )
            }
            Self::SimilarImageRuns { image, workload } => {
                write!(f, "{workload} runs {image}, one letter off")
            }
            Self::SimilarHostInSecret { host, secret } => {
                write!(f, "Secret {secret} is for {host}, one letter off")
            }
            Self::SimilarRegistry { host, registry } => {
                write!(f, "{host} is {registry}, one letter off")
            }
            Self::LowerCaseName { image } => write!(f, "the name is valid in lower case: {image}"),
            Self::SuggestedImageExists { image } => {
                write!(f, "tested from this machine: {image} can be pulled")
            }
            Self::SuggestedImageRefused { image, text } => {
                write!(f, "tested from this machine: {image}: {text}")
            }
            Self::PullsCounted { account, ends } => {
                match account {
                    Some(user) => write!(f, "Docker Hub counts the pulls of {user} (200 in 6 h for Personal accounts)"),
                    None => f.write_str("without a login Docker Hub counts the node's IP address (100 pulls in 6 h)"),
                }?;
                ends.map_or(Ok(()), |at| write!(f, "; the limit ends by {at}"))
            }
            Self::PlainTooManyRequests => f.write_str(
                "plain 429: Docker Hub's abuse limit, which counts all requests of an IP address",
            ),
            Self::LoginHasOwnLimit { secret, username } => {
                let user = username.as_deref().unwrap_or("its user");
                write!(f, "Secret {secret} is not attached; {user} has a pull limit of its own")
            }
            Self::FailsElsewhereToo { pod, node } => {
                write!(f, "Pod {pod} waits for the same image{}", on(node.as_ref()))
            }
            Self::OlderRevisionHad { image } => write!(f, "the previous revision used {image}"),
            Self::RegistrySays { text } => write!(f, "tested from this machine: {text}"),
            Self::RegistryAllows => f.write_str(
                "tested from this machine: the registry returns the manifest; nodes may use another route",
            ),
 Self::FirstAttempt => f.write_str("only one attempt so far"),
Self::SchedulingGates { gates } => match &gates[..] {
[gate] => write!(f, "scheduling gate {gate} holds the Pod back"),
gates => write!(f, "scheduling gates {} hold the Pod back", gates.join(", ")),
},
            Self::NoScheduler { seconds } => write!(
                f,
                "no scheduler has picked up the Pod for {}; check its schedulerName",
                age::duration(*seconds)
            ),
            Self::KubeletSilent { seconds } => write!(
                f,
                "the kubelet has not reported on the Pod for {}",
                age::duration(*seconds)
            ),
            Self::CreatingSilent { seconds } => write!(
                f,
                "ContainerCreating for {}, and no event says why",
                age::duration(*seconds)
            ),
            Self::Pulling { seconds } => write!(
                    f,
                    "pulling, or queued on the node, for {}",
                    age::duration(*seconds)
                ),
            Self::PullsAhead { count, node, pod, image, seconds } => {
                match count {
                    1 => write!(f, "waiting for another pull on node {node}"),
                    count => write!(f, "waiting for {count} other pulls on node {node}"),
                }?;
                write!(f, ": Pod {pod} has been pulling {image} for {}", age::duration(*seconds))
            }
            Self::MirrorAnswered { mirror, registry } => write!(
                f,
                "the node asks mirror {mirror} before {registry}; the error is the mirror's"
            ),
            Self::SimilarInRegistry { image } => write!(f, "the registry has {image}, one letter off"),
            Self::NodeAsksMirrors { node, registry, mirrors, file } => write!(
                f,
                "node {node} asks {} before {registry} ({file})",
                mirrors.join(", then ")
            ),
            Self::NodeBlocksRegistry { node, file } => {
                write!(f, "node {node} blocks the registry ({file})")
            }
            Self::NodeVerifies { node, policy, has_image: true } => {
                write!(f, "node {node} has the image; its credential verification is {policy}")
            }
            Self::NodeVerifies { node, policy, has_image: false } => {
                write!(f, "the credential verification of node {node} is {policy}")
            }
            Self::NodeListsImage { node } => write!(f, "node {node} has the image"),
            Self::NodePullQueue { node, concurrency, others, pod, image, seconds } => {
                write!(f, "node {node} pulls {concurrency}; ")?;
                match others {
                    1 => f.write_str("another pull is ahead"),
                    others => write!(f, "{others} other pulls are ahead"),
                }?;
                write!(f, ": Pod {pod} has been pulling {image} for {}", age::duration(*seconds))
            }
            Self::NodeDeletesImages { node, percent, max_age, has_disk_pressure } => {
                match percent {
                    100.. => write!(f, "node {node} deletes no image for space"),
                    percent => write!(f, "node {node} deletes unused images above {percent}% disk usage"),
                }?;
                if let Some(age) = max_age {
                    write!(f, ", or unused for {age}")?;
                }
                if *has_disk_pressure { f.write_str("; it has DiskPressure") } else { Ok(()) }
            }
            Self::NodeHasNoProvider { node } => {
                write!(f, "the kubelet of node {node} has no credential provider configured")
            }
            Self::NodeProviderFails { node, plugin, errors, calls } => {
                write!(f, "credential provider {plugin} of node {node} failed {errors}")?;
                match calls {
                    Some(calls) => write!(f, " of {calls} times"),
                    None => f.write_str(" times"),
                }?;
                f.write_str(" since the kubelet started")
            }
        }
    }
}

fn account_identity(
    f: &mut fmt::Formatter<'_>,
    account: &str,
    identity: &WorkloadIdentity,
) -> fmt::Result {
    match (identity.scope, &identity.subject) {
        (IdentityScope::Pulls, Some(subject)) => {
            write!(f, "ServiceAccount {account} pulls as {subject}")
        }
        (IdentityScope::Pulls, None) => write!(
            f,
            "ServiceAccount {account} pulls as itself ({})",
            identity.annotation().unwrap_or_default()
        ),
        (IdentityScope::Containers, subject) => write!(
            f,
            "ServiceAccount {account} has identity {} for containers; the node's identity pulls",
            subject.as_deref().unwrap_or_default()
        ),
    }
}

fn listed_by(account: Option<&Arc<str>>) -> String {
    account.map_or_else(
        || "no ServiceAccount lists it".to_owned(),
        |account| format!("ServiceAccount {account} lists it"),
    )
}

fn on(node: Option<&Arc<str>>) -> String {
    node.map(|node| format!(" on node {node}"))
        .unwrap_or_default()
}

impl fmt::Display for EvidenceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ContainerStatus => "container status",
            Self::Event => "event",
            Self::EarlierStatus => "earlier status",
            Self::Pod => "Pod",
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
            Self::Workload => "workload",
            Self::OtherPods => "other Pods",
            Self::KnownRegistries => "known registries",
            Self::Registry => "registry",
            Self::PullTest => "pull test",
            Self::Rbac => "API server",
            Self::Node => "node",
        })
    }
}

impl Evidence {
    /// The fact with source and age, as one line.
    pub fn line(&self, now: Timestamp) -> String {
        match self.observed_at {
            Some(seen) => {
                let age = age::age(seen, now);
                format!("{} ({}, {age} ago)", self.fact, self.source)
            }
            None => format!("{} ({})", self.fact, self.source),
        }
    }

    pub(super) fn now(fact: Fact, source: EvidenceSource) -> Self {
        Self {
            fact,
            source,
            observed_at: None,
        }
    }
}
