//! Lints: what works today but breaks a practice of guide G9.
//!
//! Reads the store and judges objects as they are, failing or not. A lint needs a whole list to say
//! that something is missing or unused; without it, it keeps silent.

mod scorecard;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    k8s::{
        age,
        object_ref::{Namespace, ObjectRef},
        objects::{Secret, SecretContent, ServiceAccount, Workload, WorkloadKind, WorkloadRef},
    },
    registry_auth::{
        credential::{Fingerprint, kind::CredentialKind},
        docker_config::{AuthSummary, ConfigWarning, EXPIRY_WARNING_SECONDS},
        image_ref::ImageRef,
    },
    store::{
        Store,
        watch::{Scope, WatchCoverage, WatchKind},
    },
};

pub use scorecard::{AppScorecard, NamespaceScorecard, Practice, Score, scorecards};

/// Configuration of the lints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintConfig {
    /// A credential that is older is to be rotated.
    pub rotate_after_days: u32,
    /// Tags under which another image may appear tomorrow.
    pub moving_tags: Vec<String>,
}

impl Default for LintConfig {
    /// A quarter is what most policies ask for.
    fn default() -> Self {
        Self {
            rotate_after_days: 90,
            moving_tags: vec!["latest".to_owned()],
        }
    }
}

/// A lint finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lint {
    /// A password, or what looks like one, where a token belongs.
    PasswordStored {
        secret: ObjectRef<Secret>,
        server: Arc<str>,
    },
    /// A credential that ends within hours, stored as if it were permanent.
    ShortLived {
        secret: ObjectRef<Secret>,
        kind: CredentialKind,
    },
    /// A token that ends soon, or has ended: as it says itself, as an annotation says, or by its kind and age.
    #[serde(rename = "ends")]
    Expires {
        secret: ObjectRef<Secret>,
        server: Arc<str>,
        /// Below zero: so long ago.
        seconds: i64,
    },
    /// By when its data was last written (`managedFields`), or else by the Secret's age.
    NotRotated {
        secret: ObjectRef<Secret>,
        days: i64,
    },
    Unused {
        secret: ObjectRef<Secret>,
    },
    /// The ServiceAccount lists a Secret that does not exist.
    Dangling {
        account: ObjectRef<ServiceAccount>,
        secret: ObjectRef<Secret>,
    },
    /// Every Pod of the namespace that names no ServiceAccount gets these Secrets.
    DefaultAccountLoaded {
        account: ObjectRef<ServiceAccount>,
    },
    /// One ServiceAccount for several apps.
    SharedAccount {
        account: ObjectRef<ServiceAccount>,
        workloads: Vec<WorkloadRef>,
    },
    /// Several Secrets of a namespace for one registry.
    SeveralForRegistry {
        namespace: Namespace,
        server: Arc<str>,
        secrets: Vec<ObjectRef<Secret>>,
    },
    /// Keys of one Secret that are one registry to the kubelet, with different credentials: it tries them in
    /// random order.
    EqualKeys {
        secret: ObjectRef<Secret>,
        keys: Arc<[Arc<str>]>,
    },
    /// The same credential in several namespaces.
    SameCredential {
        secrets: Vec<ObjectRef<Secret>>,
    },
    /// Another image tomorrow under the same name.
    MutableTag {
        workload: WorkloadRef,
        image: Arc<str>,
    },
}

impl Lint {
    /// What the user can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::PasswordStored { .. } => "replace the password with a read-only access token",
            Self::ShortLived {
                kind: CredentialKind::EcrToken,
                ..
            } => "use the ECR credential provider with the node role, IRSA or Pod Identity",
            Self::ShortLived { .. } => {
                "use the node's identity, or a controller that refreshes the Secret"
            }
            Self::Expires { .. } | Self::NotRotated { .. } => {
                "create a new token, update the Secret, revoke the old token"
            }
            Self::Unused { .. } => "delete it if no script needs it",
            Self::Dangling { .. } => "create the Secret, or remove it from imagePullSecrets",
            Self::DefaultAccountLoaded { .. } | Self::SharedAccount { .. } => {
                "use one ServiceAccount per app"
            }
            Self::SeveralForRegistry { .. } => "keep one Secret per registry and namespace",
            Self::EqualKeys { .. } => "keep the correct entry and delete the others",
            Self::SameCredential { .. } => {
                "use one token per namespace, or rotate them all together"
            }
            Self::MutableTag { .. } => "pin a version or a digest",
        }
    }
}

