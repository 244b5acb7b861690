//! *Did you mean*: the known word nearest to a mistyped one, and the intended image of a misspelled reference.

mod image;

use strsim::osa_distance;

pub(in crate::domain) use image::{
    ImagePart, ImageSuggestion, KnownNames, NameSource, is_similar_image, suggest_image,
    with_meant_repository, with_meant_tag,
};

/// Finds the known word nearest to a mistyped one.
///
/// It must begin like the typed word, or differ in at most a third of its letters (at least one). Two swapped letters
/// count as one.
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

/// Whether one name may be a misspelling of the other: one typo, or two in a longer name.
pub(in crate::domain) fn is_misspelled(name: &str, meant: &str) -> bool {
    let slips = if name.len() < LONGER { 1 } else { 2 };
    name != meant && name.len().abs_diff(meant.len()) <= slips && osa_distance(name, meant) <= slips
}

/// Length from which two typos are tolerated.
const LONGER: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

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
        // One swap is near enough for five letters, two other letters are not.
        assert_eq!(did_you_mean("thxmy", known), None);
    }
}
