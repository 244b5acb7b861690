//! An object in words: what it is, and what it has to do with the others.

mod account;
mod namespace;
mod pod;
mod secret;
mod workload;

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::{
    domain::{
        age,
        objects::{Meta, ObjectKey},
    },
    ui::{text, view::View},
};

pub(super) fn lines(object: &ObjectKey, wide: usize, view: View<'_>) -> Vec<Line<'static>> {
    let world = &view.model.world;
    let found = match object {
        ObjectKey::Namespace(name) => Some(namespace::lines(name, wide, view)),
        ObjectKey::Secret(key) => world
            .secret(key)
            .map(|secret| secret::lines(secret, wide, view)),
        ObjectKey::ServiceAccount(key) => world
            .account(key)
            .map(|account| account::lines(account, wide, view)),
        ObjectKey::Pod(key) => world.pod(key).map(|pod| pod::lines(pod, wide, view)),
        ObjectKey::Workload(id) => world
            .workload(id)
            .map(|workload| workload::lines(workload, wide, view)),
    };
    found.unwrap_or_else(|| vec![Line::styled("it is gone", view.theme.dim())])
}

/// Cells for the name of a field.
const NAME: usize = 16;

fn field(view: View<'_>, name: &str, value: &str, style: Style) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("{name:NAME$}"), view.theme.dim()),
        Span::styled(text::clean(value).into_owned(), style),
    ])
}

/// A field whose value may need several lines.
fn list(view: View<'_>, name: &str, values: &[String], wide: usize) -> Vec<Line<'static>> {
    if values.is_empty() {
        return vec![field(view, name, "none", view.theme.dim())];
    }
    let lines = text::wrap(&values.join(", "), wide.saturating_sub(NAME));
    let each = lines.into_iter().enumerate().map(|(at, line)| {
        field(
            view,
            if at == 0 { name } else { "" },
            &line,
            view.theme.text(),
        )
    });
    each.collect()
}

fn paragraph(text: &str, room: usize, style: Style) -> impl Iterator<Item = Line<'static>> {
    text::wrap(text, room.saturating_sub(2))
        .into_iter()
        .map(move |line| Line::styled(format!("  {line}"), style))
}

/// Age, and what is said of every object.
fn common(view: View<'_>, meta: &Meta, wide: usize) -> Vec<Line<'static>> {
    let age = meta
        .created
        .map_or_else(String::new, |created| age::age(created, view.now));
    let mut lines = vec![field(view, "Age", &age, view.theme.text())];
    if meta.deleting.is_some() {
        lines.push(field(
            view,
            "Deleting",
            "it is being deleted",
            view.theme.warning(),
        ));
    }
    let labels: Vec<String> = meta
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !labels.is_empty() {
        lines.extend(list(view, "Labels", &labels, wide));
    }
    lines
}

fn names<'a, N: ToString + 'a>(names: impl Iterator<Item = &'a N>) -> Vec<String> {
    names.map(ToString::to_string).collect()
}