/// All lints of a scope, by subject.
pub fn run(
    store: &Store,
    sight: &WatchCoverage,
    scope: &Scope,
    limits: &LintConfig,
    now: Timestamp,
) -> Vec<Lint> {
    let mut lints = Vec::new();
    for secret in store.secrets(scope) {
        if let SecretContent::Read(summary) = &secret.content {
            lints.extend(
                summary
                    .entries
                    .iter()
                    .filter_map(|it| ends(secret, it, now)),
            );
            of_secret(&mut lints, store, sight, secret, &summary.entries);
            lints.extend(
                summary
                    .warnings
                    .iter()
                    .filter_map(|it| equal_keys(secret, it)),
            );
            lints.extend(not_rotated(secret, limits, now));
        }
    }
    several_for_registry(&mut lints, store, scope);
    same_credential(&mut lints, store, scope);
    for account in store.accounts(scope) {
        of_account(&mut lints, store, sight, account);
    }
    for workload in tops(store, scope) {
        let moving = workload
            .images
            .iter()
            .filter(|(_, image)| moves(image, limits));
        lints.extend(moving.map(|(_, image)| Lint::MutableTag {
            workload: workload.id.clone(),
            image: Arc::clone(image),
        }));
    }
    lints
}

fn of_secret(
    lints: &mut Vec<Lint>,
    store: &Store,
    sight: &WatchCoverage,
    secret: &Secret,
    entries: &[AuthSummary],
) {
    let key = &secret.key;
    for entry in entries {
        if entry.kind.is_password() {
            lints.push(Lint::PasswordStored {
                secret: key.clone(),
                server: Arc::clone(&entry.server),
            });
        }
        if entry.kind.max_lifetime().is_some() {
            lints.push(Lint::ShortLived {
                secret: key.clone(),
                kind: entry.kind,
            });
        }
    }
    let users = [WatchKind::Pods, WatchKind::ServiceAccounts]
        .into_iter()
        .chain(WorkloadKind::ALL.map(WatchKind::Workloads));
    let mut users = users.map(|kind| sight.is_complete(kind, &key.namespace));
    let listed = store.pods_of_secret(key).len() > 0
        || store.accounts_of_secret(key).len() > 0
        || store
            .workloads_of(&Scope::Namespace(key.namespace.clone()))
            .any(|workload| workload.pull_secrets.contains(&key.name));
    if !listed && users.all(|seen| seen) {
        lints.push(Lint::Unused {
            secret: key.clone(),
        });
    }
}

fn equal_keys(secret: &Secret, oddity: &ConfigWarning) -> Option<Lint> {
    match oddity {
        ConfigWarning::EqualKeys(keys) => Some(Lint::EqualKeys {
            secret: secret.key.clone(),
            keys: Arc::clone(keys),
        }),
        ConfigWarning::KeyMissing { .. }
        | ConfigWarning::NoContent
        | ConfigWarning::AuthsMissing { .. }
        | ConfigWarning::NoEntries
        | ConfigWarning::AuthsNotWanted
        | ConfigWarning::CredentialStore(_)
        | ConfigWarning::CredentialHelpers(_) => None,
    }
}

/// One that always ends within hours is no news; that it is stored is the lint `ShortLived`.
fn ends(secret: &Secret, entry: &AuthSummary, now: Timestamp) -> Option<Lint> {
    let expiry = secret.expiry(entry)?;
    let seconds = expiry.at.duration_since(now).as_secs();
    let always = entry.kind.max_lifetime().is_some() && seconds > 0;
    (seconds < EXPIRY_WARNING_SECONDS && !always).then(|| Lint::Expires {
        secret: secret.key.clone(),
        server: Arc::clone(&entry.server),
        seconds,
    })
}

fn not_rotated(secret: &Secret, limits: &LintConfig, now: Timestamp) -> Option<Lint> {
    let days = age::seconds_between(secret.written()?, now) / 86_400;
    (days > i64::from(limits.rotate_after_days)).then(|| Lint::NotRotated {
        secret: secret.key.clone(),
        days,
    })
}

fn several_for_registry(lints: &mut Vec<Lint>, store: &Store, scope: &Scope) {
    let mut by_server: BTreeMap<(Namespace, Arc<str>), BTreeSet<ObjectRef<Secret>>> =
        BTreeMap::new();
    for (secret, entry) in entries(store, scope) {
        let place = (secret.key.namespace.clone(), entry.registry().into());
        by_server
            .entry(place)
            .or_default()
            .insert(secret.key.clone());
    }
    for ((namespace, server), secrets) in by_server {
        if secrets.len() > 1 {
            lints.push(Lint::SeveralForRegistry {
                namespace,
                server,
                secrets: secrets.into_iter().collect(),
            });
        }
    }
}

