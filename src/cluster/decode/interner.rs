//! Interner: one allocation per distinct string, label set and name list.
//!
//! Ten thousand Pods of one Deployment share their namespace, image, node, labels and messages. What
//! nobody uses any more is swept out when the tables have doubled, so they follow the objects.

use std::{collections::HashSet, hash::Hash, sync::Arc};

use super::{
    de::{LenientStr, NullableVec, StringMap},
    protobuf::{FieldValue, ProtobufMessage},
};
use crate::domain::k8s::{
    object_ref::Name,
    objects::{Labels, OwnerReference, Secret},
};

/// Below this many entries a sweep is not worth its time.
const SMALL: usize = 4096;

/// Nor below so many bytes of new texts: a kubelet's message may have ten thousand.
const FEW_BYTES: usize = 1024 * 1024;

#[derive(Default)]
pub(in crate::cluster) struct Interner {
    texts: HashSet<Arc<str>>,
    pairs: HashSet<Labels>,
    names: HashSet<Arc<[Name<Secret>]>>,
    owners: HashSet<Arc<OwnerReference>>,
    sweep_at: usize,
    /// Bytes of texts that have come since the last sweep, and of those that it left.
    fresh: usize,
    left: usize,
}

impl Interner {
    /// The shared text.
    pub(super) fn text(&mut self, text: &LenientStr<'_>) -> Arc<str> {
        self.str(text.as_str())
    }

    /// The shared text; an empty one counts as none, as Go leaves empty fields out or writes `""`.
    pub(super) fn some(&mut self, text: &LenientStr<'_>) -> Option<Arc<str>> {
        (!text.is_empty()).then(|| self.text(text))
    }

    pub(super) fn str(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&new));
        self.fresh += new.len();
        new
    }

    pub(super) fn labels(&mut self, labels: &StringMap<'_>) -> Labels {
        let pairs = labels
            .0
            .iter()
            .map(|(key, value)| (self.text(key), self.text(value)))
            .collect();
        self.pairs(pairs)
    }

    pub(super) fn pairs(&mut self, pairs: Vec<(Arc<str>, Arc<str>)>) -> Labels {
        shared(&mut self.pairs, pairs)
    }

    pub(super) fn owner(&mut self, owner: OwnerReference) -> Arc<OwnerReference> {
        if let Some(known) = self.owners.get(&owner) {
            return Arc::clone(known);
        }
        let new = Arc::new(owner);
        self.owners.insert(Arc::clone(&new));
        new
    }

    /// The names of pull secrets. Empty ones, which the API allows, name nothing.
    pub(super) fn pull_secrets(
        &mut self,
        references: NullableVec<Reference<'_>>,
    ) -> Arc<[Name<Secret>]> {
        let names = references
            .into_iter()
            .filter(|reference| !reference.name.is_empty())
            .map(|reference| Name::new(self.text(&reference.name)))
            .collect();
        shared(&mut self.names, names)
    }

    /// Drops what nobody else holds, when there is much.
    pub(in crate::cluster) fn sweep(&mut self) {
        let held = self.texts.len() + self.pairs.len();
        let few = held <= self.sweep_at.max(SMALL);
        if few && self.fresh <= self.left.max(FEW_BYTES) {
            return;
        }
        self.pairs.retain(|pairs| Arc::strong_count(pairs) > 1);
        self.owners.retain(|owner| Arc::strong_count(owner) > 1);
        self.names.retain(|names| Arc::strong_count(names) > 1);
        self.texts.retain(|text| Arc::strong_count(text) > 1);
        self.sweep_at = 2 * (self.texts.len() + self.pairs.len());
        self.left = self.texts.iter().map(|text| text.len()).sum();
        self.fresh = 0;
    }
}

fn shared<T: Eq + Hash>(known: &mut HashSet<Arc<[T]>>, list: Vec<T>) -> Arc<[T]> {
    if let Some(known) = known.get(list.as_slice()) {
        return Arc::clone(known);
    }
    let new: Arc<[T]> = list.into();
    known.insert(Arc::clone(&new));
    new
}

/// A `LocalObjectReference`, or another message of one name, such as a `PodSchedulingGate`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(in crate::cluster) struct Reference<'a> {
    #[serde(borrow)]
    pub(super) name: LenientStr<'a>,
}

impl<'a> ProtobufMessage<'a> for Reference<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        if number == 1 {
            self.name = value.text()?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_and_label_sets_are_one() {
        let mut interner = Interner::default();
        let labels = |interner: &mut Interner| {
            let pairs: StringMap<'_> =
                serde_json::from_str(r#"{"app":"shop","tier":"web"}"#).unwrap();
            interner.labels(&pairs)
        };
        assert!(Arc::ptr_eq(&interner.str("a"), &interner.str("a")));
        let (one, two) = (labels(&mut interner), labels(&mut interner));
        assert!(Arc::ptr_eq(&one, &two));
    }

    #[test]
    fn what_nobody_holds_is_swept_out() {
        let mut interner = Interner::default();
        let kept = interner.str("kept");
        for number in 0..=SMALL {
            interner.str(&number.to_string());
        }
        interner.sweep();
        assert_eq!(interner.texts.len(), 1);
        assert!(Arc::ptr_eq(&kept, &interner.str("kept")));
    }

    #[test]
    fn few_texts_are_swept_out_when_they_are_long() {
        let mut interner = Interner::default();
        for number in 0..200 {
            interner.str(&format!("{number}{}", "x".repeat(10_000)));
            interner.sweep();
        }
        assert!(interner.texts.len() < 150, "{}", interner.texts.len());
    }
}
