//! Secrets whose only copy is in this session, after a failed type conversion. Undo restores them; the end of
//! the session, or another cluster, loses them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, Secret},
    },
    plan::{Change, ChangeResult, Outcome, Plan},
};

/// Time within which a second request to quit confirms the warning.
const CONFIRM_WITHIN: SignedDuration = SignedDuration::from_secs(20);

/// The Secrets that would be lost, with the server's error.
#[derive(Debug, Default)]
pub struct LostSecrets {
    secrets: BTreeMap<ObjectRef<Secret>, LostSecret>,
    /// When the user was warned: the program may be left for as long as [`CONFIRM_WITHIN`].
    warned_at: Option<Timestamp>,
}

#[derive(Debug)]
struct LostSecret {
    /// What the server said.
    why: String,
    /// The answer to the deletion was lost: the Secret may still be there, and be deleted later.
    may_be_there: bool,
}

impl LostSecrets {
    /// Records which Secrets an applied plan has lost or restored.
    pub fn update(&mut self, plan: &Plan, done: &[ChangeResult]) {
        for (change, done) in plan.changes.iter().zip(done) {
            let Some(key) = secret(change) else { continue };
            if done.is_lost {
                let lost = LostSecret {
                    why: done.outcome.to_string(),
                    may_be_there: matches!(done.outcome, Outcome::Unknown(_)),
                };
                self.secrets.insert(key, lost);
                self.warned_at = None;
            } else if done.outcome.is_good() {
                self.secrets.remove(&key);
            }
        }
    }

    /// Returns the warning before quitting; `None` if nothing would be lost, or if it was shown just before.
    pub fn warning(&mut self, now: Timestamp) -> Option<String> {
        let is_told = |told: Timestamp| now.duration_since(told) < CONFIRM_WITHIN;
        let (key, lost) = self.secrets.iter().next()?;
        if self.warned_at.is_some_and(is_told) {
            return None;
        }
        let others = match self.secrets.len() {
            1 => String::new(),
            several => format!(" and {} more", several - 1),
        };
        let state = if lost.may_be_there {
            "may still be deleted"
        } else {
            "exists only in this session"
        };
        let warning =
            format!("Secret {key}{others} {state}. :undo restores it; quit again to lose it");
        self.warned_at = Some(now);
        Some(warning)
    }

    /// Whether this plan restores at least one of them.
    pub fn are_restored_by(&self, plan: &Plan) -> bool {
        let mut keys = plan.changes.iter().filter_map(secret);
        keys.any(|key| self.secrets.contains_key(&key))
    }

    /// Reports the Secrets lost at the end of the session, for standard error: with the commands that create them,
    /// without passwords.
    pub fn report(&self) -> Vec<String> {
        let lost = self.secrets.iter();
        lost.map(|(key, LostSecret { why, may_be_there })| {
            let state = if *may_be_there { "may be" } else { "was" };
            format!("Secret {key} {state} deleted and not recreated: {why}")
        })
        .collect()
    }

    /// Forgets them: another cluster was chosen.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The Secret that a change has deleted and could not create again.
pub fn secret(change: &Change) -> Option<ObjectRef<Secret>> {
    match change.object() {
        AnyObjectRef::Secret(key) => Some(key),
        AnyObjectRef::Namespace(_)
        | AnyObjectRef::ServiceAccount(_)
        | AnyObjectRef::Pod(_)
        | AnyObjectRef::Workload(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{key, now};

    fn lost() -> ChangeResult {
        ChangeResult {
            is_lost: true,
            ..ChangeResult::new(Outcome::Failed("507; by hand: kubectl …".to_owned()))
        }
    }

    #[test]
    fn who_leaves_is_told_once_of_each_secret_that_would_be_lost() {
        let plan = |name: &str| {
            let convert = Change::convert_secret(key("shop", name));
            Plan::new("Convert", vec![convert])
        };
        let mut secrets = LostSecrets::default();
        assert_eq!(secrets.warning(now()), None);
        secrets.update(&plan("regcred"), &[lost()]);
        let warning = secrets.warning(now()).unwrap();
        assert!(warning.contains("Secret shop/regcred exists only in this session. :undo"));
        assert!(secrets.are_restored_by(&plan("regcred")));
        assert!(!secrets.are_restored_by(&plan("other")));
        assert_eq!(secrets.warning(now()), None, "the second time is meant");
        secrets.update(&plan("other"), &[lost()]);
        assert!(secrets.warning(now()).unwrap().contains(" and 1 more"));
        assert_eq!(secrets.report().len(), 2);
        assert!(secrets.report()[0].contains("by hand: kubectl"));
        let unknown = ChangeResult {
            is_lost: true,
            ..ChangeResult::new(Outcome::Unknown("504".to_owned()))
        };
        secrets.update(&plan("third"), &[unknown]);
        let report = secrets.report().join("\n");
        assert!(report.contains("shop/third may be deleted"), "{report}");
        secrets.update(&plan("third"), &[ChangeResult::new(Outcome::Unchanged)]);
        // It was restored.
        secrets.update(&plan("other"), &[ChangeResult::new(Outcome::Applied)]);
        secrets.update(
            &plan("regcred"),
            &[ChangeResult::new(Outcome::Failed("no".into()))],
        );
        assert_eq!(secrets.report().len(), 1);
    }
}
