//! Centered windows with scrollable text or a list to choose from.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, BorderType, Clear, Padding, Paragraph, Widget},
};

use crate::{
    app::scroll::Scroll,
    ui::{
        text::{self, Ellipsis},
        theme::Theme,
        widgets::table::{Cell, ColumnSpec, Table},
    },
};

pub(super) struct Window<'a> {
    pub title: &'a str,
    /// The keys that matter in it.
    pub hint: &'a str,
    /// Most columns, border and all.
    pub wide: u16,
}

/// Width of border and padding, both sides together.
const SIDES: u16 = 4;

/// Width for text in a window of at most this many columns.
pub(super) fn inner_width(wide: u16, area: Rect) -> usize {
    usize::from(wide.min(area.width).saturating_sub(SIDES))
}

/// Area of a centred window with this many rows, including the border.
pub(super) fn centered(wide: u16, rows: usize, area: Rect) -> Rect {
    let high = u16::try_from(rows.saturating_add(2)).unwrap_or(u16::MAX);
    let width = wide.min(area.width);
    let height = high.min(area.height);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

impl Window<'_> {
    /// Clears the area for this many rows and draws the border; returns the inner area.
    pub(super) fn render(
        &self,
        rows: usize,
        theme: &Theme,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Rect {
        let place = centered(self.wide, rows, area);
        let room = inner_width(self.wide, area);
        let title = text::truncate(self.title, room, Ellipsis::Middle);
        let hint = text::truncate(self.hint, room, Ellipsis::End);
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

    /// Renders a window as high as its lines; returns how far they can be scrolled.
    pub(super) fn render_text(
        &self,
        lines: Vec<Line<'_>>,
        scroll: Scroll,
        theme: &Theme,
        area: Rect,
        buffer: &mut Buffer,
    ) -> usize {
        let inside = self.render(lines.len(), theme, area, buffer);
        render_scrolled(lines, scroll, inside, buffer)
    }
}

/// Renders lines, scrolled at most until the last one is at the bottom; returns that limit.
pub(super) fn render_scrolled(
    lines: Vec<Line<'_>>,
    scroll: Scroll,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let high = usize::from(area.height);
    let end = Scroll::END.first(lines.len(), high);
    let first = scroll.first(lines.len(), high);
    let shown: Vec<Line<'_>> = lines.into_iter().skip(first).take(high).collect();
    Paragraph::new(shown).render(area, buffer);
    end
}

/// Renders a list, with the selected row visible.
pub(super) fn render_list<T>(
    columns: &[ColumnSpec],
    items: &[T],
    chosen: Option<usize>,
    cells: impl Fn(&T) -> Vec<Cell>,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
) {
    let room = usize::from(area.height.saturating_sub(1)).max(1);
    let chosen = chosen.unwrap_or(0);
    let first = (chosen + 1).saturating_sub(room);
    Table {
        columns,
        rows: items.iter().skip(first).take(room).map(cells).collect(),
        selected: chosen.checked_sub(first),
        focused: true,
        sorted: None,
    }
    .draw(theme, area, buffer);
}
