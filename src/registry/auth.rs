//! In whose name a registry is asked.

use crate::domain::{probe::AnonymousReason, registry_auth::credential::Password};

/// Somebody with a password, or nobody.
#[derive(Clone, Debug)]
pub enum RegistryAuth {
    Basic { name: String, password: Password },
    Anonymous(AnonymousReason),
}
