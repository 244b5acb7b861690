//! A copy of a Secret as kubectl commands.

use super::{CopySecret, Existing};
use crate::domain::{key::Key, objects::Secret};

pub(super) fn copy(copy: &CopySecret) -> Vec<String> {
    let (from, to) = (&copy.from, &copy.to);
    let get = |key: &Key<Secret>| {
        format!(
            "kubectl -n {} get secret {} -o json",
            key.namespace, key.name
        )
    };
    if copy.existing == Existing::Merge && copy.there.is_some() {
        // Entry by entry, and not field by field: the old `auth` would outdo the new password.
        let merge = "map(.data[\".dockerconfigjson\"] | @base64d | fromjson) as [$a, $b] | .[0] | .data[\".dockerconfigjson\"] = ($a | .auths += $b.auths | tojson | @base64)";
        return vec![format!(
            "jq -s '{merge}' <({}) <({}) | kubectl -n {} replace -f -",
            get(to),
            get(from),
            to.namespace
        )];
    }
    let verb = match (copy.existing, &copy.there) {
        (Existing::Replace, Some(_)) => "replace",
        (Existing::Replace, None) | (Existing::Keep | Existing::Merge, _) => "create",
    };
    vec![format!(
        "{} | jq '{{apiVersion,kind,type,data,metadata:{{name:\"{}\"}}}}' | kubectl -n {} {verb} -f -",
        get(from),
        to.name,
        to.namespace
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{plan::Change, sample::key};

    #[test]
    fn a_copy_is_merged_entry_by_entry() {
        let copy = |existing, there| {
            let copy = CopySecret {
                from: key("infra", "reg"),
                to: key("shop", "reg"),
                existing,
                brings: Vec::new(),
                there,
                expected: None,
            };
            Change::from(copy).commands().join("\n")
        };
        let merged = copy(Existing::Merge, Some(Vec::new()));
        assert!(merged.contains("$a | .auths += $b.auths"), "{merged}");
        assert!(merged.ends_with("kubectl -n shop replace -f -"), "{merged}");
        let replaced = copy(Existing::Replace, Some(Vec::new()));
        assert!(
            replaced.ends_with("kubectl -n shop replace -f -"),
            "{replaced}"
        );
        for existing in [Existing::Keep, Existing::Merge, Existing::Replace] {
            let made = copy(existing, None);
            assert!(made.ends_with("kubectl -n shop create -f -"), "{made}");
        }
    }
}
