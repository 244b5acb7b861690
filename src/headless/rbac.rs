//! `pullscope rbac`: the Roles that pullscope needs, for `kubectl apply -f -`.
//!
//! The manifests are in `assets/rbac`; `tests/rbac.rs` holds them against what the code asks for.

use std::io::{self, Write};

use clap::ValueEnum;

use super::{Exit, exit_after_write, invalid_namespace, warn};
use crate::domain::k8s::object_ref::Namespace;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Role to print: a viewer changes nothing, an operator applies fixes; nodes is an optional addition for asking
    /// kubelets
    #[arg(long, value_enum, default_value_t)]
    pub role: Role,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Role {
    #[default]
    Viewer,
    Operator,
    // Without a doc comment: one would turn the help of all options into paragraphs.
    Nodes,
}

impl Role {
    fn manifest(self) -> &'static str {
        match self {
            Self::Viewer => include_str!("../../assets/rbac/viewer.yaml"),
            Self::Operator => include_str!("../../assets/rbac/operator.yaml"),
            Self::Nodes => include_str!("../../assets/rbac/nodes.yaml"),
        }
    }
}

/// Prints a ClusterRole, or a Role of one namespace. A name that is no Namespace's would make a manifest that the
/// API server refuses.
pub fn run(args: &Args, namespace: Option<&str>, mut stdout: impl Write) -> io::Result<Exit> {
    if let Some(wrong) = namespace.filter(|name| !Namespace::new(*name).is_valid()) {
        warn(&invalid_namespace(wrong).to_string());
        return Ok(Exit::BadInput);
    }
    let text = manifest(args.role, namespace);
    let written = stdout.write_all(text.as_bytes());
    exit_after_write(written, Exit::Success)
}

fn manifest(role: Role, namespace: Option<&str>) -> String {
    let text = role.manifest();
    // Nodes are in no namespace.
    let namespace = namespace.filter(|_| role != Role::Nodes);
    let Some(namespace) = namespace else {
        return text.to_owned();
    };
    // A name such as 0x10 or null would be no string to YAML.
    let metadata = format!("metadata:\n  namespace: {namespace:?}\n");
    text.replacen("kind: ClusterRole\n", "kind: Role\n", 1)
        .replacen("metadata:\n", &metadata, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_manifest_is_printed_for_a_name_that_no_namespace_has() {
        let args = Args { role: Role::Viewer };
        let mut out = Vec::new();
        let exit = run(&args, Some("Bad_NS"), &mut out).unwrap();
        assert_eq!((exit, out.as_slice()), (Exit::BadInput, &b""[..]));
    }

    #[test]
    fn a_role_of_one_namespace_has_the_same_rules() {
        let cluster = manifest(Role::Operator, None);
        let local = manifest(Role::Operator, Some("shop"));
        assert!(cluster.contains("kind: ClusterRole\n"));
        assert!(local.contains("kind: Role\nmetadata:\n  namespace: \"shop\"\n"));
        let rules = |text: &str| text.split_once("rules:").map(|(_, rules)| rules.to_owned());
        assert_eq!(rules(&cluster), rules(&local));
        let nodes = manifest(Role::Nodes, Some("shop"));
        assert!(
            nodes.contains("kind: ClusterRole\n"),
            "no Role grants nodes"
        );
    }
}
