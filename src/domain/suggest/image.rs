//! Suggests the intended image of a misspelled reference: one typo away from a known name.
//!
//! Right are names that other workloads run, hosts that pull secrets of the namespace are for, and public
//! registries. Each name is compared once and in linear time. Whether a pull failed for such a reason is
//! decided by `diagnostics`.

use crate::domain::registry_auth::{
    image_ref::{ImageRef, image_host},
    registries::{REGISTRIES, find_by_host},
};

/// Correct names from the image's namespace or from the cluster.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::domain) struct KnownNames<'a> {
    /// References of images that other workloads run, the nearest workload first.
    pub images: &'a [&'a str],
    /// Hosts of entries in pull secrets that the Pod may use.
    pub hosts: &'a [&'a str],
}

/// The suggested image and its basis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct ImageSuggestion {
    pub image: String,
    pub source: NameSource,
}

/// The source of the correct name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum NameSource {
    /// An image that is run: its place in [`KnownNames::images`], and which part of it was misspelled.
    Image { at: usize, part: ImagePart },
    /// The host of a pull secret: its place in [`KnownNames::hosts`].
    Host { at: usize },
    /// A public registry of this name.
    PublicRegistry(&'static str),
    /// Repository names are lower case.
    LowerCase,
}

/// A part of an image reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum ImagePart {
    Host,
    Repository,
    Tag,
}

/// Maximum number of names that an image is compared with.
const MAX_NAMES: usize = 256;

/// Suggests an image with the host, repository or tag of a known name that is one typo away.
pub(in crate::domain) fn suggest_image(
    wrong: &str,
    known: KnownNames<'_>,
) -> Option<ImageSuggestion> {
    let Ok(image) = ImageRef::parse(wrong) else {
        return lower_case(wrong);
    };
    let mut used = known.images.iter().take(MAX_NAMES).enumerate();
    let of_image = used.find_map(|(at, name)| {
        let (image, part) = meant(&image, &ImageRef::parse(name).ok()?)?;
        let source = NameSource::Image { at, part };
        Some(ImageSuggestion { image, source })
    });
    let hosts = known.hosts.iter().take(MAX_NAMES).enumerate();
    let of_host = hosts
        .filter(|(_, host)| is_slip_in_one(image.host(), host, '.'))
        .map(|(at, host)| ImageSuggestion {
            image: with_host(&image, host),
            source: NameSource::Host { at },
        });
    of_image
        .or_else(|| of_host.into_iter().next())
        .or_else(|| public_registry(&image))
}

/// Whether one image may be a misspelling of the other; cheap, for scanning many.
pub(in crate::domain) fn is_similar_image(wrong: &ImageRef, used: &str) -> bool {
    let host = image_host(used);
    if host != wrong.host() {
        return is_slip_in_one(wrong.host(), host, '.');
    }
    ImageRef::parse(used).is_ok_and(|used| meant(wrong, &used).is_some())
}

/// The wrong image with the one part that is misspelled set right.
fn meant(wrong: &ImageRef, right: &ImageRef) -> Option<(String, ImagePart)> {
    if wrong.host() != right.host() {
        return is_slip_in_one(wrong.host(), right.host(), '.')
            .then(|| (with_host(wrong, right.host()), ImagePart::Host));
    }
    if wrong.path() != right.path() {
        return is_slip_in_one(wrong.path(), right.path(), '/').then(|| {
            let name = named(right.host(), right.path(), wrong.tag(), wrong.digest());
            (name, ImagePart::Repository)
        });
    }
    let (typed, tag) = (wrong.tag()?, right.tag()?);
    let is_meant = wrong.digest().is_none() && is_meant_tag(typed, tag);
    is_meant.then(|| {
        let name = named(right.host(), right.path(), Some(tag), None);
        (name, ImagePart::Tag)
    })
}

/// The same image with the tag that a registry has and that is meant, if exactly one of its tags is one slip away.
pub(in crate::domain) fn with_meant_tag(wrong: &ImageRef, tags: &[String]) -> Option<String> {
    let typed = wrong.tag().filter(|_| wrong.digest().is_none())?;
    let tag = only(tags, |tag| is_meant_tag(typed, tag))?;
    Some(named(wrong.host(), wrong.path(), Some(tag), None))
}

/// The same image in the repository that a registry has and that is meant, if exactly one is one slip away.
pub(in crate::domain) fn with_meant_repository(
    wrong: &ImageRef,
    repositories: &[String],
) -> Option<String> {
    let path = only(repositories, |path| is_slip_in_one(wrong.path(), path, '/'))?;
    Some(named(wrong.host(), path, wrong.tag(), wrong.digest()))
}

/// The only name of which this holds.
fn only(names: &[String], is_meant: impl Fn(&str) -> bool) -> Option<&str> {
    let mut meant = names.iter().filter(|name| is_meant(name));
    let first = meant.next()?;
    meant.next().is_none().then_some(first)
}

fn with_host(image: &ImageRef, host: &str) -> String {
    named(host, image.path(), image.tag(), image.digest())
}

