//! Label selectors, as kubectl takes them with `-l`: equality, sets and existence.

use std::{fmt, str::FromStr};

use super::objects::Labels;
use crate::domain::suggest::did_you_mean;

/// Requirements that all have to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSelector {
    text: String,
    requirements: Vec<SelectorRequirement>,
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Requirement on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SelectorRequirement {
    label: String,
    operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    Exists,
    DoesNotExist,
    In(Vec<String>),
    /// Holds where the label is absent too, as in Kubernetes (`labels.SelectorRequirement.Matches`).
    NotIn(Vec<String>),
}

impl LabelSelector {
    /// True if labels meet all requirements.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| {
            let found = labels.iter().find(|(name, _)| **name == *requirement.label);
            let value = found.map(|(_, value)| &**value);
            let among =
                |values: &[String]| value.is_some_and(|is| values.iter().any(|it| it == is));
            match &requirement.operator {
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
                Operator::In(values) => among(values),
                Operator::NotIn(values) => !among(values),
            }
        })
    }
}

impl LabelSelector {
    /// A similar requirement that some object meets: another label, or another value.
    pub fn suggestion(&self, labels: &[&Labels]) -> Option<String> {
        self.requirements.iter().find_map(|requirement| {
            let SelectorRequirement {
                label,
                operator: rule,
            } = requirement;
            let all = labels.iter().flat_map(|labels| labels.iter());
            let mut known = all.clone().map(|(name, _)| &**name);
            if !known.any(|name| name == label) {
                let known = all.map(|(name, _)| &**name);
                return did_you_mean(label, known).map(str::to_owned);
            }
            let Operator::In(values) = rule else {
                return None;
            };
            let known = all.filter(|(name, _)| **name == **label);
            let known = known.map(|(_, value)| &**value);
            if known
                .clone()
                .any(|known| values.iter().any(|it| it == known))
            {
                return None;
            }
            let near = values
                .iter()
                .find_map(|value| did_you_mean(value, known.clone()))?;
            Some(format!("{label}={near}"))
        })
    }
}

impl FromStr for LabelSelector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = split_requirements(text).into_iter();
        let requirements: Result<Vec<_>, String> = parts.map(str::parse).collect();
        Ok(Self {
            text: text.trim().to_owned(),
            requirements: requirements?,
        })
    }
}

/// Splits requirements at commas, except inside the parentheses of a set.
fn split_requirements(text: &str) -> Vec<&str> {
    let mut inside = false;
    text.split(|c: char| {
        match c {
            '(' => inside = true,
            ')' => inside = false,
            _ => {}
        }
        c == ',' && !inside
    })
    .collect()
}

impl FromStr for SelectorRequirement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let one = |value: &str| vec![value.trim().to_owned()];
        let (label, rule) = if let Some(label) = text.strip_prefix('!') {
            (label, Operator::DoesNotExist)
        } else if let Some((label, values)) = text.split_once(" notin ") {
            (label, Operator::NotIn(parse_set(values)?))
        } else if let Some((label, values)) = text.split_once(" in ") {
            (label, Operator::In(parse_set(values)?))
        } else if let Some((label, value)) = text.split_once("!=") {
            (label, Operator::NotIn(one(value)))
        } else if let Some((label, value)) = text.split_once("==").or(text.split_once('=')) {
            (label, Operator::In(one(value)))
        } else {
            (text, Operator::Exists)
        };
        let label = label.trim();
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if label.is_empty() || !label.chars().all(is_part) {
            return Err(format!(
                "invalid selector {text:?}: expected app=web, app!=web, app in (web,api), app or !app"
            ));
        }
        Ok(Self {
            label: label.to_owned(),
            operator: rule,
        })
    }
}

fn parse_set(text: &str) -> Result<Vec<String>, String> {
    let inner = text.trim().strip_prefix('(');
    let inner = inner.and_then(|text| text.strip_suffix(')'));
    let inner = inner.ok_or_else(|| format!("{text:?} is not a set such as (web,api)"))?;
    Ok(inner.split(',').map(|it| it.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_as_kubectl_does() {
        let labels: Labels = [("app", "web"), ("tier", "front")]
            .map(|(name, value)| (name.into(), value.into()))
            .into();
        for (text, selected) in [
            ("app=web", true),
            ("app==web,tier=front", true),
            ("app = web , tier=back", false),
            ("app!=api", true),
            ("zone!=a", true),
            ("app in (api, web),tier", true),
            ("app notin (web)", false),
            ("!zone", true),
            ("!app", false),
            ("zone", false),
        ] {
            let selector: LabelSelector = text.parse().unwrap();
            assert_eq!(selector.matches(&labels), selected, "{text}");
        }
    }

    #[test]
    fn the_nearest_label_that_is_there_is_named() {
        let labels: Labels = [("app", "web"), ("tier", "front")]
            .map(|(name, value)| (name.into(), value.into()))
            .into();
        for (text, near) in [
            ("app=wbe", Some("app=web")),
            ("ap=web", Some("app")),
            ("app=nothing-like-it", None),
            ("app=web,tier in (back,frnt)", Some("tier=front")),
        ] {
            let selector: LabelSelector = text.parse().unwrap();
            let found = selector.suggestion(&[&labels]);
            assert_eq!(found.as_deref(), near, "{text}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for wrong in ["", "=web", "a b", "app in web", "app=web,"] {
            assert!(wrong.parse::<LabelSelector>().is_err(), "{wrong:?}");
        }
    }
}
