//! The kubelet's configuration, as far as it concerns images: `/configz` of the node.
//!
//! The field names are those of `KubeletConfiguration` (`kubelet.config.k8s.io/v1beta1`). A field that the
//! answer does not have is one that this version does not know, and stays unknown.

use std::fmt;

use serde::Deserialize;

use super::status::{null_as_empty, place};
use crate::domain::registry_auth::image_ref::ImageRef;

/// How a kubelet pulls, verifies and deletes images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubeletConfig {
    /// Since 1.33; without it an image that is on the node is for every Pod.
    #[serde(rename = "imagePullCredentialsVerificationPolicy")]
    pub verification: Option<CredentialVerificationPolicy>,
    #[serde(
        rename = "preloadedImagesVerificationAllowlist",
        deserialize_with = "null_as_empty"
    )]
    pub allowlist: Vec<String>,
    serialize_image_pulls: Option<bool>,
    max_parallel_image_pulls: Option<u32>,
    /// Pulls per second; 0: no limit.
    #[serde(rename = "registryPullQPS")]
    pub registry_pull_qps: Option<i32>,
    pub registry_burst: Option<i32>,
    /// Go durations: `2m0s`.
    #[serde(rename = "imageMinimumGCAge")]
    pub image_minimum_gc_age: Option<String>,
    /// `0s`: an unused image is not deleted for its age.
    #[serde(rename = "imageMaximumGCAge")]
    pub image_maximum_gc_age: Option<String>,
    /// Per cent of the disk; 100: images are never deleted for space.
    #[serde(rename = "imageGCHighThresholdPercent")]
    pub image_gc_high_threshold_percent: Option<i32>,
    #[serde(rename = "imageGCLowThresholdPercent")]
    pub image_gc_low_threshold_percent: Option<i32>,
}

/// For which images on the node a Pod needs a credential that could have pulled them (KEP-2535).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum CredentialVerificationPolicy {
    NeverVerify,
    /// For those that a kubelet has pulled. The default since 1.35.
    NeverVerifyPreloadedImages,
    /// For all but those of the allowlist.
    NeverVerifyAllowlistedImages,
    AlwaysVerify,
    /// A policy that is newer than this program.
    Other(String),
}

impl From<String> for CredentialVerificationPolicy {
    fn from(name: String) -> Self {
        match name.as_str() {
            "NeverVerify" => Self::NeverVerify,
            "NeverVerifyPreloadedImages" => Self::NeverVerifyPreloadedImages,
            "NeverVerifyAllowlistedImages" => Self::NeverVerifyAllowlistedImages,
            "AlwaysVerify" => Self::AlwaysVerify,
            _ => Self::Other(name),
        }
    }
}

impl fmt::Display for CredentialVerificationPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NeverVerify => "NeverVerify",
            Self::NeverVerifyPreloadedImages => "NeverVerifyPreloadedImages",
            Self::NeverVerifyAllowlistedImages => "NeverVerifyAllowlistedImages",
            Self::AlwaysVerify => "AlwaysVerify",
            Self::Other(name) => name,
        })
    }
}

/// How many images a kubelet pulls at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullConcurrency {
    /// `serializeImagePulls`: one after the other.
    Serialized,
    /// `maxParallelImagePulls`.
    AtMost(u32),
    Unlimited,
}

impl PullConcurrency {
    /// How many pulls run at once; `None`: as many as there are.
    pub fn limit(self) -> Option<usize> {
        match self {
            Self::Serialized => Some(1),
            Self::AtMost(most) => usize::try_from(most).ok(),
            Self::Unlimited => None,
        }
    }
}

impl fmt::Display for PullConcurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serialized | Self::AtMost(1) => f.write_str("one image at a time"),
            Self::AtMost(most) => write!(f, "at most {most} images at a time"),
            Self::Unlimited => f.write_str("any number of images at a time"),
        }
    }
}

