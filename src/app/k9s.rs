//! Resources that k9s lists by these names and this program does not, with what there is instead.
//!
//! The names are those of k9s v0.50 (`internal/config/alias.go`) and the short names of
//! `kubectl api-resources`. None of them may run another command by its letters.

/// A resource without a view.
pub struct Resource {
    names: &'static [&'static str],
    plural: &'static str,
    /// What shows something of it here.
    instead: &'static str,
}

const WORKLOAD: &str = "R: rollout of a Pod, z: by workload";
const NODES: &str = "the NODE column of Pods names it";
const NONE: &str = "k9s and kubectl do";

#[rustfmt::skip]
const RESOURCES: &[Resource] = &[
    Resource { names: &["deploy", "dp", "deployment", "deployments"], plural: "Deployments", instead: "R: rollout of a Pod" },
    Resource { names: &["rs", "replicaset", "replicasets"], plural: "ReplicaSets", instead: WORKLOAD },
    Resource { names: &["sts", "statefulset", "statefulsets"], plural: "StatefulSets", instead: WORKLOAD },
    Resource { names: &["ds", "daemonset", "daemonsets"], plural: "DaemonSets", instead: WORKLOAD },
    Resource { names: &["jo", "job", "jobs"], plural: "Jobs", instead: WORKLOAD },
    Resource { names: &["cj", "cronjob", "cronjobs"], plural: "CronJobs", instead: WORKLOAD },
    Resource { names: &["rc", "replicationcontroller", "replicationcontrollers"], plural: "ReplicationControllers", instead: NONE },
    Resource { names: &["no", "node", "nodes"], plural: "Nodes", instead: NODES },
    Resource { names: &["svc", "service", "services"], plural: "Services", instead: NONE },
    Resource { names: &["ep", "endpoint", "endpoints"], plural: "Endpoints", instead: NONE },
    Resource { names: &["ing", "ingress", "ingresses"], plural: "Ingresses", instead: NONE },
    Resource { names: &["np", "netpol", "networkpolicy", "networkpolicies"], plural: "NetworkPolicies", instead: NONE },
    Resource { names: &["cm", "configmap", "configmaps"], plural: "ConfigMaps", instead: NONE },
    Resource { names: &["pv", "persistentvolume", "persistentvolumes"], plural: "PersistentVolumes", instead: NONE },
    Resource { names: &["pvc", "persistentvolumeclaim", "persistentvolumeclaims"], plural: "PersistentVolumeClaims", instead: NONE },
    Resource { names: &["sc", "storageclass", "storageclasses"], plural: "StorageClasses", instead: NONE },
    Resource { names: &["ro", "role", "roles"], plural: "Roles", instead: NONE },
    Resource { names: &["rb", "rolebinding", "rolebindings"], plural: "RoleBindings", instead: NONE },
    Resource { names: &["cr", "clusterrole", "clusterroles"], plural: "ClusterRoles", instead: NONE },
    Resource { names: &["crb", "clusterrolebinding", "clusterrolebindings"], plural: "ClusterRoleBindings", instead: NONE },
    Resource { names: &["crd", "crds", "customresourcedefinition", "customresourcedefinitions"], plural: "CustomResourceDefinitions", instead: NONE },
    Resource { names: &["hpa", "horizontalpodautoscaler", "horizontalpodautoscalers"], plural: "HorizontalPodAutoscalers", instead: NONE },
    Resource { names: &["pdb", "poddisruptionbudget", "poddisruptionbudgets"], plural: "PodDisruptionBudgets", instead: NONE },
    Resource { names: &["quota", "resourcequota", "resourcequotas"], plural: "ResourceQuotas", instead: NONE },
    Resource { names: &["limits", "limitrange", "limitranges"], plural: "LimitRanges", instead: NONE },
    Resource { names: &["pc", "priorityclass", "priorityclasses"], plural: "PriorityClasses", instead: NONE },
    Resource { names: &["pf", "portforward", "portforwards"], plural: "port-forwards", instead: NONE },
    Resource { names: &["helm"], plural: "Helm releases", instead: NONE },
    Resource { names: &["pu", "pulse", "pulses"], plural: "pulses", instead: ":problems lists what is wrong" },
    Resource { names: &["xray"], plural: "xray", instead: "the chain of a Pod is shown beside it" },
];

impl Resource {
    /// The resource that k9s means by this name, if there is no view of it here.
    pub fn named(name: &str) -> Option<&'static Self> {
        RESOURCES
            .iter()
            .find(|resource| resource.names.contains(&name))
    }

    /// Says that there is no view, and what there is.
    pub fn answer(&self) -> String {
        format!("pullscope has no {} view; {}", self.plural, self.instead)
    }

    #[cfg(test)]
    pub(crate) fn all_names() -> impl Iterator<Item = &'static str> {
        RESOURCES
            .iter()
            .flat_map(|resource| resource.names.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_answer_fits_the_footer_of_a_narrow_terminal() {
        for name in Resource::all_names() {
            let answer = Resource::named(name).unwrap().answer();
            assert!(answer.len() < 80, "{answer}");
        }
    }

    #[test]
    fn each_name_means_one_resource() {
        let mut seen = BTreeSet::new();
        for name in Resource::all_names() {
            assert!(seen.insert(name), "{name} twice");
        }
        let sets = Resource::named("rs").unwrap().answer();
        assert!(
            sets.starts_with("pullscope has no ReplicaSets view; "),
            "{sets}"
        );
    }
}
