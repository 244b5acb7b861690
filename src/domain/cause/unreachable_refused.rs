//! `registry-unreachable-refused`: nothing listens there.
//!
//! `dial tcp 10.0.0.7:443: connect: connection refused`

use super::{Cause, Entry, FixId, Verdict};
use crate::domain::reading::{Reading, Sign};

pub(super) const ENTRY: Entry = Entry {
    cause: Cause::RegistryUnreachableRefused,
    slug: "registry-unreachable-refused",
    title: "refused",
    meaning: "nothing listens at the registry's address and port",
    tells: "curl -v https://HOST/v2/ on the node; does the image name the right port?",
    fixes: &[FixId::CheckPort, FixId::OpenFirewall],
};

pub(crate) fn says(reading: &Reading<'_>) -> Option<Verdict> {
    if !reading.has(Sign::Refused) {
        return None;
    }
    let refused = Cause::RegistryUnreachableRefused;
    if reading.peer_is_local() {
        return Some(Verdict::or(Cause::RegistryUnreachableProxy, &[refused]));
    }
    // An own registry named without a port: it may be a plain-http one that listens elsewhere.
    let host = reading.image().map(|image| image.host().to_owned());
    let own = host.is_some_and(|host| {
        let address = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        address && reading.target().is_some_and(|target| target.host == host)
    });
    let https = reading.peer().is_some_and(|peer| peer.ends_with(":443"));
    Some(if own && https {
        Verdict::or(refused, &[Cause::TlsHttpMismatch])
    } else if reading.target().is_none() && https {
        // Only an address is told: it may be the registry's or the proxy's.
        Verdict::or(refused, &[Cause::RegistryUnreachableProxy])
    } else {
        Verdict::sure(refused)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cause::tests::agrees;

    #[test]
    fn messages_that_say_so() {
        agrees(
            Cause::RegistryUnreachableRefused,
            &[
                (
                    "failed to do request: Head \"https://r.example:5000/v2/a/manifests/1\": dial tcp 10.0.0.7:5000: connect: connection refused",
                    &[],
                ),
                (
                    "Get \"https://[::1]:5000/v2/\": dial tcp [::1]:5000: connect: connection refused",
                    &[],
                ),
                (
                    "failed to pull and unpack image \"10.0.0.7/a:1\": failed to resolve reference \"10.0.0.7/a:1\": failed to do request: Head \"https://10.0.0.7/v2/a/manifests/1\": dial tcp 10.0.0.7:443: connect: connection refused",
                    &[Cause::TlsHttpMismatch],
                ),
            ],
        );
    }
}
