//! A terminal's screen as an SVG picture, cell by cell; as text it is there too, for those who do not see it.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;
use vt100::{Cell, Color, Screen};

/// Width and height of a cell in user units; the fonts of all terminals are about so.
const CELL: (usize, usize) = (9, 18);
/// Around the screen, on each side.
pub const MARGIN: usize = 10;

const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d5d8de";

/// The eight colours and their bright sisters, as a dark theme of today has them.
const PALETTE: [&str; 16] = [
    "#2a2e37", "#ff6b6b", "#7bd88f", "#f2c55c", "#6fa8ff", "#c792ea", "#6cc7e8", "#d5d8de",
    "#7a808c", "#ff8787", "#9be8ac", "#ffd97a", "#93bfff", "#dcb3f5", "#92dbf5", "#ffffff",
];

pub fn draw(screen: &Screen) -> String {
    let (wide, high) = extent(screen);
    let mut out = opening(wide, high);
    let _ = writeln!(
        out,
        "<desc>{}</desc>",
        escaped(screen.contents().trim_end())
    );
    for row in rows(screen) {
        out.push_str(&row);
    }
    out.push_str("</svg>\n");
    out
}

/// The width and height of a picture of the screen, in user units.
pub fn extent(screen: &Screen) -> (usize, usize) {
    let (rows, columns) = screen.size();
    let wide = usize::from(columns.get()) * CELL.0 + 2 * MARGIN;
    let high = usize::from(rows.get()) * CELL.1 + 2 * MARGIN;
    (wide, high)
}

/// The start tag and the background.
pub fn opening(wide: usize, high: usize) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"15\">\n<rect width=\"{wide}\" height=\"{high}\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    )
}

/// What draws each row of the screen.
pub fn rows(screen: &Screen) -> Vec<String> {
    let (rows, columns) = screen.size();
    let row = |row: u16| {
        let cells = (0..columns.get()).filter_map(|column| screen.cell(row, column));
        let y = MARGIN + usize::from(row) * CELL.1;
        let mut out = String::new();
        for run in runs(cells) {
            run.draw(&mut out, y);
        }
        out
    };
    (0..rows.get()).map(row).collect()
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
        let weight = if self.look.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        for (column, text) in phrases(&self.text) {
            let x = x + column * CELL.0;
            let width = text.width() * CELL.0;
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{}\" textLength=\"{width}\" fill=\"{}\"{weight}>{}</text>",
                y + 14,
                self.look.fill,
                escaped(text)
            );
        }
    }
}

/// The pieces of a text between two blanks or more, each with its column: browsers differ in whether they
/// keep blanks at the ends and in a row.
fn phrases(text: &str) -> Vec<(usize, &str)> {
    let mut phrases = Vec::new();
    let mut column = 0;
    for piece in text.split("  ") {
        let trimmed = piece.trim();
        if !trimmed.is_empty() {
            let before = piece.len() - piece.trim_start().len();
            phrases.push((column + before, trimmed));
        }
        column += piece.width() + 2;
    }
    phrases
}

#[test]
fn blanks_are_places_and_not_text() {
    assert_eq!(
        phrases("    -   password: •••  # the old one "),
        [(4, "-"), (8, "password: •••"), (23, "# the old one")]
    );
    assert_eq!(phrases("   "), []);
}
