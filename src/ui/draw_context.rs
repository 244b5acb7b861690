//! Draw context: the model, the theme and the current time, all read-only.

use jiff::Timestamp;

use super::theme::Theme;
use crate::app::{
    keymap::Context, model::Model, panes::accounts::SecretListContext, refresh::SPINNER_FRAME,
};

#[derive(Clone, Copy)]
pub struct DrawContext<'a> {
    pub model: &'a Model,
    pub theme: &'a Theme,
    pub now: Timestamp,
    /// The contexts of the keys that the hints of what is drawn name: those of its layer.
    pub contexts: &'a [Context],
}

impl DrawContext<'_> {
    /// Returns the inputs for the state of listed Secrets.
    pub(super) fn secret_list_context(&self) -> SecretListContext<'_> {
        SecretListContext {
            store: &self.model.store,
            diagnoses: &self.model.diagnoses,
            coverage: self.model.connection.coverage(),
            now: self.now,
        }
    }

    /// The current frame of the spinner.
    pub(super) fn spinner(&self) -> &'static str {
        let faces = &self.theme.symbols().spinner;
        let frame = i64::try_from(SPINNER_FRAME.as_millis()).unwrap_or(i64::MAX);
        let turn = self.now.as_millisecond().div_euclid(frame);
        usize::try_from(turn)
            .ok()
            .and_then(|turn| faces.get(turn % faces.len()))
            .copied()
            .unwrap_or_default()
    }
}
