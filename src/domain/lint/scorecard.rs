//! Scores namespaces and their workloads by the practices of guide G9.
//!
//! A practice holds where no lint speaks against it. Nothing is weighed: a number that nobody can
//! check convinces nobody.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{Lint, tops};
use crate::domain::{
    k8s::{
        age,
        object_ref::{Namespace, ObjectRef},
        objects::{Secret, Workload, WorkloadRef},
    },
    store::{Store, watch::Scope},
};

/// A practice. Their order is that in which they are told: what breaks a pull first comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Practice {
    Valid,
    Tokens,
    Rotation,
    OneSecret,
    OwnAccount,
    FixedImage,
}

impl Practice {
    pub const ALL: [Self; 6] = [
        Self::Valid,
        Self::Tokens,
        Self::Rotation,
        Self::OneSecret,
        Self::OwnAccount,
        Self::FixedImage,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Valid => "Credentials stay valid",
            Self::Tokens => "Tokens, not passwords",
            Self::Rotation => "Tokens are rotated",
            Self::OneSecret => "One Secret per registry and namespace, in use",
            Self::OwnAccount => "One ServiceAccount per app",
            Self::FixedImage => "Images pinned to a version",
        }
    }

    fn broken_by(lint: &Lint) -> Self {
        match lint {
            Lint::Expires { .. } | Lint::ShortLived { .. } => Self::Valid,
            Lint::PasswordStored { .. } => Self::Tokens,
            Lint::NotRotated { .. } => Self::Rotation,
            Lint::Unused { .. }
            | Lint::Dangling { .. }
            | Lint::SeveralForRegistry { .. }
            | Lint::EqualKeys { .. }
            | Lint::SameCredential { .. } => Self::OneSecret,
            Lint::DefaultAccountLoaded { .. } | Lint::SharedAccount { .. } => Self::OwnAccount,
            Lint::MutableTag { .. } => Self::FixedImage,
        }
    }
}

/// The number of practices that hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(usize);

impl Score {
    fn without(broken: usize) -> Self {
        Self(Practice::ALL.len().saturating_sub(broken))
    }
}

/// `4/6`
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0, Practice::ALL.len())
    }
}

/// The scorecard of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceScorecard {
    pub namespace: Namespace,
    pub broken: BTreeMap<Practice, Vec<Lint>>,
    pub apps: Vec<AppScorecard>,
}

/// The scorecard of a workload: its images, ServiceAccount and Secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppScorecard {
    pub id: WorkloadRef,
    pub broken: BTreeSet<Practice>,
}

impl NamespaceScorecard {
    pub fn score(&self) -> Score {
        Score::without(self.broken.len())
    }
}

impl AppScorecard {
    pub fn score(&self) -> Score {
        Score::without(self.broken.len())
    }
}

/// Scorecards of the namespaces with lint findings, the worst first.
pub fn scorecards(store: &Store, lints: &[Lint]) -> Vec<NamespaceScorecard> {
    let mut by_namespace: BTreeMap<&Namespace, BTreeMap<Practice, Vec<Lint>>> = BTreeMap::new();
    for lint in lints {
        for namespace in lint.namespaces() {
            let broken = by_namespace.entry(namespace).or_default();
            broken
                .entry(Practice::broken_by(lint))
                .or_default()
                .push(lint.clone());
        }
    }
    let mut standings: Vec<NamespaceScorecard> = by_namespace
        .into_iter()
        .map(|(namespace, broken)| NamespaceScorecard {
            apps: apps(store, namespace, &broken),
            namespace: namespace.clone(),
            broken,
        })
        .collect();
    standings.sort_by_key(NamespaceScorecard::score);
    standings
}

fn apps(
    store: &Store,
    namespace: &Namespace,
    broken: &BTreeMap<Practice, Vec<Lint>>,
) -> Vec<AppScorecard> {
    let here = Scope::Namespace(namespace.clone());
    let mut apps: Vec<AppScorecard> = tops(store, &here)
        .map(|workload| {
            let secrets = secrets_of(store, workload);
            let concern = |lints: &[Lint]| lints.iter().any(|it| it.concerns(workload, &secrets));
            let broken = broken.iter().filter(|(_, lints)| concern(lints));
            AppScorecard {
                id: workload.id.clone(),
                broken: broken.map(|(practice, _)| *practice).collect(),
            }
        })
        .collect();
    apps.sort_by_key(AppScorecard::score);
    apps
}

/// The pull secrets that the Pods of a workload get.
fn secrets_of(store: &Store, workload: &Workload) -> BTreeSet<ObjectRef<Secret>> {
    let namespace = &workload.id.key.namespace;
    let account = ObjectRef::new(namespace.clone(), workload.service_account.clone());
    let of_account = store.account(&account).map(|found| &*found.pull_secrets);
    let names = if workload.pull_secrets.is_empty() {
        of_account.unwrap_or_default()
    } else {
        &workload.pull_secrets
    };
    let each = names.iter();
    each.map(|name| ObjectRef::new(namespace.clone(), name.clone()))
        .collect()
}

