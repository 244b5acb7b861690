//! Authentication of a probe.

use crate::domain::{probe::AnonymousReason, registry_auth::credential::Password};

/// Basic credentials or anonymous.
#[derive(Clone, Debug)]
pub enum RegistryAuth {
    Basic { name: String, password: Password },
    Anonymous(AnonymousReason),
}
