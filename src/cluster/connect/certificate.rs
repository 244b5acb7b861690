//! Reads the expiry date of a client certificate.
//!
//! An API server answers an expired client certificate with a bare 401, or treats the caller as
//! anonymous. The date stands in the certificate itself (RFC 5280 §4.1), so it is read there: a few
//! steps through DER, instead of a dependency for one field.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use rustls::pki_types::{CertificateDer, pem::PemObject};

/// Expiry of the first certificate of a PEM text.
pub(super) fn not_after(pem: &[u8]) -> Option<Timestamp> {
    let certificate = CertificateDer::pem_slice_iter(pem).next()?.ok()?;
    validity_end(&certificate)
}

const SEQUENCE: u8 = 0x30;
const EXPLICIT_VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

fn validity_end(der: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = value(der, SEQUENCE)?;
    let (mut body, _) = value(certificate, SEQUENCE)?;
    if body.first() == Some(&EXPLICIT_VERSION) {
        body = skip(body)?;
    }
    // serialNumber, signature, issuer
    for _ in 0..3 {
        body = skip(body)?;
    }
    let (validity, _) = value(body, SEQUENCE)?;
    let end = skip(validity)?;
    let (tag, text, _) = element(end)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// `YYMMDDHHMMSSZ` (with the century rule of RFC 5280 §4.1.2.5.1) or `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z')?;
    let full = match tag {
        UTC_TIME => {
            let year: u8 = digits.get(..2)?.parse().ok()?;
            format!("{}{digits}", if year < 50 { "20" } else { "19" })
        }
        GENERALIZED_TIME => digits.to_owned(),
        _ => return None,
    };
    let date = DateTime::strptime("%Y%m%d%H%M%S", full).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Tag, content and what follows of the first DER element.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let (size, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if size.len() > 4 {
            return None;
        }
        length = size
            .iter()
            .fold(0, |sum, &byte| (sum << 8) | usize::from(byte));
        rest = after;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn value(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(der)?;
    (tag == wanted).then_some((content, rest))
}

fn skip(der: &[u8]) -> Option<&[u8]> {
    element(der).map(|(_, _, rest)| rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -not_after 20210203040506Z`
    const EXPIRED: &str = include_str!("testdata/expired.pem");

    #[test]
    fn the_end_is_read_from_the_certificate() {
        assert_eq!(
            not_after(EXPIRED.as_bytes()),
            Some("2021-02-03T04:05:06Z".parse().unwrap())
        );
    }

    #[test]
    fn both_forms_of_time_are_read() {
        let table = [
            (UTC_TIME, "491231235959Z", "2049-12-31T23:59:59Z"),
            (UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z"),
            (GENERALIZED_TIME, "20991231235959Z", "2099-12-31T23:59:59Z"),
        ];
        for (tag, text, expected) in table {
            assert_eq!(time(tag, text), Some(expected.parse().unwrap()), "{text}");
        }
        assert_eq!(time(UTC_TIME, "4912312359"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = validity_end(&bytes);
        }
    }
}
