//! `imagePullSecrets` of a ServiceAccount or of a Pod template.
//!
//! The API replaces this list as a whole (it is atomic for merge patches), and the kubelet tries the
//! Secrets in its order. So an addition is made to the list that is there: nothing of others is lost,
//! and nothing changes its place.

use super::ListChange;
use crate::domain::k8s::{object_ref::Name, objects::Secret};

/// The list with this Secret at the end, unless it is listed.
pub fn add_pull_secret(list: &[Name<Secret>], secret: &Name<Secret>) -> Vec<Name<Secret>> {
    let mut list = list.to_vec();
    if !list.contains(secret) {
        list.push(secret.clone());
    }
    list
}

/// The list without this Secret.
pub fn remove_pull_secret(list: &[Name<Secret>], secret: &Name<Secret>) -> Vec<Name<Secret>> {
    list.iter()
        .filter(|name| *name != secret)
        .cloned()
        .collect()
}

/// The list with this Secret, in place of another one if given.
pub fn replace_pull_secret(
    list: &[Name<Secret>],
    add: &Name<Secret>,
    instead_of: Option<&Name<Secret>>,
) -> Vec<Name<Secret>> {
    let Some(wrong) = instead_of.filter(|wrong| list.contains(wrong)) else {
        return add_pull_secret(list, add);
    };
    let mut corrected: Vec<Name<Secret>> = Vec::new();
    for name in list {
        let name = if name == wrong { add } else { name };
        if !corrected.contains(name) {
            corrected.push(name.clone());
        }
    }
    corrected
}

impl ListChange {
    /// The list with a change undone: the old list, or without the one change if others have changed it since.
    pub fn reverted(&self, list: &[Name<Secret>]) -> Vec<Name<Secret>> {
        let Self { before, after, .. } = self;
        if list == after {
            return before.clone();
        }
        let kept = list
            .iter()
            .filter(|name| before.contains(name) || !after.contains(name));
        let mut list: Vec<_> = kept.cloned().collect();
        for name in before.iter().filter(|name| !after.contains(name)) {
            list = add_pull_secret(&list, name);
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> impl Strategy<Value = Vec<Name<Secret>>> {
        proptest::collection::vec("[a-c]{1,2}", 0..6)
            .prop_map(|names| names.into_iter().map(Name::<Secret>::new).collect())
    }

    proptest! {
        #[test]
        fn nothing_of_others_is_lost_or_moved(list in names(), name in "[a-c]{1,2}") {
            let name = Name::new(name);
            let after = add_pull_secret(&list, &name);
            prop_assert_eq!(&after[..list.len()], &list[..]);
            prop_assert!(after.contains(&name));
            prop_assert_eq!(add_pull_secret(&after, &name), after);
        }

        #[test]
        fn what_is_taken_away_is_gone_and_nothing_else(list in names(), name in "[a-c]{1,2}") {
            let name = Name::new(name);
            let after = remove_pull_secret(&list, &name);
            prop_assert!(!after.contains(&name));
            let others = list.iter().filter(|other| **other != name).count();
            prop_assert_eq!(after.len(), others);
            if !list.contains(&name) {
                prop_assert_eq!(remove_pull_secret(&add_pull_secret(&list, &name), &name), list);
            }
        }

        #[test]
        fn a_corrected_name_takes_the_place_of_the_wrong_one(
            list in names(), add in "[a-c]{1,2}", wrong in "[a-c]{1,2}"
        ) {
            let (add, wrong) = (Name::new(add), Name::new(wrong));
            let after = replace_pull_secret(&list, &add, Some(&wrong));
            prop_assert!(after.contains(&add));
            prop_assert!(add == wrong || !list.contains(&wrong) || !after.contains(&wrong));
            for name in list.iter().filter(|name| **name != wrong) {
                prop_assert!(after.contains(name));
            }
        }
    }
}
