//! Decodes the API server's protobuf: the envelope, and the fields of messages that are used.
//!
//! Written by hand and not generated: a message here borrows its texts from the received bytes, as the
//! JSON wire structs do, and the format skips what nobody asks for by its length. The field numbers are
//! those of `generated.proto` in `k8s.io/api` and `k8s.io/apimachinery`, which never change.

use jiff::Timestamp;

use super::{
    de::{LenientStr, NullableVec, OptTime, StringMap},
    meta::WireMeta,
};

/// Magic bytes before each object.
const ENVELOPE: &[u8] = b"k8s\0";

/// Reader of one message.
pub(in crate::cluster) type MessageReader<'a, W> = fn(&'a [u8]) -> Option<W>;

/// A message type that decodes the fields it knows.
pub(super) trait ProtobufMessage<'a>: Default {
    /// Takes in one field; `None` when it is not what it should be.
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()>;

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut message = Self::default();
        let mut fields = Fields(bytes);
        while let Some((number, value)) = fields.next()? {
            message.field(number, value)?;
        }
        Some(message)
    }
}

/// The value of a field, by wire type.
#[derive(Clone, Copy, Debug)]
pub(super) enum FieldValue<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Floating-point numbers, which nobody reads.
    Fixed,
}

/// The fields of a message, in the order of the wire.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The next field; `Some(None)` at the end, `None` where the bytes are no message.
    #[allow(
        clippy::option_option,
        reason = "`?` in one place, the end in the other"
    )]
    fn next(&mut self) -> Option<Option<(u64, FieldValue<'a>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => FieldValue::Number(self.varint()?),
            1 => self.take_bytes(8).map(|_| FieldValue::Fixed)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                FieldValue::Bytes(self.take_bytes(length)?)
            }
            5 => self.take_bytes(4).map(|_| FieldValue::Fixed)?,
            _ => return None,
        };
        Some(Some((tag >> 3, value)))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take_bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

impl<'a> FieldValue<'a> {
    pub(super) fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Number(_) | Self::Fixed => None,
        }
    }

    /// Decodes a string; invalid UTF-8 is replaced.
    ///
    /// Kubernetes' messages are proto2, for which Go writes any bytes, such as a probe's output in an event.
    pub(super) fn text(self) -> Option<LenientStr<'a>> {
        self.bytes().map(LenientStr::lossy)
    }

    pub(super) fn message<M: ProtobufMessage<'a>>(self) -> Option<M> {
        M::read(self.bytes()?)
    }

    pub(super) fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Bytes(_) | Self::Fixed => None,
        }
    }

    /// Decodes a signed number, written as two's complement.
    pub(super) fn signed(self) -> Option<i64> {
        self.number().map(u64::cast_signed)
    }

    pub(super) fn flag(self) -> Option<bool> {
        self.number().map(|number| number != 0)
    }

    /// Appends an element to a list.
    pub(super) fn push<M: ProtobufMessage<'a>>(self, list: &mut NullableVec<M>) -> Option<()> {
        list.0.push(self.message()?);
        Some(())
    }

    /// Adds an entry to a map.
    pub(super) fn entry(self, pairs: &mut StringMap<'a>) -> Option<()> {
        pairs.0.push(self.pair()?);
        Some(())
    }

    /// Decodes key and value of a map entry.
    pub(super) fn pair(self) -> Option<(LenientStr<'a>, LenientStr<'a>)> {
        let MapEntry { key, value } = self.message()?;
        Some((key, value))
    }
}

#[derive(Default)]
struct MapEntry<'a> {
    key: LenientStr<'a>,
    value: LenientStr<'a>,
}

impl<'a> ProtobufMessage<'a> for MapEntry<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.key = value.text()?,
            2 => self.value = value.text()?,
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for OptTime {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        let known = self.0.unwrap_or(Timestamp::UNIX_EPOCH);
        let (seconds, nanoseconds) = match number {
            1 => (value.signed()?, known.subsec_nanosecond()),
            2 => (known.as_second(), i32::try_from(value.signed()?).ok()?),
            _ => return Some(()),
        };
        self.0 = Timestamp::new(seconds, nanoseconds).ok();
        Some(())
    }
}

/// What the envelope holds.
#[derive(Default)]
struct Unknown<'a> {
    meta: TypeMeta<'a>,
    raw: &'a [u8],
}

impl<'a> ProtobufMessage<'a> for Unknown<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.meta = value.message()?,
            2 => self.raw = value.bytes()?,
            _ => {}
        }
        Some(())
    }
}

/// `apiVersion` and `kind` of what is in the envelope.
#[derive(Default)]
struct TypeMeta<'a> {
    kind: LenientStr<'a>,
}

impl<'a> ProtobufMessage<'a> for TypeMeta<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        if number == 2 {
            self.kind = value.text()?;
        }
        Some(())
    }
}

/// Returns `kind` and object of an envelope; `None` for anything else.
pub(super) fn open_envelope(bytes: &[u8]) -> Option<(LenientStr<'_>, &[u8])> {
    let unknown: Unknown<'_> = ProtobufMessage::read(bytes.strip_prefix(ENVELOPE)?)?;
    Some((unknown.meta.kind, unknown.raw))
}

/// A list with undecoded items, so that an invalid item does not affect the others.
#[derive(Default)]
pub(super) struct ListMessage<'a> {
    pub(super) metadata: ListMetaMessage<'a>,
    pub(super) items: Vec<&'a [u8]>,
}

