//! A registry login of the kubelet, and its source.

use crate::{
    domain::registry_auth::credential::Password,
    sandbox::registry::{basic_header, digest},
};

/// Source of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginSource {
    /// A Secret or a ServiceAccount, by its uid.
    Object(String),
    /// Every Pod of the node has it.
    Node,
}

/// A user and a password for a registry.
#[derive(Clone, Debug)]
pub struct RegistryLogin {
    user: String,
    password: Password,
    pub source: LoginSource,
}

impl RegistryLogin {
    pub fn new(user: String, password: Password, source: LoginSource) -> Self {
        Self {
            user,
            password,
            source,
        }
    }

    /// Whether the runtime sends it: with only a user name or only a password the pull is anonymous (containerd v2.1
    /// `core/remotes/docker/authorizer.go`).
    pub fn is_complete(&self) -> bool {
        !self.user.is_empty() && !self.password.expose().is_empty()
    }

    pub fn header(&self) -> String {
        basic_header(&self.user, self.password.expose())
    }

    /// Keys of the login in the kubelet's pull records: the same login in another Secret counts, and so does the same
    /// Secret with another login.
    pub fn marks(&self) -> Vec<String> {
        let mut marks = vec![digest(&self.header())];
        match &self.source {
            LoginSource::Object(uid) => marks.push(uid.clone()),
            LoginSource::Node => {}
        }
        marks
    }
}
