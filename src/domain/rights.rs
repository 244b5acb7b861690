//! What the user may do in the cluster: the question and the answer.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::key::Namespace;

/// One permission of RBAC, as `kubectl auth can-i` would ask for it.
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
    /// The kubectl command that makes a Role with this permission; a watch needs the three verbs.
    pub fn role_command(&self) -> String {
        let mut resource = self.resource.to_string();
        if !self.group.is_empty() {
            resource = format!("{resource}.{}", self.group);
        }
        let verbs = match &*self.verb {
            "list" | "watch" => "get,list,watch",
            verb => verb,
        };
        match &self.namespace {
            Some(namespace) => {
                format!(
                    "kubectl -n {namespace} create role pullscope-{} --verb={verbs} --resource={resource}",
                    self.resource
                )
            }
            None => format!(
                "kubectl create clusterrole pullscope-{} --verb={verbs} --resource={resource}",
                self.resource
            ),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_role_that_grants_it() {
        let mut permission = Permission {
            verb: "list".into(),
            group: "apps".into(),
            resource: "deployments".into(),
            namespace: Some(Namespace::new("shop")),
        };
        assert_eq!(
            permission.to_string(),
            "list deployments.apps in namespace shop"
        );
        assert_eq!(
            permission.role_command(),
            "kubectl -n shop create role pullscope-deployments --verb=get,list,watch --resource=deployments.apps"
        );
        permission.namespace = None;
        assert!(
            permission
                .role_command()
                .starts_with("kubectl create clusterrole ")
        );
    }
}
