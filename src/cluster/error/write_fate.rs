//! The fate of a write without a response: whether it may have been stored.

use super::ApiError;

/// The possible outcome of a failed write, ordered by what may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cluster) enum WriteFate {
    /// It never reached the server, or the server refused it.
    NotStored,
    /// The answer was lost: it is stored or not, and nothing more will happen to it.
    Lost,
    /// The same, but something on the way may still hold it and deliver it later.
    Pending,
}

impl ApiError {
    /// Whether the same request may succeed a moment later: the server was unreachable or busy.
    pub(in crate::cluster) fn is_transient(&self) -> bool {
        match self {
            Self::Refused
            | Self::NoSuchHost
            | Self::Timeout(_)
            | Self::ConnectionLost(_)
            | Self::Proxy(_)
            | Self::RetryAfter { .. }
            | Self::Decode(_)
            | Self::Transport(_) => true,
            Self::Status(code, _) => matches!(code, 408 | 429 | 500..),
            Self::Tls(_)
            | Self::Plugin(_)
            | Self::Unauthorized(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::AlreadyExists(_)
            | Self::Conflict(_)
            | Self::Expired => false,
        }
    }

    /// The possible outcome of a write with this error.
    ///
    /// A gateway's 502 and above (504; 520 to 530 of content delivery networks), a time limit of ours and a broken
    /// connection say nothing of the server behind: it may have the request already, or get it later. 500 is the
    /// API server's own, and may come after etcd has stored the object (`etcdserver: request timed out`).
    pub(in crate::cluster) fn fate(&self) -> WriteFate {
        match self {
            Self::Refused
            | Self::NoSuchHost
            | Self::Tls(_)
            | Self::Proxy(_)
            | Self::Plugin(_)
            | Self::Unauthorized(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::AlreadyExists(_)
            | Self::Conflict(_)
            | Self::Expired => WriteFate::NotStored,
            Self::Timeout(_) | Self::ConnectionLost(_) | Self::Transport(_) => WriteFate::Pending,
            // The answer came, and cannot be read.
            Self::Decode(_) => WriteFate::Lost,
            Self::RetryAfter { code, .. } | Self::Status(code, _) => match code {
                408 | 502.. => WriteFate::Pending,
                500 | 501 => WriteFate::Lost,
                _ => WriteFate::NotStored,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_refusal_stores_nothing_and_a_lost_answer_may_have() {
        let status = |code| ApiError::from_status(code, String::new()).fate();
        for code in [400, 401, 403, 404, 409, 410, 413, 422] {
            assert_eq!(status(code), WriteFate::NotStored, "{code}");
        }
        for code in [500, 501] {
            assert_eq!(status(code), WriteFate::Lost, "{code}");
        }
        for code in [408, 502, 503, 504, 507, 520, 524, 530] {
            assert_eq!(status(code), WriteFate::Pending, "{code}");
        }
        assert_eq!(ApiError::Refused.fate(), WriteFate::NotStored);
        assert_eq!(
            ApiError::ConnectionLost(String::new()).fate(),
            WriteFate::Pending
        );
        let busy = |code| ApiError::RetryAfter {
            code,
            message: String::new(),
            after: Duration::ZERO,
        };
        assert_eq!(busy(429).fate(), WriteFate::NotStored);
        assert_eq!(busy(503).fate(), WriteFate::Pending);
        assert_eq!(
            ApiError::Timeout(Duration::from_secs(1)).fate(),
            WriteFate::Pending
        );
    }

    #[test]
    fn a_409_says_by_its_reason_what_it_means() {
        let error = |reason| ApiError::from_reason(409, reason, "x".to_owned());
        assert_eq!(
            error(Some("AlreadyExists")),
            ApiError::AlreadyExists("x".to_owned())
        );
        for reason in [Some("Conflict"), None] {
            assert_eq!(error(reason), ApiError::Conflict("x".to_owned()));
        }
    }
}