fn same_credential(lints: &mut Vec<Lint>, store: &Store, scope: &Scope) {
    let mut holders: BTreeMap<Fingerprint, BTreeSet<ObjectRef<Secret>>> = BTreeMap::new();
    for (secret, entry) in entries(store, scope) {
        if let Some(fingerprint) = entry.fingerprint {
            holders
                .entry(fingerprint)
                .or_default()
                .insert(secret.key.clone());
        }
    }
    for secrets in holders.into_values() {
        let namespaces: BTreeSet<_> = secrets.iter().map(|key| &key.namespace).collect();
        if namespaces.len() > 1 {
            lints.push(Lint::SameCredential {
                secrets: secrets.into_iter().collect(),
            });
        }
    }
}

fn entries<'a>(
    store: &'a Store,
    scope: &Scope,
) -> impl Iterator<Item = (&'a Arc<Secret>, &'a AuthSummary)> {
    store
        .secrets(scope)
        .flat_map(|secret| secret.entries().iter().map(move |entry| (secret, entry)))
}

fn of_account(
    lints: &mut Vec<Lint>,
    store: &Store,
    sight: &WatchCoverage,
    account: &ServiceAccount,
) {
    let key = &account.key;
    if account.pull_secrets.is_empty() {
        return;
    }
    for name in account.pull_secrets.iter() {
        let secret = ObjectRef::new(key.namespace.clone(), name.clone());
        if sight.has_all_secrets(&key.namespace) && store.secret(&secret).is_none() {
            lints.push(Lint::Dangling {
                account: key.clone(),
                secret,
            });
        }
    }
    if key.name.as_str() == "default" {
        lints.push(Lint::DefaultAccountLoaded {
            account: key.clone(),
        });
        return;
    }
    let here = Scope::Namespace(key.namespace.clone());
    let workloads: Vec<_> = tops(store, &here)
        .filter(|workload| workload.service_account == key.name)
        .map(|workload| workload.id.clone())
        .collect();
    if workloads.len() > 1 {
        lints.push(Lint::SharedAccount {
            account: key.clone(),
            workloads,
        });
    }
}

/// The workloads that a person made.
fn tops<'a>(store: &'a Store, scope: &Scope) -> impl Iterator<Item = &'a Arc<Workload>> {
    let workloads = store.workloads_of(scope);
    workloads.filter(|workload| workload.meta.owner.is_none())
}

