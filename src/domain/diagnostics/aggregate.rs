//! Splits an aggregated error: the kubelet tries each credential and joins their errors in one message (kubelet
//! `pkg/kubelet/kuberuntime/kuberuntime_image.go`, `PullImage`).
//!
//! `utilerrors.NewAggregate` puts them in brackets, in the order of the credentials, and the same ones once.

use crate::domain::diagnostics::{Cause, classify::classify};

/// First words of an error, by which the next one is recognised: the separator is a comma, which also occurs within
/// errors.
const HEAD: usize = 2;

/// The errors in a message, in order; empty if there is only one.
pub(super) fn errors(text: &str) -> Vec<&str> {
    inside(text).map_or_else(Vec::new, split)
}

/// What stands in the brackets, at the start or behind the frames of the kubelet.
fn inside(text: &str) -> Option<&str> {
    let text = text.trim_end().strip_suffix(']')?;
    text.strip_prefix('[')
        .or_else(|| text.split_once(": [").map(|(_, inside)| inside))
}

fn split(inside: &str) -> Vec<&str> {
    let mut ends = inside.match_indices(' ').map(|(at, _)| at);
    let head = ends.nth(HEAD - 1).and_then(|end| inside.get(..end));
    let Some(head) = head else {
        return vec![inside];
    };
    let next = format!(", {head}");
    let mut errors = Vec::new();
    let mut rest = inside;
    while let Some((error, _)) = rest.split_once(&next) {
        errors.push(error);
        rest = rest.get(error.len() + 2..).unwrap_or_default();
    }
    errors.push(rest);
    errors
}

/// Index of the error that got furthest: past authentication, or a known login without access to the image.
pub(super) fn furthest(errors: &[&str]) -> Option<usize> {
    let reach = |error: &str| match classify(error).cause {
        None | Some(Cause::CauseNotStated | Cause::Unauthorized | Cause::NoCredentialsSent) => 0,
        Some(Cause::TokenExpired) => 1,
        Some(Cause::ForbiddenByPolicy | Cause::RepositoryMissingOrNoAccess) => 2,
        Some(_) => 3,
    };
    let mut furthest = None;
    for (at, error) in errors.iter().enumerate() {
        let reach = reach(error);
        if furthest.is_none_or(|(_, best)| reach > best) {
            furthest = Some((at, reach));
        }
    }
    furthest.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: &str = "failed to pull and unpack image \"r.example/a:1\": failed to resolve image: unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 401 Unauthorized";
    const DENIED: &str = "failed to pull and unpack image \"r.example/a:1\": failed to resolve image: unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 403 Forbidden";

    #[test]
    fn each_error_is_read_by_itself() {
        for text in [
            format!("[{REFUSED}, {DENIED}]"),
            format!("Failed to pull image \"r.example/a:1\": [{REFUSED}, {DENIED}]"),
            format!(
                "Back-off pulling image \"r.example/a:1\": ErrImagePull: [{REFUSED}, {DENIED}]"
            ),
        ] {
            assert_eq!(errors(&text), [REFUSED, DENIED], "{text}");
        }
        assert_eq!(furthest(&[REFUSED, DENIED]), Some(1));
        assert_eq!(furthest(&[DENIED, REFUSED]), Some(0));
        assert_eq!(furthest(&[REFUSED, REFUSED]), Some(0));
    }

    #[test]
    fn one_error_is_no_list() {
        assert_eq!(errors(REFUSED), [""; 0]);
        assert_eq!(errors(""), [""; 0]);
        assert_eq!(errors("]"), [""; 0]);
        assert_eq!(errors("[x]"), ["x"]);
        assert_eq!(furthest(&[]), None);
    }
}
