//! Filters fixes by what Kubernetes allows for the target, and substitutes those it does not.

use super::{
    FixContext, FixEffect, FixId, FixKind, Planned,
    target::{FixTarget, PodOwner, TemplateRollout},
};
use crate::domain::diagnostics::RootCause;

/// The fixes that Kubernetes allows for this target, in their order, each once.
pub fn applicable_fixes(
    fixes: impl IntoIterator<Item = FixId>,
    target: &FixTarget,
    root: Option<RootCause>,
) -> Vec<FixId> {
    let mut suitable: Vec<FixId> = Vec::new();
    for fix in fixes {
        let instead = if target.is_ephemeral() {
            Some(for_ephemeral(fix, root))
        } else {
            for_owner(fix, target)
        };
        if let Some(fix) = instead
            && !suitable.contains(&fix)
        {
            suitable.push(fix);
        }
    }
    suitable
}

impl FixContext {
    /// The fixes that Kubernetes allows for the target of this context; all of them where it has none.
    pub(in crate::domain::diagnostics) fn applicable_fixes(
        &self,
        fixes: impl IntoIterator<Item = FixId>,
        root: Option<RootCause>,
    ) -> Vec<FixId> {
        match self.target.as_deref() {
            Some(target) => applicable_fixes(fixes, target, root),
            None => fixes.into_iter().collect(),
        }
    }
}

/// Keeps the fixes that help a debug container.
///
/// What takes effect in new Pods only, or would end the Pod's other containers, does not. A missing Secret that the Pod
/// lists can be created: the next attempt reads it.
fn for_ephemeral(fix: FixId, root: Option<RootCause>) -> FixId {
    let creates_listed = matches!(fix, FixId::CreateSecret | FixId::CopySecret)
        && root == Some(RootCause::SecretMissing);
    match fix.effect() {
        FixEffect::NewPods if !creates_listed => FixId::DebugAgain,
        FixEffect::NewPods | FixEffect::NextAttempt => fix,
    }
}

fn for_owner(fix: FixId, target: &FixTarget) -> Option<FixId> {
    let owner = &target.owner;
    if target.static_pod_node().is_some() {
        return for_static_pod(fix);
    }
    let is_rolling = matches!(owner, PodOwner::Rolling(_));
    if fix == FixId::UndoRollout {
        // `kubectl rollout undo` refuses a paused Deployment.
        let is_held = target.template_rollout == TemplateRollout::Paused;
        return (is_rolling && !is_held).then_some(fix);
    }
    let is_automatic = target.template_rollout == TemplateRollout::Automatic;
    let renews = matches!(fix, FixId::Restart | FixId::RetryNow);
    Some(if renews && !owner.recreates_pods() {
        FixId::RecreatePod
    } else if fix == FixId::Restart && (!is_rolling || !is_automatic) {
        FixId::RetryNow
    } else {
        fix
    })
}

/// A static Pod pulls with the node's own login, and its spec is a file on the node: no Secret, ServiceAccount or
/// patch reaches it.
fn for_static_pod(fix: FixId) -> Option<FixId> {
    if fix == FixId::UndoRollout {
        return None;
    }
    Some(match fix.kind() {
        FixKind::Planned(planned) => match planned {
            Planned::AttachSecret
            | Planned::CreateSecret
            | Planned::RecreateSecret
            | Planned::CorrectServer
            | Planned::ConvertType
            | Planned::CopySecret
            | Planned::CorrectSecretName
            | Planned::UseServiceAccount
            | Planned::CreateServiceAccount
            | Planned::RemoveEntry
            | Planned::Authenticate
            | Planned::NewToken => FixId::NodeLogin,
            Planned::Restart | Planned::RetryNow => FixId::RecreatePod,
            Planned::CorrectImage | Planned::UseSuggestedImage | Planned::WriteFullName => fix,
        },
        FixKind::Manual(_) => fix,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        fixtures::{self, running, workload},
        k8s::objects::{ContainerRole, OwnerReference, WorkloadKind},
    };

    const STALE: [FixId; 3] = [FixId::Restart, FixId::RetryNow, FixId::UndoRollout];

    fn target(kind: Option<WorkloadKind>) -> FixTarget {
        let pod = fixtures::pod("shop", "web-1", running());
        let found = kind.map(|kind| workload(kind, "shop", "web", None));
        FixTarget::for_pod(&pod, "app", found.as_ref(), None)
    }

    #[test]
    fn no_fix_is_offered_that_the_kind_of_owner_does_not_have() {
        use FixId::{RecreatePod, Restart, RetryNow, UndoRollout};
        for (kind, expected) in [
            (
                Some(WorkloadKind::Deployment),
                &[Restart, RetryNow, UndoRollout][..],
            ),
            (
                Some(WorkloadKind::StatefulSet),
                &[Restart, RetryNow, UndoRollout],
            ),
            (
                Some(WorkloadKind::DaemonSet),
                &[Restart, RetryNow, UndoRollout],
            ),
            (Some(WorkloadKind::ReplicaSet), &[RetryNow]),
            // Its deleted Pod would count as a failure.
            (Some(WorkloadKind::Job), &[RecreatePod]),
            (Some(WorkloadKind::CronJob), &[RecreatePod]),
            (None, &[RecreatePod]),
        ] {
            assert_eq!(
                applicable_fixes(STALE, &target(kind), None),
                expected,
                "{kind:?}"
            );
        }
        let mut mirror = fixtures::pod("shop", "web-1", running());
        mirror.meta.owner = Some(Arc::new(OwnerReference {
            kind: "Node".into(),
            name: "node-1".into(),
            uid: "u".into(),
        }));
        let mirror = FixTarget::for_pod(&mirror, "app", None, None);
        assert_eq!(applicable_fixes(STALE, &mirror, None), [RecreatePod]);
    }

    #[test]
    fn what_waits_for_its_pods_to_be_deleted_is_not_restarted() {
        for kind in [WorkloadKind::StatefulSet, WorkloadKind::DaemonSet] {
            let mut target = target(Some(kind));
            target.template_rollout = TemplateRollout::OnDelete;
            assert_eq!(
                applicable_fixes(STALE, &target, None),
                [FixId::RetryNow, FixId::UndoRollout],
                "{kind:?}"
            );
        }
    }

    #[test]
    fn a_debug_container_restarts_nothing() {
        let mut target = target(Some(WorkloadKind::Deployment));
        target.container.as_mut().unwrap().role = ContainerRole::Ephemeral;
        let fixes = [
            FixId::AttachSecret,
            FixId::CreateSecret,
            FixId::Restart,
            FixId::CorrectImage,
            FixId::RecreateSecret,
        ];
        assert_eq!(
            applicable_fixes(fixes, &target, Some(RootCause::SecretNotAttached)),
            [FixId::DebugAgain, FixId::RecreateSecret]
        );
        assert_eq!(
            applicable_fixes(fixes, &target, Some(RootCause::SecretMissing))[..2],
            [FixId::DebugAgain, FixId::CreateSecret]
        );
    }
}
