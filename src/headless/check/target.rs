//! What a check is about, written as kubectl takes it: `deployment/web pod/api-1`, `deploy web api`,
//! or `deploy` for all of a kind.

use std::fmt;

use super::{scope::ALLOW_EMPTY, selector::Selector};
use crate::domain::{
    error::UserError,
    k8s::objects::{Pod, Workload, WorkloadKind},
    rbac::Permission,
    store::{Store, watch::Scope},
    suggest::did_you_mean,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pod,
    Workload(WorkloadKind),
}

/// Pods, or workloads and with them all their Pods.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    kind: Kind,
    /// `None`: all of the kind.
    name: Option<String>,
}

/// The Pods and workloads that a check is about; all of them when nothing is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    targets: Vec<Target>,
    selector: Option<Selector>,
}

impl Kind {
    /// The kind of this name, plural or short name.
    fn parse(text: &str) -> Result<Self, String> {
        Ok(match text.to_lowercase().as_str() {
            "pod" | "pods" | "po" => Self::Pod,
            "deployment" | "deployments" | "deploy" => Self::Workload(WorkloadKind::Deployment),
            "replicaset" | "replicasets" | "rs" => Self::Workload(WorkloadKind::ReplicaSet),
            "statefulset" | "statefulsets" | "sts" => Self::Workload(WorkloadKind::StatefulSet),
            "daemonset" | "daemonsets" | "ds" => Self::Workload(WorkloadKind::DaemonSet),
            "job" | "jobs" => Self::Workload(WorkloadKind::Job),
            "cronjob" | "cronjobs" | "cj" => Self::Workload(WorkloadKind::CronJob),
            _ => {
                return Err(format!(
                    "unknown kind {text:?}: use pod, deployment, statefulset, daemonset, replicaset, job or cronjob"
                ));
            }
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Pod => "Pod",
            Kind::Workload(kind) => kind.as_str(),
        };
        match &self.name {
            Some(name) => write!(f, "{kind}/{name}"),
            None => write!(f, "any {kind}"),
        }
    }
}

impl Target {
    fn has_pod(&self, pod: &Pod, workload: Option<&Workload>) -> bool {
        let kind = match self.kind {
            Kind::Pod => return self.names(pod.key.name.as_str()),
            Kind::Workload(kind) => kind,
        };
        let owner = pod.meta.owner.as_ref();
        owner.is_some_and(|owner| *owner.kind == *kind.as_str() && self.names(&owner.name))
            || workload.is_some_and(|workload| self.is_workload(workload))
    }

    fn is_workload(&self, workload: &Workload) -> bool {
        self.kind == Kind::Workload(workload.id.kind) && self.names(workload.id.key.name.as_str())
    }

    fn names(&self, name: &str) -> bool {
        self.name.as_deref().is_none_or(|wanted| wanted == name)
    }

    /// Whether it is listed by this permission. The resource of each of our kinds is its plural.
    fn needs(&self, permission: &Permission) -> bool {
        match self.kind {
            Kind::Pod => false,
            Kind::Workload(kind) => {
                let resource = format!("{}s", kind.as_str().to_lowercase());
                *permission.resource == *resource
            }
        }
    }

    /// The object of this kind whose name is nearest.
    fn near(&self, world: &Store) -> Option<Self> {
        let name = self.name.as_deref()?;
        let near = match self.kind {
            Kind::Pod => {
                let pods = world.pods(&Scope::Cluster);
                did_you_mean(name, pods.map(|pod| pod.key.name.as_str()))
            }
            Kind::Workload(kind) => {
                let workloads = world.workloads().filter(|it| it.id.kind == kind);
                did_you_mean(name, workloads.map(|it| it.id.key.name.as_str()))
            }
        };
        near.map(|near| Self {
            kind: self.kind,
            name: Some(near.to_owned()),
        })
    }

    /// That it is not there, as a sentence.
    fn absence(&self, place: &str) -> String {
        match (&self.name, self.kind) {
            (Some(_), _) => format!("{self} does not exist {place}"),
            (None, Kind::Pod) => format!("no Pods found {place}"),
            (None, Kind::Workload(kind)) => format!("no {}s found {place}", kind.as_str()),
        }
    }

    fn exists(&self, world: &Store) -> bool {
        match self.kind {
            Kind::Pod => world
                .pods(&Scope::Cluster)
                .any(|pod| self.has_pod(pod, None)),
            Kind::Workload(_) => world.workloads().any(|workload| self.is_workload(workload)),
        }
    }
}

impl Choice {
    /// Reads the words of the command line.
    pub(super) fn read(words: &[String], selector: Option<Selector>) -> Result<Self, UserError> {
        let targets = targets(words).map_err(|why| {
            UserError::new("invalid target")
                .with_cause(why)
                .with_help("use kubectl's syntax: deployment/web, deployment web, or pods")
        })?;
        Ok(Self { targets, selector })
    }

