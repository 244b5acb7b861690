//! Base64 as the kubelet decodes an `auth` field.
//!
//! Go's decoder skips line ends, does not mind stray bits in the last letter, and names the byte it
//! stumbles over; the kubelet chooses the padded or the unpadded alphabet by the last character
//! (`decodeDockerConfigFieldAuth`, `pkg/credentialprovider/config.go`, since 1.19).

use zeroize::Zeroizing;

/// `illegal base64 data at input byte N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CorruptInputError {
    pub at: usize,
}

/// Decodes an `auth` field.
pub(super) fn decode_auth(field: &str) -> Result<Zeroizing<Vec<u8>>, CorruptInputError> {
    // `strings.TrimSpace` knows the same white space as Rust.
    if field.trim().ends_with('=') {
        decode(field.as_bytes(), Padding::Required)
    } else {
        decode(field.as_bytes(), Padding::None)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Padding {
    Required,
    None,
}

fn decode(source: &[u8], padding: Padding) -> Result<Zeroizing<Vec<u8>>, CorruptInputError> {
    let mut out = Zeroizing::new(Vec::with_capacity(source.len() / 4 * 3 + 3));
    let mut quantum = 0_u32;
    let mut letters = 0_usize;
    for (at, byte) in source.iter().copied().enumerate() {
        match sextet(byte) {
            Some(value) => {
                quantum = quantum << 6 | u32::from(value);
                letters += 1;
                if letters == 4 {
                    push(&mut out, quantum, 3);
                    (quantum, letters) = (0, 0);
                }
            }
            None if matches!(byte, b'\r' | b'\n') => {}
            None if byte == b'=' && padding == Padding::Required => {
                finish_padding(source, at, letters)?;
                push(&mut out, quantum << (6 * (4 - letters)), letters - 1);
                return Ok(out);
            }
            None => return Err(CorruptInputError { at }),
        }
    }
    match letters {
        0 => {}
        2 | 3 if padding == Padding::None => {
            push(&mut out, quantum << (6 * (4 - letters)), letters - 1);
        }
        _ => {
            return Err(CorruptInputError {
                at: source.len().saturating_sub(letters),
            });
        }
    }
    Ok(out)
}

/// What may follow the first `=`: one more after two letters, and line ends.
fn finish_padding(source: &[u8], at: usize, letters: usize) -> Result<(), CorruptInputError> {
    if letters < 2 {
        return Err(CorruptInputError { at });
    }
    let next = |from: usize| {
        let rest = source.get(from..).unwrap_or_default();
        let visible = rest.iter().position(|b| !matches!(b, b'\r' | b'\n'));
        visible.map(|skip| from + skip)
    };
    let mut after = at + 1;
    if letters == 2 {
        let Some(second) = next(after) else {
            return Err(CorruptInputError { at: source.len() });
        };
        if source.get(second) != Some(&b'=') {
            return Err(CorruptInputError { at: second - 1 });
        }
        after = second + 1;
    }
    match next(after) {
        Some(garbage) => Err(CorruptInputError { at: garbage }),
        None => Ok(()),
    }
}

fn push(out: &mut Vec<u8>, quantum: u32, bytes: usize) {
    let [_, first, second, third] = quantum.to_be_bytes();
    out.extend([first, second, third].into_iter().take(bytes));
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::*;
    use proptest::prelude::*;

    #[test]
    fn takes_and_refuses_what_go_does() {
        for (field, answer) in [
            ("dTpw", Ok("u:p")),
            ("dTpwdw==", Ok("u:pw")),
            ("dTpwdw", Ok("u:pw")),
            ("dTpw\ndw==\n", Ok("u:pw")),
            ("", Ok("")),
            ("!!!", Err(0)),
            ("alice:s3cret", Err(5)),
            ("dTpwdw=", Err(7)),
            ("dTpw dw==", Err(4)),
            ("dTpwdw==x=", Err(8)),
            ("d=", Err(1)),
        ] {
            let found = decode_auth(field);
            let found = found.as_ref().map(|b| std::str::from_utf8(b).unwrap());
            assert_eq!(found.map_err(|e| e.at), answer, "{field:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(decode_auth(&BASE64_STANDARD.encode(&bytes)).unwrap().to_vec(), bytes.clone());
            prop_assert_eq!(decode_auth(&BASE64_STANDARD_NO_PAD.encode(&bytes)).unwrap().to_vec(), bytes);
        }
    }
}
