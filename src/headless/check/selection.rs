//! Selection of Pods and workloads, as kubectl takes it: `deployment/web pod/api-1`, `deploy web api`, or
//! `deploy` for all of a kind; and `-l`.

use std::fmt;

use super::scope::ALLOW_EMPTY;
use crate::domain::{
    error::UserError,
    k8s::{
        label_selector::LabelSelector,
        objects::{Pod, Workload, WorkloadKind},
    },
    rbac::Permission,
    store::{Store, watch::Scope},
    suggest::did_you_mean,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TargetKind {
    Pod,
    Workload(WorkloadKind),
}

/// A Pod or a workload with its Pods, or all of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CheckTarget {
    kind: TargetKind,
    /// `None`: all of the kind.
    name: Option<String>,
}

/// Selected Pods and workloads; all of them by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    targets: Vec<CheckTarget>,
    selector: Option<LabelSelector>,
}

impl TargetKind {
    /// Parses a kind by its name, plural or short name.
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

impl fmt::Display for CheckTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            TargetKind::Pod => "Pod",
            TargetKind::Workload(kind) => kind.as_str(),
        };
        match &self.name {
            Some(name) => write!(f, "{kind}/{name}"),
            None => write!(f, "any {kind}"),
        }
    }
}

impl CheckTarget {
    fn matches_pod(&self, pod: &Pod, workload: Option<&Workload>) -> bool {
        let kind = match self.kind {
            TargetKind::Pod => return self.matches_name(pod.key.name.as_str()),
            TargetKind::Workload(kind) => kind,
        };
        let owner = pod.meta.owner.as_ref();
        owner.is_some_and(|owner| *owner.kind == *kind.as_str() && self.matches_name(&owner.name))
            || workload.is_some_and(|workload| self.matches_workload(workload))
    }

    fn matches_workload(&self, workload: &Workload) -> bool {
        self.kind == TargetKind::Workload(workload.id.kind)
            && self.matches_name(workload.id.key.name.as_str())
    }

    fn matches_name(&self, name: &str) -> bool {
        self.name.as_deref().is_none_or(|wanted| wanted == name)
    }

    /// Whether this permission lists it. The resource of each of these kinds is its plural.
    fn is_listed_by(&self, permission: &Permission) -> bool {
        match self.kind {
            TargetKind::Pod => false,
            TargetKind::Workload(kind) => {
                let resource = format!("{}s", kind.as_str().to_lowercase());
                *permission.resource == *resource
            }
        }
    }

    /// Object of this kind with the most similar name.
    fn nearest(&self, store: &Store) -> Option<Self> {
        let name = self.name.as_deref()?;
        let near = match self.kind {
            TargetKind::Pod => {
                let pods = store.pods(&Scope::Cluster);
                did_you_mean(name, pods.map(|pod| pod.key.name.as_str()))
            }
            TargetKind::Workload(kind) => {
                let workloads = store.workloads().filter(|it| it.id.kind == kind);
                did_you_mean(name, workloads.map(|it| it.id.key.name.as_str()))
            }
        };
        near.map(|near| Self {
            kind: self.kind,
            name: Some(near.to_owned()),
        })
    }

    /// Says that it does not exist.
    fn absence_message(&self, place: &str) -> String {
        match (&self.name, self.kind) {
            (Some(_), _) => format!("{self} does not exist {place}"),
            (None, TargetKind::Pod) => format!("no Pods found {place}"),
            (None, TargetKind::Workload(kind)) => format!("no {}s found {place}", kind.as_str()),
        }
    }

    fn exists(&self, store: &Store) -> bool {
        match self.kind {
            TargetKind::Pod => store
                .pods(&Scope::Cluster)
                .any(|pod| self.matches_pod(pod, None)),
            TargetKind::Workload(_) => store
                .workloads()
                .any(|workload| self.matches_workload(workload)),
        }
    }
}

impl Selection {
    /// Parses the arguments of the command line.
    pub(super) fn parse(
        words: &[String],
        selector: Option<LabelSelector>,
    ) -> Result<Self, UserError> {
        let targets = parse_targets(words).map_err(|why| {
            UserError::new("invalid target")
                .with_cause(why)
                .with_help("use kubectl's syntax: deployment/web, deployment web, or pods")
        })?;
        Ok(Self { targets, selector })
    }

