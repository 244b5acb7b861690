//! RBAC permissions of the user: queries and answers.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::k8s::object_ref::Namespace;

/// One RBAC permission, as in `kubectl auth can-i`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Permission {
    pub verb: Arc<str>,
    /// Empty for the core group.
    pub group: Arc<str>,
    pub resource: Arc<str>,
    /// `None`: in all namespaces.
    pub namespace: Option<Namespace>,
}

impl Permission {
    /// Creates a permission; `group` is empty for the core group, the namespace for cluster scope.
    pub fn new(verb: &str, group: &str, resource: &str, namespace: Option<&Namespace>) -> Self {
        Self {
            verb: verb.into(),
            group: group.into(),
            resource: resource.into(),
            namespace: namespace.cloned(),
        }
    }

    /// The kubectl command that creates a Role with this permission; a watch needs three verbs.
    pub fn role_command(&self) -> String {
        // The group stands between a resource and what is below it.
        let (resource, below) = match self.resource.split_once('/') {
            Some((resource, below)) => (resource, format!("/{below}")),
            None => (&*self.resource, String::new()),
        };
        let group = match &*self.group {
            "" => String::new(),
            group => format!(".{group}"),
        };
        let verbs = match &*self.verb {
            "list" | "watch" => "get,list,watch",
            verb => verb,
        };
        let role = match &self.namespace {
            Some(namespace) => format!("-n {namespace} create role"),
            None => "create clusterrole".to_owned(),
        };
        // No name of a Role has a slash.
        let name = self.resource.replace('/', "-");
        format!(
            "kubectl {role} pullscope-{name} --verb={verbs} --resource={resource}{group}{below}"
        )
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None => f.write_str(" in all namespaces"),
        }
    }
}

/// The user's rules in one namespace (`SelfSubjectRulesReview`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectRules {
    pub rules: Vec<ResourceRule>,
    /// An authorizer of the server cannot list its rules: what is not here may be allowed all the same.
    pub incomplete: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceRule {
    pub verbs: Vec<String>,
    pub groups: Vec<String>,
    /// With subresources, as `pods/log`.
    pub resources: Vec<String>,
    /// It holds for some objects only.
    pub only_some: bool,
}

impl SubjectRules {
    /// Whether the rules allow this; `None` if they do not tell.
    pub fn allows(&self, permission: &Permission) -> Option<bool> {
        let mut of_some = false;
        for rule in self.rules.iter().filter(|rule| rule.covers(permission)) {
            if !rule.only_some {
                return Some(true);
            }
            of_some = true;
        }
        (!self.incomplete && !of_some).then_some(false)
    }
}

impl ResourceRule {
    fn covers(&self, permission: &Permission) -> bool {
        fn has(names: &[String], wanted: &str) -> bool {
            names.iter().any(|name| name == "*" || name == wanted)
        }
        let resource = &*permission.resource;
        let by_subresource = resource.split_once('/').is_some_and(|(_, below)| {
            let any = format!("*/{below}");
            self.resources.contains(&any)
        });
        has(&self.verbs, &permission.verb)
            && has(&self.groups, &permission.group)
            && (has(&self.resources, resource) || by_subresource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verbs: &[&str], group: &str, resources: &[&str]) -> ResourceRule {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        ResourceRule {
            verbs: owned(verbs),
            groups: owned(&[group]),
            resources: owned(resources),
            only_some: false,
        }
    }

    fn to(verb: &str, group: &str, resource: &str) -> Permission {
        Permission::new(verb, group, resource, Some(&Namespace::new("shop")))
    }

    #[test]
    fn rules_say_yes_no_or_nothing() {
        let mut rules = SubjectRules {
            rules: vec![
                rule(&["get", "list"], "", &["pods", "*/log"]),
                rule(&["*"], "apps", &["*"]),
                ResourceRule {
                    only_some: true,
                    ..rule(&["get"], "", &["secrets"])
                },
            ],
            incomplete: false,
        };
        for (permission, allowed) in [
            (to("get", "", "pods"), Some(true)),
            (to("get", "", "pods/log"), Some(true)),
            (to("patch", "apps", "deployments"), Some(true)),
            (to("patch", "", "serviceaccounts"), Some(false)),
            (to("delete", "", "pods"), Some(false)),
            // Of one Secret perhaps, and perhaps of this one.
            (to("get", "", "secrets"), None),
        ] {
            assert_eq!(rules.allows(&permission), allowed, "{permission}");
        }
        rules.incomplete = true;
        assert_eq!(rules.allows(&to("delete", "", "pods")), None);
        assert_eq!(rules.allows(&to("get", "", "pods")), Some(true));
    }

    #[test]
    fn names_the_role_that_grants_it() {
        let everywhere = Permission::new("create", "", "namespaces", None);
        assert_eq!(
            to("list", "apps", "deployments").to_string(),
            "list deployments.apps in namespace shop"
        );
        for (permission, command) in [
            (
                to("list", "apps", "deployments"),
                "kubectl -n shop create role pullscope-deployments --verb=get,list,watch --resource=deployments.apps",
            ),
            (
                to("get", "", "pods/log"),
                "kubectl -n shop create role pullscope-pods-log --verb=get --resource=pods/log",
            ),
            (
                to("get", "apps", "deployments/scale"),
                "kubectl -n shop create role pullscope-deployments-scale --verb=get --resource=deployments.apps/scale",
            ),
            (
                everywhere,
                "kubectl create clusterrole pullscope-namespaces --verb=create --resource=namespaces",
            ),
        ] {
            assert_eq!(permission.role_command(), command);
        }
    }
}
