//! Parses the `WWW-Authenticate` header (RFC 9110 §11.6.1).
//!
//! A pure parser of hostile text. One header may hold several challenges, and there may be several
//! headers; unknown schemes are passed over.

use http::{HeaderMap, header::WWW_AUTHENTICATE};

/// A supported authentication challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    Basic,
    /// A token, to be fetched at the realm.
    Bearer {
        realm: String,
        service: Option<String>,
    },
}

/// Chooses the challenge to answer: Bearer before Basic, as containerd does.
pub(super) fn from_headers(headers: &HeaderMap) -> Option<Challenge> {
    let offered: Vec<Challenge> = headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(parse)
        .collect();
    let bearer = |challenge: &&Challenge| matches!(challenge, Challenge::Bearer { .. });
    offered.iter().find(bearer).or(offered.first()).cloned()
}

fn parse(header: &str) -> Vec<Challenge> {
    let mut rest = header;
    let mut found = Vec::new();
    while let Some((scheme, parameters, after)) = challenge(rest) {
        found.extend(understood(scheme, &parameters));
        rest = after;
    }
    found
}

type Parameters<'a> = Vec<(&'a str, String)>;

fn understood(scheme: &str, parameters: &Parameters<'_>) -> Option<Challenge> {
    let value = |name: &str| {
        let mut named = parameters.iter();
        let (_, value) = named.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.clone())
    };
    if scheme.eq_ignore_ascii_case("basic") {
        Some(Challenge::Basic)
    } else if scheme.eq_ignore_ascii_case("bearer") {
        Some(Challenge::Bearer {
            realm: value("realm")?,
            service: value("service"),
        })
    } else {
        None
    }
}

/// The first challenge: its scheme, its parameters, and what follows.
fn challenge(text: &str) -> Option<(&str, Parameters<'_>, &str)> {
    let (scheme, mut rest) = token(skip(text))?;
    let mut parameters = Vec::new();
    while let Some((name, value, after)) = parameter(skip(rest)) {
        parameters.push((name, value));
        rest = after;
    }
    Some((scheme, parameters, rest))
}

/// `name=value` or `name="value"`; `None` where the next challenge begins.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = token(text)?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    if let Some(quoted) = rest.strip_prefix('"') {
        let (value, rest) = unquoted(quoted);
        return Some((name, value, rest));
    }
    let end = rest.find([',', ' ', '\t']).unwrap_or(rest.len());
    let (value, rest) = rest.split_at_checked(end)?;
    Some((name, value.to_owned(), rest))
}

/// The content of a quoted string, and what follows it. One that is never closed ends with the text.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    (value, chars.as_str())
}

fn skip(text: &str) -> &str {
    text.trim_start_matches([',', ' ', '\t'])
}

/// A `token` of RFC 9110 §5.6.2, and what follows it.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    if end == 0 {
        return None;
    }
    text.split_at_checked(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.into(),
            service: service.map(Into::into),
        }
    }

    #[test]
    fn what_registries_send_is_understood() {
        let hub = bearer("https://auth.docker.io/token", Some("registry.docker.io"));
        for (header, expected) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#,
                vec![hub.clone()],
            ),
            (
                r#"bearer  realm = "https://auth.docker.io/token" , service=registry.docker.io"#,
                vec![hub.clone()],
            ),
            (
                r#"Basic realm="Registry, the \"best\"""#,
                vec![Challenge::Basic],
            ),
            ("BASIC", vec![Challenge::Basic]),
            (
                r#"Negotiate, Basic realm="x", Bearer realm="https://r/t""#,
                vec![Challenge::Basic, bearer("https://r/t", None)],
            ),
            (r#"Bearer service="without a realm""#, vec![]),
            (
                r#"Bearer realm="https://r/t"#,
                vec![bearer("https://r/t", None)],
            ),
            ("", vec![]),
            ("=,=\"", vec![]),
        ] {
            assert_eq!(parse(header), expected, "{header}");
        }
    }

    #[test]
    fn a_token_is_preferred() {
        let mut headers = HeaderMap::new();
        headers.append(WWW_AUTHENTICATE, "Basic realm=x".parse().unwrap());
        headers.append(
            WWW_AUTHENTICATE,
            "Bearer realm=https://r/t".parse().unwrap(),
        );
        assert_eq!(from_headers(&headers), Some(bearer("https://r/t", None)));
        headers.clear();
        assert_eq!(from_headers(&headers), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn values_survive_quoting(realm in "[ -~]{0,40}") {
            let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
            prop_assert_eq!(parse(&format!("Bearer realm=\"{quoted}\"")), vec![bearer(&realm, None)]);
        }
    }
}
