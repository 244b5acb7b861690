//! Numbers with their nouns: `1 Pod`, `3 Pods`.

/// Writes a number and the words that go with it: `0 Pods`, `1 Pod`, `3 Pods`.
pub fn pluralize(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Writes a number and a noun that takes an `s`: `no Pod`, `1 Pod`, `3 Pods`.
pub fn number_or_no(number: usize, noun: &str) -> String {
    match number {
        0 => format!("no {noun}"),
        number => pluralize(number, noun, &format!("{noun}s")),
    }
}

/// Writes a number of Pods and a verb: `no Pod uses`, `1 Pod uses`, `3 Pods use`.
pub fn pods_with_verb(number: usize, one: &str, many: &str) -> String {
    let verb = if number <= 1 { one } else { many };
    format!("{} {verb}", number_or_no(number, "Pod"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        for (number, text) in [(0, "0 Pods"), (1, "1 Pod"), (2, "2 Pods")] {
            assert_eq!(pluralize(number, "Pod", "Pods"), text);
        }
        for (number, text) in [(0, "no Pod uses"), (1, "1 Pod uses"), (3, "3 Pods use")] {
            assert_eq!(pods_with_verb(number, "uses", "use"), text);
        }
    }
}
