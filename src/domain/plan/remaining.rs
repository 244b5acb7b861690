//! The remaining steps of an interrupted plan, as kubectl commands.

use super::{OnFailure, Outcome, Plan, Purpose, commands::get_object};

/// The progress of a change.
enum ChangeProgress<'a> {
    Made,
    /// Made, although a later change has failed and it was to be taken back.
    NotTakenBack,
    TakenBack,
    Failed(&'a str),
    /// Its requests were under way, or the server's answer was lost: what it has stored is not known.
    Unknown(Option<&'a str>),
    NotStarted,
}

impl Plan {
    /// Reports the outcome of each change, with kubectl commands for those that were not made.
    ///
    /// No secret value is included. `outcomes` are those of the changes that were tried.
    pub fn remaining_steps(&self, outcomes: &[Outcome]) -> Vec<String> {
        let has_failed =
            |outcome: &Outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Unknown(_));
        // A Pod that could not be replaced is no reason to take a repair back.
        let mut tried = self.changes.iter().zip(outcomes);
        let repair_failed = tried
            .any(|(change, outcome)| has_failed(outcome) && change.purpose() == Purpose::Repair);
        let takes_back = self.on_failure == OnFailure::TakeBack && repair_failed;
        let has_stopped = outcomes.iter().any(has_failed);
        let mut lines = Vec::new();
        for (index, change) in self.changes.iter().enumerate() {
            let is_under_way = index == outcomes.len() && !has_stopped;
            let progress = match outcomes.get(index) {
                Some(Outcome::Applied) if takes_back => ChangeProgress::NotTakenBack,
                Some(Outcome::Applied | Outcome::Unchanged | Outcome::NotNeeded(_)) => {
                    ChangeProgress::Made
                }
                Some(Outcome::TakenBack) => ChangeProgress::TakenBack,
                Some(Outcome::Failed(why)) => ChangeProgress::Failed(why),
                Some(Outcome::Unknown(why)) => ChangeProgress::Unknown(Some(why)),
                None if is_under_way => ChangeProgress::Unknown(None),
                Some(Outcome::NotTried) | None => ChangeProgress::NotStarted,
            };
            let number = index + 1;
            let (state, looks, makes) = match progress {
                ChangeProgress::Made => ("done".to_owned(), false, false),
                ChangeProgress::NotTakenBack => ("done, not rolled back".to_owned(), true, false),
                ChangeProgress::TakenBack => ("rolled back".to_owned(), false, false),
                ChangeProgress::Failed(why) => (format!("failed: {why}"), true, true),
                ChangeProgress::Unknown(None) => ("result unknown".to_owned(), true, true),
                ChangeProgress::Unknown(Some(why)) => {
                    (format!("result unknown: {why}"), true, true)
                }
                ChangeProgress::NotStarted => ("not started".to_owned(), false, true),
            };
            lines.push(format!("  {number}. {change}: {state}"));
            if looks {
                lines.push(format!("    {}", get_object(&change.object())));
            }
            if makes {
                let commands = change.commands();
                lines.extend(commands.iter().map(|command| format!("    {command}")));
            }
            let advice = change.kind().after_interruption();
            let advice = advice.filter(|_| looks && makes);
            lines.extend(advice.map(|advice| format!("    # {advice}")));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::key,
        plan::{Change, CreateSecret, Credentials},
        registry_auth::credential::Password,
    };

    fn rotation() -> Plan {
        let login = Credentials {
            username: "bot".into(),
            password: Password::new("canary-1"),
        };
        let create = |name| {
            Change::CreateSecret(CreateSecret {
                key: key("shop", name),
                server: "ghcr.io".into(),
                login: login.clone(),
            })
        };
        let changes = vec![create("one"), create("two"), create("three")];
        Plan::new("Rotate", changes)
    }

    #[test]
    fn the_change_under_way_is_looked_at_and_made_and_no_value_is_told() {
        let text = rotation().remaining_steps(&[Outcome::Applied]).join("\n");
        assert!(text.contains("1. Create pull secret shop/one for ghcr.io as bot: done\n"));
        assert!(text.contains(
            "shop/two for ghcr.io as bot: result unknown\n    kubectl -n shop get secret two\n"
        ));
        assert!(text.contains("shop/three for ghcr.io as bot: not started\n"));
        assert!(text.contains("create secret docker-registry three"));
        assert!(!text.contains("secret one"), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }

    #[test]
    fn what_was_to_be_taken_back_is_named() {
        let plan = Plan {
            on_failure: OnFailure::TakeBack,
            ..rotation()
        };
        let failed = Outcome::Failed("507".into());
        let outcomes = [Outcome::Applied, Outcome::TakenBack, failed.clone()];
        let text = plan.remaining_steps(&outcomes).join("\n");
        assert!(text.contains("as bot: done, not rolled back\n    kubectl -n shop get secret one"));
        assert!(text.contains("as bot: rolled back\n"), "{text}");
        assert!(text.contains("as bot: failed: 507\n"), "{text}");
        let text = rotation().remaining_steps(&[failed]).join("\n");
        assert_eq!(text.matches("not started").count(), 2, "{text}");
    }

    #[test]
    fn a_pod_that_could_not_be_deleted_takes_nothing_back() {
        let mut plan = Plan {
            on_failure: OnFailure::TakeBack,
            ..rotation()
        };
        plan.changes.push(Change::delete_pod(key("shop", "web-1")));
        let mut outcomes = vec![Outcome::Applied; 3];
        outcomes.push(Outcome::Failed("403".into()));
        let text = plan.remaining_steps(&outcomes).join("\n");
        assert!(!text.contains("not rolled back"), "{text}");
        assert!(text.contains("as bot: done\n"), "{text}");
        assert!(
            text.contains("Delete Pod shop/web-1: failed: 403"),
            "{text}"
        );
    }

    #[test]
    fn a_secret_that_may_be_gone_is_not_found_in_silence() {
        let changes = vec![Change::convert_secret(key("shop", "regcred"))];
        let text = Plan::new("Convert", changes)
            .remaining_steps(&[])
            .join("\n");
        assert!(
            text.contains("kubectl -n shop get secret regcred\n"),
            "{text}"
        );
        assert!(text.contains("If it is missing"), "{text}");
    }
}
