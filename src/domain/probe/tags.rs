//! Finds the tags of a repository that are similar to a missing one.

use std::cmp::Reverse;

/// The tags most similar to the missing one, best first, up to this number.
///
/// Alike means: long common beginnings and endings. A slip is a letter, a missing `v`, or a part of a
/// version, so what stands around it is the same.
pub fn similar_tags<'a>(wanted: &str, tags: &'a [String], most: usize) -> Vec<&'a str> {
    let mut ranked: Vec<(Reverse<usize>, usize, &str)> = tags
        .iter()
        .map(|tag| (shared(wanted, tag), tag))
        .filter(|(shared, _)| *shared > 0)
        .map(|(shared, tag)| (Reverse(shared), tag.len(), tag.as_str()))
        .collect();
    ranked.sort_unstable();
    ranked.truncate(most);
    ranked.into_iter().map(|(_, _, tag)| tag).collect()
}

/// The length of the common beginning and ending, which do not overlap. A leading `v` does not count.
fn shared(left: &str, right: &str) -> usize {
    let (left, right) = (bare(left), bare(right));
    let begin = common(left.bytes(), right.bytes());
    let most = left.len().min(right.len()) - begin;
    begin + common(left.bytes().rev(), right.bytes().rev()).min(most)
}

fn bare(tag: &str) -> &str {
    tag.strip_prefix('v').unwrap_or(tag)
}

fn common(left: impl Iterator<Item = u8>, right: impl Iterator<Item = u8>) -> usize {
    left.zip(right).take_while(|(l, r)| l == r).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_that_was_meant_comes_first() {
        let tags: Vec<String> = ["1.0.0", "v1.2.3", "1.2.4", "main", "latest"]
            .map(str::to_owned)
            .into();
        for (wanted, first) in [
            ("1.2.3", Some("v1.2.3")),
            ("v1.2.4", Some("1.2.4")),
            ("lastest", Some("latest")),
            ("mian", Some("main")),
            ("xyz", None),
        ] {
            assert_eq!(
                similar_tags(wanted, &tags, 3).first().copied(),
                first,
                "{wanted}"
            );
        }
        assert_eq!(similar_tags("1.2.5", &tags, 2).len(), 2);
    }
}
