//! What part of the cluster is watched, by what was looked at.
//!
//! `-n shop` watches that namespace and nothing else, as kubectl would. All namespaces are watched once they have been
//! looked at, and from then on: coming back from one namespace lists nothing again. It knows no permissions; where all
//! namespaces may not be listed, `cluster::watch` falls back on the recent ones.

use std::collections::VecDeque;

use crate::{
    cluster::WatchScope,
    domain::{k8s::object_ref::Namespace, store::watch::Scope},
};

/// Maximum number of namespaces that are watched one by one: each takes twelve watches, and an API server allows 100
/// on a connection (`--http2-max-streams-per-connection`).
const MAX_NAMESPACES: usize = 5;

/// The scopes looked at over one connection.
#[derive(Debug, Default)]
pub(super) struct WatchPlan {
    /// Whether all namespaces were looked at.
    is_wide: bool,
    /// The namespaces looked at, the last one first.
    recent: VecDeque<Namespace>,
}

impl WatchPlan {
    /// Records that this scope is looked at.
    pub(super) fn show(&mut self, scope: &Scope) {
        match scope {
            Scope::Cluster => self.is_wide = true,
            Scope::Namespace(namespace) => self.show_namespace(namespace.clone()),
        }
    }

    /// Records that this namespace is looked at; the one looked at longest ago is released.
    pub(super) fn show_namespace(&mut self, namespace: Namespace) {
        self.recent.retain(|other| *other != namespace);
        self.recent.push_front(namespace);
        self.recent.truncate(MAX_NAMESPACES);
    }

    /// True if nothing was looked at yet.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_wide && self.recent.is_empty()
    }

    /// The scope to watch; `home` is the namespace of the kubeconfig context, for who may not list all.
    pub(super) fn watch_scope(&self, home: Option<&Namespace>) -> WatchScope {
        let mut namespaces: Vec<Namespace> = self.recent.iter().cloned().collect();
        if !self.is_wide {
            return WatchScope::Namespaces(namespaces);
        }
        if let Some(home) = home.filter(|home| !namespaces.contains(home)) {
            namespaces.truncate(MAX_NAMESPACES - 1);
            namespaces.push(home.clone());
        }
        WatchScope::Cluster {
            fallback: namespaces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namespaces<const N: usize>(names: [&str; N]) -> Vec<Namespace> {
        names.into_iter().map(Namespace::new).collect()
    }

    fn plan<const N: usize>(shown: [&str; N]) -> WatchPlan {
        let mut plan = WatchPlan::default();
        for name in shown {
            plan.show(&Scope::Namespace(Namespace::new(name)));
        }
        plan
    }

    #[test]
    fn one_namespace_is_watched_alone_until_all_are_looked_at() {
        let home = Namespace::new("home");
        assert!(WatchPlan::default().is_empty());
        let mut plan = plan(["shop"]);
        let only = WatchScope::Namespaces(namespaces(["shop"]));
        assert_eq!(plan.watch_scope(Some(&home)), only);
        plan.show(&Scope::Cluster);
        plan.show(&Scope::Namespace(Namespace::new("pay")));
        let wide = WatchScope::Cluster {
            fallback: namespaces(["pay", "shop", "home"]),
        };
        assert_eq!(plan.watch_scope(Some(&home)), wide);
    }

    #[test]
    fn the_namespace_looked_at_longest_ago_is_released() {
        let mut plan = plan(["a", "b", "c", "d", "a", "e", "f"]);
        let recent = namespaces(["f", "e", "a", "d", "c"]);
        assert_eq!(plan.watch_scope(None), WatchScope::Namespaces(recent));
        plan.show(&Scope::Cluster);
        let home = Namespace::new("home");
        let fallback = namespaces(["f", "e", "a", "d", "home"]);
        assert_eq!(
            plan.watch_scope(Some(&home)),
            WatchScope::Cluster { fallback }
        );
    }
}
