//! Events, newest first, one line per object, reason and message.

use std::cmp::Reverse;

use super::{super::filter::Sieve, PaneState, SortBy};
use crate::domain::{
    watch::Scope,
    world::{Line, LineKey, Versions, World},
};

pub type Row = LineKey;

pub fn refresh(pane: &mut PaneState<Row>, world: &World, scope: &Scope) {
    let versions = Versions {
        events: world.versions().events,
        ..Versions::default()
    };
    // While the newest line is selected, it is the newest that stays selected.
    let follows = pane.list.position().is_none_or(|position| position == 0);
    let made = pane.refresh(versions, scope, |pane| {
        let mut sieve = Sieve::new(&pane.filter);
        let mut lines: Vec<&Line> = world
            .event_lines()
            .filter(|line| in_scope(line, scope))
            .filter(|line| !pane.faults_only || line.pull_failure)
            .filter(|line| pane.filter.is_empty() || passes(&mut sieve, line))
            .collect();
        match pane.sort.by {
            SortBy::Age => {}
            SortBy::Status => lines.sort_by_key(|line| (!line.pull_failure, !line.warning())),
            SortBy::Name | SortBy::Namespace => lines.sort_by_key(|line| &line.event.subject),
            SortBy::Count => lines.sort_by_key(|line| Reverse(line.count)),
        }
        lines.into_iter().map(|line| line.key.clone()).collect()
    });
    if made && follows {
        pane.list.go(crate::app::action::Motion::First);
    }
}

fn in_scope(line: &Line, scope: &Scope) -> bool {
    match scope {
        Scope::Cluster => true,
        Scope::Namespace(namespace) => line.event.subject.namespace.as_ref() == Some(namespace),
    }
}

fn passes(sieve: &mut Sieve<'_>, line: &Line) -> bool {
    let subject = &line.event.subject;
    sieve.passes(
        &[&subject.name, &line.event.reason, &line.event.message],
        Some(&line.event.meta),
    )
}
