//! Describe view: the properties and references of an object.

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
    domain::k8s::{
        age,
        objects::{AnyObjectRef, ObjectMeta},
    },
    ui::{
        draw_context::DrawContext,
        text::{self, indented_lines},
    },
};

pub(super) fn lines(object: &AnyObjectRef, wide: usize, cx: DrawContext<'_>) -> Vec<Line<'static>> {
    let store = &cx.model.store;
    let mut sheet = Sheet {
        cx,
        wide,
        lines: Vec::new(),
    };
    let written = match object {
        AnyObjectRef::Namespace(name) => {
            namespace::write(name, &mut sheet);
            Some(())
        }
        AnyObjectRef::Secret(key) => store
            .secret(key)
            .map(|secret| secret::write(secret, &mut sheet)),
        AnyObjectRef::ServiceAccount(key) => store
            .account(key)
            .map(|account| account::write(account, &mut sheet)),
        AnyObjectRef::Pod(key) => store.pod(key).map(|pod| pod::write(pod, &mut sheet)),
        AnyObjectRef::Workload(id) => store
            .workload(id)
            .map(|workload| workload::write(workload, &mut sheet)),
    };
    if written.is_none() {
        return vec![super::deleted_line(cx)];
    }
    sheet.lines
}

/// Width of a field's name.
const NAME: usize = 16;

/// Maximum number of values listed per field: ten thousand Pods may use one Secret.
const LISTED: usize = 100;

/// The lines that describe an object: fields, and paragraphs under them. Nothing is cut off: what is too long
/// goes on in the next line.
struct Sheet<'a> {
    cx: DrawContext<'a>,
    wide: usize,
    lines: Vec<Line<'static>>,
}

impl Sheet<'_> {
    fn field(&mut self, name: &str, value: &str, style: Style) {
        let dim = self.cx.theme.dim();
        let values = text::wrap(value, self.wide.saturating_sub(NAME));
        let lines = values.into_iter().enumerate().map(|(at, value)| {
            let name = if at == 0 { name } else { "" };
            Line::from(vec![
                Span::styled(format!("{name:NAME$}"), dim),
                Span::styled(value, style),
            ])
        });
        self.lines.extend(lines);
    }

    /// A field in the style of plain text.
    fn plain(&mut self, name: &str, value: &str) {
        self.field(name, value, self.cx.theme.text());
    }

    /// A field of several values; without any it says so, of many it says how many more there are.
    fn list<T: ToString>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        let mut values = values.into_iter();
        let listed: Vec<String> = values
            .by_ref()
            .take(LISTED)
            .map(|it| it.to_string())
            .collect();
        let listed = listed.join(", ");
        match values.count() {
            0 if listed.is_empty() => self.field(name, "none", self.cx.theme.dim()),
            0 => self.plain(name, &listed),
            more => self.plain(name, &format!("{listed} and {more} more")),
        }
    }

    fn paragraph(&mut self, words: &str, style: Style) {
        self.lines
            .extend(indented_lines(words, 2, self.wide, style));
    }

    /// The heading of a part, below an empty line.
    fn part(&mut self, title: &str) {
        self.lines.push(Line::default());
        let title = text::truncate(title, self.wide, text::Ellipsis::Middle).into_owned();
        self.lines.push(Line::styled(title, self.cx.theme.strong()));
    }

    /// A sentence for who wonders, below an empty line.
    fn note(&mut self, words: &str, style: Style) {
        self.lines.push(Line::default());
        self.lines
            .extend(indented_lines(words, 0, self.wide, style));
    }

    /// Age, and what else is said of every object.
    fn common(&mut self, meta: &ObjectMeta) {
        self.age(meta);
        if meta.deleting.is_some() {
            let style = self.cx.theme.warning();
            self.field("Deleting", "terminating", style);
        }
        if !meta.labels.is_empty() {
            let labels = meta.labels.iter();
            self.list(
                "Labels",
                labels.map(|(name, value)| format!("{name}={value}")),
            );
        }
    }

    fn age(&mut self, meta: &ObjectMeta) {
        let created = meta.created;
        let age = created.map_or_else(String::new, |created| age::age(created, self.cx.now));
        self.plain("Age", &age);
    }
}
