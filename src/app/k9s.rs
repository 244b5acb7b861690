//! Resource names known from k9s that have no view here, with the alternative.
//!
//! The names are those of k9s v0.50 (`internal/config/alias.go`) and the short names of
//! `kubectl api-resources`. None of them may run another command by its letters.

/// A resource that k9s has a view for and pullscope has not.
pub struct K9sResource {
    names: &'static [&'static str],
    plural: &'static str,
    /// What shows something of it here.
    instead: &'static str,
}

const WORKLOAD: &str = "R: rollout of a Pod, z: by workload";
const NONE: &str = "k9s and kubectl do";

#[rustfmt::skip]
const RESOURCES: &[K9sResource] = &[
    K9sResource { names: &["deploy", "dp", "deployment", "deployments"], plural: "Deployments", instead: "R: rollout of a Pod" },
    K9sResource { names: &["rs", "replicaset", "replicasets"], plural: "ReplicaSets", instead: WORKLOAD },
    K9sResource { names: &["sts", "statefulset", "statefulsets"], plural: "StatefulSets", instead: WORKLOAD },
    K9sResource { names: &["ds", "daemonset", "daemonsets"], plural: "DaemonSets", instead: WORKLOAD },
    K9sResource { names: &["jo", "job", "jobs"], plural: "Jobs", instead: WORKLOAD },
    K9sResource { names: &["cj", "cronjob", "cronjobs"], plural: "CronJobs", instead: WORKLOAD },
    K9sResource { names: &["rc", "replicationcontroller", "replicationcontrollers"], plural: "ReplicationControllers", instead: NONE },
    K9sResource { names: &["no", "nodes"], plural: "Nodes", instead: "use :node for the node of a Pod" },
    K9sResource { names: &["svc", "service", "services"], plural: "Services", instead: NONE },
    K9sResource { names: &["ep", "endpoint", "endpoints"], plural: "Endpoints", instead: NONE },
    K9sResource { names: &["ing", "ingress", "ingresses"], plural: "Ingresses", instead: NONE },
    K9sResource { names: &["np", "netpol", "networkpolicy", "networkpolicies"], plural: "NetworkPolicies", instead: NONE },
    K9sResource { names: &["cm", "configmap", "configmaps"], plural: "ConfigMaps", instead: NONE },
    K9sResource { names: &["pv", "persistentvolume", "persistentvolumes"], plural: "PersistentVolumes", instead: NONE },
    K9sResource { names: &["pvc", "persistentvolumeclaim", "persistentvolumeclaims"], plural: "PersistentVolumeClaims", instead: NONE },
    K9sResource { names: &["sc", "storageclass", "storageclasses"], plural: "StorageClasses", instead: NONE },
    K9sResource { names: &["ro", "role", "roles"], plural: "Roles", instead: NONE },
    K9sResource { names: &["rb", "rolebinding", "rolebindings"], plural: "RoleBindings", instead: NONE },
    K9sResource { names: &["cr", "clusterrole", "clusterroles"], plural: "ClusterRoles", instead: NONE },
    K9sResource { names: &["crb", "clusterrolebinding", "clusterrolebindings"], plural: "ClusterRoleBindings", instead: NONE },
    K9sResource { names: &["crd", "crds", "customresourcedefinition", "customresourcedefinitions"], plural: "CustomResourceDefinitions", instead: NONE },
    K9sResource { names: &["hpa", "horizontalpodautoscaler", "horizontalpodautoscalers"], plural: "HorizontalPodAutoscalers", instead: NONE },
    K9sResource { names: &["pdb", "poddisruptionbudget", "poddisruptionbudgets"], plural: "PodDisruptionBudgets", instead: NONE },
    K9sResource { names: &["quota", "resourcequota", "resourcequotas"], plural: "ResourceQuotas", instead: NONE },
    K9sResource { names: &["limits", "limitrange", "limitranges"], plural: "LimitRanges", instead: NONE },
    K9sResource { names: &["pc", "priorityclass", "priorityclasses"], plural: "PriorityClasses", instead: NONE },
    K9sResource { names: &["pf", "portforward", "portforwards"], plural: "port-forwards", instead: NONE },
    K9sResource { names: &["helm"], plural: "Helm releases", instead: NONE },
    K9sResource { names: &["pu", "pulse", "pulses"], plural: "pulses", instead: "use :problems" },
    K9sResource { names: &["xray"], plural: "xray", instead: "see the chain above the diagnosis" },
];

impl K9sResource {
    /// Looks up the resource by its name in k9s; `None` if there is a view or no such name.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        RESOURCES
            .iter()
            .find(|resource| resource.names.contains(&name))
    }

    /// Says that there is no view, and names the alternative.
    pub fn message(&self) -> String {
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
        for name in K9sResource::all_names() {
            let answer = K9sResource::from_name(name).unwrap().message();
            assert!(answer.len() < 80, "{answer}");
        }
    }

    #[test]
    fn each_name_means_one_resource() {
        let mut seen = BTreeSet::new();
        for name in K9sResource::all_names() {
            assert!(seen.insert(name), "{name} twice");
        }
        let sets = K9sResource::from_name("rs").unwrap().message();
        assert!(
            sets.starts_with("pullscope has no ReplicaSets view; "),
            "{sets}"
        );
    }
}
