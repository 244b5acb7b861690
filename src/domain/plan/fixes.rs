//! From a fix of a finding to a plan, where the product can make the change itself.

use super::{Ask, Change, Copy, Edit, Existing, Plan, Restartable};
use crate::domain::{
    cause::FixId,
    diagnose::Finding,
    key::{Key, Name, Namespace},
    objects::{Pod, Secret, ServiceAccount, WorkloadKey},
};

/// What can be done about a fix.
#[derive(Clone, Debug)]
pub enum Offer {
    Plan(Plan),
    /// Something has to be typed first.
    Ask(Ask),
    /// Not to be done from here: the fix's words and commands are for people.
    ByHand,
}

/// Who suffers from the fault that is to be fixed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sufferers<'a> {
    pub workloads: &'a [WorkloadKey],
    /// Pods that wait, and that something makes again when they are deleted.
    pub owned_pods: &'a [Key<Pod>],
}

/// What can be done about a fix of this finding.
pub fn for_fix(fix: FixId, finding: &Finding, sufferers: Sufferers<'_>) -> Offer {
    if let Some(ask) = ask(fix, finding, sufferers) {
        return Offer::Ask(ask);
    }
    match changes(fix, finding, sufferers) {
        Some(changes) if !changes.is_empty() => Offer::Plan(Plan::new(fix.title(), changes)),
        Some(_) | None => Offer::ByHand,
    }
}

/// What has to be typed for a fix; `None` where nothing has, or a name is not known.
fn ask(fix: FixId, finding: &Finding, sufferers: Sufferers<'_>) -> Option<Ask> {
    let names = &finding.names;
    let namespace = Namespace::new(names.namespace.as_deref()?);
    match fix {
        FixId::CreateSecret | FixId::Authenticate => Some(Ask::NewSecret {
            name: names.secret.clone().unwrap_or_else(|| "regcred".to_owned()),
            server: names.server.clone()?,
            account: Some(Name::new(names.service_account.clone()?)),
            image: finding.image.clone(),
            listed: listed(finding),
            workloads: sufferers.workloads.to_vec(),
            namespace,
        }),
        FixId::RecreateSecret | FixId::NewToken => Some(Ask::Login {
            secret: Key::new(namespace, Name::new(names.secret.clone()?)),
            server: names.entry.clone().or_else(|| names.server.clone())?,
            username: names.username.clone().unwrap_or_default(),
            image: finding.image.clone(),
            waiting: sufferers.owned_pods.to_vec(),
        }),
        FixId::CorrectImage | FixId::WriteFullName => Some(Ask::Image {
            workload: restartable(sufferers.workloads).next()?.id().clone(),
            container: finding.container.clone()?,
            before: finding.image.clone()?,
        }),
        _ => None,
    }
}

/// The changes of a fix that needs nothing typed; `None` where it is no change to the cluster's
/// objects, or a name is not known.
fn changes(fix: FixId, finding: &Finding, sufferers: Sufferers<'_>) -> Option<Vec<Change>> {
    let names = &finding.names;
    let namespace = Namespace::new(names.namespace.as_deref()?);
    let secret = || {
        Some(Key::new(
            namespace.clone(),
            Name::new(names.secret.clone()?),
        ))
    };
    let account = || {
        let name = names.service_account.clone()?;
        Some(Key::new(namespace.clone(), Name::new(name)))
    };
    let edit = |edit: Edit| {
        let change = Change::EditSecret {
            key: secret()?,
            edit,
        };
        Some(with_retries(change, sufferers))
    };
    match fix {
        FixId::AttachSecret => {
            let name = names.matching.clone().or_else(|| names.secret.clone())?;
            let mut changes = vec![attach(account()?, Name::new(name), finding)];
            changes.extend(restarts(sufferers.workloads));
            Some(changes)
        }
        FixId::CorrectSecretName => {
            let detach = Change::DetachSecret {
                account: account()?,
                secret: secret()?.name,
                seen: listed(finding),
            };
            let right = Name::new(names.matching.clone()?);
            let mut changes = vec![attach(account()?, right, finding), detach];
            changes.extend(restarts(sufferers.workloads));
            Some(changes)
        }
        FixId::CorrectServer => edit(Edit::Rekey {
            from: names.entry.clone()?,
            to: names.server.clone()?,
        }),
        FixId::RemoveEntry => edit(Edit::Remove {
            server: names.entry.clone().or_else(|| names.server.clone())?,
        }),
        FixId::ConvertType => Some(with_retries(Change::convert_secret(secret()?), sufferers)),
        FixId::CopySecret => {
            let copy = Copy {
                from: Key::new(Namespace::new(names.from.as_deref()?), secret()?.name),
                to: secret()?,
                existing: Existing::Keep,
                brings: names
                    .server
                    .iter()
                    .map(|server| server.as_str().into())
                    .collect(),
                there: None,
            };
            Some(with_retries(Change::CopySecret(copy), sufferers))
        }
        FixId::UseServiceAccount => {
            let account: Name<ServiceAccount> = Name::new(names.holder.clone()?);
            let workloads = restartable(sufferers.workloads);
            let set = |workload| Change::SetAccount {
                workload,
                before: None,
                account: account.clone(),
            };
            Some(workloads.map(set).collect())
        }
        FixId::CreateServiceAccount => {
            let create = Change::CreateAccount {
                key: account()?,
                pull_secrets: Vec::new(),
            };
            // Its controller has backed off: a new template is tried at once.
            let mut changes = vec![create];
            changes.extend(restarts(sufferers.workloads));
            Some(changes)
        }
        FixId::Restart => Some(restarts(sufferers.workloads).collect()),
        FixId::RetryNow => Some(retries(sufferers).collect()),
        // The rest is done at the registry, on the node, or by a build; where a rollout goes back to is
        // known to the store.
        _ => None,
    }
}

fn attach(account: Key<ServiceAccount>, secret: Name<Secret>, finding: &Finding) -> Change {
    Change::AttachSecret {
        account,
        secret,
        seen: listed(finding),
    }
}

fn listed(finding: &Finding) -> Vec<Name<Secret>> {
    let names = finding.names.account_lists.iter().flatten();
    names.map(|name| Name::new(name.clone())).collect()
}

fn restartable(workloads: &[WorkloadKey]) -> impl Iterator<Item = Restartable> {
    workloads.iter().cloned().filter_map(Restartable::new)
}

fn restarts(workloads: &[WorkloadKey]) -> impl Iterator<Item = Change> {
    restartable(workloads).map(Change::Restart)
}

fn retries(sufferers: Sufferers<'_>) -> impl Iterator<Item = Change> {
    sufferers.owned_pods.iter().cloned().map(Change::delete_pod)
}

/// A change that the Pods need not be made again for, and the end of their back-off.
fn with_retries(change: Change, sufferers: Sufferers<'_>) -> Vec<Change> {
    std::iter::once(change).chain(retries(sufferers)).collect()
}
