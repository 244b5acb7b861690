//! kubectl commands that copy a Secret.

use super::{ConflictPolicy, CopySecret};
use crate::domain::k8s::{object_ref::ObjectRef, objects::Secret};

pub(super) fn copy(copy: &CopySecret) -> Vec<String> {
    let (from, to) = (&copy.from, &copy.to);
    let get = |key: &ObjectRef<Secret>| {
        format!(
            "kubectl -n {} get secret {} -o json",
            key.namespace, key.name
        )
    };
    if copy.conflict_policy == ConflictPolicy::Merge && copy.target_servers.is_some() {
        // Entry by entry, and not field by field: the old `auth` would outdo the new password.
        let merge = "map(.data[\".dockerconfigjson\"] | @base64d | fromjson) as [$a, $b] | .[0] | .data[\".dockerconfigjson\"] = ($a | .auths += $b.auths | tojson | @base64)";
        return vec![format!(
            "jq -s '{merge}' <({}) <({}) | kubectl -n {} replace -f -",
            get(to),
            get(from),
            to.namespace
        )];
    }
    if copy.conflict_policy == ConflictPolicy::Replace && copy.target_servers.is_some() {
        // Only the configuration: the labels, annotations and other keys of the Secret stay.
        let field = ".data[\".dockerconfigjson\"]";
        return vec![format!(
            "{} | jq '{{data: {{\".dockerconfigjson\": {field}}}}}' | kubectl -n {} patch secret {} --type=merge --patch-file=/dev/stdin",
            get(from),
            to.namespace,
            to.name
        )];
    }
    vec![format!(
        "{} | jq '{{apiVersion,kind,type,data,metadata:{{name:\"{}\"}}}}' | kubectl -n {} create -f -",
        get(from),
        to.name,
        to.namespace
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{fixtures::key, plan::Change};

    #[test]
    fn a_copy_is_merged_entry_by_entry() {
        let copy = |existing, there| {
            let copy = CopySecret {
                from: key("infra", "reg"),
                to: key("shop", "reg"),
                conflict_policy: existing,
                source_servers: Vec::new(),
                target_servers: there,
                expected: None,
            };
            Change::from(copy).commands().join("\n")
        };
        let merged = copy(ConflictPolicy::Merge, Some(Vec::new()));
        assert!(merged.contains("$a | .auths += $b.auths"), "{merged}");
        assert!(merged.ends_with("kubectl -n shop replace -f -"), "{merged}");
        let replaced = copy(ConflictPolicy::Replace, Some(Vec::new()));
        assert!(
            replaced
                .ends_with("kubectl -n shop patch secret reg --type=merge --patch-file=/dev/stdin"),
            "{replaced}"
        );
        for existing in [
            ConflictPolicy::Keep,
            ConflictPolicy::Merge,
            ConflictPolicy::Replace,
        ] {
            let made = copy(existing, None);
            assert!(made.ends_with("kubectl -n shop create -f -"), "{made}");
        }
    }
}
