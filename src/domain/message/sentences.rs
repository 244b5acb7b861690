//! Sentences of the kubelet, the scheduler and the controllers that name objects.
//!
//! `NAME` stands where an object is named: whatever stands there says nothing. Knows nothing of images.

use std::sync::LazyLock;

use super::url;

/// The placeholder of a name, as `mask` writes it.
const NAME: &str = "NAME";

/// Messages of normal events of the kubelet (`pkg/kubelet`), the scheduler and the controllers (`pkg/controller`):
/// nothing failed.
pub(super) const NORMAL: &[&str] = &[
    "Created container NAME",
    "Started container NAME",
    "Stopping container NAME",
    "Created pod NAME",
    "Deleted pod NAME",
    "Scaled up replica set NAME",
    "Scaled down replica set NAME",
    "Successfully assigned NAME to NAME",
    "create Pod NAME in StatefulSet NAME successful",
    "delete Pod NAME in StatefulSet NAME successful",
    "create Claim NAME Pod NAME in StatefulSet NAME success",
    "Created job NAME",
    "Deleted job NAME",
    "Saw completed job NAME",
    "Marking for deletion Pod NAME",
    "Cancelling deletion of Pod NAME",
    "Node NAME status is now",
    "Registered Node NAME in Controller",
    "Removing Node NAME from Controller",
    "Successfully provisioned volume NAME",
    "provisioning volume for claim NAME",
    "Container NAME definition changed",
    "Pod sandbox changed",
    "Ensuring load balancer",
    "Ensured load balancer",
    "Job completed",
    "waiting for first consumer",
    "Starting kubelet",
];

/// Warnings with object names; their phrases give the meaning.
const WARNINGS: &[&str] = &[
    "restarting failed container NAME in pod NAME",
    "restarting failed container NAME pod NAME",
    "Container NAME failed",
    "Preempted by NAME on node NAME",
    "Error deleting pod NAME",
    "create Pod NAME in StatefulSet NAME failed",
];

/// A place in a sentence where a name stands.
struct NameSlot {
    /// The words before it, as `mask` writes them.
    before: String,
    /// The word after it, in lower case.
    after: Option<String>,
}

static SLOTS: LazyLock<Vec<NameSlot>> = LazyLock::new(|| {
    let sentences = NORMAL.iter().chain(WARNINGS);
    sentences.flat_map(|sentence| slots(sentence)).collect()
});

fn slots(sentence: &str) -> Vec<NameSlot> {
    let mut before = String::from(" ");
    let mut words = sentence.split(' ').peekable();
    let mut slots = Vec::new();
    while let Some(word) = words.next() {
        if word == NAME {
            let after = words.peek().map(|word| word.to_ascii_lowercase());
            slots.push(NameSlot {
                before: before.clone(),
                after,
            });
            before.push_str(word);
        } else {
            before.push_str(&word.to_ascii_lowercase());
        }
        before.push(' ');
    }
    slots
}

/// Whether an object name stands between these words and the rest of the text.
pub(super) fn is_name(words: &str, rest: &str) -> bool {
    SLOTS.iter().any(|slot| {
        words.ends_with(&slot.before)
            && slot
                .after
                .as_deref()
                .is_none_or(|after| next_word(rest).eq_ignore_ascii_case(after))
    })
}

fn next_word(rest: &str) -> &str {
    let mut words = url::head(rest).split(|c: char| !c.is_ascii_alphanumeric());
    words.find(|word| !word.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        diagnostics::{Cause, classify::classify},
        message::phrases::rows,
    };

    fn found(sentence: &str, name: &str) -> Option<Cause> {
        classify(&sentence.replace(NAME, name)).cause
    }

    #[test]
    fn a_normal_event_is_no_pull_failure_whatever_is_named() {
        for (_, phrases) in rows() {
            for phrase in *phrases {
                let words = phrase.split(|c: char| !c.is_ascii_alphanumeric());
                let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
                let trap = words.join("-").to_lowercase();
                for sentence in NORMAL {
                    for name in [trap.clone(), format!("{trap}-7c9"), format!("shop/{trap}")] {
                        let cause = found(sentence, &name);
                        assert_eq!(cause, Some(Cause::NotAPullFailure), "{sentence}: {name}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_name_in_a_warning_changes_nothing() {
        for sentence in WARNINGS {
            let plain = found(sentence, "web");
            for (_, phrases) in rows() {
                for phrase in *phrases {
                    let trap = phrase.to_lowercase().replace([' ', '/', ':', '\''], "-");
                    if super::super::token_kind::is_object_path(&trap) {
                        assert_eq!(found(sentence, &trap), plain, "{sentence}: {trap}");
                    }
                }
            }
        }
    }

    #[test]
    fn events_with_a_colon_and_numbers_are_read() {
        for message in [
            "Created container: rate-limit",
            "Scaled up replica set rate-limit-7c9 from 0 to 1",
            "Created pod: rate-limit-7c9-x",
            "Successfully assigned shop/x to toomanyrequests-node",
            "Deleted pod: image-not-found-1",
            "Stopping container pull-limit",
        ] {
            assert_eq!(
                classify(message).cause,
                Some(Cause::NotAPullFailure),
                "{message}"
            );
        }
    }
}
