//! In the cluster: to look at, to ask somebody, or to edit by hand.

use super::{super::unplanned, Steps};
use crate::domain::diagnostics::{FixContext, ListOrigin};

pub(in crate::domain::diagnostics::fix) fn check_secret(fix_context: &FixContext) -> Steps {
    let (namespace, secret) = (fix_context.namespace_word(), fix_context.secret_word());
    Steps::new([
        &format!("You may not read Secrets in {namespace}, so its content is unknown."),
        &format!(
            "It must have an entry for {} with a credential that the registry accepts.",
            fix_context.host_word()
        ),
    ])
    .run(format!(
        "pullscope verify {} -n {namespace} --secret {secret}",
        fix_context.image_word()
    ))
    .run(format!(
        "kubectl -n {namespace} get secret {secret} -o jsonpath='{{.data.\\.dockerconfigjson}}' | base64 -d | jq '.auths | keys'"
    ))
}

pub(in crate::domain::diagnostics::fix) fn test_pull(fix_context: &FixContext) -> Steps {
    Steps::new([
        "In the dashboard, ctrl-t lets the kubelets pull the image with the Pod's Secrets; nothing is started.",
        &format!(
            "This requires permission to create Pods in {}.",
            fix_context.namespace_word()
        ),
    ])
}

pub(in crate::domain::diagnostics::fix) fn recreate_pod(fix_context: &FixContext) -> Steps {
    let target = fix_context.shown_target();
    let account_lists = fix_context.account_lists.iter().flatten();
    let mut lacking = account_lists.filter(|name| {
        let mut listed = target.listed.iter();
        !listed.any(|it| it.as_str() == name.as_str())
    });
    let has_old_list = target.list_origin == ListOrigin::ServiceAccount && lacking.next().is_some();
    let steps = if let Some(node) = target.static_pod_node() {
        Steps::new([&format!(
            "The kubelet of node {node} recreates the Pod when its manifest changes; deleting the mirror Pod has no effect."
        )])
    } else if target.owner.is_job() && has_old_list {
        Steps::new([
            "The Pod keeps the imagePullSecrets that it was created with: retries keep failing until the Job is recreated.",
            "A Job counts a deleted Pod as failed (backoffLimit).",
        ])
    } else if target.owner.is_job() {
        Steps::new([
            "The kubelet retries within 5 minutes, with the Secrets as they are then.",
            "A Pod's imagePullSecrets are set at creation, and a Job counts a deleted Pod as failed (backoffLimit).",
        ])
    } else {
        Steps::new([
            "No controller recreates this Pod, and most of its spec is immutable. Its running containers stop.",
        ])
    };
    Steps {
        commands: unplanned::recreate(&target),
        ..steps
    }
}

pub(in crate::domain::diagnostics::fix) fn debug_again(fix_context: &FixContext) -> Steps {
    Steps {
        commands: unplanned::debug(&fix_context.shown_target()),
        ..Steps::new([
            "An ephemeral container cannot be changed or removed, and is in no Pod template: no restart is needed.",
            "A Pod's imagePullSecrets are set at creation: attaching a Secret to the ServiceAccount now has no effect on it.",
        ])
    }
}

/// Which revision it goes back to is known to the store: with it the rollback is a plan.
pub(in crate::domain::diagnostics::fix) fn undo_rollout(fix_context: &FixContext) -> Steps {
    Steps {
        commands: unplanned::undo_rollout(&fix_context.shown_target()),
        ..Steps::default()
    }
}

pub(in crate::domain::diagnostics::fix) fn pull_policy(fix_context: &FixContext) -> Steps {
    Steps {
        commands: unplanned::pull_policy(&fix_context.shown_target()),
        ..Steps::new(["Set imagePullPolicy: IfNotPresent in the Pod template."])
    }
}

pub(in crate::domain::diagnostics::fix) fn select_nodes(_: &FixContext) -> Steps {
    Steps::new(["Set nodeSelector kubernetes.io/arch (and kubernetes.io/os) in the Pod template."])
        .run("kubectl get nodes -L kubernetes.io/arch,kubernetes.io/os")
}

pub(in crate::domain::diagnostics::fix) fn read_events(fix_context: &FixContext) -> Steps {
    Steps::new(["Events expire after an hour."]).run(format!(
        "kubectl -n {} get events --field-selector {} --sort-by=.lastTimestamp",
        fix_context.namespace_word(),
        fix_context.involved_word()
    ))
}

pub(in crate::domain::diagnostics::fix) fn read_log(fix_context: &FixContext) -> Steps {
    Steps::new([
        "exec format error means that the image is for another CPU architecture: build it for both, or select nodes by kubernetes.io/arch.",
    ])
    .run(format!(
        "kubectl -n {} logs {} -c {} --previous",
        fix_context.namespace_word(),
        fix_context.pod_word(),
        fix_context.container_word()
    ))
}

/// No scheduler looks at a Pod with a gate, and only what has set the gate knows when it may go (KEP-3521).
pub(in crate::domain::diagnostics::fix) fn remove_scheduling_gate(
    fix_context: &FixContext,
) -> Steps {
    Steps::new([
        "The controller that sets a gate removes it; its name is the gate's prefix, as a rule. See that it runs, and its log.",
    ])
    .run(format!(
        "kubectl -n {} get pod {} -o jsonpath='{{.spec.schedulingGates[*].name}}'",
        fix_context.namespace_word(),
        fix_context.pod_word()
    ))
}

pub(in crate::domain::diagnostics::fix) fn fix_scheduling(fix_context: &FixContext) -> Steps {
    Steps::default().run(format!(
        "kubectl -n {} describe pod {}",
        fix_context.namespace_word(),
        fix_context.pod_word()
    ))
}
