//! Renders the action menu; unavailable actions are dim, with the reason.

use ratatui::{buffer::Buffer, layout::Rect};

use super::window::{Window, render_list};
use crate::app::action::Action;
use crate::ui::key_hints::BACK;
use crate::{
    app::menu::{Availability, Menu, MenuItem},
    ui::{
        draw_context::DrawContext,
        widgets::table::{Cell, ColumnSpec},
    },
};

const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec::new("KEY", 0, 12),
    ColumnSpec::new("ACTION", 0, 100).flex(24),
    ColumnSpec::new("NOT AVAILABLE", 0, 60).min_width(12),
];

const WIDE: u16 = 120;

pub(super) fn draw(menu: &Menu, cx: DrawContext<'_>, area: Rect, buffer: &mut Buffer) {
    let window = Window {
        title: &menu.title,
        hint: &cx.hints(&[(&[Action::Open], "or its key"), BACK]),
        wide: WIDE,
    };
    let inside = window.render(menu.items.len() + 1, cx.theme, area, buffer);
    let cells = |item: &MenuItem| cells(menu, item, cx);
    let chosen = menu.list.position();
    render_list(
        COLUMNS,
        &menu.items,
        chosen,
        cells,
        cx.theme,
        inside,
        buffer,
    );
}

fn cells(menu: &Menu, item: &MenuItem, cx: DrawContext<'_>) -> Vec<Cell> {
    let theme = cx.theme;
    let standing = item.availability(cx.model.permission_context(menu));
    let why = match &standing {
        Availability::Available => String::new(),
        Availability::Loading => "checking permissions".to_owned(),
        Availability::NotApplicable(why) => why.clone(),
        Availability::ReadOnly => "read-only".to_owned(),
        // The namespace stands in the title.
        Availability::Forbidden(permission) => {
            format!("you may not {} {}", permission.verb, permission.resource)
        }
    };
    let (key_style, style) = match standing {
        Availability::Available | Availability::Loading => (theme.key(), theme.text()),
        Availability::NotApplicable(_) | Availability::ReadOnly | Availability::Forbidden(_) => {
            (theme.dim(), theme.dim())
        }
    };
    let key = item.keys.first().map(ToString::to_string);
    vec![
        Cell::new(key.unwrap_or_default(), key_style),
        Cell::new(&*item.help, style),
        Cell::new(why, theme.dim()),
    ]
}
