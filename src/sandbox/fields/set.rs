//! A set of field paths, and its wire form `FieldsV1`.
//!
//! The wire form is that of `sigs.k8s.io/structured-merge-diff`: `f:name` is a field, `k:{…}` an
//! element of a keyed list, `v:…` a value of a set, `.` the thing itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::schema::{ListShape, MapShape, child, list_shape, map_shape};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    Field(String),
    /// The key fields as JSON text, sorted.
    Key(String),
    Value(String),
}

impl Element {
    fn to_wire(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(key) => format!("k:{key}"),
            Self::Value(value) => format!("v:{value}"),
        }
    }

    fn from_wire(text: &str) -> Option<Self> {
        let (sort, rest) = text.split_once(':')?;
        let rest = rest.to_owned();
        match sort {
            "f" => Some(Self::Field(rest)),
            "k" => Some(Self::Key(rest)),
            "v" => Some(Self::Value(rest)),
            _ => None,
        }
    }
}

/// Path element of a list member.
pub fn element_of(shape: ListShape, member: &Value) -> Option<Element> {
    match shape {
        ListShape::Atomic => None,
        ListShape::Set => Some(Element::Value(member.to_string())),
        ListShape::Map(_) => {
            let key: Map<String, Value> = shape
                .key_of(member)?
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            Some(Element::Key(Value::Object(key).to_string()))
        }
    }
}

/// A tree of paths; `here` marks a path as a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    here: bool,
    below: BTreeMap<Element, FieldSet>,
}

