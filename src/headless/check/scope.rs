//! Whether what a check was asked about is there: the namespaces, the named objects, something with the
//! labels.
//!
//! A typing error must not look like a healthy namespace, so what is not there is an error unless
//! `--allow-empty` is given; with `--wait` it is waited for.

use super::{look::Seen, target::Choice};
use crate::{
    cluster::{ApiError, Connection, WatchScope, get},
    domain::{
        error::UserError,
        k8s::object_ref::Namespace,
        store::{
            Store,
            watch::{Scope, WatchCoverage, WatchKind},
        },
        suggest::did_you_mean,
    },
};

/// What a check is about.
pub(super) struct Asked<'a> {
    pub choice: &'a Choice,
    /// Empty for all of them.
    pub namespaces: Vec<Namespace>,
    pub allow_empty: bool,
}

/// Whether a namespace exists, as far as the lists tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Existence {
    Exists,
    Missing,
    /// Namespaces may not be listed, and nothing is seen in it.
    Unknown,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        choice: &'a Choice,
        reach: &WatchScope,
        allow_empty: bool,
    ) -> Result<Self, UserError> {
        let namespaces = match reach {
            WatchScope::Cluster { .. } => Vec::new(),
            WatchScope::Namespaces(namespaces) => namespaces.clone(),
        };
        if let Some(wrong) = namespaces.iter().find(|name| !name.is_valid()) {
            return Err(UserError::new(format!(
                "{:?} is not a valid Namespace name",
                wrong.as_str()
            ))
            .with_cause("use lowercase letters, digits and -, at most 63 characters"));
        }
        Ok(Self {
            choice,
            namespaces,
            allow_empty,
        })
    }

    /// What is still waited for, in words; `None` when all is there.
    pub(super) fn awaited(&self, world: &Store, sight: &WatchCoverage) -> Option<String> {
        if self.allow_empty {
            return None;
        }
        let missing = self
            .namespaces
            .iter()
            .find(|name| existence(world, sight, name) != Existence::Exists);
        if let Some(namespace) = missing {
            return Some(format!("waiting for Namespace {namespace}"));
        }
        let absent = self.choice.absent(world);
        absent.map(|absent| format!("waiting for {absent}"))
    }

    /// Fails where something is not there, or may not be.
    pub(super) async fn is_there(
        &self,
        connection: &Connection,
        seen: &Seen,
    ) -> Result<(), UserError> {
        for namespace in self.namespaces.iter().filter(|_| !self.allow_empty) {
            match existence(&seen.world, &seen.sight, namespace) {
                Existence::Exists => {}
                Existence::Missing => return Err(missing(namespace, seen)),
                Existence::Unknown => match get::namespace_exists(connection, namespace).await {
                    Ok(true) => {}
                    Ok(false) => return Err(missing(namespace, seen)),
                    Err(trouble) => return Err(unknown(namespace, &trouble)),
                },
            }
        }
        if self.allow_empty {
            self.choice.may_be_looked_for(&seen.world, &seen.forbidden)
        } else {
            let found = self
                .choice
                .exists(&seen.world, &seen.forbidden, &self.place());
            // What could not be decoded may be it: the report names that, and the status says so.
            let is_whole = seen.sight.unreadable().next().is_none();
            found.or_else(|problem| if is_whole { Err(problem) } else { Ok(()) })
        }
    }

    /// Where was looked, for a sentence.
    pub(super) fn place(&self) -> String {
        match self.namespaces.as_slice() {
            [] => "in any namespace".to_owned(),
            [one] => format!("in namespace {one}"),
            all => {
                let all: Vec<&str> = all.iter().map(Namespace::as_str).collect();
                format!("in namespaces {}", all.join(", "))
            }
        }
    }
}

fn existence(world: &Store, sight: &WatchCoverage, namespace: &Namespace) -> Existence {
    let within = Scope::Namespace(namespace.clone());
    let has_objects = world.pods(&within).next().is_some()
        || world.accounts(&within).next().is_some()
        || world.secrets(&within).next().is_some()
        || world.workloads_of(&within).next().is_some();
    if has_objects {
        Existence::Exists
    } else if !sight.is_complete_in(WatchKind::Namespaces, &Scope::Cluster) {
        Existence::Unknown
    } else if world.namespace(namespace).is_some() {
        Existence::Exists
    } else {
        Existence::Missing
    }
}

fn missing(namespace: &Namespace, seen: &Seen) -> UserError {
    let problem = UserError::new(format!("Namespace {namespace} does not exist"));
    let mut names: Vec<&str> = Vec::new();
    if seen
        .sight
        .is_complete_in(WatchKind::Namespaces, &Scope::Cluster)
    {
        names.extend(seen.world.namespaces().map(|it| it.name.as_str()));
    }
    problem.with_help(match did_you_mean(namespace.as_str(), names) {
        Some(near) => format!("did you mean {near}? {ALLOW_EMPTY}"),
        None => format!("list them with kubectl get namespaces; {ALLOW_EMPTY}"),
    })
}

/// Advice where nothing was found.
pub(super) const ALLOW_EMPTY: &str = "use --allow-empty to accept this, or --wait to wait for it";

fn unknown(namespace: &Namespace, trouble: &ApiError) -> UserError {
    let what = format!("nothing found in Namespace {namespace}; it may not exist");
    let problem = UserError::new(what).with_cause(trouble.to_string());
    match trouble {
        ApiError::Forbidden(_) => problem
            .with_cause("you may not get namespaces, so its existence is unknown")
            .with_help(format!("check the name; {ALLOW_EMPTY}")),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{full_list, now, sample_store},
        store::{update::StoreUpdate, watch::WatchId},
    };

    #[test]
    fn a_namespace_exists_where_it_is_listed_or_something_is_in_it() {
        let mut world = sample_store();
        let shop = world
            .pods(&Scope::Cluster)
            .next()
            .unwrap()
            .key
            .namespace
            .clone();
        let nope = Namespace::new("nope");
        let listed = WatchCoverage::complete();
        assert_eq!(existence(&world, &listed, &shop), Existence::Exists);
        assert_eq!(existence(&world, &listed, &nope), Existence::Missing);
        let mut blind = WatchCoverage::complete();
        blind.remove(&WatchId {
            kind: WatchKind::Namespaces,
            scope: Scope::Cluster,
        });
        assert_eq!(existence(&world, &blind, &shop), Existence::Exists);
        assert_eq!(existence(&world, &blind, &nope), Existence::Unknown);
        // Nothing is left in it, but it is listed.
        let nothing = full_list(Scope::Namespace(shop.clone()), Vec::new());
        world.apply(StoreUpdate::Pods(nothing), now());
        assert_eq!(existence(&world, &listed, &shop), Existence::Exists);
    }

    #[test]
    fn an_invalid_namespace_is_refused_before_anything_is_asked() {
        let choice = Choice::default();
        for wrong in ["Bad_NS", "..", "a/b", ""] {
            let reach = WatchScope::Namespaces(vec![Namespace::new(wrong)]);
            assert!(Asked::new(&choice, &reach, true).is_err(), "{wrong}");
        }
        let reach = WatchScope::Namespaces(vec![Namespace::new("shop")]);
        assert!(Asked::new(&choice, &reach, false).is_ok());
    }
}
