//! The contexts of the kubeconfig.

use ratatui::{buffer::Buffer, layout::Rect, text::Line, widgets::Widget};

use super::window;
use crate::{
    app::overlay::ContextPicker,
    domain::identity::ContextEntry,
    ui::{
        view::View,
        widgets::table::{Cell, Column, Table},
    },
};

const COLUMNS: &[Column] = &[
    Column::new("", 0, 1),
    Column::new("CONTEXT", 0, 60).grows(16).middle(),
    Column::new("CLUSTER", 2, 40).middle(),
    Column::new("USER", 1, 30).middle(),
    Column::new("NAMESPACE", 3, 24).middle(),
];

pub(super) fn draw(picker: &ContextPicker, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = view.theme;
    match picker {
        ContextPicker::Loading(_) => {
            let inside = window("Contexts", "esc back", theme, 40, 3, area, buffer);
            Line::styled(
                format!("{} reading the kubeconfig", view.spinner()),
                theme.dim(),
            )
            .render(inside, buffer);
        }
        ContextPicker::Ready { entries, list } => {
            let high = u16::try_from(entries.len() + 3).unwrap_or(u16::MAX);
            let inside = window(
                "Contexts",
                "enter choose · esc back",
                theme,
                110,
                high,
                area,
                buffer,
            );
            let room = usize::from(inside.height.saturating_sub(1)).max(1);
            let position = list.position().unwrap_or(0);
            let first = (position + 1).saturating_sub(room);
            Table {
                columns: COLUMNS,
                rows: entries
                    .iter()
                    .skip(first)
                    .take(room)
                    .map(|entry| cells(entry, view))
                    .collect(),
                selected: position.checked_sub(first),
                focused: true,
                sorted: None,
            }
            .draw(theme, inside, buffer);
        }
    }
}

fn cells(entry: &ContextEntry, view: View<'_>) -> Vec<Cell> {
    let theme = view.theme;
    let here = view
        .model
        .connection
        .identity()
        .is_some_and(|identity| identity.context == entry.name);
    let mark = if here { theme.symbols().healthy } else { "" };
    vec![
        Cell::new(mark, theme.good()),
        Cell::new(&*entry.name, theme.text()),
        Cell::new(&*entry.cluster, theme.dim()),
        Cell::new(entry.user.as_deref().unwrap_or_default(), theme.dim()),
        Cell::new(entry.namespace.as_deref().unwrap_or_default(), theme.dim()),
    ]
}