impl FieldSet {
    fn leaf() -> Self {
        Self {
            here: true,
            below: BTreeMap::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        !self.here && self.below.is_empty()
    }

    pub fn is_leaf(&self) -> bool {
        self.here && self.below.is_empty()
    }

    /// All paths of a value at `field`.
    pub fn from_value(field: &str, value: &Value) -> Self {
        match value {
            Value::Object(fields) => Self::from_map(field, fields),
            Value::Array(members) => Self::from_list(field, members),
            _ => Self::leaf(),
        }
    }

    /// The fields of an applied value: without non-empty maps and lists, so that these disappear with their last
    /// element.
    pub fn applied(value: &Value) -> Self {
        let mut set = Self::from_value("", value);
        set.drop_containers();
        set
    }

    fn drop_containers(&mut self) {
        for (element, set) in &mut self.below {
            if matches!(element, Element::Field(_)) && !set.below.is_empty() {
                set.here = false;
            }
            set.drop_containers();
        }
    }

    fn from_map(field: &str, fields: &Map<String, Value>) -> Self {
        let shape = map_shape(field);
        if shape == MapShape::Atomic || fields.is_empty() {
            return Self::leaf();
        }
        let below = fields
            .iter()
            .map(|(name, value)| {
                let set = match shape {
                    MapShape::Keyed => Self::leaf(),
                    MapShape::Struct | MapShape::Atomic => {
                        Self::from_value(child(field, name), value)
                    }
                };
                (Element::Field(name.clone()), set)
            })
            .collect();
        Self {
            here: shape == MapShape::Keyed,
            below,
        }
    }

    fn from_list(field: &str, members: &[Value]) -> Self {
        let shape = list_shape(field);
        let elements: Option<BTreeMap<Element, Self>> = members
            .iter()
            .map(|member| {
                let mut set = Self::from_value("", member);
                set.here = true;
                Some((element_of(shape, member)?, set))
            })
            .collect();
        match elements {
            // An element without its key fields makes the list one whole.
            Some(below) if shape != ListShape::Atomic && !below.is_empty() => {
                Self { here: true, below }
            }
            _ => Self::leaf(),
        }
    }

    /// The paths that were added, changed or removed.
    pub fn difference(field: &str, old: Option<&Value>, new: Option<&Value>) -> Self {
        match (old, new) {
            (Some(old), Some(new)) if old == new => Self::default(),
            (Some(Value::Object(old)), Some(Value::Object(new)))
                if map_shape(field) != MapShape::Atomic && !old.is_empty() && !new.is_empty() =>
            {
                let names = old.keys().chain(new.keys());
                Self::from_below(names.map(|name| {
                    let below = Self::difference(child(field, name), old.get(name), new.get(name));
                    (Element::Field(name.clone()), below)
                }))
            }
            (Some(Value::Array(old)), Some(Value::Array(new)))
                if list_shape(field) != ListShape::Atomic =>
            {
                Self::list_difference(list_shape(field), old, new)
            }
            (old, new) => {
                let mut whole = old
                    .map(|old| Self::from_value(field, old))
                    .unwrap_or_default();
                whole.add(
                    &new.map(|new| Self::from_value(field, new))
                        .unwrap_or_default(),
                );
                whole
            }
        }
    }

    fn list_difference(shape: ListShape, old: &[Value], new: &[Value]) -> Self {
        let by_element = |members: &[Value]| -> BTreeMap<Element, Value> {
            members
                .iter()
                .filter_map(|member| Some((element_of(shape, member)?, member.clone())))
                .collect()
        };
        let (old, new) = (by_element(old), by_element(new));
        Self::from_below(old.keys().chain(new.keys()).map(|element| {
            let (was, is) = (old.get(element), new.get(element));
            let mut below = Self::difference("", was, is);
            below.here = was.is_some() != is.is_some();
            (element.clone(), below)
        }))
    }

    fn from_below(below: impl Iterator<Item = (Element, Self)>) -> Self {
        Self {
            here: false,
            below: below.filter(|(_, set)| !set.is_empty()).collect(),
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.here |= other.here;
        for (element, set) in &other.below {
            self.below.entry(element.clone()).or_default().add(set);
        }
    }

    pub fn subtract(&mut self, other: &Self) {
        self.here &= !other.here;
        for (element, set) in &other.below {
            if let Some(mine) = self.below.get_mut(element) {
                mine.subtract(set);
                if mine.is_empty() {
                    self.below.remove(element);
                }
            }
        }
    }

    pub fn intersection(&self, other: &Self) -> Self {
        let mut both = Self::from_below(self.below.iter().filter_map(|(element, set)| {
            Some((element.clone(), set.intersection(other.below.get(element)?)))
        }));
        both.here = self.here && other.here;
        both
    }

    /// The subset below one path element.
    pub fn at(&self, element: &Element) -> Option<&Self> {
        self.below.get(element)
    }

    pub fn contains_here(&self) -> bool {
        self.here
    }

    pub fn remove_field(&mut self, name: &str) -> Option<Self> {
        self.below.remove(&Element::Field(name.to_owned()))
    }

    pub fn field_mut(&mut self, name: &str) -> Option<&mut Self> {
        self.below.get_mut(&Element::Field(name.to_owned()))
    }

    /// The paths in readable form: `.spec.containers[name="app"].image`.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect_paths("", &mut paths);
        paths
    }

    fn collect_paths(&self, prefix: &str, paths: &mut Vec<String>) {
        if self.here && !prefix.is_empty() {
            paths.push(prefix.to_owned());
        }
        for (element, set) in &self.below {
            let step = match element {
                Element::Field(name) => format!(".{name}"),
                Element::Key(key) => format!("[{}]", key_text(key)),
                Element::Value(value) => format!("[={value}]"),
            };
            set.collect_paths(&format!("{prefix}{step}"), paths);
        }
    }

    pub fn to_wire(&self) -> Value {
        let mut wire = Map::new();
        if self.here && !self.below.is_empty() {
            wire.insert(".".to_owned(), Value::Object(Map::new()));
        }
        for (element, set) in &self.below {
            wire.insert(element.to_wire(), set.to_wire());
        }
        Value::Object(wire)
    }

    pub fn from_wire(wire: &Value) -> Self {
        let Some(fields) = wire.as_object() else {
            return Self::default();
        };
        Self {
            here: fields.is_empty() || fields.contains_key("."),
            below: fields
                .iter()
                .filter_map(|(key, below)| Some((Element::from_wire(key)?, Self::from_wire(below))))
                .collect(),
        }
    }
}

fn key_text(key: &str) -> String {
    let fields: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
    fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_wire_form_is_that_of_fields_v1() {
        let object = json!({
            "metadata": {"labels": {"app": "web"}},
            "volumes": [{"name": "regcred"}],
        });
        let set = FieldSet::from_value("", &object);
        let wire = json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:volumes": {".": {}, "k:{\"name\":\"regcred\"}": {".": {}, "f:name": {}}},
        });
        assert_eq!(set.to_wire(), wire);
        assert_eq!(FieldSet::from_wire(&wire), set);
    }

    #[test]
    fn only_what_changed_differs() {
        let old = json!({"spec": {"replicas": 1, "containers": [{"name": "a", "image": "x"}]}});
        let new = json!({"spec": {"replicas": 1, "containers": [{"name": "a", "image": "y"}]}});
        let set = FieldSet::difference("", Some(&old), Some(&new));
        assert_eq!(set.paths(), [".spec.containers[name=\"a\"].image"]);
    }

    #[test]
    fn sets_add_and_subtract() {
        let mut all = FieldSet::from_value("", &json!({"a": 1, "b": {"c": 2}}));
        let some = FieldSet::from_value("", &json!({"b": {"c": 0}}));
        assert_eq!(all.intersection(&some), some);
        all.subtract(&some);
        assert_eq!(all.paths(), [".a"]);
        all.add(&some);
        assert_eq!(all.paths(), [".a", ".b.c"]);
    }
}
