//! The menu of what can be done with what is selected; what cannot is dim, with the reason.

use ratatui::{buffer::Buffer, layout::Rect};

use super::window::{Window, choice};
use crate::{
    app::menu::{Item, Menu, Standing},
    ui::{
        draw_context::View,
        widgets::table::{Cell, ColumnSpec},
    },
};

const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec::new("KEY", 0, 12),
    ColumnSpec::new("WHAT IT DOES", 0, 100).flex(24),
    ColumnSpec::new("WHY NOT", 0, 60).min_width(12),
];

const WIDE: u16 = 120;

pub(super) fn draw(menu: &Menu, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let window = Window {
        title: &menu.title,
        hint: "enter or its key · esc back",
        wide: WIDE,
    };
    let inside = window.open(menu.items.len() + 1, view.theme, area, buffer);
    let cells = |item: &Item| cells(menu, item, view);
    let chosen = menu.list.position();
    choice(
        COLUMNS,
        &menu.items,
        chosen,
        cells,
        view.theme,
        inside,
        buffer,
    );
}

fn cells(menu: &Menu, item: &Item, view: View<'_>) -> Vec<Cell> {
    let theme = view.theme;
    let standing = item.standing(view.model.may(menu));
    let why = match &standing {
        Standing::Possible => String::new(),
        Standing::Asking => "asking the server".to_owned(),
        Standing::NotHere(why) => why.clone(),
        Standing::ReadOnly => "read-only".to_owned(),
        // The namespace stands in the title.
        Standing::Forbidden(permission) => {
            format!("you may not {} {}", permission.verb, permission.resource)
        }
    };
    let (key_style, style) = match standing {
        Standing::Possible | Standing::Asking => (theme.key(), theme.text()),
        Standing::NotHere(_) | Standing::ReadOnly | Standing::Forbidden(_) => {
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
