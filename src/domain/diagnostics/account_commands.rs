//! Commands of several findings that change the list of one ServiceAccount.
//!
//! A command that writes a known list replaces it (`core/v1`, `+listType=atomic`). Where findings of one report
//! attach different Secrets to the same ServiceAccount, the second command would take away what the first has
//! attached: then each of them appends to the list that is there.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::domain::{
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Secret, ServiceAccount},
    },
    plan::attached_by,
};

/// Makes the commands of these findings independent of each other's order.
pub fn append_to_shared_accounts(findings: &mut [&mut Finding]) {
    let mut attached: BTreeMap<ObjectRef<ServiceAccount>, BTreeSet<Name<Secret>>> = BTreeMap::new();
    for (account, secret) in findings
        .iter()
        .filter_map(|finding| first_attached(finding))
    {
        attached.entry(account).or_default().insert(secret);
    }
    attached.retain(|_, secrets| secrets.len() > 1);
    for finding in findings {
        let is_shared = |(account, _)| attached.contains_key(&account);
        if first_attached(finding).is_some_and(is_shared) {
            // As for a list that has not been read.
            finding.fix_context.account_lists = None;
        }
    }
}

/// What the first fix that changes the list of a ServiceAccount attaches; the others are alternatives to it.
fn first_attached(finding: &Finding) -> Option<(ObjectRef<ServiceAccount>, Name<Secret>)> {
    let mut fixes = finding.fixes.iter();
    fixes.find_map(|fix| attached_by(*fix, &finding.fix_context))
}
