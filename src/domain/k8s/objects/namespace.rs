//! The Namespace object; the name of a namespace is `object_ref::Namespace`.

use serde::{Deserialize, Serialize};

use super::ObjectMeta;
use crate::domain::k8s::object_ref::Namespace;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceObject {
    pub name: Namespace,
    pub meta: ObjectMeta,
    /// `status.phase` is `Terminating`: nothing new can be created here.
    pub terminating: bool,
}