fn named(host: &str, path: &str, tag: Option<&str>, digest: Option<&str>) -> String {
    let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
    let digest = digest.map(|digest| format!("@{digest}"));
    format!("{host}/{path}{tag}{}", digest.unwrap_or_default())
}

/// A public registry whose whole name is one slip away: short labels such as `io` are misspelled, too.
fn public_registry(image: &ImageRef) -> Option<ImageSuggestion> {
    if find_by_host(image.host()).is_some() {
        return None;
    }
    let hosts = REGISTRIES.iter().flat_map(|registry| registry.hosts);
    let mut exact = hosts.filter(|host| !host.contains('*'));
    let host = exact.find(|host| edit(image.host(), host).is_some())?;
    Some(ImageSuggestion {
        image: with_host(image, host),
        source: NameSource::PublicRegistry(host),
    })
}

/// The same reference with its name in lower case, where that is all that is wrong. Tags may have capitals.
fn lower_case(wrong: &str) -> Option<ImageSuggestion> {
    let (named, digest) = match wrong.split_once('@') {
        Some((name, _)) => (name, wrong.get(name.len()..)?),
        None => (wrong, ""),
    };
    let path_at = named.rfind('/').map_or(0, |slash| slash + 1);
    let tag_at = named
        .get(path_at..)?
        .find(':')
        .map_or(named.len(), |colon| path_at + colon);
    let (name, tag) = named.split_at(tag_at);
    let image = format!("{}{tag}{digest}", name.to_lowercase());
    (image != wrong && ImageRef::parse(&image).is_ok()).then_some(ImageSuggestion {
        image,
        source: NameSource::LowerCase,
    })
}

/// Whether a tag is meant by another one that was typed.
fn is_meant_tag(typed: &str, tag: &str) -> bool {
    is_slip(typed, tag) || lacks_v(typed, tag)
}

/// `1.2.3` for `v1.2.3`, or the other way round.
fn lacks_v(typed: &str, tag: &str) -> bool {
    let version = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let is =
        |with: &str, without: &str| with.strip_prefix('v') == Some(without) && version(without);
    is(tag, typed) || is(typed, tag)
}

/// Whether names differ in one of their parts, and there by one slip.
fn is_slip_in_one(typed: &str, name: &str, separator: char) -> bool {
    let mut others = typed
        .split(separator)
        .zip(name.split(separator))
        .filter(|(one, other)| one != other);
    let Some((one, other)) = others.next() else {
        return false;
    };
    let same_count = typed.matches(separator).count() == name.matches(separator).count();
    same_count && others.next().is_none() && is_slip(one, other)
}

/// Minimum length of a word: shorter ones are one typo away from many others (`api` and `app`).
const MIN_WORD: usize = 4;

/// Whether two texts differ by one typo: one letter added, missing or replaced, or two swapped.
///
/// Numbers are not misspelled: `v1` and `v2` are two versions.
fn is_slip(typed: &str, name: &str) -> bool {
    let Some(edit) = edit(typed, name) else {
        return false;
    };
    let changed = |text: &str, len: usize| {
        let bytes = text.as_bytes();
        bytes.get(edit.at..edit.at + len).is_some_and(|changed| {
            changed
                .iter()
                .all(|byte| byte.is_ascii_alphabetic() || *byte == b'-')
        })
    };
    changed(typed, edit.typed) && changed(name, edit.name) && word_at(name, edit.at) >= MIN_WORD
}

/// The length of the word at a place of a name; words are separated by `-`, `_` and `.`.
fn word_at(name: &str, at: usize) -> usize {
    let is_separator = |byte: &u8| matches!(byte, b'-' | b'_' | b'.');
    let bytes = name.as_bytes();
    let (before, after) = bytes.split_at(at.min(bytes.len()));
    let before = before.iter().rev().take_while(|byte| !is_separator(byte));
    let after = after.iter().take_while(|byte| !is_separator(byte));
    before.count() + after.count()
}

/// Where two texts differ by one slip, and how many bytes of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edit {
    at: usize,
    typed: usize,
    name: usize,
}

