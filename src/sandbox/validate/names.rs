//! Name rules (`k8s.io/apimachinery/pkg/util/validation`).

use serde_json::{Value, json};

use crate::sandbox::{object, resources::ResourceKind, status::StatusCause};

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

pub(super) fn check(kind: ResourceKind, object: &Value) -> Option<StatusCause> {
    let name = object::name(object);
    let rule = match kind {
        ResourceKind::Namespace => label_rule(name),
        // RBAC names only have to fit into a path.
        ResourceKind::Role
        | ResourceKind::RoleBinding
        | ResourceKind::ClusterRole
        | ResourceKind::ClusterRoleBinding => path_rule(name),
        _ => subdomain_rule(name),
    };
    rule.map(|rule| StatusCause::invalid("metadata.name", &json!(name), &rule))
}

fn subdomain_rule(name: &str) -> Option<String> {
    if name.len() > 253 {
        return Some("must be no more than 253 characters".to_owned());
    }
    (!name.split('.').all(is_label)).then(|| SUBDOMAIN.to_owned())
}

pub(super) fn label_rule(name: &str) -> Option<String> {
    if name.len() > 63 {
        return Some("must be no more than 63 characters".to_owned());
    }
    (!is_label(name)).then(|| LABEL.to_owned())
}

/// Rule of label keys: a name with an optional domain prefix.
pub(super) fn qualified_rule(key: &str) -> Option<String> {
    const RULE: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if let Some(rule) = prefix.and_then(subdomain_rule) {
        return Some(format!("prefix part {rule}"));
    }
    if name.is_empty() {
        return Some("name part must be non-empty".to_owned());
    }
    if name.len() > 63 {
        return Some("name part must be no more than 63 characters".to_owned());
    }
    let end = |c: char| c.is_ascii_alphanumeric();
    let inner = |c: char| end(c) || matches!(c, '-' | '_' | '.');
    let fits = name.chars().all(inner) && name.starts_with(end) && name.ends_with(end);
    (!fits).then(|| RULE.to_owned())
}

fn path_rule(name: &str) -> Option<String> {
    match name {
        "." | ".." => Some(format!("may not be '{name}'")),
        _ => ["/", "%"]
            .into_iter()
            .find(|bad| name.contains(bad))
            .map(|bad| format!("may not contain '{bad}'")),
    }
}

fn is_label(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !text.is_empty()
        && text.chars().all(|c| alphanumeric(c) || c == '-')
        && text.starts_with(alphanumeric)
        && text.ends_with(alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule_of_their_kind() {
        for (kind, name, fits) in [
            (ResourceKind::Secret, "regcred", true),
            (ResourceKind::Secret, "my.registry.example", true),
            (ResourceKind::Secret, "Regcred", false),
            (ResourceKind::Secret, "under_score", false),
            (ResourceKind::Secret, "-dash", false),
            (ResourceKind::Namespace, "app", true),
            (ResourceKind::Namespace, "app.two", false),
            (ResourceKind::ClusterRole, "system:node", true),
            (ResourceKind::ClusterRole, "a/b", false),
        ] {
            let object = json!({"metadata": {"name": name}});
            assert_eq!(check(kind, &object).is_none(), fits, "{name}");
        }
    }
}
