//! Details that a message adds to its cause.

use serde::{Deserialize, Serialize};

use crate::domain::diagnostics::Cause;

/// A detail by which the same cause needs another fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorDetail {
    /// The host whose name does not resolve is not the one that the image names: a token server, a store of blobs,
    /// a mirror.
    UnresolvedHost(String),
    /// The file system under the runtime's root is mounted read-only.
    ReadOnlyRoot,
}

impl ErrorDetail {
    /// The cause that it belongs to.
    pub fn cause(&self) -> Cause {
        match self {
            Self::UnresolvedHost(_) => Cause::RegistryUnreachableDns,
            Self::ReadOnlyRoot => Cause::LocalStoreError,
        }
    }

    /// The sentence in place of the cause's.
    pub fn summary(&self) -> String {
        match self {
            Self::UnresolvedHost(host) => {
                format!("the node cannot resolve {host}, which the pull needs too")
            }
            Self::ReadOnlyRoot => {
                "the container runtime's root on the node is mounted read-only".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::{FixContext, FixId};

    #[test]
    fn the_first_fix_follows_from_the_fault() {
        for (fault, title) in [
            (
                ErrorDetail::UnresolvedHost("auth.example".to_owned()),
                "Correct DNS on the node",
            ),
            (
                ErrorDetail::ReadOnlyRoot,
                "Mount the runtime's root read-write on the node",
            ),
        ] {
            let first = fault.cause().info().fixes.first().copied();
            let plain = first.map(FixId::title);
            let fix_context = FixContext {
                fault: Some(fault),
                ..FixContext::default()
            };
            let found = first.map(|fix| fix.title_for(&fix_context));
            assert_eq!(found, Some(title));
            assert_ne!(found, plain);
        }
    }
}
