//! From a fix of a finding to a plan, where the product can make the change itself.
//!
//! A fix is for the finding's own Pod. It changes, restarts and deletes what belongs to the workload of that
//! Pod alone, unless the plan is for all that suffer from the same; each workload gets the change in its own
//! container. A change of a shared object (a Secret, a ServiceAccount) says how many others fail alike.

use super::{
    Ask, Change, CopySecret, CreateAccount, Edit, Existing, Plan, SetAccount,
    image::ask_image,
    renew::{attached, not_reached, pods_with_the_old_list, renewed, retried, rolling, stuck},
};
use crate::domain::{
    cause::{FixId, FixTarget, ListOrigin, PodOwner},
    diagnose::Finding,
    key::{Key, Name, Namespace},
    objects::{Secret, ServiceAccount},
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

/// Which workloads a fix changes, restarts, or deletes Pods of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The finding's own workload.
    Selected,
    /// All workloads that suffer from the same.
    All,
}

/// The finding that is to be fixed, and those of all others that suffer from the same.
#[derive(Clone, Copy, Debug)]
pub struct FixScope<'a> {
    pub own: &'a Finding,
    pub others: &'a [&'a Finding],
    pub reach: Reach,
}

impl<'a> FixScope<'a> {
    fn own_target(&self) -> Option<&'a FixTarget> {
        self.own.names.target.as_deref()
    }

    /// The own target first, then those of the others.
    pub fn targets(&self) -> Vec<&'a FixTarget> {
        let others = self.others.iter();
        let others = others.filter_map(|finding| finding.names.target.as_deref());
        self.own_target().into_iter().chain(others).collect()
    }

    /// The targets of a change to a workload: all Pods of the own workload, or of all.
    pub fn workload_targets(&self) -> Vec<&'a FixTarget> {
        let Some(own) = self.own_target() else {
            return Vec::new();
        };
        let is_meant = |target: &&FixTarget| match self.reach {
            Reach::All => true,
            Reach::Selected => is_of_the_same(own, target),
        };
        self.targets().into_iter().filter(is_meant).collect()
    }
}

/// Whether two targets are changed by one change: Pods of one workload, with the same container and
/// image volume.
fn is_of_the_same(own: &FixTarget, other: &FixTarget) -> bool {
    let container = |target: &FixTarget| target.container.as_ref().map(|it| it.name.clone());
    let volume = |target: &FixTarget| target.volume.as_ref().map(|it| it.name.clone());
    let same_pod = own.pod == other.pod;
    let same_owner = own.owner.is_same(&other.owner);
    own.namespace == other.namespace
        && (same_pod || same_owner)
        && container(own) == container(other)
        && volume(own) == volume(other)
        && own.is_ephemeral() == other.is_ephemeral()
}

/// What can be done about a fix.
pub fn for_fix(fix: FixId, scope: FixScope<'_>) -> Offer {
    if let Some(ask) = ask(fix, scope) {
        return Offer::Ask(ask);
    }
    let Some(made) = changes(fix, scope) else {
        return Offer::ByHand;
    };
    if made.changes.is_empty() {
        return Offer::ByHand;
    }
    let mut plan = Plan::new(
        titled(fix.title_for(&scope.own.names), &made.targets),
        made.changes,
    );
    plan.notes = not_reached(&made.targets);
    for change in &plan.changes {
        if let Change::AttachSecret(attach) = change {
            plan.notes
                .extend(pods_with_the_old_list(&made.targets, &attach.secret));
        }
    }
    plan.notes.extend(others_fail_alike(scope, &plan.changes));
    Offer::Plan(plan)
}

/// How many other workloads suffer from the same, where a shared object is changed for the selected one.
fn others_fail_alike(scope: FixScope<'_>, changes: &[Change]) -> Option<String> {
    let is_shared = changes.iter().any(|change| {
        matches!(
            change,
            Change::AttachSecret(_)
                | Change::DetachSecret(_)
                | Change::CreateAccount(_)
                | Change::EditSecret(_)
                | Change::ConvertSecret(_)
                | Change::CopySecret(_)
        )
    });
    let others = owners(&scope.targets()) - owners(&scope.workload_targets());
    (is_shared && others > 0).then(|| match others {
        1 => "1 more workload fails alike and is left as it is: W has one plan for all.".to_owned(),
        many => format!(
            "{many} more workloads fail alike and are left as they are: W has one plan for all."
        ),
    })
}