    pub(super) fn has_pod(&self, pod: &Pod, workload: Option<&Workload>) -> bool {
        let selector = self.selector.as_ref();
        selector.is_none_or(|it| it.selects(&pod.meta.labels))
            && (self.targets.is_empty() || self.targets.iter().any(|it| it.has_pod(pod, workload)))
    }

    pub(super) fn has_workload(&self, workload: &Workload) -> bool {
        let selector = self.selector.as_ref();
        selector.is_none_or(|it| it.selects(&workload.meta.labels))
            && (self.targets.is_empty() || self.targets.iter().any(|it| it.is_workload(workload)))
    }

    /// What was chosen and is not there, in words.
    pub(super) fn absent(&self, world: &Store) -> Option<String> {
        if let Some(target) = self.targets.iter().find(|it| !it.exists(world)) {
            return Some(target.to_string());
        }
        let selector = self.selector.as_ref()?;
        (!self.selects_something(world)).then(|| format!("a Pod with labels {selector}"))
    }

    fn selects_something(&self, world: &Store) -> bool {
        let mut pods = world.pods(&Scope::Cluster);
        pods.any(|pod| self.has_pod(pod, world.workload_of(pod).map(AsRef::as_ref)))
            || world.workloads().any(|it| self.has_workload(it))
    }

    /// Fails where a name or a selector leads nowhere: that is a mistake of the caller, not a healthy
    /// workload.
    pub(super) fn exists(
        &self,
        world: &Store,
        forbidden: &[Permission],
        place: &str,
    ) -> Result<(), UserError> {
        self.may_be_looked_for(world, forbidden)?;
        if let Some(target) = self.targets.iter().find(|it| !it.exists(world)) {
            let problem = UserError::new(target.absence(place));
            return Err(problem.with_help(match target.near(world) {
                Some(near) => format!("did you mean {near}? {ALLOW_EMPTY}"),
                None => format!("set the namespace with -n, or use -A for all; {ALLOW_EMPTY}"),
            }));
        }
        let Some(selector) = &self.selector else {
            return Ok(());
        };
        if self.selects_something(world) {
            return Ok(());
        }
        let problem = UserError::new(format!("no Pods with labels {selector} found {place}"));
        let pods = world.pods(&Scope::Cluster);
        let labels: Vec<_> = pods.map(|pod| &pod.meta.labels).collect();
        Err(problem.with_help(match selector.near(&labels) {
            Some(near) => format!("did you mean {near}? {ALLOW_EMPTY}"),
            None => format!("check the selector; {ALLOW_EMPTY}"),
        }))
    }

    /// Fails for a name of a kind that may not be listed: nobody knows whether it exists.
    pub(super) fn may_be_looked_for(
        &self,
        world: &Store,
        forbidden: &[Permission],
    ) -> Result<(), UserError> {
        let absent = self.targets.iter().filter(|it| !it.exists(world));
        let hides = |target: &Target| forbidden.iter().find(|it| target.needs(it));
        for (target, missing) in absent.map(|target| (target, hides(target))) {
            if let Some(missing) = missing {
                return Err(UserError::new(format!("cannot look up {target}"))
                    .with_cause(format!("you may not {missing}"))
                    .with_help(missing.role_command()));
            }
        }
        Ok(())
    }
}

fn targets(words: &[String]) -> Result<Vec<Target>, String> {
    let Some((first, names)) = words.split_first() else {
        return Ok(Vec::new());
    };
    if first.contains('/') {
        return words.iter().map(|word| with_name(word)).collect();
    }
    let kind = Kind::parse(first)?;
    if let Some(mixed) = names.iter().find(|name| name.contains('/')) {
        return Err(format!(
            "{mixed:?} must not have a kind after the kind {first:?}"
        ));
    }
    let target = |name: Option<String>| Target { kind, name };
    if names.is_empty() {
        return Ok(vec![target(None)]);
    }
    Ok(names.iter().cloned().map(Some).map(target).collect())
}

fn with_name(word: &str) -> Result<Target, String> {
    let (kind, name) = word
        .split_once('/')
        .filter(|(_, name)| !name.is_empty())
        .ok_or_else(|| format!("{word:?} is not KIND/NAME"))?;
    Ok(Target {
        kind: Kind::parse(kind)?,
        name: Some(name.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Vec<String>, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let targets = targets(&words)?;
        Ok(targets.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn things_are_named_as_for_kubectl() {
        for (line, expected) in [
            ("", vec![]),
            ("deploy/web po/api-1", vec!["Deployment/web", "Pod/api-1"]),
            (
                "StatefulSet web db",
                vec!["StatefulSet/web", "StatefulSet/db"],
            ),
            ("cj", vec!["any CronJob"]),
        ] {
            let expected = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(read(line), Ok(expected), "{line}");
        }
        for wrong in [
            "web",
            "pod/",
            "service/web",
            "deploy po/a",
            "deploy/web api",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
