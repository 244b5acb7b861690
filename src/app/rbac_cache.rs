//! What the server has said of the user's rights, by namespace. Asked when somebody wants to know, and
//! for this connection only.

use std::collections::BTreeMap;

use super::request_id::Ticket;
use crate::domain::{
    k8s::object_ref::Namespace,
    rbac::{Permission, SubjectRules},
};

#[derive(Debug, Default)]
pub struct Rights {
    by_namespace: BTreeMap<Namespace, State>,
}

#[derive(Debug)]
enum State {
    Asked(Ticket),
    Told(SubjectRules),
}

impl Rights {
    /// Whether the namespace's rules are still to be asked for.
    pub fn wants(&self, namespace: &Namespace) -> bool {
        !self.by_namespace.contains_key(namespace)
    }

    pub fn ask(&mut self, namespace: Namespace, ticket: Ticket) {
        self.by_namespace.insert(namespace, State::Asked(ticket));
    }

    pub fn awaits(&self, namespace: &Namespace) -> bool {
        matches!(self.by_namespace.get(namespace), Some(State::Asked(_)))
    }

    /// Takes in an answer. `None`: there was none, and it may be asked again.
    pub fn told(&mut self, ticket: Ticket, rules: Option<SubjectRules>) {
        let asked = self.by_namespace.iter().find_map(|(namespace, state)| {
            matches!(state, State::Asked(awaited) if *awaited == ticket).then(|| namespace.clone())
        });
        let Some(namespace) = asked else { return };
        match rules {
            Some(rules) => self.by_namespace.insert(namespace, State::Told(rules)),
            None => self.by_namespace.remove(&namespace),
        };
    }

    /// Whether this is allowed; `None` where nothing is known.
    pub fn allow(&self, permission: &Permission) -> Option<bool> {
        match self.by_namespace.get(permission.namespace.as_ref()?)? {
            State::Told(rules) => rules.allows(permission),
            State::Asked(_) => None,
        }
    }
}
