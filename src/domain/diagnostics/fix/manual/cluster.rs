//! Manual fixes in the cluster: inspect, ask an administrator, or edit by hand.

use super::{super::unplanned, Steps, node_setup};
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
        "In the dashboard, :pull-test tests the pull on the nodes with the Pod's Secrets. The image is not run.",
        &format!(
            "It needs permission to create Pods in {}.",
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
            "The kubelet retries within 5 minutes and reads the Secrets again.",
            "A Pod's imagePullSecrets are set at creation, and a Job counts a deleted Pod as failed (backoffLimit).",
        ])
    } else {
        Steps::new([
            "No controller recreates this Pod, and most of its spec is immutable: replace it. Its running containers stop.",
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
            "An ephemeral container cannot be changed or removed. Adding another one needs no restart.",
            "A Pod's imagePullSecrets are set at creation: attaching a Secret to the ServiceAccount now has no effect on it.",
        ])
    }
}

/// Steps to roll back by hand; with a known revision the rollback is a plan.
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

/// The label of the build: <https://kubernetes.io/docs/reference/labels-annotations-taints/#nodekubernetesiowindows-build>.
pub(in crate::domain::diagnostics::fix) fn select_nodes(fix_context: &FixContext) -> Steps {
    if node_setup::is_windows(fix_context) {
        return Steps::new([
            "Set nodeSelector kubernetes.io/os in the Pod template, and node.kubernetes.io/windows-build for a Windows image.",
        ])
        .run("kubectl get nodes -L kubernetes.io/os,node.kubernetes.io/windows-build");
    }
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

pub(in crate::domain::diagnostics::fix) fn correct_sub_path(fix_context: &FixContext) -> Steps {
    Steps::new(["subPath is relative to the root of the image of the volume: list what is in it."])
        .run(format!(
            "crane export {} - | tar -t",
            fix_context.image_word()
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

/// Steps for a Pod with a scheduling gate: the scheduler ignores it, and only whoever set the gate may remove it
/// (KEP-3521).
pub(in crate::domain::diagnostics::fix) fn remove_scheduling_gate(
    fix_context: &FixContext,
) -> Steps {
    Steps::new([
        "The controller that set the gate removes it. The gate's prefix usually names it: check that it runs, and read its log.",
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
