//! Properties of a cause: its handler, labels and chain link.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Cause, ChainLink, ErrorDetail, FixId, RootCause};
use crate::domain::{diagnostics::refine::Refine, registry_auth::advice::PolicySign};

/// A cause with its properties, and how objects of the cluster refine its findings.
pub(in crate::domain) struct Handler {
    pub info: CauseInfo,
    pub refine: Refine,
}

/// Properties of a cause; its texts are in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CauseInfo {
    /// Stable name in reports and JSON.
    pub id: &'static str,
    /// The root cause that follows from the cause alone.
    pub root: Option<RootCause>,
    /// The link of the chain when no root cause is proven.
    pub link: ChainLink,
    /// Whether runs with real runtimes and registries could show it: what they did not show of the others is not
    /// ruled out by them.
    pub is_measurable: bool,
    /// The documented fixes, likeliest first.
    pub fixes: &'static [FixId],
}

impl Cause {
    /// All causes, in the order of the catalogue.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
    }

    pub fn info(self) -> &'static CauseInfo {
        &self.handler().info
    }

    /// Its fixes, the likeliest first, as the message shows them.
    ///
    /// A named rule of the registry has to be changed itself: no permission helps. Otherwise the detail of the error
    /// decides.
    pub fn fixes(self, sign: Option<PolicySign>, detail: Option<&ErrorDetail>) -> &'static [FixId] {
        match (self, sign) {
            (Self::ForbiddenByPolicy, Some(PolicySign::Network)) => &[FixId::OpenRegistryFirewall],
            (Self::ForbiddenByPolicy, Some(PolicySign::Xray | PolicySign::HarborProject)) => {
                &[FixId::FixImagePolicy, FixId::CorrectImage]
            }
            (Self::ForbiddenByPolicy, Some(PolicySign::HarborSignature)) => {
                &[FixId::SignImage, FixId::FixImagePolicy]
            }
            _ => detail
                .filter(|detail| detail.cause() == self)
                .map_or(self.info().fixes, ErrorDetail::fixes),
        }
    }

    /// Whether the message states the rule by which the registry refuses, such as a suspended account or a policy for
    /// unsigned images: no login changes it.
    pub(in crate::domain) fn is_stated_rule(
        self,
        sign: Option<PolicySign>,
        detail: Option<&ErrorDetail>,
    ) -> bool {
        let is_policy = self == Self::ForbiddenByPolicy && sign.is_some();
        is_policy || detail.is_some_and(ErrorDetail::is_stated_refusal)
    }

    pub fn slug(self) -> &'static str {
        self.info().id
    }

    pub fn label(self) -> &'static str {
        self.text().label
    }

    /// How to distinguish it from similar causes, prefixed with its label.
    pub(in crate::domain) fn how_to_confirm(self) -> String {
        format!("{}: {}", self.label(), self.text().how_to_confirm)
    }

    /// Parses the id of a cause.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::all().find(|cause| cause.slug() == slug)
    }

    /// Whether the cause is a failed pull.
    pub fn is_pull_failure(self) -> bool {
        self != Self::NotAPullFailure
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}

impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slug = String::deserialize(deserializer)?;
        Self::parse(&slug).ok_or_else(|| serde::de::Error::custom(format!("no cause {slug:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart_and_have_fixes() {
        for cause in Cause::all() {
            assert_eq!(Cause::parse(cause.slug()), Some(cause));
            assert!(!cause.info().fixes.is_empty(), "{cause} has no fix");
        }
        let mut slugs: Vec<_> = Cause::all().map(Cause::slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Cause::ALL.len());
    }
}
