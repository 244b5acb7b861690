//! The Pod that reads a node's files: its manifest in full before it is created, and what came of it.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::window::{self, Window};
use crate::{
    app::{
        action::Action,
        node_view::{NodeFilesDialog, NodeFilesStage},
    },
    domain::{k8s::age, plan::manifest::yaml},
    ui::{
        draw_context::DrawContext,
        key_hints::{BACK, KeyHint, SCROLL},
        text::{indented_lines, wrapped_lines},
    },
};

const WIDE: u16 = 120;

const WHAT: &str = "Creates this Pod, reads its log and deletes it. It mounts the directories read-only, needs sh in \
                    its image, and prints no password. Its name gets a random number.";

const IMAGE: KeyHint<'static> = (&[Action::PreviousOption, Action::NextOption], "image");
const NAMESPACE: KeyHint<'static> = (&[Action::Toggle], "namespace");

pub(super) fn draw(
    dialog: &NodeFilesDialog,
    cx: DrawContext<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let theme = cx.theme;
    let room = window::inner_width(WIDE, area);
    let mut lines = Vec::new();
    let hint = match &dialog.stage {
        NodeFilesStage::Preview => cx.hints(&[
            (&[Action::ReadNodeFiles], "create"),
            IMAGE,
            NAMESPACE,
            SCROLL,
            BACK,
        ]),
        NodeFilesStage::Running { since, .. } => {
            let words = format!("{} Reading for {}", cx.spinner(), age::age(*since, cx.now));
            lines.extend(wrapped_lines(&words, room, theme.accent()));
            cx.hints(&[(&[Action::Back], "back (the Pod is deleted when it ends)")])
        }
        NodeFilesStage::Failed(why) => {
            let words = format!("{} {why}", theme.symbols().pull_failing);
            lines.extend(wrapped_lines(&words, room, theme.failing()));
            let next = "The Pod needs an image with sh that the node has or can pull, and a privileged namespace (hostPath).";
            lines.extend(wrapped_lines(next, room, theme.strong()));
            cx.hints(&[
                (&[Action::ReadNodeFiles], "try again"),
                IMAGE,
                NAMESPACE,
                BACK,
            ])
        }
    };
    if let Some(reader) = dialog.reader() {
        let words = format!("Image {} in namespace {}", reader.image, reader.namespace);
        lines.extend(wrapped_lines(&words, room, theme.strong()));
        lines.extend(wrapped_lines(WHAT, room, theme.dim()));
        lines.push(Line::default());
        for line in yaml(&reader.pod(0)).lines() {
            let depth = line.len() - line.trim_start().len();
            lines.extend(indented_lines(line.trim_start(), depth, room, theme.text()));
        }
    }
    let window = Window {
        title: "Read the node's mirrors and proxies",
        hint: &hint,
        wide: WIDE,
    };
    window.render_text(lines, dialog.scroll, theme, area, buffer)
}
