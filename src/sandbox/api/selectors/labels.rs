//! Label selectors (`k8s.io/apimachinery/pkg/labels`).

use serde_json::Value;

use crate::sandbox::{
    object,
    status::{ApiResult, ApiStatus},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LabelRequirement {
    key: String,
    test: LabelOperator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LabelOperator {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
}

impl LabelOperator {
    /// Whether its values can be values of a label.
    fn has_valid_values(&self) -> bool {
        let (Self::In(values) | Self::NotIn(values)) = self else {
            return true;
        };
        values.iter().all(|value| {
            value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        })
    }
}

impl LabelRequirement {
    pub(super) fn matches(&self, object: &Value) -> bool {
        let value = object::label(object, &self.key);
        let is_one_of = |values: &[String]| {
            value.is_some_and(|value| values.iter().any(|wanted| wanted == value))
        };
        match &self.test {
            LabelOperator::Exists => value.is_some(),
            LabelOperator::Absent => value.is_none(),
            LabelOperator::In(values) => is_one_of(values),
            LabelOperator::NotIn(values) => !is_one_of(values),
        }
    }
}

pub(super) fn parse(text: &str) -> ApiResult<Vec<LabelRequirement>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    split_outside_brackets(text)
        .into_iter()
        .map(str::trim)
        .map(|term| {
            requirement(term).ok_or_else(|| {
                ApiStatus::bad_request(format!(
                    "unable to parse requirement: invalid label selector {term:?}"
                ))
            })
        })
        .collect()
}

fn requirement(term: &str) -> Option<LabelRequirement> {
    let make = |key: &str, test: LabelOperator| {
        let key = key.trim();
        let fits = !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
        (fits && test.has_valid_values()).then(|| LabelRequirement {
            key: key.to_owned(),
            test,
        })
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some(key) = term.strip_prefix('!') {
        return make(key, LabelOperator::Absent);
    }
    if let Some((key, value)) = term.split_once("!=") {
        return make(key, LabelOperator::NotIn(one(value)));
    }
    if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        return make(key, LabelOperator::In(one(value)));
    }
    if let Some((head, values)) = term.split_once('(') {
        let values = values
            .strip_suffix(')')?
            .split(',')
            .map(|value| value.trim().to_owned())
            .collect();
        let (key, operator) = head.trim().rsplit_once(char::is_whitespace)?;
        return match operator {
            "in" => make(key, LabelOperator::In(values)),
            "notin" => make(key, LabelOperator::NotIn(values)),
            _ => None,
        };
    }
    make(term, LabelOperator::Exists)
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn label_selectors_select() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
        for (selector, matches) in [
            ("", true),
            ("app=web", true),
            ("app==web,tier!=back", true),
            ("app in (web, api),tier", true),
            ("app notin (web)", false),
            ("!app", false),
            ("!other", true),
            ("other!=x", true),
            ("other", false),
        ] {
            let wanted = parse(selector).unwrap();
            let holds = wanted.iter().all(|wanted| wanted.matches(&object));
            assert_eq!(holds, matches, "{selector}");
        }
        for nonsense in ["a b", "app=a(b", "app in web", "=web"] {
            assert!(parse(nonsense).is_err(), "{nonsense}");
        }
    }
}
