//! Screens that follow each other, as one SVG that moves without a script.
//!
//! GitHub shows an SVG file as an image: scripts do not run, style sheets do. Each row of the screen is
//! drawn once for all frames in which it looks the same, and a CSS animation shows it in those. Viewers
//! without animations, and people who ask for less motion, see one frame.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    time::Duration,
};

use vt100::Screen;

use crate::svg;

/// The height of the line below the screen that says what is pressed.
const CAPTION: usize = 44;

/// One screen and what is said of it.
pub struct Frame {
    rows: Vec<String>,
    extent: (usize, usize),
    text: String,
    pub keys: &'static str,
    pub caption: &'static str,
    pub shown_for: Duration,
}

impl Frame {
    pub fn new(
        screen: &Screen,
        (keys, caption): (&'static str, &'static str),
        shown_for: Duration,
    ) -> Self {
        Self {
            rows: svg::rows(screen),
            extent: svg::extent(screen),
            text: screen.contents(),
            keys,
            caption,
            shown_for,
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// What draws the line below the screen.
    fn caption(&self) -> String {
        let top = self.extent.1;
        let mut x = svg::MARGIN;
        let mut out = String::new();
        if !self.keys.is_empty() {
            let wide = 11 * self.keys.chars().count() + 22;
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{top}\" width=\"{wide}\" height=\"30\" rx=\"6\" fill=\"#f2c55c\"/><text x=\"{}\" y=\"{}\" font-size=\"18\" font-weight=\"bold\" text-anchor=\"middle\" fill=\"#16181d\">{}</text>",
                x + wide / 2,
                top + 21,
                svg::escaped(self.keys)
            );
            x += wide + 14;
        }
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\" font-size=\"18\" fill=\"#ffffff\">{}</text>",
            top + 21,
            svg::escaped(self.caption)
        );
        out
    }
}

/// The frames in which something is drawn, by their index.
type Shown = BTreeSet<usize>;

/// Draws the frames as a film that begins again at its end; `still` is the frame for those who see no motion.
pub fn draw(frames: &[Frame], still: usize, description: &str) -> String {
    let (wide, high) = frames[0].extent;
    let mut out = svg::opening(wide, high + CAPTION);
    let _ = writeln!(out, "<desc>{}</desc>", svg::escaped(description));
    let pieces = pieces(frames);
    let sets: BTreeSet<&Shown> = pieces.iter().map(|(_, shown)| shown).collect();
    out.push_str(&style(&sets, frames, still));
    for (markup, shown) in &pieces {
        if shown.len() == frames.len() {
            out.push_str(markup);
        } else {
            let _ = writeln!(out, "<g class=\"{}\">\n{markup}</g>", class(shown));
        }
    }
    out.push_str("</svg>\n");
    out
}

/// What is drawn, from top to bottom, each with the frames that it is in.
fn pieces(frames: &[Frame]) -> Vec<(String, Shown)> {
    let rows = frames[0].rows.len();
    let mut pieces = Vec::new();
    for row in 0..=rows {
        let mut looks: BTreeMap<String, Shown> = BTreeMap::new();
        for (index, frame) in frames.iter().enumerate() {
            let markup = frame
                .rows
                .get(row)
                .cloned()
                .unwrap_or_else(|| frame.caption());
            looks.entry(markup).or_default().insert(index);
        }
        pieces.extend(looks.into_iter().filter(|(markup, _)| !markup.is_empty()));
    }
    pieces
}

fn class(shown: &Shown) -> String {
    let names: Vec<String> = shown.iter().map(ToString::to_string).collect();
    format!("f{}", names.join("-"))
}

/// When which set of frames is visible.
fn style(sets: &BTreeSet<&Shown>, frames: &[Frame], still: usize) -> String {
    let total: f64 = frames.iter().map(|it| it.shown_for.as_secs_f64()).sum();
    let mut out = format!("<style>\ng[class]{{animation:{total:.1}s step-end infinite}}\n");
    for shown in sets.iter().filter(|shown| shown.len() < frames.len()) {
        let name = class(shown);
        let base = visibility(shown.contains(&still));
        let _ = write!(
            out,
            "g.{name}{{visibility:{base};animation-name:{name}}}@keyframes {name}{{"
        );
        let mut before = None;
        let mut start = 0.0;
        for (index, frame) in frames.iter().enumerate() {
            let now = shown.contains(&index);
            if before != Some(now) {
                let percent = 100.0 * start / total;
                let _ = write!(out, "{percent:.2}%{{visibility:{}}}", visibility(now));
                before = Some(now);
            }
            start += frame.shown_for.as_secs_f64();
        }
        out.push_str("}\n");
    }
    out.push_str("@media (prefers-reduced-motion){g[class]{animation:none}}\n</style>\n");
    out
}

fn visibility(visible: bool) -> &'static str {
    if visible { "visible" } else { "hidden" }
}
