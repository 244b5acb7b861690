//! Words that precede the name of an image, a tag or an object in a message.
//!
//! All are asked of the words that `mask` has written so far, names already replaced.

use super::url;

/// Words before a quoted image: the kubelet, CRI clients and containerd; `image=` of their logs.
const BEFORE_QUOTED_IMAGE: &[&str] = &[
    " image ",
    " images ",
    " reference ",
    " pullimage ",
    " image tag ",
    " imageid ",
    " ref ",
];

/// Words before an image without quotation marks: dockerd's `manifest for` and `access denied for`,
/// containers/image's `reading manifest TAG in`, the kubelet's `pull failed for`.
const BEFORE_IMAGE: &[&str] = &[
    " manifest for ",
    " pull access denied for ",
    " pull failed for ",
    " TAG in ",
    " DIGEST in ",
];

/// Those of [`BEFORE_IMAGE`] and [`BEFORE_IMAGE_OR_ERROR`] whose programs always write a tag or a digest: a word
/// without one is no image (`manifest for source 1 of 1`, `error pulling image configuration`).
const BEFORE_TAGGED_IMAGE: &[&str] = &[" manifest for ", " pulling image "];

/// Words before an image of kubeadm and cloud-init, or before a colon and an error.
const BEFORE_IMAGE_OR_ERROR: &[&str] = &[" failed to pull image ", " pulling image "];

/// Operations on files, as Go's `fs.PathError` names them.
const FILE_OPERATIONS: &[&str] = &[
    " open ",
    " stat ",
    " lstat ",
    " mkdir ",
    " read ",
    " write ",
    " readlink ",
    " rename ",
    " unlinkat ",
    " lchown ",
    " chmod ",
];

/// Words before the quoted name of an object.
const BEFORE_NAME: &[&str] = &[
    " for ",
    " container ",
    " pod ",
    " named ",
    " name ",
    " secret ",
    " configmap ",
    " volume ",
    " repository ",
    " tag ",
    " by ",
    " of ",
    " user ",
    " project ",
    " artifact ",
];

fn ends_with_any(words: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| words.ends_with(end))
}

pub(super) fn leads_to_quoted_image(words: &str) -> bool {
    ends_with_any(words, BEFORE_QUOTED_IMAGE)
}

pub(super) fn leads_to_image(words: &str, after_colon: bool) -> bool {
    ends_with_any(words, BEFORE_IMAGE)
        || !after_colon && ends_with_any(words, BEFORE_IMAGE_OR_ERROR)
}

pub(super) fn leads_to_tagged_image(words: &str) -> bool {
    ends_with_any(words, BEFORE_TAGGED_IMAGE)
}

/// Whether a word without a dot is a host: `dial tcp: lookup NAME`, `lookup NAME on ADDRESS` (Go).
///
/// `lookup http` comes from a malformed proxy URL.
pub(super) fn is_looked_up(words: &str, chunk: &str, rest: &str) -> bool {
    let is_scheme = matches!(chunk, "http" | "https");
    let is_of_go = ends_with_any(words, &[" tcp lookup ", " tcp4 lookup ", " dial lookup "])
        || words.ends_with(" lookup ") && rest.starts_with(" on ");
    is_of_go && !is_scheme && !chunk.is_empty() && !chunk.contains(['/', '%', ':'])
}

pub(super) fn follows_file_operation(words: &str) -> bool {
    ends_with_any(words, FILE_OPERATIONS)
}

/// `snapshotter NAME was not found`, `snapshotter NAME: not found` and `snapshotter NAME not loaded` (containerd).
pub(super) fn is_missing_snapshotter(words: &str, rest: &str) -> bool {
    let after = rest.trim_start_matches(['\\', '"', ' ', ':']);
    words.ends_with(" snapshotter ")
        && ["was not found", "not found", "not loaded"]
            .iter()
            .any(|end| after.starts_with(end))
}

pub(super) fn leads_to_name(words: &str) -> bool {
    ends_with_any(words, BEFORE_NAME)
}

/// Whether a word is a tag: `reading manifest TAG in` (containers/image), `[manifests TAG]` (containerd 1.6 and 1.7),
/// `Tag TAG not found` (dockerd).
pub(super) fn is_tag(words: &str, rest: &str) -> bool {
    let after = url::head(rest).trim_start_matches([':', ' ']);
    let in_repository = [" reading manifest ", " fetching manifest "];
    ends_with_any(words, &in_repository) && after.starts_with("in ")
        || words.ends_with(" manifests ") && rest.starts_with(']')
        || words.ends_with(" tag ")
            && (after.starts_with("not found") || after.starts_with("does not"))
}

/// Whether a word is a project: `project NAME not found` (Harbor).
pub(super) fn is_missing_project(words: &str, rest: &str) -> bool {
    words.ends_with(" project ") && rest.starts_with(" not found")
}