fn moves(image: &str, limits: &LintConfig) -> bool {
    ImageRef::parse(image).is_ok_and(|image| {
        // Without a tag it is `latest`.
        let is = |moving: &String| image.tag() == Some(moving);
        image.digest().is_none() && limits.moving_tags.iter().any(is)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{account, key, now, seconds_ago, secret, upserted, workload},
        k8s::objects::SecretType,
        store::{
            update::StoreUpdate,
            watch::{SecretWatch, WatchId},
        },
    };

    fn store() -> Store {
        let json = SecretType::DockerConfigJson;
        let hub = [("registry.example", "bot")];
        let mut old = secret("shop", "regcred", json.clone(), &hub);
        old.meta.created = Some(seconds_ago(100 * 86_400));
        let mut again = secret(
            "shop",
            "again",
            json,
            &[("https://registry.example", "AWS")],
        );
        if let SecretContent::Read(summary) = &mut again.content {
            let mut entry = summary.entries[0].clone();
            entry.kind = CredentialKind::EcrToken;
            summary.entries = Arc::from([entry]);
        }
        let mut web = workload(WorkloadKind::Deployment, "shop", "web", None);
        web.images = Arc::from([("app".into(), "registry.example/team/app".into())]);
        let api = workload(WorkloadKind::Deployment, "shop", "api", None);
        let mut store = Store::default();
        let slice = SecretWatch::DockerConfigJson;
        store.apply(
            StoreUpdate::Secrets(slice, upserted(vec![old, again])),
            now(),
        );
        let accounts = vec![
            account("shop", "default", &["regcred"]),
            account("shop", "runner", &["regcred", "nowhere"]),
        ];
        store.apply(StoreUpdate::ServiceAccounts(upserted(accounts)), now());
        let kind = WorkloadKind::Deployment;
        store.apply(
            StoreUpdate::Workloads(kind, upserted(vec![web, api])),
            now(),
        );
        store
    }

    #[test]
    fn each_practice_of_the_guide_is_looked_at() {
        let found = run(
            &store(),
            &WatchCoverage::complete(),
            &Scope::Cluster,
            &LintConfig::default(),
            now(),
        );
        let id = |name| WorkloadRef {
            kind: WorkloadKind::Deployment,
            key: key("shop", name),
        };
        let expected = [
            // An ECR token lives for 12 hours, and it is three days old.
            Lint::Expires {
                secret: key("shop", "again"),
                server: "https://registry.example".into(),
                seconds: (12 - 3 * 24) * 3600,
            },
            Lint::ShortLived {
                secret: key("shop", "again"),
                kind: CredentialKind::EcrToken,
            },
            Lint::Unused {
                secret: key("shop", "again"),
            },
            Lint::PasswordStored {
                secret: key("shop", "regcred"),
                server: "registry.example".into(),
            },
            Lint::NotRotated {
                secret: key("shop", "regcred"),
                days: 100,
            },
            Lint::SeveralForRegistry {
                namespace: Namespace::new("shop"),
                server: "registry.example".into(),
                secrets: vec![key("shop", "again"), key("shop", "regcred")],
            },
            Lint::DefaultAccountLoaded {
                account: key("shop", "default"),
            },
            Lint::Dangling {
                account: key("shop", "runner"),
                secret: key("shop", "nowhere"),
            },
            Lint::SharedAccount {
                account: key("shop", "runner"),
                workloads: vec![id("api"), id("web")],
            },
            Lint::MutableTag {
                workload: id("web"),
                image: "registry.example/team/app".into(),
            },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_token_that_ends_is_told_before_it_does() {
        let said = |kind: CredentialKind, expires: Option<Timestamp>| {
            let entries = [("registry.example", "bot")];
            let mut secret = secret("shop", "s", SecretType::DockerConfigJson, &entries);
            let SecretContent::Read(summary) = &mut secret.content else {
                unreachable!()
            };
            let mut entry = summary.entries[0].clone();
            (entry.kind, entry.expires) = (kind, expires);
            summary.entries = Arc::from([entry]);
            let mut store = Store::default();
            let slice = SecretWatch::DockerConfigJson;
            store.apply(StoreUpdate::Secrets(slice, upserted(vec![secret])), now());
            let sight = WatchCoverage::default();
            let found = run(
                &store,
                &sight,
                &Scope::Cluster,
                &LintConfig::default(),
                now(),
            );
            let ends = found.iter().filter(|it| matches!(it, Lint::Expires { .. }));
            let here = Namespace::new("shop");
            ends.map(|lint| lint.subject(&here)).collect::<Vec<_>>()
        };
        let jwt = |end| said(CredentialKind::Jwt, end);
        let subject = "s for registry.example";
        assert_eq!(jwt(None), [""; 0]);
        assert_eq!(jwt(Some(seconds_ago(-30 * 86_400))), [""; 0]);
        assert_eq!(
            jwt(Some(seconds_ago(-3 * 86_400))),
            [format!("{subject} expires in 3d")]
        );
        assert_eq!(
            jwt(Some(seconds_ago(2 * 3600))),
            [format!("{subject} expired 120m ago")]
        );
        let ecr = CredentialKind::EcrToken;
        assert_eq!(
            said(ecr, Some(seconds_ago(-3600))),
            [""; 0],
            "it always does"
        );
        assert_eq!(said(ecr, Some(seconds_ago(3600))).len(), 1);
    }

    #[test]
    fn what_is_refreshed_in_place_is_rotated() {
        let json = SecretType::DockerConfigJson;
        let mut old = secret("shop", "regcred", json, &[("registry.example", "bot")]);
        old.meta.created = Some(seconds_ago(200 * 86_400));
        let days = |secret: &Secret| match not_rotated(secret, &LintConfig::default(), now()) {
            Some(Lint::NotRotated { days, .. }) => Some(days),
            _ => None,
        };
        assert_eq!(days(&old), Some(200));
        old.changed = Some(seconds_ago(100 * 86_400));
        assert_eq!(days(&old), Some(100));
        old.changed = Some(seconds_ago(3600));
        assert_eq!(days(&old), None);
    }

    #[test]
    fn limits_are_the_users() {
        let strict = LintConfig {
            rotate_after_days: 99,
            moving_tags: Vec::new(),
        };
        let found = run(
            &store(),
            &WatchCoverage::complete(),
            &Scope::Cluster,
            &strict,
            now(),
        );
        assert!(
            found
                .iter()
                .any(|lint| matches!(lint, Lint::NotRotated { days: 100, .. }))
        );
        assert!(
            !found
                .iter()
                .any(|lint| matches!(lint, Lint::MutableTag { .. }))
        );
    }

    #[test]
    fn what_is_not_seen_is_not_called_missing_or_unused() {
        let mut no_jobs = WatchCoverage::complete();
        no_jobs.remove(&WatchId {
            kind: WatchKind::Workloads(WorkloadKind::CronJob),
            scope: Scope::Cluster,
        });
        for (sight, dangling) in [(WatchCoverage::default(), false), (no_jobs, true)] {
            let (scope, limits) = (Scope::Cluster, LintConfig::default());
            let found = run(&store(), &sight, &scope, &limits, now());
            let has = |claim: fn(&Lint) -> bool| found.iter().any(claim);
            assert!(!has(|lint| matches!(lint, Lint::Unused { .. })));
            assert_eq!(has(|lint| matches!(lint, Lint::Dangling { .. })), dangling);
        }
    }
}
