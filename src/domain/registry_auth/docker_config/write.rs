//! Writes a Docker configuration, byte for byte as `kubectl create secret docker-registry` does.
//!
//! kubectl marshals `username`, `password`, `email` and `auth` in this order and leaves empty ones
//! out; Go's encoder escapes `<`, `>` and `&` besides.

use ::base64::prelude::{BASE64_STANDARD, Engine as _};
use zeroize::Zeroizing;

use crate::domain::registry_auth::credential::Password;

/// The content of `.dockerconfigjson` with one entry; zeroized on drop.
pub fn write(
    server: &str,
    username: &str,
    password: &Password,
    email: Option<&str>,
) -> Zeroizing<String> {
    let pair = Zeroizing::new(format!("{username}:{}", password.expose()));
    let auth = Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()));
    let mut out = Zeroizing::new(String::with_capacity(96 + server.len() + auth.len() * 2));
    out.push_str("{\"auths\":{");
    quote(&mut out, server);
    out.push_str(":{");
    for (name, value) in [
        ("username", username),
        ("password", password.expose()),
        ("email", email.unwrap_or_default()),
        ("auth", auth.as_str()),
    ] {
        if value.is_empty() {
            continue;
        }
        if !out.ends_with('{') {
            out.push(',');
        }
        quote(&mut out, name);
        out.push(':');
        quote(&mut out, value);
    }
    out.push_str("}}}");
    out
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let code = u32::from(c);
                out.push_str("\\u");
                let digit = |shift: u32| char::from_digit(code >> shift & 0xf, 16);
                out.extend([12, 8, 4, 0].into_iter().filter_map(digit));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::{
        super::{ConfigFormat, read},
        *,
    };
    use proptest::prelude::*;

    #[test]
    fn the_bytes_are_those_of_kubectl() {
        let written = write("ghcr.io", "alice", &Password::new("a<b"), Some("a@b.c"));
        assert_eq!(
            *written,
            r#"{"auths":{"ghcr.io":{"username":"alice","password":"a\u003cb","email":"a@b.c","auth":"YWxpY2U6YTxi"}}}"#
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(server in "[a-z.:/]{1,20}", user in "[^:]{1,9}", password in any::<String>()) {
            let text = write(&server, &user, &Password::new(password.as_str()), None);
            let config = read(ConfigFormat::ConfigJson, text.as_bytes());
            let entry = &config.usable_entries().unwrap()[0];
            prop_assert_eq!(&*entry.server, server);
            prop_assert_eq!(&*entry.username, user);
            prop_assert_eq!(entry.password.expose(), password);
        }
    }
}