/// The title of a plan, with the number of workloads where there are several.
pub(super) fn titled(title: &str, targets: &[&FixTarget]) -> String {
    match owners(targets) {
        0 | 1 => title.to_owned(),
        several => format!("{title}: {several} workloads"),
    }
}

/// How many workloads these targets are of; a Pod without a controller is one.
fn owners(targets: &[&FixTarget]) -> usize {
    let mut owners: Vec<(&PodOwner, Option<&FixTarget>)> = targets
        .iter()
        .map(|target| match &target.owner {
            PodOwner::None => (&target.owner, Some(*target)),
            owner => (owner, None),
        })
        .collect();
    owners.sort_by_key(|(owner, target)| (*owner, target.and_then(|target| target.pod.clone())));
    owners.dedup_by(|(one, pod), (other, other_pod)| {
        pod == other_pod && (one == other || one.is_same(other))
    });
    owners.len()
}

/// What has to be typed for a fix; `None` where nothing has, or a name is not known.
fn ask(fix: FixId, scope: FixScope<'_>) -> Option<Ask> {
    let names = &scope.own.names;
    let image = scope.own.image.clone();
    let own = scope.own_target()?;
    let namespace = Namespace::new(names.namespace.as_deref()?);
    match fix {
        FixId::CreateSecret | FixId::Authenticate => Some(Ask::NewSecret {
            name: names.secret.clone().unwrap_or_else(|| "regcred".to_owned()),
            server: names.server.clone()?,
            account: (own.list_origin == ListOrigin::ServiceAccount && !own.is_ephemeral())
                .then(|| own.service_account.clone()),
            image,
            listed: listed(scope.own),
            targets: alike(scope).into_iter().cloned().collect(),
            namespace,
        }),
        FixId::RecreateSecret | FixId::NewToken => Some(Ask::Login {
            secret: Key::new(namespace, Name::new(names.secret.clone()?)),
            server: names.entry.clone().or_else(|| names.server.clone())?,
            username: names.username.clone().unwrap_or_default(),
            image,
            waiting: retried(&scope.workload_targets())
                .into_iter()
                .filter_map(|change| match change {
                    Change::DeletePod(delete) => Some(delete.pod),
                    _ => None,
                })
                .collect(),
        }),
        FixId::CorrectImage | FixId::WriteFullName => ask_image(own, scope),
        _ => None,
    }
}

/// The targets whose list is where the own one's is: in its template, or in the same ServiceAccount. In a
/// plan for all, those of other workloads as well, and those with a list of their own.
fn alike(scope: FixScope<'_>) -> Vec<&FixTarget> {
    let Some(own) = scope.own_target() else {
        return Vec::new();
    };
    if own.list_origin != ListOrigin::ServiceAccount {
        return scope.workload_targets();
    }
    let of_account = |target: &&FixTarget| {
        let same_account = target.service_account == own.service_account;
        let by_account = target.list_origin == ListOrigin::ServiceAccount && same_account;
        target.namespace == own.namespace && (by_account || scope.reach == Reach::All)
    };
    let targets = scope.workload_targets().into_iter();
    targets.filter(of_account).collect()
}

/// Changes, and what they are for.
struct Made<'a> {
    changes: Vec<Change>,
    targets: Vec<&'a FixTarget>,
}

