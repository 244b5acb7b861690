//! XML as far as a JUnit report uses it: elements with attributes and text. What is not well-formed fails.

use std::collections::BTreeMap;

pub struct Tag {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

/// All elements in the order of their beginnings.
pub fn tags(text: &str) -> Vec<Tag> {
    let mut rest = text.strip_prefix(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    let mut open: Vec<String> = Vec::new();
    let mut tags = Vec::new();
    while let Some(text) = rest {
        let Some((between, after)) = text.split_once('<') else {
            is_text(text);
            break;
        };
        is_text(between);
        let (inside, after) = after.split_once('>').unwrap();
        assert!(!inside.contains('<'), "{inside}");
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let alone = inside.ends_with('/');
            let tag = tag(inside.trim_end_matches('/'));
            if !alone {
                open.push(tag.name.clone());
            }
            tags.push(tag);
        }
        rest = Some(after);
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    tags
}

fn tag(inside: &str) -> Tag {
    let (name, mut rest) = inside.split_once(' ').unwrap_or((inside, ""));
    let mut attributes = BTreeMap::new();
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").unwrap();
        let (value, after) = after.split_once('"').unwrap();
        is_text(value);
        assert_eq!(attributes.insert(key.to_owned(), value.to_owned()), None);
        rest = after.trim_start();
    }
    Tag {
        name: name.to_owned(),
        attributes,
    }
}

/// Fails at a character that XML 1.0 has not, or an entity that it does not know.
fn is_text(text: &str) {
    assert!(
        text.chars().all(|c| c >= ' ' || c == '\n' || c == '\t'),
        "{text:?}"
    );
    for entity in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;"];
        assert!(known.iter().any(|it| entity.starts_with(it)), "&{entity}");
    }
}
