//! Secrets whose only copy is in this session: a conversion has deleted them, and the server would not take
//! them back. Undo restores them; the end of the session, or another cluster, loses them.

use std::collections::BTreeMap;

use crate::domain::{
    key::Key,
    objects::{ObjectKey, Secret},
    plan::{Change, Done, Plan},
};

/// The Secrets that would be lost, and what the server said.
#[derive(Debug, Default)]
pub struct LostSecrets {
    secrets: BTreeMap<Key<Secret>, String>,
    /// The user has been told, and may leave all the same.
    is_told: bool,
}

impl LostSecrets {
    /// Learns from a plan that was carried out which Secrets were lost, and which are there again.
    pub fn note(&mut self, plan: &Plan, done: &[Done]) {
        for (change, done) in plan.changes.iter().zip(done) {
            let Some(key) = secret(change) else { continue };
            if done.is_lost {
                self.secrets.insert(key, done.outcome.to_string());
                self.is_told = false;
            } else if done.outcome.is_good() {
                self.secrets.remove(&key);
            }
        }
    }

    /// What keeps the user from leaving, told once; `None`: nothing would be lost, or it was told before.
    pub fn warning(&mut self) -> Option<String> {
        let key = self.secrets.keys().next().filter(|_| !self.is_told)?;
        let others = match self.secrets.len() {
            1 => String::new(),
            several => format!(" and {} more", several - 1),
        };
        let warning = format!(
            "Secret {key}{others} exists only in this session: :undo restores it; again: leave and lose it"
        );
        self.is_told = true;
        Some(warning)
    }

    /// What is lost when the session ends, for standard error; with the commands that create it, without
    /// a password.
    pub fn report(&self) -> Vec<String> {
        let lost = self.secrets.iter();
        lost.map(|(key, why)| format!("Secret {key} was deleted and not created again: {why}"))
            .collect()
    }

    /// Forgets them, with the cluster that they were in.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The Secret that a change leaves behind.
pub fn secret(change: &Change) -> Option<Key<Secret>> {
    match change.object() {
        ObjectKey::Secret(key) => Some(key),
        ObjectKey::Namespace(_)
        | ObjectKey::ServiceAccount(_)
        | ObjectKey::Pod(_)
        | ObjectKey::Workload(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{plan::Outcome, sample::key};

    fn lost() -> Done {
        Done {
            is_lost: true,
            ..Done::new(Outcome::Failed("507; by hand: kubectl …".to_owned()))
        }
    }

    #[test]
    fn who_leaves_is_told_once_of_each_secret_that_would_be_lost() {
        let plan = |name: &str| {
            let convert = Change::convert_secret(key("shop", name));
            Plan::new("Convert", vec![convert])
        };
        let mut secrets = LostSecrets::default();
        assert_eq!(secrets.warning(), None);
        secrets.note(&plan("regcred"), &[lost()]);
        assert!(secrets.warning().unwrap().contains("Secret shop/regcred"));
        assert_eq!(secrets.warning(), None, "the second time is meant");
        secrets.note(&plan("other"), &[lost()]);
        assert!(secrets.warning().unwrap().contains(" and 1 more"));
        assert_eq!(secrets.report().len(), 2);
        assert!(secrets.report()[0].contains("by hand: kubectl"));
        // It was restored.
        secrets.note(&plan("other"), &[Done::new(Outcome::Applied)]);
        secrets.note(&plan("regcred"), &[Done::new(Outcome::Failed("no".into()))]);
        assert_eq!(secrets.report().len(), 1);
    }
}
