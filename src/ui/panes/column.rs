//! Columns and empty states of a pane: one implementation of [`PaneView`] per pane.

use ratatui::layout::Rect;

use super::DrawContext;
use crate::{
    app::panes::{PaneEntry, SortBy},
    ui::widgets::table::{Cell, ColumnSpec},
};

/// Declares the enum of a pane's columns, from left to right.
macro_rules! columns {
    ($($Column:ident,)+) => {
        #[derive(Clone, Copy)]
        pub(super) enum Column {
            $($Column,)+
        }

        impl Column {
            const ALL: &'static [Self] = &[$(Self::$Column),+];
        }
    };
}

pub(super) use columns;

/// The columns of a pane: an enum, so that a new variant without header or cell does not compile.
pub(super) trait Column: Copy + 'static {
    /// Header, widths and alignment. A column without a header cannot be left out by the user.
    fn spec(self) -> ColumnSpec;

    /// The order that the column represents; its header then has the arrow.
    ///
    /// The column that stands for the order by namespace is left out while one namespace is shown.
    fn sort(self) -> Option<SortBy>;
}

/// How a pane is rendered.
pub(super) trait PaneView: PaneEntry {
    type Column: Column;

    /// The data of a row, looked up once for all its cells.
    type RowData<'a>;

    /// The columns, from left to right.
    const COLUMNS: &'static [Self::Column];

    /// Text of an empty pane, such as *no Pods*.
    const NO_ROWS: &'static str;

    /// What to do about an empty pane, or why it is fine.
    fn hint(cx: DrawContext<'_>) -> Option<String>;

    /// Part of the title while only failing rows are shown.
    const FAULTS_ONLY: &'static str = "failing only";

    /// Text of the pane when nothing fails.
    const NO_FAULTS: &'static str = "nothing is failing";

    /// Looks up what a row shows; `None`: the object is gone, and the row is blank until the next refresh.
    fn look_up<'a>(
        cx: DrawContext<'a>,
        row: &'a Self::Row,
        area: Rect,
    ) -> Option<Self::RowData<'a>>;

    fn cell(cx: DrawContext<'_>, object: &Self::RowData<'_>, column: Self::Column) -> Cell;

    /// What the pane says on its border beside what all say.
    fn note(&self, _cx: DrawContext<'_>) -> Option<String> {
        None
    }
}
