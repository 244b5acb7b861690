//! `pull-timeout-cancelled`: ended from our side.
//!
//! `rpc error: code = Canceled desc = failed to pull and unpack image: context canceled`

use super::{Cause, Entry, FixId};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::PullTimeoutCancelled,
    slug: "pull-timeout-cancelled",
    title: "pull cancelled",
    meaning: "the pull was ended from our side before it was done",
    tells: "the time between Pulling and Failed is the same each time; size of the image, speed of the line",
    fixes: &[FixId::FasterPull],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diagnostics::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::PullTimeoutCancelled,
            &[
                (
                    "Failed to pull image \"r.example/big:1\": rpc error: code = Canceled desc = failed to pull and unpack image \"r.example/big:1\": context canceled",
                    &[],
                ),
                (
                    "Failed to pull image \"r.example/big:1\": rpc error: code = DeadlineExceeded desc = context deadline exceeded",
                    &[Cause::RegistryUnreachableTimeout],
                ),
            ],
        );
    }
}
