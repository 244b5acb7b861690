//! Symbols and their ASCII replacements.

use ratatui::buffer::Buffer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbols {
    pub pull_failing: &'static str,
    pub failing: &'static str,
    pub progressing: &'static str,
    pub healthy: &'static str,
    pub finished: &'static str,
    pub quiet: &'static str,
    pub spinner: [&'static str; 4],
}

pub(super) const UNICODE: Symbols = Symbols {
    pull_failing: "✗",
    failing: "!",
    progressing: "◌",
    healthy: "●",
    finished: "✓",
    quiet: "·",
    spinner: ["◐", "◓", "◑", "◒"],
};

pub(super) const ASCII: Symbols = Symbols {
    pull_failing: "x",
    failing: "!",
    progressing: "o",
    healthy: "*",
    finished: "+",
    quiet: ".",
    spinner: ["|", "/", "-", "\\"],
};

/// Replaces everything else that is not ASCII: borders, arrows, separators, names from outside. Widths do not change.
pub(super) fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let plain = plain(cell.symbol());
            cell.set_symbol(plain);
        }
    }
}

fn plain(symbol: &str) -> &'static str {
    match symbol {
        "─" | "━" | "—" | "–" => "-",
        "│" | "┃" => "|",
        "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" | "╭" | "╮" | "╰" | "╯" | "┏" | "┓"
        | "┗" | "┛" | "✓" => "+",
        "…" => "~",
        "·" => ".",
        "›" | "▸" | "▶" | "→" => ">",
        "◂" | "◀" | "←" | "‹" => "<",
        "↑" | "▲" => "^",
        "↓" | "▼" => "v",
        "●" | "•" => "*",
        "✗" | "×" => "x",
        "▇" => "#",
        "◌" | "○" => "o",
        _ => "?",
    }
}