impl Lint {
    /// The namespaces that it is about.
    fn namespaces(&self) -> BTreeSet<&Namespace> {
        match self {
            Self::PasswordStored { secret, .. }
            | Self::ShortLived { secret, .. }
            | Self::Expires { secret, .. }
            | Self::NotRotated { secret, .. }
            | Self::Unused { secret }
            | Self::EqualKeys { secret, .. }
            | Self::Dangling { secret, .. } => BTreeSet::from([&secret.namespace]),
            Self::DefaultAccountLoaded { account } | Self::SharedAccount { account, .. } => {
                BTreeSet::from([&account.namespace])
            }
            Self::SeveralForRegistry { namespace, .. } => BTreeSet::from([namespace]),
            Self::SameCredential { secrets } => secrets.iter().map(|key| &key.namespace).collect(),
            Self::MutableTag { workload, .. } => BTreeSet::from([&workload.key.namespace]),
        }
    }

    /// Whether it is about what this workload runs, or what it uses to pull.
    fn concerns(&self, workload: &Workload, secrets: &BTreeSet<ObjectRef<Secret>>) -> bool {
        match self {
            Self::PasswordStored { secret, .. }
            | Self::ShortLived { secret, .. }
            | Self::Expires { secret, .. }
            | Self::NotRotated { secret, .. }
            | Self::Unused { secret }
            | Self::EqualKeys { secret, .. }
            | Self::Dangling { secret, .. } => secrets.contains(secret),
            Self::DefaultAccountLoaded { account } => {
                account.namespace == workload.id.key.namespace
                    && account.name == workload.service_account
            }
            Self::SharedAccount { workloads, .. } => workloads.contains(&workload.id),
            Self::SeveralForRegistry { secrets: of_it, .. }
            | Self::SameCredential { secrets: of_it } => {
                of_it.iter().any(|secret| secrets.contains(secret))
            }
            Self::MutableTag { workload: id, .. } => *id == workload.id,
        }
    }

    /// What it is about, named within the namespace that it is told under.
    pub fn subject(&self, namespace: &Namespace) -> String {
        let here = |secrets: &[ObjectRef<Secret>]| {
            let names = secrets.iter().filter(|key| key.namespace == *namespace);
            let names: Vec<&str> = names.map(|key| key.name.as_str()).collect();
            names.join(", ")
        };
        match self {
            Self::PasswordStored { secret, server } => format!("{} for {server}", secret.name),
            Self::ShortLived { secret, kind } => format!("{} ({})", secret.name, kind.label()),
            Self::Unused { secret } => format!("{}, unused", secret.name),
            Self::Expires {
                secret,
                server,
                seconds,
            } => match seconds {
                ..=0 => {
                    let ago = age::duration(-seconds);
                    format!("{} for {server} expired {ago} ago", secret.name)
                }
                _ => format!(
                    "{} for {server} expires in {}",
                    secret.name,
                    age::duration(*seconds)
                ),
            },
            Self::NotRotated { secret, days } => format!("{} ({days}d)", secret.name),
            Self::EqualKeys { secret, keys } => format!("{}: {}", secret.name, keys.join(", ")),
            Self::Dangling { account, secret } => {
                format!("{} lists {} (not found)", account.name, secret.name)
            }
            Self::DefaultAccountLoaded { account } => account.name.to_string(),
            Self::SharedAccount { account, workloads } => {
                let names = workloads.iter().map(|id| id.key.name.as_str());
                let names: Vec<&str> = names.collect();
                format!("{} for {}", account.name, names.join(", "))
            }
            Self::SeveralForRegistry {
                server, secrets, ..
            } => format!("{} for {server}", here(secrets)),
            Self::SameCredential { secrets } => {
                let namespaces: BTreeSet<_> = secrets.iter().map(|key| &key.namespace).collect();
                format!("{} in {} namespaces", here(secrets), namespaces.len())
            }
            Self::MutableTag { workload, image } => format!("{}: {image}", workload.key.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{account, key, now, upserted, workload},
        k8s::{object_ref::Name, objects::WorkloadKind},
        store::update::StoreUpdate,
    };

    #[test]
    fn what_holds_is_counted_for_the_namespace_and_for_each_app() {
        let mut store = Store::default();
        let kind = WorkloadKind::Deployment;
        let (mut web, mut db) = (
            workload(kind, "shop", "web", None),
            workload(kind, "shop", "db", None),
        );
        web.service_account = Name::new("web");
        db.service_account = Name::new("db");
        store.apply(
            StoreUpdate::Workloads(kind, upserted(vec![web.clone(), db.clone()])),
            now(),
        );
        let accounts = vec![account("shop", "web", &["hub"]), account("shop", "db", &[])];
        store.apply(StoreUpdate::ServiceAccounts(upserted(accounts)), now());
        let lints = [
            Lint::PasswordStored {
                secret: key("shop", "hub"),
                server: "docker.io".into(),
            },
            Lint::PasswordStored {
                secret: key("shop", "hub"),
                server: "ghcr.io".into(),
            },
            Lint::MutableTag {
                workload: db.id.clone(),
                image: "db:latest".into(),
            },
            Lint::SameCredential {
                secrets: vec![key("shop", "hub"), key("pay", "hub")],
            },
        ];
        let standings = scorecards(&store, &lints);
        let scores: Vec<(&str, String)> = standings
            .iter()
            .map(|it| (it.namespace.as_str(), it.score().to_string()))
            .collect();
        let told = [("shop", "3/6".to_owned()), ("pay", "5/6".to_owned())];
        assert_eq!(scores, told, "the worst first");
        let apps: Vec<(&str, String)> = standings[0]
            .apps
            .iter()
            .map(|app| (app.id.key.name.as_str(), app.score().to_string()))
            .collect();
        assert_eq!(apps, [("web", "4/6".to_owned()), ("db", "5/6".to_owned())]);
        assert_eq!(standings[0].broken[&Practice::Tokens].len(), 2);
    }
}
