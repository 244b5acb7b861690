//! Pluralised counts for messages.

use crate::domain::plural;

/// `no Pod`, `1 Pod`, `3 Pods`.
pub(super) fn pluralize(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}"),
        number => plural::pluralize(number, what, &format!("{what}s")),
    }
}

/// `no Pod uses`, `1 Pod uses`, `3 Pods use`.
pub(super) fn pods_verb(number: usize, one: &str, many: &str) -> String {
    let verb = if number <= 1 { one } else { many };
    format!("{} {verb}", pluralize(number, "Pod"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        for (number, expected) in [(0, "no Pod uses"), (1, "1 Pod uses"), (3, "3 Pods use")] {
            assert_eq!(pods_verb(number, "uses", "use"), expected);
        }
    }
}
