//! A terminal's screen as an SVG picture, cell by cell; as text it is there too, for those who do not see it.

use std::fmt::Write;

use vt100::{Cell, Color, Screen};

/// Width and height of a cell in user units; the fonts of all terminals are about so.
const CELL: (usize, usize) = (9, 19);
/// Around the screen, on each side.
const MARGIN: usize = 10;

const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d5d8de";

/// The eight colours and their bright sisters, as a dark theme of today has them.
const PALETTE: [&str; 16] = [
    "#2a2e37", "#ff6b6b", "#7bd88f", "#f2c55c", "#6fa8ff", "#c792ea", "#6cc7e8", "#d5d8de",
    "#7a808c", "#ff8787", "#9be8ac", "#ffd97a", "#93bfff", "#dcb3f5", "#92dbf5", "#ffffff",
];

pub fn draw(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let wide = usize::from(columns) * CELL.0 + 2 * MARGIN;
    let high = usize::from(rows) * CELL.1 + 2 * MARGIN;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"15\" xml:space=\"preserve\">\n<rect width=\"{wide}\" height=\"{high}\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n<desc>{}</desc>",
        escaped(screen.contents().trim_end())
    );
    for row in 0..rows {
        let cells = (0..columns).filter_map(|column| screen.cell(row, column));
        let y = MARGIN + usize::from(row) * CELL.1;
        for run in runs(cells) {
            run.draw(&mut out, y);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Text as it stands in a picture.
pub fn escaped(plain: &str) -> String {
    plain
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[derive(PartialEq, Eq)]
struct Look {
    fill: String,
    back: Option<String>,
    bold: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let (mut front, mut back) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
        if cell.inverse() {
            let ground = back.unwrap_or_else(|| BACKGROUND.to_owned());
            back = Some(front.unwrap_or_else(|| FOREGROUND.to_owned()));
            front = Some(ground);
        }
        Self {
            fill: front.unwrap_or_else(|| FOREGROUND.to_owned()),
            back,
            bold: cell.bold(),
        }
    }
}

/// `None`: the terminal's own.
fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        Color::Idx(index) => PALETTE.get(usize::from(index)).map(ToString::to_string),
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
    }
}

/// A run of cells that look alike.
struct Run {
    column: usize,
    cells: usize,
    text: String,
    look: Look,
}

fn runs<'a>(cells: impl Iterator<Item = &'a Cell>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (column, cell) in cells.enumerate() {
        let look = Look::of(cell);
        let symbol = if cell.has_contents() {
            cell.contents()
        } else if cell.is_wide_continuation() {
            ""
        } else {
            " "
        };
        match runs.last_mut() {
            Some(run) if run.look == look => {
                run.text.push_str(symbol);
                run.cells += 1;
            }
            _ => runs.push(Run {
                column,
                cells: 1,
                text: symbol.to_owned(),
                look,
            }),
        }
    }
    runs
}

impl Run {
    fn draw(&self, out: &mut String, y: usize) {
        let x = MARGIN + self.column * CELL.0;
        let width = self.cells * CELL.0;
        if let Some(back) = &self.look.back {
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{back}\"/>",
                CELL.1
            );
        }
        if self.text.trim().is_empty() {
            return;
        }
        let weight = if self.look.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\" textLength=\"{width}\" fill=\"{}\"{weight}>{}</text>",
            y + 15,
            self.look.fill,
            escaped(&self.text)
        );
    }
}
