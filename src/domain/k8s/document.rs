//! An object of the API server as YAML, without the values of a Secret.
//!
//! It must not know where the object comes from or how it is shown.

use serde_json::Value;
use zeroize::Zeroize;

/// Annotations with a copy of the whole manifest, including a Secret's values: of kubectl, kapp and Rancher Fleet.
const COPIES: [&str; 3] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "objectset.rio.cattle.io/applied",
];

/// The lines of an object's YAML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YamlDocument {
    lines: Vec<String>,
}

/// How much of a document is folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FoldLevel {
    /// `managedFields` are hidden.
    #[default]
    HideManagedFields,
    /// All below the second level.
    TopLevels,
    Unfolded,
}

impl FoldLevel {
    /// The next fold level.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::HideManagedFields => Self::TopLevels,
            Self::TopLevels => Self::Unfolded,
            Self::Unfolded => Self::HideManagedFields,
        }
    }
}

/// A line of a folded document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisibleLine<'a> {
    pub text: &'a str,
    /// Lines below it that are left out.
    pub hidden_lines: usize,
}

impl YamlDocument {
    /// Formats an object as YAML; a Secret's values are replaced by their lengths.
    ///
    /// # Errors
    /// Says what cannot be written as YAML; no object of the API is such.
    pub fn from_object(mut object: Value) -> Result<Self, String> {
        if object.get("kind").and_then(Value::as_str) == Some("Secret") {
            mask(&mut object);
        }
        let text = serde_saphyr::to_string(&object).map_err(|error| error.to_string())?;
        Ok(Self {
            lines: text.lines().map(str::to_owned).collect(),
        })
    }

    /// The visible lines of a folded document.
    pub fn folded(&self, fold: FoldLevel) -> Vec<VisibleLine<'_>> {
        let mut shown: Vec<VisibleLine<'_>> = Vec::new();
        // Lines indented deeper than this belong to the line that hides them.
        let mut below: Option<usize> = None;
        for line in &self.lines {
            let depth = indent(line);
            if below.is_some_and(|limit| depth > limit || is_item_at(line, depth, limit)) {
                if let Some(last) = shown.last_mut() {
                    last.hidden_lines += 1;
                }
                continue;
            }
            below = hides_what_is_below(fold, line, depth).then_some(depth);
            shown.push(VisibleLine {
                text: line,
                hidden_lines: 0,
            });
        }
        shown
    }
}

/// Cells before the first character.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// YAML may write the items of a list as deep as the list's key.
fn is_item_at(line: &str, depth: usize, limit: usize) -> bool {
    depth == limit && line.trim_start().starts_with("- ")
}

fn hides_what_is_below(fold: FoldLevel, line: &str, depth: usize) -> bool {
    let opens = line.trim_end().ends_with(':');
    match fold {
        FoldLevel::HideManagedFields => opens && line.trim() == "managedFields:",
        FoldLevel::TopLevels => opens && depth == 2,
        FoldLevel::Unfolded => false,
    }
}

fn mask(secret: &mut Value) {
    for section in ["data", "stringData"] {
        let Some(Value::Object(values)) = secret.get_mut(section) else {
            continue;
        };
        for value in values.values_mut() {
            let bytes = value.as_str().map_or(0, str::len);
            wipe(value);
            *value = Value::String(format!("(hidden, {bytes} bytes of base64)"));
        }
    }
    for name in COPIES {
        let annotations = secret.pointer_mut("/metadata/annotations");
        if let Some(copy) = annotations.and_then(|all| all.get_mut(name)) {
            wipe(copy);
            *copy = Value::String("(hidden: it repeats the values)".to_owned());
        }
    }
}

fn wipe(value: &mut Value) {
    if let Value::String(text) = value {
        text.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(document: &YamlDocument, fold: FoldLevel) -> Vec<String> {
        let line = |shown: VisibleLine<'_>| match shown.hidden_lines {
            0 => shown.text.to_owned(),
            hides => format!("{} +{hides}", shown.text),
        };
        document.folded(fold).into_iter().map(line).collect()
    }

    #[test]
    fn no_value_of_a_secret_is_in_its_document() {
        let mut secret = json!({
            "kind": "Secret",
            "metadata": {"name": "regcred", "annotations": {"team": "shop"}},
            "data": {".dockerconfigjson": "Y2FuYXJ5"},
            "stringData": {"password": "canary"},
        });
        for name in COPIES {
            secret["metadata"]["annotations"][name] =
                json!("{\"data\":{\".dockerconfigjson\":\"Y2FuYXJ5\"}}");
        }
        let document = YamlDocument::from_object(secret).unwrap();
        let text = texts(&document, FoldLevel::Unfolded).join("\n");
        assert!(
            !text.contains("Y2FuYXJ5") && !text.contains("canary"),
            "{text}"
        );
        assert!(text.contains("(hidden, 8 bytes of base64)"), "{text}");
        assert!(text.contains("team: shop"), "{text}");
    }

    #[test]
    fn other_objects_are_shown_whole() {
        let map = json!({"kind": "ConfigMap", "data": {"a": "b"}});
        let document = YamlDocument::from_object(map).unwrap();
        assert_eq!(
            texts(&document, FoldLevel::Unfolded),
            ["data:", "  a: b", "kind: ConfigMap"]
        );
    }

    #[test]
    fn folding_says_how_much_is_left_out() {
        let pod = json!({
            "kind": "Pod",
            "metadata": {"managedFields": [{"manager": "a"}, {"manager": "b", "time": "t"}], "name": "web"},
            "spec": {"containers": [{"name": "app", "image": "i"}], "nodeName": "node-1"},
        });
        let document = YamlDocument::from_object(pod).unwrap();
        let whole = document.folded(FoldLevel::Unfolded).len();
        for fold in [FoldLevel::HideManagedFields, FoldLevel::TopLevels] {
            let shown = document.folded(fold);
            let hidden: usize = shown.iter().map(|line| line.hidden_lines).sum();
            assert_eq!(shown.len() + hidden, whole, "{fold:?}");
        }
        let managed = texts(&document, FoldLevel::HideManagedFields);
        assert!(
            managed.contains(&"  managedFields: +3".to_owned()),
            "{managed:?}"
        );
        assert!(managed.contains(&"  name: web".to_owned()), "{managed:?}");
        let outline = texts(&document, FoldLevel::TopLevels);
        assert_eq!(
            outline,
            [
                "kind: Pod",
                "metadata:",
                "  managedFields: +3",
                "  name: web",
                "spec:",
                "  containers: +2",
                "  nodeName: node-1"
            ],
        );
    }
}
