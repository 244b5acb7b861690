//! The prompt line: a filter, or a command with its suggestions.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::{Clear, Widget},
};
use tui_input::Input;

use super::super::{draw_context::DrawContext, layout::Layout, text};
use crate::app::{
    command_palette,
    overlay::{CommandPalette, Overlay},
};

/// Maximum number of visible suggestions.
const SHOWN: usize = 8;

pub(super) fn draw(overlay: &Overlay, cx: DrawContext<'_>, layout: &Layout, buffer: &mut Buffer) {
    let Some((sign, input)) = sign_and_input(overlay) else {
        return;
    };
    let area = layout.footer;
    Clear.render(area, buffer);
    let room = room(area);
    let scroll = input.visual_scroll(room);
    let shown: String = text::clean(input.value())
        .chars()
        .skip(scroll)
        .take(room)
        .collect();
    Line::from(vec![
        Span::styled(format!(" {sign}"), cx.theme.key()),
        Span::raw(shown),
    ])
    .render(area, buffer);
    if let Overlay::Palette(palette) = overlay {
        suggestions(palette, cx, layout, buffer);
    }
}

pub(super) fn cursor(overlay: &Overlay, layout: &Layout) -> Option<Position> {
    let (_, input) = sign_and_input(overlay)?;
    let area = layout.footer;
    let scroll = input.visual_scroll(room(area));
    let x = input.visual_cursor().saturating_sub(scroll);
    Some(Position::new(area.x + 2 + u16::try_from(x).ok()?, area.y))
}

/// Cells for the text: behind the sign, with one for the cursor.
fn room(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(3)).max(1)
}

fn sign_and_input(overlay: &Overlay) -> Option<(char, &Input)> {
    match overlay {
        Overlay::Filter { input, .. } => Some(('/', input)),
        Overlay::Palette(palette) => Some((':', &palette.input)),
        Overlay::Help { .. }
        | Overlay::Details(_)
        | Overlay::Guide(_)
        | Overlay::PullTest(_)
        | Overlay::Node(_)
        | Overlay::NodeFiles(_)
        | Overlay::Reveal(_)
        | Overlay::Menu(_)
        | Overlay::Contexts(_)
        | Overlay::Faults(_)
        | Overlay::PlanDialog(_)
        | Overlay::Form(_)
        | Overlay::Hygiene { .. }
        | Overlay::ManualFix { .. }
        | Overlay::Error { .. } => None,
    }
}

/// Width of a suggestion with its description.
const WIDE: u16 = 80;

/// Width of the suggestion itself.
const NAME: usize = 24;

/// Text beside a command that the enter key did not run.
const HELD: &str = "makes a change: tab completes it, enter runs it";

/// The suggestions grow upwards from the line.
fn suggestions(
    palette: &CommandPalette,
    cx: DrawContext<'_>,
    layout: &Layout,
    buffer: &mut Buffer,
) {
    let theme = cx.theme;
    let all =
        command_palette::suggestions(palette.input.value(), &cx.model.store, &cx.model.session);
    let room = usize::from(layout.footer.y.saturating_sub(layout.area.y)).min(SHOWN);
    let first = (palette.chosen + 1).saturating_sub(room);
    let shown: Vec<_> = all.iter().enumerate().skip(first).take(room).collect();
    let top = layout
        .footer
        .y
        .saturating_sub(u16::try_from(shown.len()).unwrap_or(0));
    for ((index, suggestion), y) in shown.into_iter().zip(top..) {
        let area = Rect {
            y,
            height: 1,
            width: layout.footer.width.min(WIDE),
            ..layout.footer
        };
        Clear.render(area, buffer);
        let name = text::truncate(&suggestion.text, NAME, text::Ellipsis::Middle);
        let room = usize::from(area.width).saturating_sub(NAME + 3);
        let is_held = palette.unconfirmed.as_deref() == Some(&*suggestion.text);
        let help = if is_held && index == palette.chosen {
            HELD
        } else {
            &suggestion.help
        };
        let help = text::truncate(help, room, text::Ellipsis::End);
        let line = Line::from(vec![
            Span::styled(format!("  {name:NAME$} "), theme.key()),
            Span::styled(help.into_owned(), theme.dim()),
        ]);
        line.render(area, buffer);
        if index == palette.chosen {
            buffer.set_style(area, theme.selected(true));
        }
    }
}
