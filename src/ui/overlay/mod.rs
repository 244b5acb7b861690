//! Renders the overlays above the panes.

mod contexts;
mod details;
mod error;
mod faults;
mod form;
mod guide_view;
mod help;
mod hygiene;
mod manual_fix;
mod menu;
mod node;
mod node_files;
mod plan_dialog;
mod prompt;
mod pull_test;
mod reveal;
mod window;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{draw_context::DrawContext, layout::Layout};
use crate::app::{connection::ConnectionPhase, contexts_of, overlay::Overlay};

/// Draws the overlays, lowest first; returns how far the topmost can be scrolled, if it is a text.
pub(super) fn draw(cx: DrawContext<'_>, layout: &Layout, buffer: &mut Buffer) -> Option<usize> {
    let area = above_footer(layout);
    if let ConnectionPhase::Failed { problem, .. } = &cx.model.connection.phase {
        error::no_connection(problem, cx, area, buffer);
    }
    let overlays = &cx.model.overlays;
    let mut end = None;
    for (at, overlay) in overlays.iter().enumerate() {
        // A form that has become a plan waits below it, unseen: two boxes of one size confuse.
        if let (Overlay::Form(_), Some(Overlay::PlanDialog(_))) = (overlay, overlays.get(at + 1)) {
            continue;
        }
        let contexts = contexts_of(cx.model, Some(overlay));
        let cx = DrawContext {
            contexts: &contexts,
            ..cx
        };
        end = draw_overlay(overlay, cx, layout, area, buffer);
    }
    end
}

/// Draws one overlay; returns how far it can be scrolled, if it is a text.
fn draw_overlay(
    overlay: &Overlay,
    cx: DrawContext<'_>,
    layout: &Layout,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<usize> {
    match overlay {
        Overlay::Help { scroll } => return Some(help::draw(*scroll, cx, area, buffer)),
        Overlay::Details(details) => return details::draw(details, cx, area, buffer),
        Overlay::PlanDialog(dialog) => {
            return Some(plan_dialog::draw(dialog, cx, area, buffer));
        }
        Overlay::Guide(guide) => return Some(guide_view::draw(guide, cx, area, buffer)),
        Overlay::Hygiene { standings, scroll } => {
            return Some(hygiene::draw(standings, *scroll, cx, area, buffer));
        }
        Overlay::ManualFix { why, fix, scroll } => {
            return Some(manual_fix::draw(why, fix, *scroll, cx, area, buffer));
        }
        Overlay::Error { error, scroll } => {
            return Some(error::draw(error, *scroll, cx, area, buffer));
        }
        Overlay::Node(view) => return Some(node::draw(view, cx, area, buffer)),
        Overlay::NodeFiles(dialog) => return Some(node_files::draw(dialog, cx, area, buffer)),
        Overlay::Faults(faults) => faults::draw(&faults.list, cx, area, buffer),
        Overlay::PullTest(dialog) => pull_test::draw(dialog, cx, area, buffer),
        Overlay::Menu(menu) => menu::draw(menu, cx, area, buffer),
        Overlay::Reveal(values) => reveal::draw(values, cx, area, buffer),
        Overlay::Form(form) => form::draw(form, cx, area, buffer),
        Overlay::Contexts(picker) => contexts::draw(picker, cx, area, buffer),
        Overlay::Filter { .. } | Overlay::Palette(_) => prompt::draw(overlay, cx, layout, buffer),
    }
    None
}

/// Overlays leave the last row free: there stands what a key did, and which keys there are.
fn above_footer(layout: &Layout) -> Rect {
    Rect {
        height: layout.footer.y.saturating_sub(layout.area.y),
        ..layout.area
    }
}

/// Position of the cursor in the focused field.
pub(super) fn cursor(cx: DrawContext<'_>, layout: &Layout) -> Option<Position> {
    match cx.model.overlays.last()? {
        Overlay::Form(form) => form::cursor(form, above_footer(layout)),
        Overlay::Details(details) => details::cursor(details, layout),
        overlay => prompt::cursor(overlay, layout),
    }
}
