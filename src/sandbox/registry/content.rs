//! Repositories, tags and images.

use std::{collections::BTreeMap, fmt::Write, time::Duration};

use serde_json::{Value, json};

#[derive(Clone, Debug, Default)]
pub struct Repository {
    /// Whether everybody may pull.
    pub public: bool,
    pub tags: BTreeMap<String, Image>,
}

impl Repository {
    /// Finds the image of a tag or digest.
    pub fn find(&self, reference: &str) -> Option<&Image> {
        self.tags
            .get(reference)
            .or_else(|| self.tags.values().find(|image| image.digest == reference))
    }
}

#[derive(Clone, Debug)]
pub struct Image {
    pub digest: String,
    /// `amd64`, `arm64`: all on Linux.
    pub architectures: Vec<String>,
    pub bytes: u64,
    pub program: Program,
}

/// What the image does when it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Program {
    /// Runs until it is told to stop.
    #[default]
    Serve,
    /// Ends well after a while.
    Work(Duration),
    /// Ends with an error after a while.
    Crash(Duration),
}

/// A digest derived from a text; it only has to look like one, as no bytes are checked against it.
pub fn digest(text: &str) -> String {
    let mut digest = String::from("sha256:");
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for round in 0..4_u8 {
        for byte in text.bytes().chain([round]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        state ^= state >> 29;
        let _ = write!(digest, "{state:016x}");
    }
    digest
}

impl Image {
    /// The index over the platforms, which clients get for a tag.
    pub(super) fn index(&self) -> Value {
        let manifests: Vec<Value> = self
            .architectures
            .iter()
            .map(|architecture| {
                json!({
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": digest(&format!("{}/{architecture}", self.digest)),
                    "size": 528,
                    "platform": {"architecture": architecture, "os": "linux"},
                })
            })
            .collect();
        json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": manifests,
        })
    }
}

pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_looks_like_one_and_tells_texts_apart() {
        let app = digest("team/app:1.0");
        assert_eq!(app.len(), "sha256:".len() + 64);
        assert_ne!(app, digest("team/app:1.1"));
        assert_eq!(app, digest("team/app:1.0"));
    }
}
