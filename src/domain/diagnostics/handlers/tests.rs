//! Test harness of the handlers: a Pod that cannot pull, the finding, and the effect of each fix.

mod accounts;
mod owned;
mod suggested;

use std::sync::Arc;

use super::{Cause, FixId, RootCause};
use crate::domain::{
    context,
    diagnostics::{Finding, classify::classify, diagnose},
    fixtures::{
        account, event, key, now, owned, pod, running, seconds_ago, secret, upserted, waiting,
        workload,
    },
    k8s::{
        object_ref::Name,
        objects::{
            Event, OwnerReference, Pod, Secret, SecretContent, SecretType, ServiceAccount,
            Workload, WorkloadIdentity, WorkloadKind,
        },
    },
    plan::{FixProposal, FixScope, Reach, proposal_for},
    rbac::Permission,
    registry_auth::credential::kind::CredentialKind,
    store::{
        Store,
        update::StoreUpdate,
        watch::{Scope, SecretWatch, WatchCoverage, WatchId, WatchKind, WatchState},
    },
};

/// Checks that each message has this cause, with exactly these alternatives.
pub(super) fn check_messages(cause: Cause, messages: &[(&str, &[Cause])]) {
    let wrong: Vec<String> = messages
        .iter()
        .filter_map(|(message, others)| {
            let found: Vec<Cause> = classify(message).candidates().collect();
            let expected = [&[cause], *others].concat();
            (found != expected).then(|| format!("{message}\n    {found:?} instead of {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// containerd's message for a [`Scene`] whose image name cannot be resolved.
pub(super) fn resolving(error: &str) -> String {
    pulling(&format!(
        "failed to resolve reference \"registry.example/team/app:1\": {error}"
    ))
}

/// containerd's message without a login for the registry.
pub(super) fn no_basic_auth() -> String {
    resolving(
        "pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials",
    )
}

/// containerd's message for a [`Scene`] whose pull fails.
pub(super) fn pulling(error: &str) -> String {
    format!(
        "Failed to pull image \"registry.example/team/app:1\": rpc error: code = Unknown desc = failed to pull and unpack image \"registry.example/team/app:1\": {error}"
    )
}

/// The Pod `web-1` of the Deployment `web` in the namespace `shop`, which cannot pull
/// `registry.example/team/app:1` and runs as the ServiceAccount `runner`; and what is around it.
pub(super) struct Scene {
    pod: Pod,
    owner: Option<Workload>,
    account: ServiceAccount,
    secrets: Vec<Secret>,
    others: Vec<Pod>,
    /// Other workloads, of any namespace.
    workloads: Vec<Workload>,
    events: Vec<Event>,
    sight: WatchCoverage,
}

impl Scene {
    /// A scene without Secrets.
    pub(super) fn failed(message: &str) -> Self {
        let pod = pod("shop", "web-1", waiting("ErrImagePull", message));
        let mut scene = Self {
            pod: owned(pod, "web-5c9f"),
            owner: Some(workload(WorkloadKind::Deployment, "shop", "web", None)),
            account: account("shop", "runner", &[]),
            secrets: Vec::new(),
            others: Vec::new(),
            workloads: Vec::new(),
            events: Vec::new(),
            sight: WatchCoverage::complete(),
        };
        scene.pod.pull_secrets = Arc::from([]);
        scene
    }

    /// Sets waiting reason and message.
    pub(super) fn waits(mut self, reason: &str, message: &str) -> Self {
        self.pod.containers[0].state = waiting(reason, message);
        self
    }

    pub(super) fn image(mut self, image: &str) -> Self {
        self.pod.containers[0].image = image.into();
        if let Some(owner) = &mut self.owner {
            owner.images = Arc::from([("app".into(), image.into())]);
        }
        self
    }

    /// Sets the Secrets listed by the Pod and its ServiceAccount.
    pub(super) fn lists(mut self, secrets: &[&str]) -> Self {
        self.pod.pull_secrets = secrets.iter().map(|name| Name::new(*name)).collect();
        self.account = account("shop", "runner", secrets);
        self
    }

    /// Adds a pull secret with a login for a registry.
    pub(super) fn secret(self, name: &str, server: &str) -> Self {
        self.secret_of_type(name, server, SecretType::DockerConfigJson)
    }

    pub(super) fn secret_of_type(mut self, name: &str, server: &str, of: SecretType) -> Self {
        self.secrets
            .push(secret("shop", name, of, &[(server, "bot")]));
        self
    }

    /// Adds an annotation to the ServiceAccount.
    pub(super) fn annotated(mut self, key: &str, value: &str) -> Self {
        let identity = WorkloadIdentity::from_annotation(key, value).unwrap();
        self.account.identities.push(identity);
        self
    }

    pub(super) fn on_node(mut self, name: &str) -> Self {
        self.pod.node = Some(name.into());
        self
    }

    /// Adds a running Pod with an image of the registry and no Secret.
    pub(super) fn runs_without_secret(mut self, image: &str) -> Self {
        let mut other = pod("shop", "other-1", running());
        other.pull_secrets = Arc::from([]);
        other.containers[0].image = image.into();
        other.containers[0].image_id = Some("sha256:00".into());
        self.others.push(other);
        self
    }

    /// Like `secret`, in another namespace.
    pub(super) fn secret_in(mut self, namespace: &str, name: &str, server: &str) -> Self {
        let of = SecretType::DockerConfigJson;
        self.secrets
            .push(secret(namespace, name, of, &[(server, "bot")]));
        self
    }

    /// Sets kind and age in days of the last Secret's credential.
    pub(super) fn aged(mut self, kind: CredentialKind, days: i64) -> Self {
        let secret = self.secrets.last_mut().unwrap();
        secret.meta.created = Some(seconds_ago(days * 86_400));
        secret.changed = secret.meta.created;
        if let SecretContent::Read(summary) = &mut secret.content {
            let mut entries = summary.entries.to_vec();
            for entry in &mut entries {
                entry.kind = kind;
            }
            summary.entries = entries.into();
        }
        self
    }

    /// Annotates the last Secret as expired a minute ago.
    pub(super) fn annotated_as_expired(mut self) -> Self {
        self.secrets.last_mut().unwrap().annotated_expiry = Some(seconds_ago(60));
        self
    }

    /// Adds another Deployment.
    pub(super) fn beside(mut self, workload: Workload) -> Self {
        self.workloads.push(workload);
        self
    }

    /// The evidence as text.
    pub(super) fn facts(&self) -> Vec<String> {
        let evidence = self.finding().evidence;
        evidence.iter().map(|it| it.fact.to_string()).collect()
    }

    /// Removes the Pod's owner.
    pub(super) fn bare(mut self) -> Self {
        self.pod.meta.owner = None;
        self.owner = None;
        self
    }

    /// Sets a Job as the Pod's owner.
    pub(super) fn of_job(mut self) -> Self {
        self.pod.meta.owner = Some(Arc::new(OwnerReference {
            kind: "Job".into(),
            name: "web".into(),
            uid: "uid-Job-web".into(),
        }));
        self.owner = Some(workload(WorkloadKind::Job, "shop", "web", None));
        self
    }

    /// Adds a running Pod of the same node with the image and this Secret.
    pub(super) fn runs_with(mut self, secret: &str) -> Self {
        let mut other = pod("shop", "other-1", running());
        other.pull_secrets = Arc::from([Name::new(secret)]);
        other.containers[0].image = Arc::clone(&self.pod.containers[0].image);
        other.containers[0].image_id = Some("registry.example/team/app@sha256:00".into());
        self.others.push(other);
        self
    }

    /// Adds a Pod for which the registry refuses this Secret.
    pub(super) fn refused_with(mut self, secret: &str) -> Self {
        let refused = "unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 401 Unauthorized";
        let mut other = pod(
            "shop",
            "other-1",
            waiting("ErrImagePull", &resolving(refused)),
        );
        other.pull_secrets = Arc::from([Name::new(secret)]);
        self.others.push(other);
        self
    }

    pub(super) fn event(mut self, reason: &str, message: &str) -> Self {
        self.events
            .push(event("e1", "web-1", reason, message, 1, seconds_ago(9)));
        self
    }

    /// Denies the right to list Secrets.
    pub(super) fn secrets_forbidden(mut self) -> Self {
        for slice in SecretWatch::ALL {
            let id = WatchId {
                kind: WatchKind::Secrets(slice),
                scope: Scope::Cluster,
            };
            let state = WatchState::Forbidden {
                missing: Permission::new("list", "", "secrets", None),
                why: "forbidden".into(),
                as_of: None,
            };
            self.sight.set_state(&id, &state);
        }
        self
    }

    pub(super) fn finding(&self) -> Finding {
        let mut store = Store::default();
        for workload in self.owner.iter().chain(&self.workloads) {
            let batch = StoreUpdate::Workloads(workload.id.kind, upserted(vec![workload.clone()]));
            store.apply(batch, now());
        }
        let set = workload(WorkloadKind::ReplicaSet, "shop", "web-5c9f", Some("web"));
        store.apply(
            StoreUpdate::Workloads(WorkloadKind::ReplicaSet, upserted(vec![set])),
            now(),
        );
        let pods = self.others.iter().chain([&self.pod]).cloned().collect();
        store.apply(StoreUpdate::Pods(upserted(pods)), now());
        store.apply(StoreUpdate::Events(upserted(self.events.clone())), now());
        let accounts = upserted(vec![self.account.clone()]);
        store.apply(StoreUpdate::ServiceAccounts(accounts), now());
        let of_type = |secret_type: &SecretType| -> Vec<Secret> {
            let all = self.secrets.iter();
            all.filter(|secret| secret.secret_type == *secret_type)
                .cloned()
                .collect()
        };
        for slice in SecretWatch::ALL {
            let found = match slice {
                SecretWatch::DockerConfigJson => of_type(&SecretType::DockerConfigJson),
                SecretWatch::DockerCfg => of_type(&SecretType::DockerCfg),
                SecretWatch::Other => of_type(&SecretType::Other(Some("Opaque".into()))),
            };
            store.apply(StoreUpdate::Secrets(slice, upserted(found)), now());
        }
        let context =
            context::pod_context(&store, &self.sight, &key("shop", "web-1"), now()).unwrap();
        diagnose(&context).findings.into_iter().next().unwrap()
    }
}

/// Checks the finding: *cause, root, confidence: fixes*.
pub(super) fn check(scene: &Scene, expected: &str) {
    let found = scene.finding();
    let root = found.root.map_or("no root", RootCause::slug);
    let confidence = found.confidence.as_str();
    let fixes: Vec<&str> = found.fixes.iter().map(|fix| fix.slug()).collect();
    let text = format!(
        "{}, {root}, {confidence}: {}",
        found.cause,
        fixes.join(", ")
    );
    assert_eq!(text, expected);
}

/// Checks that this fix is offered with these commands, which begin with those of its plan.
pub(super) fn check_fix(scene: &Scene, fix: FixId, commands: &[&str]) {
    let found = scene.finding();
    assert!(
        found.fixes.contains(&fix),
        "{fix} is not in {:?}",
        found.fixes
    );
    let shown = fix.render(&found.fix_context).commands;
    assert_eq!(shown, commands, "{fix}");
    let scope = FixScope {
        own: &found,
        others: &[],
        reach: Reach::Selected,
    };
    if let FixProposal::Plan(plan) = proposal_for(fix, scope) {
        assert_eq!(plan.commands(), shown[..plan.commands().len()], "{fix}");
    }
}

/// Checks that this fix is not offered.
pub(super) fn check_no_fix(scene: &Scene, fix: FixId) {
    let found = scene.finding();
    assert!(!found.fixes.contains(&fix), "{fix} is in {:?}", found.fixes);
}
