//! The pictures in `assets/screens`, made from the real screen: a test fails when they are out of date,
//! and writes them when `UPDATE_SCREENS` is set.

use std::{env, fmt::Write, fs, path::Path};

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

use super::tests::Screen;

/// Width and height of a cell in user units; the fonts of all terminals are about so.
const CELL: (usize, usize) = (9, 19);

const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d5d8de";

fn colour(colour: Color) -> &'static str {
    match colour {
        Color::Red => "#ff6b6b",
        Color::Green => "#7bd88f",
        Color::Yellow => "#f2c55c",
        Color::Cyan => "#6cc7e8",
        Color::DarkGray => "#7a808c",
        _ => FOREGROUND,
    }
}

/// A run of cells that look alike.
struct Run {
    column: usize,
    cells: usize,
    text: String,
    fill: &'static str,
    back: Option<&'static str>,
    bold: bool,
}

fn runs(row: &[Cell]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (column, cell) in row.iter().enumerate() {
        let reversed = cell.modifier.contains(Modifier::REVERSED);
        let front = colour(cell.fg);
        let (fill, back) = if reversed {
            (BACKGROUND, Some(front))
        } else {
            (front, None)
        };
        let bold = cell.modifier.contains(Modifier::BOLD);
        match runs.last_mut() {
            Some(run) if run.fill == fill && run.back == back && run.bold == bold => {
                run.text.push_str(cell.symbol());
                run.cells += 1;
            }
            _ => runs.push(Run {
                column,
                cells: 1,
                text: cell.symbol().to_owned(),
                fill,
                back,
                bold,
            }),
        }
    }
    runs
}

fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (
        usize::from(buffer.area.width),
        usize::from(buffer.area.height),
    );
    let (wide, high) = (columns * CELL.0 + 20, rows * CELL.1 + 20);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"15\" xml:space=\"preserve\">\n<rect width=\"{wide}\" height=\"{high}\" rx=\"8\" fill=\"{BACKGROUND}\"/>"
    );
    for (row, cells) in buffer.content.chunks(columns).enumerate() {
        for run in runs(cells) {
            let (x, y) = (10 + run.column * CELL.0, 10 + row * CELL.1);
            let width = run.cells * CELL.0;
            if let Some(back) = run.back {
                let _ = writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{back}\"/>",
                    CELL.1
                );
            }
            if run.text.trim().is_empty() {
                continue;
            }
            let text = run
                .text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            let bold = if run.bold {
                " font-weight=\"bold\""
            } else {
                ""
            };
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{}\" textLength=\"{width}\" fill=\"{}\"{bold}>{text}</text>",
                y + 15,
                run.fill
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

#[test]
fn the_pictures_are_current() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screens");
    for (name, keys) in [
        ("dashboard", &[][..]),
        ("diagnosis", &["enter"]),
        ("faults", &["W"]),
        ("timeline", &["T"]),
        ("help", &["?"]),
    ] {
        let picture = svg(&Screen::company().press(keys).buffer(120, 40));
        let path = directory.join(format!("{name}.svg"));
        if env::var_os("UPDATE_SCREENS").is_some() {
            fs::write(&path, &picture).expect("the folder is in the repository");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == picture,
            "{name}.svg is out of date: UPDATE_SCREENS=1 cargo test --lib pictures"
        );
    }
}
