//! The arithmetic of a rolling update (`pkg/controller/deployment/rolling.go`).

use serde_json::Value;

/// How far a rollout may exceed or undercut the desired number of Pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RolloutBounds {
    pub surge: i64,
    pub unavailable: i64,
}

impl RolloutBounds {
    /// Computes the bounds: percentages are rounded up for the surge and down for unavailable Pods; not both are zero.
    pub(super) fn from_strategy(strategy: Option<&Value>, replicas: i64) -> Self {
        let amount = |field: &str, round_up: bool| {
            let value = strategy.and_then(|it| it.get(field));
            match value {
                Some(Value::Number(number)) => number.as_i64().unwrap_or_default(),
                Some(Value::String(text)) => share(text, replicas, round_up),
                _ => share("25%", replicas, round_up),
            }
        };
        let (surge, unavailable) = (amount("maxSurge", true), amount("maxUnavailable", false));
        Self {
            surge,
            unavailable: if surge == 0 {
                unavailable.max(1)
            } else {
                unavailable
            },
        }
    }
}

fn share(percent: &str, of: i64, round_up: bool) -> i64 {
    let percent: i64 = percent.trim_end_matches('%').parse().unwrap_or_default();
    let hundredths = percent * of;
    if round_up {
        (hundredths + 99) / 100
    } else {
        hundredths / 100
    }
}

/// A ReplicaSet in a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub wanted: i64,
    pub available: i64,
}

/// Size of the new ReplicaSet.
pub(super) fn new_size(replicas: i64, bounds: RolloutBounds, new: Share, old: &[Share]) -> i64 {
    if new.wanted >= replicas {
        return replicas;
    }
    let total: i64 = new.wanted + old.iter().map(|it| it.wanted).sum::<i64>();
    let room = replicas + bounds.surge - total;
    new.wanted + room.clamp(0, replicas - new.wanted)
}

/// Sizes of the old ReplicaSets; unhealthy ones shrink first.
pub(super) fn old_sizes(
    replicas: i64,
    bounds: RolloutBounds,
    new: Share,
    old: &[Share],
) -> Vec<i64> {
    let must_be_there = replicas - bounds.unavailable;
    let total: i64 = new.wanted + old.iter().map(|it| it.wanted).sum::<i64>();
    let new_missing = new.wanted - new.available;
    let mut may_go = (total - must_be_there - new_missing).max(0);
    let mut sizes: Vec<i64> = old.iter().map(|it| it.wanted).collect();
    for (size, set) in sizes.iter_mut().zip(old) {
        let unhealthy = (set.wanted - set.available).clamp(0, may_go);
        *size -= unhealthy;
        may_go -= unhealthy;
    }
    let available: i64 = new.available + old.iter().map(|it| it.available).sum::<i64>();
    let mut surplus = (available - must_be_there).max(0);
    for size in &mut sizes {
        let down = (*size).min(surplus);
        *size -= down;
        surplus -= down;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const QUARTER: RolloutBounds = RolloutBounds {
        surge: 1,
        unavailable: 0,
    };

    fn share(wanted: i64, available: i64) -> Share {
        Share { wanted, available }
    }

    #[test]
    fn bounds_are_rounded_towards_safety() {
        let strategy = json!({"maxSurge": "25%", "maxUnavailable": "25%"});
        assert_eq!(RolloutBounds::from_strategy(Some(&strategy), 1), QUARTER);
        assert_eq!(
            RolloutBounds::from_strategy(Some(&strategy), 10),
            RolloutBounds {
                surge: 3,
                unavailable: 2
            }
        );
        let none = json!({"maxSurge": 0, "maxUnavailable": 0});
        assert_eq!(RolloutBounds::from_strategy(Some(&none), 3).unavailable, 1);
    }

    #[test]
    fn a_broken_new_version_never_takes_the_old_one_down() {
        let (new, old) = (share(1, 0), [share(3, 3)]);
        assert_eq!(new_size(3, QUARTER, new, &old), 1);
        assert_eq!(old_sizes(3, QUARTER, new, &old), [3]);
    }

    #[test]
    fn a_good_new_version_replaces_the_old_one_step_by_step() {
        let (mut new, mut old) = (share(0, 0), share(3, 3));
        let mut steps = Vec::new();
        while new.wanted < 3 || old.wanted > 0 {
            new.wanted = new_size(3, QUARTER, new, &[old]);
            new.available = new.wanted;
            old.wanted = old_sizes(3, QUARTER, new, &[old])[0];
            old.available = old.wanted;
            steps.push((new.wanted, old.wanted));
        }
        assert_eq!(steps, [(1, 2), (2, 1), (3, 0)]);
    }

    #[test]
    fn unhealthy_old_replicas_are_given_up_first() {
        let (new, old) = (share(1, 0), [share(3, 1)]);
        let bounds = RolloutBounds {
            surge: 1,
            unavailable: 1,
        };
        assert_eq!(old_sizes(3, bounds, new, &old), [2]);
    }
}