/// The one slip between two ASCII texts; `None` for the same text, or for more than one.
fn edit(typed: &str, name: &str) -> Option<Edit> {
    let (one, other) = (typed.as_bytes(), name.as_bytes());
    if !typed.is_ascii() || !name.is_ascii() || one.len().abs_diff(other.len()) > 1 {
        return None;
    }
    let same =
        |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(a, b)| a == b).count();
    let at = same(&mut one.iter().zip(other));
    let (rest, other_rest) = (one.get(at..)?, other.get(at..)?);
    let tail = same(&mut rest.iter().rev().zip(other_rest.iter().rev()));
    let (left, other_left) = (rest.len() - tail, other_rest.len() - tail);
    let is_swap = || match (rest, other_rest) {
        ([a, b, ..], [c, d, ..]) => a == d && b == c,
        _ => false,
    };
    let is_one = match (left, other_left) {
        (1, 0 | 1) | (0, 1) => true,
        (2, 2) => is_swap(),
        _ => false,
    };
    is_one.then_some(Edit {
        at,
        typed: left,
        name: other_left,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strsim::osa_distance;

    use super::*;

    fn suggested(wrong: &str, images: &[&str], hosts: &[&str]) -> Option<String> {
        suggest_image(wrong, KnownNames { images, hosts }).map(|it| it.image)
    }

    #[test]
    fn one_slip_is_recognised_in_each_part() {
        let used: &[&str] = &[
            "registry.example/shop/recommender:1.1.0",
            "registry.example/shop/web:latest",
            "registry.example/shop/tools:v1.2.3",
            "redis:7.2-alpine",
        ];
        for (wrong, meant) in [
            (
                "registry.exmple/app/api:1.1",
                Some("registry.example/app/api:1.1"),
            ),
            (
                "registry.exampel/app/api:1.1",
                Some("registry.example/app/api:1.1"),
            ),
            (
                "registry.example/shop/recomender:1.2.0",
                Some("registry.example/shop/recommender:1.2.0"),
            ),
            (
                "registry.example/shop/web:lastest",
                Some("registry.example/shop/web:latest"),
            ),
            (
                "registry.example/shop/tools:1.2.3",
                Some("registry.example/shop/tools:v1.2.3"),
            ),
            (
                "redis:7.2-alpnie",
                Some("docker.io/library/redis:7.2-alpine"),
            ),
            // Numbers are versions, short words are many, two slips are too many.
            ("registry.example/shop/tools:v1.2.4", None),
            ("registry.example/shop/wab:latest", None),
            ("registry.exmpl/app/api:1.1", None),
            ("other.example/shop/recomender:1.2.0", None),
        ] {
            assert_eq!(suggested(wrong, used, &[]).as_deref(), meant, "{wrong}");
        }
    }

    #[test]
    fn what_a_registry_has_is_meant_where_only_one_name_is_near() {
        let texts = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        let tags = texts(&["1.0", "1.1", "v2.0", "latest", "stable", "stables"]);
        for (wrong, meant) in [
            ("lastest", Some("latest")),
            ("2.0", Some("v2.0")),
            // A version is no slip of another one, and of two near names neither is meant.
            ("1.2", None),
            ("stablee", None),
            ("latest", None),
        ] {
            let image = ImageRef::parse(&format!("registry.example/app/api:{wrong}")).unwrap();
            let meant = meant.map(|tag| format!("registry.example/app/api:{tag}"));
            assert_eq!(with_meant_tag(&image, &tags), meant, "{wrong}");
        }
        let repositories = texts(&["app/recommender", "shop/recommender", "app/api", "app/app"]);
        for (wrong, meant) in [
            ("app/recomender:2", Some("app/recommender:2")),
            ("app/apx:2", None),
            ("ap/recomender:2", None),
        ] {
            let image = ImageRef::parse(&format!("registry.example/{wrong}")).unwrap();
            let meant = meant.map(|name| format!("registry.example/{name}"));
            assert_eq!(
                with_meant_repository(&image, &repositories),
                meant,
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_host_is_known_from_a_pull_secret_or_to_everybody() {
        let hosts = ["registry.example"];
        for (wrong, meant) in [
            ("registry.exmple/app:1", Some("registry.example/app:1")),
            ("ghrc.io/acme/app:1", Some("ghcr.io/acme/app:1")),
            ("quay.oi/acme/app:1", Some("quay.io/acme/app:1")),
            ("ghcr.io/acme/app:1", None),
            ("gcr.example/acme/app:1", None),
        ] {
            assert_eq!(suggested(wrong, &[], &hosts).as_deref(), meant, "{wrong}");
        }
    }

    #[test]
    fn capitals_in_the_name_are_written_small_and_those_of_the_tag_kept() {
        for (wrong, meant) in [
            (
                "registry.example/Payments/Reports:1.0-RC",
                Some("registry.example/payments/reports:1.0-RC"),
            ),
            ("localhost:5000/App", Some("localhost:5000/app")),
            ("registry.example/pay ments:1", None),
            ("registry.example/Pay ments:1", None),
        ] {
            assert_eq!(suggested(wrong, &[], &[]).as_deref(), meant, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_slip_is_a_distance_of_one(one in "[ab-]{0,6}", other in "[ab-]{0,6}") {
            prop_assert_eq!(edit(&one, &other).is_some(), osa_distance(&one, &other) == 1);
        }

        #[test]
        fn what_is_proposed_is_another_image_that_is_well_formed(
            wrong in "[a-z]{4,8}\\.[a-z]{2,4}/[A-Za-z]{3,6}/[a-z]{3,8}(:[a-z0-9.]{1,6})?",
            used in prop::collection::vec(
                "[a-z]{4,8}\\.[a-z]{2,4}/[a-z]{3,6}/[a-z]{3,8}(:[a-z0-9.]{1,6})?", 0..4),
        ) {
            let mut names: Vec<&str> = used.iter().map(String::as_str).collect();
            names.push(&wrong);
            if let Some(found) = suggested(&wrong, &names, &[]) {
                let image = ImageRef::parse(&found);
                prop_assert!(image.is_ok(), "{}", found);
                prop_assert_ne!(image.ok(), ImageRef::parse(&wrong).ok());
            }
        }
    }
}
