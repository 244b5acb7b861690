//! *Did you mean*: the known word that a mistyped one is nearest to.

use strsim::osa_distance;

/// The nearest of the known words, when it is near enough to be meant: it begins like what was typed,
/// or a third of its letters, and at least one, would have to change. Two swapped neighbours are one change.
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
                osa_distance(&typed, &plain)
            };
            let most = (plain.chars().count() / 3).max(1);
            (edits <= most).then_some((edits, word))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_named_and_far_ones_are_not() {
        let known = ["theme", "symbols", "favourites"];
        assert_eq!(did_you_mean("Tehme", known), Some("theme"));
        assert_eq!(did_you_mean("favorites", known), Some("favourites"));
        assert_eq!(did_you_mean("fav", known), Some("favourites"));
        assert_eq!(did_you_mean("colour", known), None);
        assert_eq!(did_you_mean("", known), None);
        // One swap is near enough for five letters, two other letters are not.
        assert_eq!(did_you_mean("thxmy", known), None);
    }
}
