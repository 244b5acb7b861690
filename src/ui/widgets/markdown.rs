//! Renders the Markdown subset of the guide: paragraphs, lists, tables, code blocks, `code` and **strong**.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::ui::{text, theme::Theme};

/// Renders a text to lines of at most this width; `tell` is called with each source line first.
pub(in crate::ui) fn lines(
    markdown: &str,
    wide: usize,
    theme: &Theme,
    tell: impl Fn(&str) -> String,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            continue;
        }
        let line = tell(line);
        if in_code {
            // Blanks count in code: chopped, not wrapped.
            let pieces = text::split_at_width(&line, wide.saturating_sub(2));
            lines.extend(
                pieces
                    .into_iter()
                    .map(|piece| Line::styled(format!("  {piece}"), theme.accent())),
            );
        } else if line.starts_with('|') {
            lines.extend(row(&line, wide, theme));
        } else {
            lines.extend(paragraph(&line, wide, theme));
        }
    }
    lines
}

/// A row of a table as a paragraph: the first cell strong, the others under it.
fn row(line: &str, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    if cells.iter().all(|cell| cell.chars().all(|c| c == '-')) {
        return Vec::new();
    }
    let Some((first, rest)) = cells.split_first() else {
        return Vec::new();
    };
    let first = text::wrap(&plain(first), wide).into_iter();
    let mut lines: Vec<Line<'static>> = first
        .map(|line| Line::styled(line, theme.strong()))
        .collect();
    for cell in rest {
        let wrapped = text::wrap(&plain(cell), wide.saturating_sub(4));
        lines.extend(
            wrapped
                .into_iter()
                .map(|line| Line::raw(format!("    {line}"))),
        );
    }
    lines
}

fn plain(text: &str) -> String {
    text.replace('`', "").replace("**", "")
}

fn paragraph(line: &str, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    let (mark, rest) = match line.strip_prefix("- ") {
        Some(rest) => (format!("{} ", theme.symbols().quiet), rest),
        None => (String::new(), line),
    };
    let hang = text::width(&mark);
    let mut marked = Marked::default();
    let wrapped = text::wrap(rest, wide.saturating_sub(hang));
    let styled = wrapped.into_iter().enumerate().map(|(at, line)| {
        let lead = if at == 0 {
            mark.clone()
        } else {
            " ".repeat(hang)
        };
        let mut spans = vec![Span::styled(lead, theme.dim())];
        spans.extend(marked.spans(&line, theme));
        Line::from(spans)
    });
    styled.collect()
}

/// Whether one is inside of marked words; they may go on in the next line.
#[derive(Default)]
struct Marked {
    code: bool,
    strong: bool,
}

impl Marked {
    fn spans(&mut self, line: &str, theme: &Theme) -> Vec<Span<'static>> {
        let mut spans = Vec::new();
        let mut words = String::new();
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let style = self.style(theme);
            if let Some(after) = rest.strip_prefix("**") {
                self.strong = !self.strong;
                rest = after;
            } else if let Some(after) = rest.strip_prefix('`') {
                self.code = !self.code;
                rest = after;
            } else {
                words.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            }
            spans.push(Span::styled(std::mem::take(&mut words), style));
        }
        spans.push(Span::styled(words, self.style(theme)));
        spans
    }

    fn style(&self, theme: &Theme) -> Style {
        match (self.code, self.strong) {
            (true, _) => theme.key(),
            (false, true) => theme.strong(),
            (false, false) => theme.text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::guide::Section;

    fn plain_lines(markdown: &str, wide: usize) -> Vec<String> {
        let theme = crate::ui::theme::ThemeOptions::default().theme();
        let lines = lines(markdown, wide, &theme, str::to_owned);
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn no_mark_of_the_guide_is_left_and_no_line_is_too_wide() {
        for section in Section::all() {
            for wide in [30, 76, 110] {
                for line in plain_lines(section.body(), wide) {
                    assert!(text::width(&line) <= wide, "{line}");
                    assert!(!line.contains("```") && !line.contains("**"), "{line}");
                }
            }
        }
    }

    #[test]
    fn words_are_marked_across_lines() {
        let lines = plain_lines("the `code goes on` and **strong**", 12);
        assert_eq!(lines.join(" "), "the code goes on and strong");
        assert_eq!(
            plain_lines("| a `b` | c |\n|---|---|\n| d | e |", 20),
            ["a b", "    c", "d", "    e"]
        );
    }
}