impl<'a> ProtobufMessage<'a> for ListMessage<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.metadata = value.message()?,
            2 => self.items.push(value.bytes()?),
            _ => {}
        }
        Some(())
    }
}

#[derive(Default)]
pub(in crate::cluster) struct ListMetaMessage<'a> {
    pub(super) version: LenientStr<'a>,
    pub(in crate::cluster) next: LenientStr<'a>,
    /// `remainingItemCount`: how many objects follow this page, where the server has counted them.
    pub(super) remaining: Option<u64>,
}

impl<'a> ProtobufMessage<'a> for ListMetaMessage<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            2 => self.version = value.text()?,
            3 => self.next = value.text()?,
            4 => self.remaining = Some(value.number()?),
            _ => {}
        }
        Some(())
    }
}

/// The `metadata` of an object that cannot be decoded: field 1 of every kind.
pub(super) fn metadata(object: &[u8]) -> WireMeta<'_> {
    let mut fields = Fields(object);
    while let Some(Some((number, value))) = fields.next() {
        if number == 1 {
            return value.message().unwrap_or_default();
        }
    }
    WireMeta::default()
}

/// `Status`, the body of an error.
#[derive(Default)]
pub(in crate::cluster) struct ProtobufStatus<'a> {
    pub(in crate::cluster) metadata: ListMetaMessage<'a>,
    pub(in crate::cluster) message: LenientStr<'a>,
    pub(in crate::cluster) reason: LenientStr<'a>,
}

impl<'a> ProtobufMessage<'a> for ProtobufStatus<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.metadata = value.message()?,
            3 => self.message = value.text()?,
            4 => self.reason = value.text()?,
            _ => {}
        }
        Some(())
    }
}

/// Decodes the body of an error.
pub(in crate::cluster) fn status(bytes: &[u8]) -> Option<ProtobufStatus<'_>> {
    ProtobufMessage::read(open_envelope(bytes)?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn varint(mut number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let [low, ..] = number.to_le_bytes();
            number >>= 7;
            if number == 0 {
                bytes.push(low & 0x7f);
                return bytes;
            }
            bytes.push(low | 0x80);
        }
    }

    fn field(number: u64, value: &[u8]) -> Vec<u8> {
        [
            varint(number << 3 | 2),
            varint(value.len() as u64),
            value.to_vec(),
        ]
        .concat()
    }

    fn number(number: u64, value: u64) -> Vec<u8> {
        [varint(number << 3), varint(value)].concat()
    }

    #[test]
    fn what_nobody_asks_for_is_skipped() {
        let other = [
            field(9, b"skipped"),
            number(10, u64::MAX),
            [varint(11 << 3 | 1), vec![0; 8]].concat(),
            [varint(12 << 3 | 5), vec![0; 4]].concat(),
        ]
        .concat();
        let entry = [other.clone(), field(1, b"app"), other, field(2, b"web")].concat();
        let entry: MapEntry<'_> = ProtobufMessage::read(&entry).unwrap();
        assert_eq!((entry.key.as_str(), entry.value.as_str()), ("app", "web"));
    }

    #[test]
    fn a_time_is_seconds_and_nanoseconds_in_any_order() {
        let expected: Timestamp = "2025-11-20T07:11:58.25Z".parse().unwrap();
        let seconds = number(1, expected.as_second().cast_unsigned());
        let nanoseconds = number(2, 250_000_000);
        for bytes in [
            [seconds.clone(), nanoseconds.clone()].concat(),
            [nanoseconds, seconds].concat(),
        ] {
            let moment: OptTime = ProtobufMessage::read(&bytes).unwrap();
            assert_eq!(moment.0, Some(expected));
        }
        let before_the_epoch: OptTime = ProtobufMessage::read(&number(1, u64::MAX)).unwrap();
        assert_eq!(before_the_epoch.0.unwrap().as_second(), -1);
        assert_eq!(OptTime::read(&[]).unwrap().0, None);
    }

    #[test]
    fn bytes_that_end_too_soon_are_no_message() {
        let whole = [field(1, b"app"), field(2, &[b'w'; 200])].concat();
        let reads = (0..whole.len()).filter(|&end| MapEntry::read(&whole[..end]).is_some());
        assert_eq!(reads.collect::<Vec<_>>(), [0, 5]);
        for bytes in [
            &[0xff; 11][..],
            &[0x0b],
            &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        ] {
            assert!(MapEntry::read(bytes).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn a_text_that_is_no_utf8_is_read_all_the_same() {
        let entry = [field(1, b"a\xffb"), field(2, b"web")].concat();
        let entry: MapEntry<'_> = ProtobufMessage::read(&entry).unwrap();
        assert_eq!(
            (entry.key.as_str(), entry.value.as_str()),
            ("a\u{fffd}b", "web")
        );
    }

    #[test]
    fn an_error_is_taken_out_of_its_envelope() {
        let status = [
            field(1, &field(3, b"the-rest")),
            field(3, b"too old"),
            field(4, b"Expired"),
        ]
        .concat();
        let bytes = [b"k8s\0".to_vec(), field(1, b""), field(2, &status)].concat();
        let status = super::status(&bytes).unwrap();
        assert_eq!(status.message.as_str(), "too old");
        assert_eq!(status.reason.as_str(), "Expired");
        assert_eq!(status.metadata.next.as_str(), "the-rest");
        assert!(super::status(b"{\"message\":\"x\"}").is_none());
    }
}