    pub(super) fn matches_pod(&self, pod: &Pod, workload: Option<&Workload>) -> bool {
        let selector = self.selector.as_ref();
        selector.is_none_or(|it| it.matches(&pod.meta.labels))
            && (self.targets.is_empty()
                || self.targets.iter().any(|it| it.matches_pod(pod, workload)))
    }

    pub(super) fn matches_workload(&self, workload: &Workload) -> bool {
        let selector = self.selector.as_ref();
        selector.is_none_or(|it| it.matches(&workload.meta.labels))
            && (self.targets.is_empty()
                || self.targets.iter().any(|it| it.matches_workload(workload)))
    }

    /// What is selected and does not exist, in words.
    pub(super) fn missing(&self, store: &Store) -> Option<String> {
        if let Some(target) = self.targets.iter().find(|it| !it.exists(store)) {
            return Some(target.to_string());
        }
        let selector = self.selector.as_ref()?;
        (!self.matches_anything(store)).then(|| format!("a Pod with labels {selector}"))
    }

    fn matches_anything(&self, store: &Store) -> bool {
        let mut pods = store.pods(&Scope::Cluster);
        pods.any(|pod| self.matches_pod(pod, store.workload_of(pod).map(AsRef::as_ref)))
            || store.workloads().any(|it| self.matches_workload(it))
    }

    /// Fails if a name or the selector matches nothing: that is a mistake of the caller, not a healthy workload.
    pub(super) fn ensure_exists(
        &self,
        store: &Store,
        forbidden: &[Permission],
        place: &str,
    ) -> Result<(), UserError> {
        self.ensure_listable(store, forbidden)?;
        if let Some(target) = self.targets.iter().find(|it| !it.exists(store)) {
            let problem = UserError::new(target.absence_message(place));
            return Err(problem.with_help(match target.nearest(store) {
                Some(near) => format!("did you mean {near}? {ALLOW_EMPTY}"),
                None => format!("set the namespace with -n, or use -A for all; {ALLOW_EMPTY}"),
            }));
        }
        let Some(selector) = &self.selector else {
            return Ok(());
        };
        if self.matches_anything(store) {
            return Ok(());
        }
        let problem = UserError::new(format!("no Pods with labels {selector} found {place}"));
        let pods = store.pods(&Scope::Cluster);
        let labels: Vec<_> = pods.map(|pod| &pod.meta.labels).collect();
        Err(problem.with_help(match selector.suggestion(&labels) {
            Some(near) => format!("did you mean {near}? {ALLOW_EMPTY}"),
            None => format!("check the selector; {ALLOW_EMPTY}"),
        }))
    }

    /// Fails for a name of a kind that may not be listed: it is unknown whether it exists.
    pub(super) fn ensure_listable(
        &self,
        store: &Store,
        forbidden: &[Permission],
    ) -> Result<(), UserError> {
        let absent = self.targets.iter().filter(|it| !it.exists(store));
        let hides = |target: &CheckTarget| forbidden.iter().find(|it| target.is_listed_by(it));
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

fn parse_targets(words: &[String]) -> Result<Vec<CheckTarget>, String> {
    let Some((first, names)) = words.split_first() else {
        return Ok(Vec::new());
    };
    if first.contains('/') {
        return words.iter().map(|word| parse_kind_and_name(word)).collect();
    }
    let kind = TargetKind::parse(first)?;
    if let Some(mixed) = names.iter().find(|name| name.contains('/')) {
        return Err(format!(
            "{mixed:?} must not have a kind after the kind {first:?}"
        ));
    }
    let target = |name: Option<String>| CheckTarget { kind, name };
    if names.is_empty() {
        return Ok(vec![target(None)]);
    }
    Ok(names.iter().cloned().map(Some).map(target).collect())
}

fn parse_kind_and_name(word: &str) -> Result<CheckTarget, String> {
    let (kind, name) = word
        .split_once('/')
        .filter(|(_, name)| !name.is_empty())
        .ok_or_else(|| format!("{word:?} is not KIND/NAME"))?;
    Ok(CheckTarget {
        kind: TargetKind::parse(kind)?,
        name: Some(name.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Vec<String>, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let targets = parse_targets(&words)?;
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
