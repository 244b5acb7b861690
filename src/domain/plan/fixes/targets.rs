//! Whom a fix is for: the finding's own Pod, its workload, and all others that suffer from the same.

use crate::domain::{
    diagnostics::{Finding, FixContext, FixTarget, ListOrigin},
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Secret, ServiceAccount},
    },
};

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

/// The targets of a fix.
pub(super) struct Targets<'a> {
    pub own: &'a FixTarget,
    /// The own target first, then those of the others.
    pub all: Vec<&'a FixTarget>,
    pub reach: Reach,
    /// What the own target's ServiceAccount lists, as far as it is known.
    pub listed: Vec<Name<Secret>>,
}

impl<'a> FixScope<'a> {
    pub(super) fn targets(&self) -> Option<Targets<'a>> {
        let of = |finding: &&'a Finding| finding.fix_context.target.as_deref();
        let own = of(&self.own)?;
        let others = self.others.iter().filter_map(of);
        Some(Targets {
            own,
            all: std::iter::once(own).chain(others).collect(),
            reach: self.reach,
            listed: listed(&self.own.fix_context),
        })
    }

    /// All targets: the own one first.
    pub fn all_targets(&self) -> Vec<&'a FixTarget> {
        self.targets().map_or_else(Vec::new, |targets| targets.all)
    }

    /// The targets of a change to a workload: all Pods of the own workload, or of all.
    pub fn workload_targets(&self) -> Vec<&'a FixTarget> {
        self.targets()
            .map_or_else(Vec::new, |targets| targets.of_workloads())
    }
}

impl<'a> Targets<'a> {
    pub(super) fn account(&self) -> ObjectRef<ServiceAccount> {
        ObjectRef::new(self.own.namespace.clone(), self.own.service_account.clone())
    }

    pub(super) fn of_workloads(&self) -> Vec<&'a FixTarget> {
        let is_meant = |target: &&FixTarget| match self.reach {
            Reach::All => true,
            Reach::Selected => is_of_the_same(self.own, target),
        };
        self.all.iter().copied().filter(is_meant).collect()
    }

    /// The targets of another content of a Secret: those of the own workload where it lists the Secret. Where it
    /// does not, those whose list gets it.
    pub(super) fn of_secret(&self, secret: &Name<Secret>) -> Vec<&'a FixTarget> {
        if self.own.listed.contains(secret) || self.own.is_ephemeral() {
            self.of_workloads()
        } else {
            self.of_list()
        }
    }

    /// The targets whose list is where the own one's is: in its template, or in the same ServiceAccount. In a
    /// plan for all, those of other workloads as well, and those with a list of their own.
    pub(super) fn of_list(&self) -> Vec<&'a FixTarget> {
        if self.own.list_origin != ListOrigin::ServiceAccount {
            return self.of_workloads();
        }
        let of_account = |target: &&FixTarget| {
            let same_account = target.service_account == self.own.service_account;
            let by_account = target.list_origin == ListOrigin::ServiceAccount && same_account;
            target.namespace == self.own.namespace && (by_account || self.reach == Reach::All)
        };
        let targets = self.of_workloads().into_iter();
        targets.filter(of_account).collect()
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

/// What the ServiceAccount of these names lists, as far as it is known.
pub(super) fn listed(fix_context: &FixContext) -> Vec<Name<Secret>> {
    let listed = fix_context.account_lists.iter().flatten();
    listed.map(|name| Name::new(name.clone())).collect()
}
