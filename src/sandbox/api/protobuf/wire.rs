//! The protobuf wire format: numbered fields without names and types.

/// The content of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldContent<'a> {
    Number(u64),
    /// A text, bytes, or a message again.
    Bytes(&'a [u8]),
}

/// The fields of a message, in order; `None` for invalid bytes.
pub fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, FieldContent<'_>)>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let content = match key & 7 {
            0 => FieldContent::Number(varint(&mut bytes)?),
            1 => FieldContent::Number(u64::from_le_bytes(
                split_bytes(&mut bytes, 8)?.try_into().ok()?,
            )),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                FieldContent::Bytes(split_bytes(&mut bytes, length)?)
            }
            5 => {
                let number = u32::from_le_bytes(split_bytes(&mut bytes, 4)?.try_into().ok()?);
                FieldContent::Number(u64::from(number))
            }
            _ => return None,
        };
        fields.push((key >> 3, content));
    }
    Some(fields)
}

/// Decodes a varint: seven bits per byte, lowest first, with a continuation bit.
pub fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *split_bytes(bytes, 1)?.first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn split_bytes<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_its_fields_and_what_is_cut_short_is_none() {
        let bytes = [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i'];
        assert_eq!(
            fields(&bytes),
            Some(vec![
                (1, FieldContent::Number(150)),
                (2, FieldContent::Bytes(b"hi"))
            ])
        );
        for length in [1, 2, 4, 6] {
            assert_eq!(fields(&bytes[..length]), None, "{length}");
        }
        assert_eq!(fields(&[0xff; 12]), None);
        assert_eq!(fields(&[]), Some(Vec::new()));
    }
}
