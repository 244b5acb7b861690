//! The query string, typed where it is read.

use serde_json::{Value, json};

use crate::sandbox::status::{ApiResult, ApiStatus, StatusCause};

#[derive(Clone, Debug, Default)]
pub struct QueryString(Vec<(String, String)>);

impl QueryString {
    pub fn parse(text: &str) -> Self {
        let pairs = text
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decoded(name), decoded(value))
            })
            .collect();
        Self(pairs)
    }

    /// The value of a parameter; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Whether a parameter is present and not false: `watch` alone counts as true (`Convert_Slice_string_To_bool`).
    pub fn flag(&self, name: &str) -> bool {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .is_some_and(|(_, value)| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    pub fn number(&self, name: &str) -> ApiResult<Option<u64>> {
        self.get(name)
            .map(|text| {
                text.parse()
                    .map_err(|_| ApiStatus::bad_request(format!("invalid {name}: {text:?}")))
            })
            .transpose()
    }

    /// Whether the request has `dryRun=All`; `options` is the kind named in the error for other values.
    pub fn is_dry_run(&self, options: &str) -> ApiResult<bool> {
        match self.get("dryRun") {
            None => Ok(false),
            Some(said) => dry_run(options, &json!([said])),
        }
    }
}

/// Validates `dryRun`: `["All"]` or empty (`ValidateDryRun`).
pub fn dry_run(options: &str, said: &Value) -> ApiResult<bool> {
    match said.as_array().map(Vec::as_slice) {
        Some([]) => Ok(false),
        Some([all]) if all == "All" => Ok(true),
        _ => {
            let cause = StatusCause::unsupported("dryRun", said, &["All"]);
            Err(ApiStatus::invalid_options(options, &cause))
        }
    }
}

/// In a query a `+` is a space too.
fn decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

/// Decodes percent-encoding; invalid text stays as it is.
pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match tail {
            [high, low, after @ ..] if *first == b'%' => {
                hex_byte(*high, *low).map(|byte| (byte, after))
            }
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = QueryString::parse("labelSelector=app%20in+%28a%2Cb%29&limit=x&empty=&100%");
        assert_eq!(query.get("labelSelector"), Some("app in (a,b)"));
        assert!(query.number("limit").is_err());
        assert_eq!(query.get("empty"), None);
        assert_eq!(query.get("100%"), None);
    }
    #[test]
    fn a_flag_is_up_unless_it_says_no() {
        for (query, is_up) in [
            ("watch=true", true),
            ("watch=1", true),
            ("watch", true),
            ("watch=", true),
            ("watch=false", false),
            ("watch=False", false),
            ("watch=0", false),
            ("", false),
        ] {
            assert_eq!(QueryString::parse(query).flag("watch"), is_up, "{query}");
        }
    }
}