impl KubeletConfig {
    /// Reads the answer of `/configz`.
    ///
    /// # Errors
    ///
    /// Where it is none, without what stands there.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Configz {
            kubeletconfig: KubeletConfig,
        }
        let configz: Configz = serde_json::from_slice(json).map_err(|error| place(&error))?;
        Ok(configz.kubeletconfig)
    }

    /// How many images are pulled at a time. `maxParallelImagePulls` counts only without `serializeImagePulls`.
    pub fn pull_concurrency(&self) -> Option<PullConcurrency> {
        Some(
            match (self.serialize_image_pulls?, self.max_parallel_image_pulls) {
                (true, _) => PullConcurrency::Serialized,
                (false, Some(most)) if most > 0 => PullConcurrency::AtMost(most),
                (false, Some(_) | None) => PullConcurrency::Unlimited,
            },
        )
    }

    /// Whether the kubelet lets only Pods with a credential use this image, once it is on the node; `None`: not
    /// known, or it depends on whether a kubelet has pulled it.
    pub fn needs_credential(&self, image: &ImageRef) -> Option<bool> {
        match self.verification.as_ref()? {
            CredentialVerificationPolicy::NeverVerify => Some(false),
            CredentialVerificationPolicy::AlwaysVerify => Some(true),
            CredentialVerificationPolicy::NeverVerifyAllowlistedImages => {
                Some(!self.is_allowlisted(image))
            }
            CredentialVerificationPolicy::NeverVerifyPreloadedImages
            | CredentialVerificationPolicy::Other(_) => None,
        }
    }

    /// An entry is a repository, or `REPOSITORY/*` (kubelet `pkg/kubelet/images/pullmanager`).
    fn is_allowlisted(&self, image: &ImageRef) -> bool {
        let repository = image.repository();
        self.allowlist
            .iter()
            .any(|entry| match entry.strip_suffix("/*") {
                Some(start) => {
                    let rest = repository.strip_prefix(start);
                    rest.is_some_and(|rest| rest.starts_with('/'))
                }
                None => *entry == *repository,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a kubelet of 1.37.2, shortened.
    const CONFIGZ: &str = r#"{"kubeletconfig":{"kind":"KubeletConfiguration","enableServer":true,
        "registryPullQPS":0,"registryBurst":10,"imagePullCredentialsVerificationPolicy":"NeverVerifyPreloadedImages",
        "imageMinimumGCAge":"2m0s","imageMaximumGCAge":"0s","imageGCHighThresholdPercent":100,
        "imageGCLowThresholdPercent":80,"nodeStatusMaxImages":50,"serializeImagePulls":false,"failCgroupV1":false}}"#;

    fn config(fields: &str) -> KubeletConfig {
        KubeletConfig::parse(format!("{{\"kubeletconfig\":{{{fields}}}}}").as_bytes()).unwrap()
    }

    #[test]
    fn a_kubelet_says_how_it_pulls() {
        let config = KubeletConfig::parse(CONFIGZ.as_bytes()).unwrap();
        let policy = CredentialVerificationPolicy::NeverVerifyPreloadedImages;
        assert_eq!(config.verification, Some(policy));
        assert_eq!(config.pull_concurrency(), Some(PullConcurrency::Unlimited));
        assert_eq!(config.registry_pull_qps, Some(0));
        assert_eq!(config.image_gc_high_threshold_percent, Some(100));
    }

    #[test]
    fn the_pulls_at_a_time_follow_two_fields() {
        for (fields, expected) in [
            ("", None),
            (
                "\"serializeImagePulls\":true",
                Some(PullConcurrency::Serialized),
            ),
            (
                "\"serializeImagePulls\":false,\"maxParallelImagePulls\":4",
                Some(PullConcurrency::AtMost(4)),
            ),
            (
                "\"serializeImagePulls\":false",
                Some(PullConcurrency::Unlimited),
            ),
        ] {
            assert_eq!(config(fields).pull_concurrency(), expected, "{fields}");
        }
    }

    #[test]
    fn the_policy_says_who_needs_a_credential() {
        let policy = "\"imagePullCredentialsVerificationPolicy\":";
        let list = "\"preloadedImagesVerificationAllowlist\":[\"reg.example/base/*\",\"reg.example/tool\"]";
        let listed = format!("{policy}\"NeverVerifyAllowlistedImages\",{list}");
        for (fields, image, expected) in [
            (String::new(), "reg.example/a:1", None),
            (
                format!("{policy}\"NeverVerify\""),
                "reg.example/a:1",
                Some(false),
            ),
            (
                format!("{policy}\"AlwaysVerify\""),
                "reg.example/a:1",
                Some(true),
            ),
            (format!("{policy}\"Sometimes\""), "reg.example/a:1", None),
            (listed.clone(), "reg.example/base/a:1", Some(false)),
            (listed.clone(), "reg.example/tool:2", Some(false)),
            (listed, "reg.example/tools:2", Some(true)),
        ] {
            let image = ImageRef::parse(image).unwrap();
            assert_eq!(
                config(&fields).needs_credential(&image),
                expected,
                "{fields} {image}"
            );
        }
    }

    #[test]
    fn what_is_no_configuration_is_an_error() {
        for text in ["", "{}", "[]", "{\"kubeletconfig\":7}"] {
            assert!(KubeletConfig::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
