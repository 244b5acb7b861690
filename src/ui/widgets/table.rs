//! A table of the visible rows: columns are as wide as their content, and the least important is dropped first.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span};

use crate::ui::{
    text::{self, Ellipsis},
    theme::Theme,
};

#[derive(Clone, Copy, Debug)]
pub struct ColumnSpec {
    pub header: &'static str,
    pub truncate: Ellipsis,
    /// At most so many cells.
    pub max_width: u16,
    /// A column that may be narrowed is not made narrower than this while another could be dropped.
    pub min_width: Option<u16>,
    /// Takes the room that is left.
    pub flex: bool,
    pub align_right: bool,
    /// Columns with a low number give way last.
    pub priority: u8,
}

impl ColumnSpec {
    pub const fn new(header: &'static str, priority: u8, max_width: u16) -> Self {
        Self {
            header,
            truncate: Ellipsis::End,
            max_width,
            min_width: None,
            flex: false,
            align_right: false,
            priority,
        }
    }

    /// Takes the remaining width, and shrinks to this width.
    #[must_use]
    pub const fn flex(mut self, min_width: u16) -> Self {
        self.flex = true;
        self.min_width = Some(min_width);
        self
    }

    /// Shrinks to this width.
    #[must_use]
    pub const fn min_width(mut self, min_width: u16) -> Self {
        self.min_width = Some(min_width);
        self
    }

    #[must_use]
    pub const fn align_right(mut self) -> Self {
        self.align_right = true;
        self
    }

    /// Truncates generated names before their random suffix.
    #[must_use]
    pub const fn truncate_name(mut self) -> Self {
        self.truncate = Ellipsis::Name;
        self
    }

    #[must_use]
    pub const fn truncate_middle(mut self) -> Self {
        self.truncate = Ellipsis::Middle;
        self
    }
}

#[derive(Clone, Debug)]
pub struct Cell {
    pub text: String,
    pub style: Style,
}

impl Cell {
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
        }
    }
}

/// The rows of a table, and the position of the selection.
pub struct Table<'a> {
    pub columns: &'a [ColumnSpec],
    pub rows: Vec<Vec<Cell>>,
    pub selected: Option<usize>,
    pub focused: bool,
    /// The column that the rows are sorted by, and whether downwards.
    pub sorted: Option<(&'a str, bool)>,
}

/// Width between two columns.
const GAP: u16 = 2;

/// Cells that columns of these widths take, with the gaps between them.
fn needed(widths: &[u16]) -> u16 {
    let shown = widths.iter().filter(|width| **width > 0).count();
    let gaps = u16::try_from(shown.saturating_sub(1)).unwrap_or(0);
    widths.iter().sum::<u16>() + GAP * gaps
}

