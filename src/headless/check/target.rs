//! `KIND/NAME` as kubectl writes it: the Pods that a check is about.

use std::{fmt, str::FromStr};

use crate::domain::{
    key::Name,
    objects::{Pod, Workload, WorkloadKind},
    problem::Problem,
    watch::Scope,
    world::World,
};

/// A Pod, or a workload and with it all its Pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Pod(String),
    Workload(WorkloadKind, String),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text
            .split_once('/')
            .filter(|(_, name)| !name.is_empty())
            .ok_or("expected KIND/NAME, such as deployment/web")?;
        let name = name.to_owned();
        Ok(match kind.to_lowercase().as_str() {
            "pod" | "pods" | "po" => Self::Pod(name),
            "deployment" | "deployments" | "deploy" => {
                Self::Workload(WorkloadKind::Deployment, name)
            }
            "replicaset" | "replicasets" | "rs" => Self::Workload(WorkloadKind::ReplicaSet, name),
            "statefulset" | "statefulsets" | "sts" => {
                Self::Workload(WorkloadKind::StatefulSet, name)
            }
            "daemonset" | "daemonsets" | "ds" => Self::Workload(WorkloadKind::DaemonSet, name),
            "job" | "jobs" => Self::Workload(WorkloadKind::Job, name),
            "cronjob" | "cronjobs" | "cj" => Self::Workload(WorkloadKind::CronJob, name),
            other => return Err(format!("{other:?} is no kind that has Pods")),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(name) => write!(f, "Pod/{name}"),
            Self::Workload(kind, name) => write!(f, "{kind}/{name}"),
        }
    }
}

impl Target {
    pub(super) fn has_pod(&self, pod: &Pod, workload: Option<&Workload>) -> bool {
        match self {
            Self::Pod(name) => *pod.key.name.as_str() == **name,
            Self::Workload(kind, name) => {
                let owner = pod.meta.owner.as_ref();
                owner.is_some_and(|owner| *owner.kind == *kind.as_str() && *owner.name == **name)
                    || workload.is_some_and(|workload| self.is_workload(workload))
            }
        }
    }

    pub(super) fn is_workload(&self, workload: &Workload) -> bool {
        match self {
            Self::Pod(_) => false,
            Self::Workload(kind, name) => {
                workload.id.kind == *kind && *workload.id.key.name.as_str() == **name
            }
        }
    }

    fn exists(&self, world: &World, scope: &Scope) -> bool {
        match self {
            Self::Pod(name) => {
                let name = Name::new(name.as_str());
                world.pods(scope).any(|pod| pod.key.name == name)
            }
            Self::Workload(..) => world.workloads().any(|workload| self.is_workload(workload)),
        }
    }
}

/// A name that leads nowhere is a mistake of the caller, not a healthy workload.
pub(super) fn all_exist(targets: &[Target], world: &World, scope: &Scope) -> Result<(), Problem> {
    let absent = targets.iter().find(|target| !target.exists(world, scope));
    match absent {
        Some(target) => Err(Problem::new(format!("{target} does not exist here"))
            .next("choose the namespace with -n, or all with -A")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_written_as_for_kubectl() {
        let web = |kind| Ok(Target::Workload(kind, "web".to_owned()));
        assert_eq!("deploy/web".parse(), web(WorkloadKind::Deployment));
        assert_eq!("StatefulSet/web".parse(), web(WorkloadKind::StatefulSet));
        assert_eq!("po/web".parse(), Ok(Target::Pod("web".to_owned())));
        for wrong in ["web", "pod/", "service/web"] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }
}
