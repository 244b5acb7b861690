//! `cause-not-stated`: true, and empty.
//!
//! `Back-off pulling image "a:1"`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::CauseNotStated,
    slug: "cause-not-stated",
    title: "cause unsaid",
    meaning: "the message says that the pull fails and not why",
    tells: "the first Failed event of the Pod, or the container's waiting message while it says ErrImagePull",
    fixes: &[FixId::ReadEvents, FixId::RetryNow],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::CauseNotStated,
            &[
                ("Back-off pulling image \"r.example/a:1\"", &[]),
                ("Error: ImagePullBackOff", &[]),
            ],
        );
    }
}
