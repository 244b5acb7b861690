//! In whose name a registry is asked.

use crate::domain::{credential::Password, probe::Nameless};

/// Somebody with a password, or nobody.
#[derive(Clone, Debug)]
pub enum Who {
    User { name: String, password: Password },
    Nobody(Nameless),
}
