//! *Did you mean*: the known word that a mistyped one is nearest to.

/// The nearest of the known words, when it is near enough to be meant: it begins like what was typed,
/// or a third of its letters, and at least one, would have to change.
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    known
        .into_iter()
        .filter_map(|word| {
            let plain = word.to_lowercase();
            let begins = typed.chars().count() > 1 && plain.starts_with(&typed);
            let edits = if begins {
                1
            } else {
                edit_distance(&typed, &plain)
            };
            let most = (plain.chars().count() / 3).max(1);
            (edits <= most).then_some((edits, word))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

/// Whether one name can be the other one, misspelled: a slip, or two in a longer name.
pub(in crate::domain) fn is_misspelled(name: &str, meant: &str) -> bool {
    let slips = if name.len() < LONGER { 1 } else { 2 };
    name != meant
        && name.len().abs_diff(meant.len()) <= slips
        && edit_distance(name, meant) <= slips
}

/// From this length on, two slips leave a name that can be recognised.
const LONGER: usize = 6;

/// Letters to insert, delete, replace, or swap with their neighbour.
pub(in crate::domain) fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&row, j) + usize::from(x != *y);
            let mut best = replaced.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let left = j.checked_sub(1);
            let swapped = left.is_some_and(|left| b.get(left) == Some(&x)) && last == Some(*y);
            if let (true, Some(left)) = (swapped, left) {
                best = best.min(at(&before, left) + 1);
            }
            next.push(best);
        }
        last = Some(x);
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (a, b, edits) in [
            ("", "abc", 3),
            ("theme", "theme", 0),
            ("tehme", "theme", 1),
            ("them", "theme", 1),
            ("thxmy", "theme", 2),
        ] {
            assert_eq!(edit_distance(a, b), edits, "{a} {b}");
        }
    }

    #[test]
    fn a_name_is_misspelled_by_a_slip_or_two() {
        for (name, meant, expected) in [
            ("regcerd", "regcred", true),
            ("registry-credentials", "registry-credential", true),
            ("hup", "hub", true),
            ("hub", "hub", false),
            ("hub", "ghcr", false),
            ("right", "night-shift", false),
            ("nowhere", "right", false),
        ] {
            assert_eq!(is_misspelled(name, meant), expected, "{name} {meant}");
        }
    }

    #[test]
    fn near_words_are_named_and_far_ones_are_not() {
        let known = ["theme", "symbols", "favourites"];
        assert_eq!(did_you_mean("Tehme", known), Some("theme"));
        assert_eq!(did_you_mean("favorites", known), Some("favourites"));
        assert_eq!(did_you_mean("fav", known), Some("favourites"));
        assert_eq!(did_you_mean("colour", known), None);
        assert_eq!(did_you_mean("", known), None);
    }
}