impl Table<'_> {
    /// Draws the heading and the rows.
    pub fn draw(&self, theme: &Theme, area: Rect, buffer: &mut Buffer) {
        if area.is_empty() {
            return;
        }
        let widths = self.widths(area.width);
        self.heading(theme, &widths, area, buffer);
        for (index, (row, y)) in self
            .rows
            .iter()
            .zip(area.top() + 1..area.bottom())
            .enumerate()
        {
            let selected = self.selected == Some(index);
            if selected {
                let line = Rect {
                    y,
                    height: 1,
                    ..area
                };
                buffer.set_style(line, theme.selected(self.focused));
            }
            self.line(
                row,
                &widths,
                area.x,
                y,
                buffer,
                selected.then(|| theme.selected(self.focused)),
            );
        }
    }

    fn heading(&self, theme: &Theme, widths: &[u16], area: Rect, buffer: &mut Buffer) {
        let titles: Vec<Cell> = self
            .columns
            .iter()
            .zip(widths)
            .map(|(column, width)| {
                let arrow = match self.sorted {
                    Some((title, true)) if title == column.header => "↓",
                    Some((title, false)) if title == column.header => "↑",
                    _ => "",
                };
                // The arrow is seen, however narrow the column is.
                let room = usize::from(*width).saturating_sub(text::width(arrow));
                let title = text::truncate(column.header, room, Ellipsis::End);
                Cell::new(format!("{title}{arrow}"), theme.dim())
            })
            .collect();
        self.line(&titles, widths, area.x, area.y, buffer, None);
    }

    fn line(
        &self,
        cells: &[Cell],
        widths: &[u16],
        left: u16,
        y: u16,
        buffer: &mut Buffer,
        over: Option<Style>,
    ) {
        let mut x = left;
        for ((column, cell), width) in self.columns.iter().zip(cells).zip(widths) {
            if *width == 0 {
                continue;
            }
            let text = text::truncate(&cell.text, usize::from(*width), column.truncate);
            let free = *width
                - u16::try_from(text::width(&text))
                    .unwrap_or(*width)
                    .min(*width);
            let start = if column.align_right { x + free } else { x };
            // Under the keyboard's bar all cells look alike; elsewhere they keep their colours.
            let style = match over {
                Some(over) if self.focused => over,
                Some(over) => cell.style.patch(over),
                None => cell.style,
            };
            buffer.set_span(start, y, &Span::styled(text, style), *width);
            x += width + GAP;
        }
    }

    /// Width of each column; 0 for a dropped one.
    ///
    /// First go columns that say nothing in any row, then what can be narrowed is, and at last those of the highest
    /// rank go.
    fn widths(&self, room: u16) -> Vec<u16> {
        let mut widths: Vec<u16> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| self.wanted_width(index, column))
            .collect();
        while needed(&widths) > room {
            let silent = |index: &usize| self.is_column_empty(*index);
            match self
                .lowest_priority(&widths, silent)
                .and_then(|at| widths.get_mut(at))
            {
                Some(width) => *width = 0,
                None => break,
            }
        }
        loop {
            let total = needed(&widths);
            if total <= room {
                self.grow(&mut widths, room - total);
                return widths;
            }
            if self.shrink(&mut widths, total - room) {
                return widths;
            }
            let shown = widths.iter().filter(|width| **width > 0).count();
            match self
                .lowest_priority(&widths, |_| true)
                .and_then(|at| widths.get_mut(at))
            {
                Some(width) if shown > 1 => *width = 0,
                Some(width) => {
                    *width = room;
                    return widths;
                }
                None => return widths,
            }
        }
    }

    /// The visible column of lowest priority among those that match.
    fn lowest_priority(&self, widths: &[u16], meant: impl Fn(&usize) -> bool) -> Option<usize> {
        (0..widths.len())
            .filter(|index| widths.get(*index).is_some_and(|width| *width > 0))
            .filter(meant)
            .max_by_key(|index| self.columns.get(*index).map_or(0, |column| column.priority))
    }

    fn is_column_empty(&self, index: usize) -> bool {
        let mut cells = self.rows.iter().filter_map(|row| row.get(index));
        cells.all(|cell| cell.text.is_empty())
    }

    fn wanted_width(&self, index: usize, column: &ColumnSpec) -> u16 {
        let title = text::width(column.header) + 1;
        let widest = self
            .rows
            .iter()
            .filter_map(|row| row.get(index))
            .map(|cell| text::width(&text::clean(&cell.text)))
            .max()
            .unwrap_or(0);
        let title = if column.header.is_empty() { 0 } else { title };
        u16::try_from(widest.max(title))
            .unwrap_or(u16::MAX)
            .min(column.max_width)
            .max(1)
    }

    fn grow(&self, widths: &mut [u16], free: u16) {
        let last = self.columns.iter().rposition(|column| column.flex);
        if let Some(width) = last.and_then(|index| widths.get_mut(index)) {
            *width += free;
        }
    }

    /// Takes the excess from columns that give way, as far as they can; the widest gives first.
    fn shrink(&self, widths: &mut [u16], excess: u16) -> bool {
        let spare = |column: &ColumnSpec, width: u16| {
            column
                .min_width
                .map_or(0, |min_width| width.saturating_sub(min_width))
        };
        let can_give: u16 = self
            .columns
            .iter()
            .zip(widths.iter())
            .map(|(column, width)| spare(column, *width))
            .sum();
        if can_give < excess {
            return false;
        }
        for _ in 0..excess {
            let widest = self
                .columns
                .iter()
                .zip(widths.iter_mut())
                .filter(|(column, width)| spare(column, **width) > 0)
                .map(|(_, width)| width)
                .max_by_key(|width| **width);
            if let Some(width) = widest {
                *width -= 1;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::ThemeOptions;

    const COLUMNS: &[ColumnSpec] = &[
        ColumnSpec::new("NAME", 0, 20).flex(4).truncate_middle(),
        ColumnSpec::new("RETRY", 2, 7).align_right(),
        ColumnSpec::new("WHY", 1, 20),
        ColumnSpec::new("AGE", 3, 4).align_right(),
    ];

    fn drawn(rows: &[[&str; 4]], wide: u16) -> Vec<String> {
        let area = Rect::new(0, 0, wide, u16::try_from(rows.len() + 1).unwrap());
        let mut buffer = Buffer::empty(area);
        let cells = |row: &[&str; 4]| row.map(|text| Cell::new(text, Style::new())).to_vec();
        Table {
            columns: COLUMNS,
            rows: rows.iter().map(cells).collect(),
            selected: None,
            focused: false,
            sorted: Some(("NAME", true)),
        }
        .draw(&ThemeOptions::default().theme(), area, &mut buffer);
        let rows = buffer.content.chunks(usize::from(wide));
        let row = |row: &[ratatui::buffer::Cell]| {
            let text: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            text.trim_end().to_owned()
        };
        rows.map(row).collect()
    }

    #[test]
    fn a_column_that_says_nothing_goes_first_and_one_of_high_rank_last() {
        let rows = [["checkout", "", "expired", "3d"]];
        let wide = drawn(&rows, 60);
        assert!(
            wide[0].contains("RETRY") && wide[0].contains("AGE"),
            "{wide:?}"
        );
        assert_eq!(
            drawn(&rows, 23),
            ["NAME↓     WHY       AGE", "checkout  expired    3d"]
        );
        assert_eq!(drawn(&rows, 15), ["NAME↓   WHY", "ch…out  expired"]);
        assert_eq!(drawn(&rows, 3), ["N…↓", "…ut"]);
    }
}
