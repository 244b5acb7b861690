//! Cache of the user's RBAC rules, by namespace.
//!
//! Asked when somebody wants to know, and for this connection only.

use std::collections::BTreeMap;

use super::request_id::RequestId;
use crate::domain::{
    k8s::object_ref::Namespace,
    rbac::{Permission, SubjectRules},
};

#[derive(Debug, Default)]
pub struct RbacCache {
    by_namespace: BTreeMap<Namespace, RulesState>,
}

#[derive(Debug)]
enum RulesState {
    Requested(RequestId),
    Loaded(SubjectRules),
}

impl RbacCache {
    /// True if the namespace's rules have not been requested.
    pub fn needs_request(&self, namespace: &Namespace) -> bool {
        !self.by_namespace.contains_key(namespace)
    }

    pub fn begin(&mut self, namespace: Namespace, request_id: RequestId) {
        self.by_namespace
            .insert(namespace, RulesState::Requested(request_id));
    }

    pub fn is_pending(&self, namespace: &Namespace) -> bool {
        matches!(
            self.by_namespace.get(namespace),
            Some(RulesState::Requested(_))
        )
    }

    /// Stores the rules of a response; `None` for a failed request, which may be repeated.
    pub fn insert(&mut self, request_id: RequestId, rules: Option<SubjectRules>) {
        let asked = self.by_namespace.iter().find_map(|(namespace, state)| {
            matches!(state, RulesState::Requested(awaited) if *awaited == request_id)
                .then(|| namespace.clone())
        });
        let Some(namespace) = asked else { return };
        match rules {
            Some(rules) => self
                .by_namespace
                .insert(namespace, RulesState::Loaded(rules)),
            None => self.by_namespace.remove(&namespace),
        };
    }

    /// Returns whether the permission is granted; `None` if the rules are not known.
    pub fn is_allowed(&self, permission: &Permission) -> Option<bool> {
        match self.by_namespace.get(permission.namespace.as_ref()?)? {
            RulesState::Loaded(rules) => rules.allows(permission),
            RulesState::Requested(_) => None,
        }
    }
}
