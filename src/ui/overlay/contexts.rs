//! The context picker: the contexts of the kubeconfig.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::window::{Window, render_list};
use crate::app::action::Action;
use crate::ui::key_hints::BACK;
use crate::{
    app::{overlay::ContextPicker, scroll::Scroll},
    domain::k8s::connection::KubeContext,
    ui::{
        draw_context::DrawContext,
        widgets::table::{Cell, ColumnSpec},
    },
};

const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec::new("", 0, 1),
    ColumnSpec::new("CONTEXT", 0, 60).flex(16).truncate_middle(),
    ColumnSpec::new("CLUSTER", 2, 40).truncate_middle(),
    ColumnSpec::new("USER", 1, 30).truncate_middle(),
    ColumnSpec::new("NAMESPACE", 3, 24).truncate_middle(),
];

pub(super) fn draw(picker: &ContextPicker, cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = cx.theme;
    let waiting = Window {
        title: "Contexts",
        hint: &cx.hints(&[BACK]),
        wide: 40,
    };
    match picker {
        ContextPicker::Loading(_) => {
            let words = format!("{} reading the kubeconfig", cx.spinner());
            let lines = vec![Line::styled(words, theme.dim())];
            waiting.render_text(lines, Scroll::TOP, theme, area, buffer);
        }
        ContextPicker::Ready { entries, .. } if entries.is_empty() => {
            let lines = vec![Line::styled("the kubeconfig has no contexts", theme.dim())];
            waiting.render_text(lines, Scroll::TOP, theme, area, buffer);
        }
        ContextPicker::Ready { entries, list } => {
            let window = Window {
                title: "Contexts",
                hint: &cx.hints(&[(&[Action::Open], "choose"), BACK]),
                wide: 110,
            };
            let inside = window.render(entries.len() + 1, theme, area, buffer);
            let cells = |entry: &KubeContext| cells(entry, cx);
            let chosen = list.position();
            render_list(COLUMNS, entries, chosen, cells, theme, inside, buffer);
        }
    }
}

fn cells(entry: &KubeContext, cx: DrawContext<'_>) -> Vec<Cell> {
    let theme = cx.theme;
    let here = cx
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
