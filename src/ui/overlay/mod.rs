//! The layers above the panes.

mod contexts;
mod details;
mod faults;
mod field;
mod form;
mod help;
mod hygiene;
mod learn;
mod menu;
mod problem;
mod proposal;
mod pull_test;
mod reveal;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::{Block, BorderType, Clear, Padding, Paragraph, Widget},
};

use super::{layout::Layout, theme::Theme, view::View};
use crate::app::{connection::Phase, overlay::Overlay};

/// Draws what lies above the panes, lowest layer first.
pub(super) fn draw(view: View<'_>, layout: &Layout, buffer: &mut Buffer) {
    let area = above_footer(layout);
    if let Phase::Failed { problem, .. } = &view.model.connection.phase {
        problem::draw(problem, 0, view, area, buffer);
    }
    for overlay in &view.model.overlays {
        match overlay {
            Overlay::Help { scroll } => help::draw(*scroll, view, area, buffer),
            Overlay::Details(details) => details::draw(details, view, area, buffer),
            Overlay::Faults(list) => faults::draw(list, view, area, buffer),
            Overlay::Proposal(proposal) => proposal::draw(proposal, view, area, buffer),
            Overlay::PullTest(trial) => pull_test::draw(trial, view, area, buffer),
            Overlay::Menu(menu) => menu::draw(menu, view, area, buffer),
            Overlay::Reveal(values) => reveal::draw(values, view, area, buffer),
            Overlay::Learn(learn) => learn::draw(learn, view, area, buffer),
            Overlay::Form(form) => form::draw(form, view, area, buffer),
            Overlay::Hygiene { standings, scroll } => {
                hygiene::draw(standings, *scroll, view, area, buffer);
            }
            Overlay::Contexts(picker) => contexts::draw(picker, view, area, buffer),
            Overlay::Problem { problem, scroll } => {
                problem::draw(problem, *scroll, view, area, buffer);
            }
            Overlay::Filter { .. } | Overlay::Palette(_) => {
                field::draw(overlay, view, layout, buffer);
            }
        }
    }
}

/// Layers leave the last row free: there stands what a key did, and which keys there are.
fn above_footer(layout: &Layout) -> Rect {
    Rect {
        height: layout.footer.y.saturating_sub(layout.area.y),
        ..layout.area
    }
}

/// Where the cursor stands: in the field that is typed into.
pub(super) fn cursor(view: View<'_>, layout: &Layout) -> Option<Position> {
    match view.model.overlays.last()? {
        Overlay::Form(form) => form::cursor(form, above_footer(layout)),
        Overlay::Details(details) => details::cursor(details, layout),
        overlay => field::cursor(overlay, layout),
    }
}

/// A box in the middle of the screen, with a title and a hint, cleared.
fn window(
    title: &str,
    hint: &str,
    theme: &Theme,
    wide: u16,
    high: u16,
    area: Rect,
    buffer: &mut Buffer,
) -> Rect {
    let width = wide.min(area.width);
    let height = high.min(area.height);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    Clear.render(place, buffer);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border(true))
        .padding(Padding::horizontal(1))
        .title(Span::styled(format!(" {title} "), theme.title(true)))
        .title_bottom(Line::styled(format!(" {hint} "), theme.dim()).right_aligned());
    let inside = block.inner(place);
    block.render(place, buffer);
    inside
}

/// Lines scrolled so far that the last one can still be seen.
fn scrolled(lines: Vec<Line<'_>>, scroll: usize, area: Rect, buffer: &mut Buffer) {
    let most = lines.len().saturating_sub(usize::from(area.height));
    let from = u16::try_from(scroll.min(most)).unwrap_or(u16::MAX);
    Paragraph::new(lines).scroll((from, 0)).render(area, buffer);
}
