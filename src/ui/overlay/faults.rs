//! All that is wrong, over all namespaces: each fault once, with who suffers from it and the fix.

use ratatui::{buffer::Buffer, layout::Rect};

use super::window::{Window, choice};
use crate::{
    app::list::List,
    domain::{
        age,
        faults::{Fault, FaultId},
        status::Health,
    },
    ui::{
        view::View,
        widgets::table::{Cell, Column},
    },
};

const COLUMNS: &[Column] = &[
    Column::new("", 0, 1),
    Column::new("WHAT", 0, 18),
    Column::new("WHERE", 0, 80).gives(20).middle(),
    Column::new("PODS", 1, 6).right(),
    Column::new("SINCE", 3, 6).right(),
    Column::new("FIX", 2, 100).grows(18),
];

const WIDE: u16 = 160;

pub(super) fn draw(list: &List<FaultId>, view: View<'_>, area: Rect, buffer: &mut Buffer) {
    let rows = list.rows();
    let window = Window {
        title: "What is wrong",
        hint: "enter go there · esc back",
        wide: WIDE,
    };
    let inside = window.open(rows.len() + 1, view.theme, area, buffer);
    let cells = |id: &FaultId| cells(view, id);
    let chosen = list.position();
    choice(COLUMNS, rows, chosen, cells, view.theme, inside, buffer);
}

fn cells(view: View<'_>, id: &FaultId) -> Vec<Cell> {
    let theme = view.theme;
    let Some(fault) = view.model.verdicts.fault(id) else {
        let gone = [theme.symbols().finished, "gone", "", "", "", ""];
        return gone.map(|text| Cell::new(text, theme.good())).to_vec();
    };
    let (symbol, style) = theme.health(if fault.is_pull() {
        Health::PullFailing
    } else {
        Health::Failing
    });
    let since = fault
        .since
        .map_or_else(String::new, |since| age::age(since, view.now));
    let fix = fault.finding.fixes.first().map_or("", |fix| fix.title());
    vec![
        Cell::new(symbol, style),
        Cell::new(fault.finding.title(), style),
        Cell::new(id.blame.to_string(), theme.text()),
        Cell::new(pods(fault), theme.text()),
        Cell::new(since, theme.dim()),
        Cell::new(fix, theme.text()),
    ]
}

fn pods(fault: &Fault) -> String {
    match fault.pods.len() {
        0 => "none".to_owned(),
        pods => pods.to_string(),
    }
}
