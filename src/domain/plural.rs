//! Numbers with their nouns: `1 Pod`, `3 Pods`.

/// Writes a number and the words that go with it.
pub fn pluralize(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        for (number, text) in [(0, "0 Pods"), (1, "1 Pod"), (2, "2 Pods")] {
            assert_eq!(pluralize(number, "Pod", "Pods"), text);
        }
    }
}
