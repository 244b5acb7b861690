//! A registry login of the kubelet, and its source.

use crate::{
    domain::registry_auth::credential::Password,
    sandbox::registry::{basic_header, digest},
};

/// Where a login comes from.
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

    /// Whether the runtime sends it: with only a user name or only a password it asks as nobody
    /// (containerd v2.1 `core/remotes/docker/authorizer.go`).
    pub fn is_complete(&self) -> bool {
        !self.user.is_empty() && !self.password.expose().is_empty()
    }

    pub fn header(&self) -> String {
        basic_header(&self.user, self.password.expose())
    }

    /// What tells logins apart in the kubelet's record of who pulled what: the same login in another
    /// Secret is as good, and so is the same Secret with another login.
    pub fn marks(&self) -> Vec<String> {
        let mut marks = vec![digest(&self.header())];
        match &self.source {
            LoginSource::Object(uid) => marks.push(uid.clone()),
            LoginSource::Node => {}
        }
        marks
    }
}
