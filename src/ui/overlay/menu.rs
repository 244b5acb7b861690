//! The menu of what can be done with what is selected; what cannot is dim, with the reason.

use ratatui::{buffer::Buffer, layout::Rect};

use super::window;
use crate::{
    app::menu::{Item, Menu, Standing},
    ui::{
        text,
        view::View,
        widgets::table::{Cell, Column, Table},
    },
};

const COLUMNS: &[Column] = &[
    Column::new("KEY", 0, 12),
    Column::new("WHAT IT DOES", 0, 100).grows(24),
    Column::new("WHY NOT", 0, 60).gives(12),
];

const WIDE: u16 = 120;

pub(super) fn draw(menu: &Menu, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let high = u16::try_from(menu.items.len() + 3).unwrap_or(u16::MAX);
    let title = text::clean(&menu.title).into_owned();
    let inside = window(
        &title,
        "enter or its key · esc back",
        view.theme,
        WIDE,
        high,
        area,
        buffer,
    );
    let room = usize::from(inside.height.saturating_sub(1)).max(1);
    let position = menu.list.position().unwrap_or(0);
    let first = (position + 1).saturating_sub(room);
    let items = menu.items.iter().skip(first).take(room);
    Table {
        columns: COLUMNS,
        rows: items.map(|item| cells(menu, item, view)).collect(),
        selected: position.checked_sub(first),
        focused: true,
        sorted: None,
    }
    .draw(view.theme, inside, buffer);
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