/// The changes of a fix that needs nothing typed; `None` where it is no change to the cluster's
/// objects, or a name is not known.
fn changes(fix: FixId, scope: FixScope<'_>) -> Option<Made<'_>> {
    let names = &scope.own.names;
    let own = scope.own_target()?;
    let namespace = Namespace::new(names.namespace.as_deref()?);
    let secret = || {
        Some(Key::new(
            namespace.clone(),
            Name::new(names.secret.clone()?),
        ))
    };
    let account = Key::new(namespace.clone(), own.service_account.clone());
    let attach = |name: &Name<Secret>, instead_of: Option<&Name<Secret>>| {
        let targets = alike(scope);
        let changes = attached(&account, name, instead_of, &listed(scope.own), &targets);
        Some(Made { changes, targets })
    };
    // A Secret that nobody lists yet has to be attached too.
    let saved = |change: Change, secret: &Name<Secret>| {
        let (rest, targets) = if own.listed.contains(secret) {
            let targets = scope.workload_targets();
            (retried(&targets), targets)
        } else if own.is_ephemeral() {
            (Vec::new(), vec![own])
        } else {
            let attached = attach(secret, None)?;
            (attached.changes, attached.targets)
        };
        let changes = std::iter::once(change).chain(rest).collect();
        Some(Made { changes, targets })
    };
    let edit = |edit: Edit| {
        let key = secret()?;
        let name = key.name.clone();
        saved(Change::edit_secret(key, edit), &name)
    };
    match fix {
        FixId::AttachSecret => {
            let name = names.matching.clone().or_else(|| names.secret.clone())?;
            attach(&Name::new(name), None)
        }
        FixId::CorrectSecretName => {
            let right = Name::new(names.matching.clone()?);
            attach(&right, Some(&secret()?.name))
        }
        FixId::CorrectServer => edit(Edit::Rekey {
            from: names.entry.clone()?,
            to: names.server.clone()?,
        }),
        FixId::RemoveEntry => edit(Edit::Remove {
            server: names.entry.clone().or_else(|| names.server.clone())?,
        }),
        FixId::ConvertType => {
            let key = secret()?;
            let name = key.name.clone();
            saved(Change::convert_secret(key), &name)
        }
        FixId::CopySecret => {
            let to = secret()?;
            let name = to.name.clone();
            let copy = CopySecret {
                from: Key::new(Namespace::new(names.from.as_deref()?), name.clone()),
                to,
                existing: Existing::Keep,
                brings: names
                    .server
                    .iter()
                    .map(|server| server.as_str().into())
                    .collect(),
                there: None,
                expected: None,
            };
            saved(copy.into(), &name)
        }
        FixId::UseServiceAccount => Some(set_account(scope, &Name::new(names.holder.clone()?))),
        FixId::CreateServiceAccount => {
            let create = Change::from(CreateAccount {
                key: account,
                pull_secrets: Vec::new(),
            });
            let targets = scope.workload_targets();
            // Its controller has backed off: a new template is tried at once.
            let restarts = renewed(&targets).into_iter();
            let changes = std::iter::once(create).chain(restarts).collect();
            Some(Made { changes, targets })
        }
        FixId::Restart => {
            let targets = scope.workload_targets();
            Some(Made {
                changes: renewed(&targets),
                targets,
            })
        }
        FixId::RetryNow => {
            let targets = scope.workload_targets();
            Some(Made {
                changes: retried(&targets),
                targets,
            })
        }
        // The rest is done at the registry, on the node, or by a build; where a rollout goes back to is
        // known to the store.
        _ => None,
    }
}

fn set_account<'a>(scope: FixScope<'a>, account: &Name<ServiceAccount>) -> Made<'a> {
    let targets = scope.workload_targets();
    let mut changes: Vec<Change> = Vec::new();
    let mut done = Vec::new();
    for target in &targets {
        let Some(workload) = rolling(target) else {
            continue;
        };
        if done.contains(&workload) {
            continue;
        }
        done.push(workload.clone());
        changes.push(SetAccount::new(workload, account.clone()).into());
    }
    changes.extend(stuck(&targets));
    Made { changes, targets }
}

fn listed(finding: &Finding) -> Vec<Name<Secret>> {
    let names = finding.names.account_lists.iter().flatten();
    names.map(|name| Name::new(name.clone())).collect()
}

#[cfg(test)]
#[path = "fixes_tests.rs"]
mod tests;
