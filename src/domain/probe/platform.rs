//! Image platforms, and whether they fit the nodes.

use std::fmt;

use super::ImageManifest;

/// The platform of an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    pub os: String,
    pub architecture: String,
    pub variant: Option<String>,
}

/// The platforms that must run the image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TargetPlatforms {
    /// Nobody has said, or nodes may not be listed.
    #[default]
    Anything,
    /// Each of these, as the user asks.
    Each(Vec<Platform>),
    /// The cluster's nodes, counted: a Pod goes where it fits, so one that fits is enough.
    Nodes(Vec<(Platform, usize)>),
}

/// Whether an image supports the platforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It does, as far as is known.
    Yes,
    /// It can be pulled, and does not run everywhere.
    Partly(String),
    No(String),
}

impl TargetPlatforms {
    pub(super) fn fit(&self, manifest: &ImageManifest) -> Fit {
        let made_for = &manifest.platforms;
        let serves = |wanted: &Platform| made_for.iter().any(|has| has.serves(wanted));
        if made_for.is_empty() {
            return Fit::Yes;
        }
        match self {
            Self::Anything => Fit::Yes,
            Self::Each(wanted) => {
                let missing: Vec<_> = wanted.iter().filter(|wanted| !serves(wanted)).collect();
                if missing.is_empty() {
                    return Fit::Yes;
                }
                Fit::No(format!("no build for {}", list(missing)))
            }
            Self::Nodes(nodes) => {
                let (fitting, missing): (Vec<_>, Vec<_>) =
                    nodes.iter().partition(|(platform, _)| serves(platform));
                let count = |nodes: &[&(Platform, usize)]| -> usize {
                    nodes.iter().map(|(_, count)| count).sum()
                };
                let platforms = list(missing.iter().map(|(platform, _)| platform));
                if missing.is_empty() {
                    Fit::Yes
                } else if !fitting.is_empty() {
                    Fit::Partly(format!(
                        "{} of {} nodes are {platforms}, which has no build",
                        count(&missing),
                        count(&missing) + count(&fitting),
                    ))
                } else if manifest.is_index() {
                    Fit::No(format!("all nodes are {platforms}"))
                } else {
                    // Runtimes look for the platform in an index only (containerd 1.7, CRI-O 1.30).
                    Fit::Partly(format!(
                        "built for {}, but all nodes are {platforms}: fails with exec format error",
                        list(made_for)
                    ))
                }
            }
        }
    }
}

fn list<'a>(platforms: impl IntoIterator<Item = &'a Platform>) -> String {
    let texts: Vec<_> = platforms.into_iter().map(ToString::to_string).collect();
    texts.join(", ")
}

impl Platform {
    /// Parses `os/architecture[/variant]`, like `--platform` of docker and crictl.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/').map(str::to_owned);
        let platform = Self {
            os: parts.next()?,
            architecture: parts.next()?,
            variant: parts.next(),
        };
        let whole = !platform.os.is_empty() && !platform.architecture.is_empty();
        (whole && parts.next().is_none()).then_some(platform)
    }

    /// Whether an image for this platform runs where `wanted` does. A variant that is not asked for
    /// does not matter.
    fn serves(&self, wanted: &Self) -> bool {
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && (wanted.variant.is_none() || wanted.variant == self.variant)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_read_as_they_are_written() {
        for text in ["linux/amd64", "linux/arm/v7"] {
            assert_eq!(Platform::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "linux", "linux/", "/amd64", "linux/arm/v7/x"] {
            assert_eq!(Platform::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_variant_matters_only_when_it_is_wanted() {
        let has = Platform::parse("linux/arm/v7").unwrap();
        assert!(has.serves(&Platform::parse("linux/arm").unwrap()));
        assert!(!has.serves(&Platform::parse("linux/arm/v8").unwrap()));
    }

    #[test]
    fn an_image_fits_the_nodes_that_it_is_made_for() {
        let platform = |text: &str| Platform::parse(text).unwrap();
        let image = |media_type: &str, platforms: &[&str]| ImageManifest {
            media_type: media_type.to_owned(),
            platforms: platforms.iter().map(|text| platform(text)).collect(),
            ..ImageManifest::default()
        };
        let index = "application/vnd.oci.image.index.v1+json";
        let single = "application/vnd.oci.image.manifest.v1+json";
        let nodes = TargetPlatforms::Nodes(vec![
            (platform("linux/amd64"), 3),
            (platform("linux/arm64"), 2),
        ]);
        let arm = TargetPlatforms::Nodes(vec![(platform("linux/arm64"), 2)]);
        let both = image(index, &["linux/amd64", "linux/arm64/v8"]);
        let amd = image(index, &["linux/amd64"]);
        for (wanted, image, expected) in [
            (&nodes, &both, Fit::Yes),
            (&arm, &both, Fit::Yes),
            (&nodes, &image(single, &[]), Fit::Yes),
            (&TargetPlatforms::Anything, &amd, Fit::Yes),
            (
                &nodes,
                &amd,
                Fit::Partly("2 of 5 nodes are linux/arm64, which has no build".to_owned()),
            ),
            (&arm, &amd, Fit::No("all nodes are linux/arm64".to_owned())),
            (
                &TargetPlatforms::Each(vec![platform("linux/amd64"), platform("windows/amd64")]),
                &amd,
                Fit::No("no build for windows/amd64".to_owned()),
            ),
        ] {
            assert_eq!(wanted.fit(image), expected, "{wanted:?} {image:?}");
        }
        let Fit::Partly(why) = arm.fit(&image(single, &["linux/amd64"])) else {
            panic!("a single image is pulled everywhere");
        };
        assert!(why.contains("exec format error"), "{why}");
    }
}
